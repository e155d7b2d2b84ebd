"""All that the kind of a letter decides, and how a letter about a session is composed.

Each module in `kinds/` declares one `Kind`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach.calendars import Method
from outreach.letters.content import Day, FactRow, Group, LetterContent, LetterContext, Link
from outreach.letters.links import family_links, family_or_session_link, stop_url
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import DOES_NOT_TAKE_PLACE, OVER, REMINDERS_STOPPED, UNREACHABLE, OutOfDateRule
from outreach.letters.phrases import greeting, sentences
from outreach.letters.provisional import status_sentences
from outreach.letters.rows import rows_of_who_takes_part
from outreach.models import Cause, Letter, LetterKind
from outreach.people import Capacities, remaining
from outreach.settings import Settings
from outreach.web import formatting


class TakenBackWith(enum.StrEnum):
    """What a letter in the queue depends on: when that changes, the letter is removed from the queue."""

    INVITATION = "invitation"
    WAITING_LIST = "waiting_list"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of letter.

    `label`: its name on staff pages. `can_be_stopped`: not sent to people who stopped reminders. `can_be_superseded`: not sent if a later
    letter of the same invitation replaces it: a newer calendar object, or, for a kind without one, the next of that kind.
    `out_of_date`: the other rules by which it isn't sent. `names_as_staff`: it names students as their teacher or host knows them.
    `for_teachers`: only teachers read it, which its snapshot doesn't say. `taken_back_with`: what removes it from the queue; a letter
    with a calendar object is always removed with its invitation. `begins_thread`: the first of an invitation's letters may be
    of this kind. `opens_account`: it contains a link that staff must never see.
    """

    kind: LetterKind
    label: str
    out_of_date: tuple[OutOfDateRule, ...]
    can_be_stopped: bool = False
    can_be_superseded: bool = False
    taken_back_with: TakenBackWith | None = None
    begins_thread: bool = False
    opens_account: bool = False
    names_as_staff: bool = False
    for_teachers: bool = False
    calendar_method: Method | None = None

    def why_out_of_date(self, letter: Letter, *, is_superseded: bool, now: datetime) -> str | None:
        """Give the reason not to send it, for the log; None: it can be sent."""
        if is_superseded and self.can_be_superseded:
            return "superseded"
        rules = (*self.out_of_date, *((REMINDERS_STOPPED,) if self.can_be_stopped else ()))
        return next((rule.reason for rule in rules if rule.applies(letter, now)), None)

    def for_whom_it_still_is(self, letter: Letter, now: Capacities) -> dict[str, Any] | None:
        """Give the facts of the letter for what its readers still are; None: they no longer are as whom they were to get it."""
        if self.for_teachers:
            return letter.facts if now.teaches else None
        if "reader" not in letter.facts:
            return letter.facts
        takes_back = self.calendar_method is Method.CANCEL and letter.sequence is not None
        return remaining(letter.facts, now, names_as_staff=self.names_as_staff, takes_back=takes_back)


@dataclass(frozen=True, kw_only=True)
class PlainKind(Kind):
    """A kind of letter that isn't about one session. `content` gets the letter's snapshot as plain values."""

    content: Callable[[dict[str, Any], Settings], LetterContent]


def _no_news(_context: LetterContext) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class SessionKind(Kind):
    """A kind of letter about one session.

    `subject` and `lead`: each is enough by itself. `says_if_provisional`: the lead also says if it is provisional.
    `rows`, `groups`: the table, and lists of people. `button`: the one thing to do. `notes`: what happens next. `links`: what
    else a reader may do. `stop_label`: the text of the link that stops reminders; None: there is none. `why` they get it.
    `calendar_method`: the method of the calendar object, if the letter has an entry; None: it never has one. `calendar_news`: what
    its description says first; some programs show nothing else of the letter.
    """

    subject: Callable[[LetterContext], str]
    lead: Callable[[LetterContext], str]
    says_if_provisional: bool
    shows_day: bool
    rows: Callable[[LetterContext], tuple[FactRow, ...]]
    groups: Callable[[LetterContext], Iterable[Group]]
    button: Callable[[LetterContext], Link]
    notes: Callable[[LetterContext], Iterable[str]]
    links: Callable[[LetterContext], Iterable[Link]]
    stop_label: Callable[[], str] | None
    why: Callable[[LetterContext], str]
    calendar_news: Callable[[LetterContext], Iterable[str]] = _no_news

    def compose(self, context: LetterContext) -> LetterContent:
        """Give the content in the current locale."""
        snapshot = context.snapshot
        more = status_sentences(snapshot, written_at=context.written_at) if self.says_if_provisional else ()
        return LetterContent(
            subject=self.subject(context),
            lead=sentences(self.lead(context), *more),
            kicker=snapshot.session.format_name,
            greeting=greeting(snapshot.reader_name),
            day=self._day(context),
            rows=self.rows(context),
            groups=tuple(self.groups(context)),
            button=self.button(context),
            notes=tuple(self.notes(context)),
            links=(*self.links(context), *self._stop_link(context)),
            why=self.why(context),
        )

    def list_unsubscribe(self, context: LetterContext) -> str | None:
        """Give the link for the button of a mail program that stops reminders (RFC 8058); None: the letter has none."""
        return stop_url(context) if self.stop_label else None

    def _stop_link(self, context: LetterContext) -> Iterator[Link]:
        if self.stop_label:
            yield Link(self.stop_label(), stop_url(context))

    def _day(self, context: LetterContext) -> Day | None:
        """Struck out if the session is cancelled."""
        if not self.shows_day:
            return None
        return Day(*formatting.day_parts(context.snapshot.session.starts_wall), is_off=context.snapshot.cause is Cause.CANCELLED)


def kind_with_request(
    *,
    kind: LetterKind,
    label: str,
    subject: Callable[[LetterContext], str],
    lead: Callable[[LetterContext], str],
    notes: Callable[[LetterContext], Iterable[str]],
    calendar_news: Callable[[LetterContext], Iterable[str]],
    begins_thread: bool = False,
    taken_back_with: TakenBackWith | None = None,
) -> SessionKind:
    """Declare a kind for those who take part, with a calendar object to add or update: they differ in these points only."""
    return SessionKind(
        kind=kind,
        label=label,
        subject=subject,
        lead=lead,
        says_if_provisional=True,
        shows_day=True,
        rows=rows_of_who_takes_part,
        groups=no_groups,
        button=family_or_session_link,
        notes=notes,
        links=family_links,
        stop_label=None,
        why=why_by_reader,
        calendar_method=Method.REQUEST,
        calendar_news=calendar_news,
        begins_thread=begins_thread,
        can_be_superseded=True,
        taken_back_with=taken_back_with,
        out_of_date=(*UNREACHABLE, OVER, DOES_NOT_TAKE_PLACE),
    )


def no_groups(_context: LetterContext) -> tuple[Group, ...]:
    """For letters without lists of people."""
    return ()


def no_links(_context: LetterContext) -> tuple[Link, ...]:
    """For letters with only the button."""
    return ()
