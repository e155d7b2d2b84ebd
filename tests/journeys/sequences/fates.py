"""What may become of a letter on its way, and the wire on which it does."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from outreach.mail.smtp_responses import (
    Accepted,
    Delayed,
    Outcome,
    PauseReason,
    Rejected,
    Unavailable,
    sort_content_answer,
    sort_recipient_answer,
)
from outreach.mail.transport import Envelope
from tests.support.calendars import Mail


class Fate(enum.StrEnum):
    """How one try ends."""

    ARRIVES = "arrives"
    LATER = "later"
    NEVER = "never"
    NOT_FROM_YOU = "not from you"
    NO_SUCH_MAILBOX = "no such mailbox"
    CUT_BEFORE = "cut off before it arrived"
    CUT_AFTER = "cut off after it arrived"
    AWAY = "server away"
    WORKER_DIES_BEFORE = "worker dies before it is sent"
    WORKER_DIES_AFTER = "worker dies before it is settled"


ARRIVES = {Fate.ARRIVES, Fate.CUT_AFTER, Fate.WORKER_DIES_AFTER}
OUTCOMES: Mapping[Fate, Outcome] = {
    Fate.ARRIVES: Accepted(),
    Fate.LATER: sort_recipient_answer(451, "4.7.1 greylisted"),
    Fate.NEVER: sort_content_answer(554, "5.6.0 we can't read it"),
    Fate.NOT_FROM_YOU: sort_recipient_answer(550, "5.7.1 not from you"),
    Fate.NO_SUCH_MAILBOX: sort_recipient_answer(550, "5.1.1 no such user"),
    Fate.CUT_BEFORE: Delayed(words="connection lost", is_break=True, may_have_left=True),
    Fate.CUT_AFTER: Delayed(words="connection lost", is_break=True, may_have_left=True),
    Fate.AWAY: Unavailable(reason=PauseReason.UNREACHABLE, words="nobody answers"),
}


class Died(BaseException):
    """The worker is no more."""


@dataclass(frozen=True)
class Settled:
    """A letter a server took, or refused for good. `about`: whose calendar it changes for which session; None: nobody's."""

    key: str
    number: int
    mail: Mail
    bounce_address: str
    about: tuple[str, int] | None
    fate: Fate


@dataclass
class Wire:
    """Carries letters to whoever they are for; `arrived` holds them in order, `settled` what a server has taken or refused, by key."""

    on_settled: Callable[[Settled], object] = lambda _letter: None
    arrived: list[Mail] = field(default_factory=list, repr=False)
    settled: dict[str, Settled] = field(default_factory=dict, repr=False)
    lost: set[str] = field(default_factory=set)
    _fates: list[Fate] = field(default_factory=list)
    _meanwhile: dict[int, Callable[[], object]] = field(default_factory=dict)
    _tried: int = 0
    _keys: list[str] = field(default_factory=list, repr=False)

    def expect(self, fates: Sequence[Fate], meanwhile: Mapping[int, Callable[[], object]]) -> None:
        """Let the next letters have these fates, later ones arrive; `meanwhile` happens while the nth is on its way."""
        self._fates, self._meanwhile, self._tried = list(fates), dict(meanwhile), 0

    def send(self, envelope: Envelope) -> Outcome:
        """Let the letter have its fate."""
        fate = self._fates.pop(0) if self._fates else Fate.ARRIVES
        self._meanwhile.pop(self._tried, lambda: None)()
        self._tried += 1
        if fate is Fate.WORKER_DIES_BEFORE:
            raise Died
        _created, number, key = envelope.name.split("-")
        mail = Mail(envelope.recipient, envelope.message)
        if fate in ARRIVES:
            self.arrived.append(mail)
            self._keys.append(key)
        if fate is Fate.WORKER_DIES_AFTER:
            raise Died
        outcome = OUTCOMES[fate]
        if isinstance(outcome, Accepted | Rejected):
            about = (mail.recipient, mail.entry.session_id) if mail.ics is not None else None
            self.settled[key] = Settled(key, int(number), mail, envelope.sender, about, fate)
            self.lost -= {key}
            self.lost |= {key} if isinstance(outcome, Rejected) else set()
            self.on_settled(self.settled[key])
        return outcome

    def lose(self, key: str) -> None:
        """Let a letter never have arrived."""
        kept = [place for place, other in enumerate(self._keys) if other != key]
        self.arrived, self._keys = [self.arrived[place] for place in kept], [self._keys[place] for place in kept]
        self.lost.add(key)

    def taken(self) -> list[Settled]:
        """The letters a server took, the last one first."""
        return sorted((one for one in self.settled.values() if one.fate is Fate.ARRIVES), key=lambda one: -one.number)

    def newest_is_lost(self, about: tuple[str, int]) -> bool:
        """The last letter that changes this entry was refused, or came back."""
        newest = max((one for one in self.settled.values() if one.about == about), key=lambda one: one.number, default=None)
        return newest is not None and newest.key in self.lost

    def close(self) -> None:
        """There is no connection."""

    @contextmanager
    def survived(self) -> Iterator[None]:
        """Outlive the worker."""
        with suppress(Died):
            yield
