"""What the states of invitations are called, and why one is in its state, on the coordinator's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from outreach.families import ANSWERS
from outreach.mail_admin.invitation_status import InvitationLine
from outreach.mail_admin.status_rules import State
from outreach.models import AnswerSource, BounceKind, LetterState, ReasonKind
from outreach.web import formatting

Moment = Callable[[datetime | None], str]

STATES = {
    State.STOPPED: _l("Wrong address"),
    State.UNDELIVERABLE: _l("Address refused"),
    State.BLOCKED: _l("Domain blocked"),
    State.NEVER_LEFT: _l("Never sent"),
    State.BOUNCED: _l("Bounced"),
    State.STALE: _l("Out of date"),
    State.WAITING: _l("Waiting"),
    State.SENT: _l("Sent"),
    State.ANSWERED: _l("Answered"),
    State.CANCELLED: _l("Cancelled"),
}
SIGNS = {
    State.STOPPED: "refused",
    State.UNDELIVERABLE: "refused",
    State.BLOCKED: "paused",
    State.NEVER_LEFT: "failed",
    State.BOUNCED: "bounced",
    State.STALE: "provisional",
    State.WAITING: "queued",
    State.SENT: "sent",
    State.ANSWERED: "accepted",
    State.CANCELLED: "removed",
}  # of the chips
READERS = {
    ReasonKind.HOST: _l("Host %(names)s"),
    ReasonKind.TEACHER: _l("Teacher %(names)s"),
    ReasonKind.STUDENT: _l("Student %(names)s"),
    ReasonKind.GUARDIAN: _l("Guardian of %(names)s"),
}
BOUNCE_KINDS = {
    BounceKind.HARD: _l("no such mailbox"),
    BounceKind.POLICY: _l("not allowed"),
    BounceKind.SOFT: _l("try later"),
    BounceKind.COMPLAINT: _l("reported as spam"),
}
SOURCES = {AnswerSource.CALENDAR: _l("by calendar"), AnswerSource.PAGE: _l("on the page")}


def readers(line: InvitationLine) -> list[str]:
    """Say who reads at this mailbox: 'Guardian of Ana Lopez and Ben Lopez'."""
    known = dict(line.people)
    return [str(READERS[kind]) % {"names": formatting.listed(known[kind])} for kind in READERS if kind in known]


def why(line: InvitationLine, moment: Moment) -> str:
    """Say why an invitation is in its state: what happened, when, in the server's words where it spoke."""
    return " ".join(str(sentence) for sentence in _WHY[line.state](line, moment))


def _stopped(line: InvitationLine, moment: Moment) -> Iterator[str]:
    yield _("The reader reported a wrong address on %(when)s.", when=moment(line.mailbox.stopped_at))


def _undeliverable(line: InvitationLine, moment: Moment) -> Iterator[str]:
    yield _("The mail server has refused this address since %(when)s.", when=moment(line.mailbox.undeliverable_at))
    yield from _its_words(line.mailbox.undeliverable_words)


def _blocked(line: InvitationLine, moment: Moment) -> Iterator[str]:
    yield _("Its domain has blocked our e-mails since %(when)s.", when=moment(line.mailbox.blocked_at))


def _bounced(line: InvitationLine, moment: Moment) -> Iterator[str]:
    if line.letter is not None:
        yield _("Accepted on %(when)s, but the last e-mail came back.", when=moment(line.letter.accepted_at))
        yield from _its_words(line.letter.returned or line.letter.reply)


def _stale(line: InvitationLine, moment: Moment) -> Iterator[str]:
    yield _("A newer version hasn't been sent.") if line.invitation.is_live else _("The cancellation hasn't been sent.")
    yield from _progress(line, moment)


def _progress(line: InvitationLine, moment: Moment) -> Iterator[str]:
    """Say what becomes of the last letter."""
    letter = line.letter
    if letter is None or letter.state is LetterState.SENT:
        return
    if line.traces.is_under_way:
        yield _("It is waiting to be sent on %(when)s.", when=moment(letter.due_at))
    elif letter.state is LetterState.DROPPED:
        yield _("It was dropped.")
    yield from _its_words(letter.returned or letter.reply)


def _answered(line: InvitationLine, moment: Moment) -> Iterator[str]:
    one = line.invitation
    how = SOURCES[line.source] if line.source else ""
    parts = (ANSWERS[one.answer], how, moment(one.answered_at), "" if one.answer_is_verified else _("unverified"))
    yield ", ".join(str(part) for part in parts if part)


def _sent(line: InvitationLine, moment: Moment) -> Iterator[str]:
    yield _("The mail server accepted it on %(when)s.", when=moment(line.letter.accepted_at if line.letter else None))


def _cancelled(line: InvitationLine, moment: Moment) -> Iterator[str]:
    if line.invitation.sent_sequence is None:
        yield _("Nothing had been sent, so there was nothing to cancel.")
    elif line.traces.is_old or line.letter is None:
        yield _("The entry may still be in their calendar, because we don't send e-mails to that address.")
    else:
        yield _("The mail server accepted the cancellation on %(when)s.", when=moment(line.letter.accepted_at))


def _its_words(words: str | None) -> Iterator[str]:
    if words:
        yield _("The server said: %(words)s", words=words)


_WHY: dict[State, Callable[[InvitationLine, Moment], Iterator[str]]] = {
    State.STOPPED: _stopped,
    State.UNDELIVERABLE: _undeliverable,
    State.BLOCKED: _blocked,
    State.NEVER_LEFT: _progress,
    State.BOUNCED: _bounced,
    State.STALE: _stale,
    State.WAITING: _progress,
    State.SENT: _sent,
    State.ANSWERED: _answered,
    State.CANCELLED: _cancelled,
}
