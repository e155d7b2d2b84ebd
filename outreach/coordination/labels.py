"""What states and kinds are called on the coordinator's pages, and what a moment reads like on her clock."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask_babel import lazy_gettext as _l

from outreach.models import ApplicationState, LetterKind, LetterState, RoleName, SessionState
from outreach.web import formatting

ROLES = {
    RoleName.CLINICIAN: _l("Clinician"),
    RoleName.TEACHER: _l("Teacher"),
    RoleName.COORDINATOR: _l("Coordinator"),
}
APPLICATION_STATES = {
    ApplicationState.PENDING: _l("Waiting"),
    ApplicationState.APPROVED: _l("Approved"),
    ApplicationState.DECLINED: _l("Declined"),
}
SESSION_STATES = {
    SessionState.DRAFT: _l("Draft"),
    SessionState.PUBLISHED: _l("Published"),
    SessionState.CANCELLED: _l("Cancelled"),
}
LETTER_KINDS = {
    LetterKind.INVITATION: _l("Invitation"),
    LetterKind.PROMOTED: _l("A seat became free"),
    LetterKind.UPDATED: _l("Updated invitation"),
    LetterKind.CANCELLED: _l("Cancelled"),
    LetterKind.REMOVED: _l("No longer taking part"),
    LetterKind.WAITING: _l("Waiting list"),
    LetterKind.REMINDER: _l("Reminder"),
    LetterKind.DIGEST: _l("Teacher's digest"),
    LetterKind.ROSTER: _l("Host's roster"),
    LetterKind.DECISION: _l("Asks for a decision"),
    LetterKind.WRONG_ADDRESS: _l("Wrong address"),
    LetterKind.BLOCKED: _l("A domain turns letters away"),
    LetterKind.NOTE: _l("A calendar asks for something"),
    LetterKind.CONFIRM_ANSWER: _l("Answer from another address"),
    LetterKind.APPLICATION: _l("Application decided"),
    LetterKind.ACCOUNT: _l("Account"),
}
LETTER_STATES = {
    LetterState.QUEUED: _l("Waiting"),
    LetterState.LEASED: _l("Leaving"),
    LetterState.SENT: _l("Sent"),
    LetterState.FAILED: _l("Failed"),
    LetterState.DROPPED: _l("Not needed"),
}
PAUSE_REASONS = {
    "unreachable": _l("The mail server can't be reached."),
    "insecure": _l("The mail server can't prove who it is, or offers no encryption."),
    "sign_in": _l("The mail server refuses our user name or password."),
    "sender": _l("The mail server refuses our sender address."),
}


def moment(at: datetime | None, zone: str) -> str:
    """Give a moment as a clock in this zone shows it: 'Mon 1 Mar 2027, 09:00'; nothing for None."""
    if at is None:
        return ""
    wall = at.astimezone(ZoneInfo(zone))
    return f"{_day(wall.date(), formatting.locale())}, {formatting.clock_time(wall)}"


@lru_cache(maxsize=1024)
def _day(day: date, language: str) -> str:
    return str(format_date(day, "EEE d MMM y" if language.startswith("en") else "medium", locale=language))
