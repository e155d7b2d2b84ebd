"""Subjects a person understands on a lock screen: what happened, to which session, when.

No surname, school or health shows in one (product.md, minors).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from outreach.letters.counter_proposals import asked_subject, confirm_subject
from outreach.letters.decision import asking_subject
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.nearness import nearness
from outreach.letters.phrases import near_words
from outreach.letters.provisional import is_the_news, is_uncertain, subject_of_news
from outreach.models import Cause, LetterKind, LetterSnapshot, SessionSnapshot
from outreach.web import formatting

TITLE_AT_MOST = 60


def subject(kind: LetterKind, facts: LetterSnapshot, *, written_at: datetime) -> str:
    """Give the subject of a letter about a session."""
    if kind in _WITH_DATE:
        news = _WITH_DATE[kind](facts)
        says_so = is_uncertain(kind, facts) and facts.entry and not is_the_news(facts)
        said = _("%(news)s (provisional)", news=news) if says_so else news
        return f"{said}: {_title_and_time(facts.session)}"
    near = near_words(nearness(facts.session, written_at=written_at))
    said = _COUNTED[kind](facts, near)
    if is_uncertain(kind, facts) and kind is not LetterKind.DIGEST:
        said = _("%(near)s, not certain yet", near=said)
    return f"{said}: {_title(facts.session)}"


def digest_counts(facts: LetterSnapshot) -> str:
    """'10 seated, 4 waiting'."""
    parts = (
        facts.seated and ngettext("%(num)s seated", "%(num)s seated", len(facts.seated)),
        facts.waiting and ngettext("%(num)s waiting", "%(num)s waiting", len(facts.waiting)),
        facts.gone and ngettext("%(num)s no longer comes", "%(num)s no longer come", len(facts.gone)),
    )
    return ", ".join(part for part in parts if part) or _("Your students")


def _digest(facts: LetterSnapshot, _near: str) -> str:
    if facts.cause is Cause.OFFERED:
        return _("A seat is free, please answer")
    if is_the_news(facts):
        return subject_of_news(facts)
    if facts.cause in (Cause.MOVED, Cause.CANCELLED):
        return _("Moved") if facts.cause is Cause.MOVED else _("Cancelled")
    return digest_counts(facts)


def _updated(facts: LetterSnapshot) -> str:
    if is_the_news(facts):
        return subject_of_news(facts)
    return _("Updated invitation") if facts.entry else _("Updated")


def _removed(facts: LetterSnapshot) -> str:
    if facts.cause is Cause.REMOVED:
        return _("No longer on the list")
    return _("Withdrawn") if facts.cause in (Cause.WITHDRAWN, Cause.DECLINED) else _("No longer in your calendar")


def _roster(facts: LetterSnapshot, near: str) -> str:
    count = len(facts.seated)
    return ngettext("%(near)s, %(num)s student", "%(near)s, %(num)s students", count, near=near)


_WITH_DATE: dict[LetterKind, Callable[[LetterSnapshot], str]] = {
    LetterKind.INVITATION: lambda _facts: _("Invitation"),
    LetterKind.PROMOTED: lambda _facts: _("A place is free"),
    LetterKind.UPDATED: _updated,
    LetterKind.CANCELLED: lambda _facts: _("Cancelled"),
    LetterKind.REMOVED: _removed,
    LetterKind.WAITING: lambda _facts: _("On the waiting list"),
    LetterKind.DECISION: asking_subject,
    LetterKind.NOTE: asked_subject,
    LetterKind.CONFIRM_ANSWER: confirm_subject,
}
_COUNTED: dict[LetterKind, Callable[[LetterSnapshot, str], str]] = {
    LetterKind.REMINDER: lambda _facts, near: near,
    LetterKind.DIGEST: _digest,
    LetterKind.ROSTER: _roster,
    LetterKind.WRONG_ADDRESS: lambda _facts, _near: _("An address needs correcting"),
}


def _title_and_time(told: SessionSnapshot) -> str:
    return _(
        "%(title)s, %(day)s, %(clock)s (%(city)s)",
        title=_title(told),
        day=formatting.short_day(told.starts_wall),
        clock=formatting.clock_time(told.starts_wall),
        city=formatting.city(told.zone),
    )


def _title(told: SessionSnapshot) -> str:
    """Leave room for the date on a phone's one line."""
    return told.title if len(told.title) <= TITLE_AT_MOST else told.title[: TITLE_AT_MOST - 1].rstrip(" ,;:") + "…"
