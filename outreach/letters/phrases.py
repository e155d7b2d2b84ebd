"""Phrases for letters: who, which session, how soon. Families read given names, teachers full names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from babel.lists import format_list

from outreach.folding import full_name
from outreach.letters.content import Group
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.nearness import Nearness, TimeUnit
from outreach.models import LetterSnapshot, Reader, SessionSnapshot, StudentSnapshot
from outreach.web import formatting

NAMED_AT_MOST = 3


def sentences(*whole: str) -> str:
    """Join whole sentences; an empty one is left out."""
    return " ".join(filter(None, whole))


def greeting(reader_name: str) -> str:
    """'Hello Ana,'; nothing where the name isn't known."""
    return _("Hello %(name)s,", name=reader_name) if reader_name else ""


def is_family(snapshot: LetterSnapshot) -> bool:
    """The reader is a student or guardian, who may only read about their own family."""
    return snapshot.reader in (Reader.STUDENT, Reader.GUARDIAN)


def own_students(snapshot: LetterSnapshot) -> tuple[StudentSnapshot, ...]:
    """Give all students the letter names."""
    return snapshot.seated + snapshot.waiting + snapshot.gone


def is_about_you(snapshot: LetterSnapshot) -> bool:
    """The reader is the one student it is about."""
    return snapshot.reader is Reader.STUDENT and len(own_students(snapshot)) <= 1


def name(student: StudentSnapshot, snapshot: LetterSnapshot) -> str:
    """Give the name this reader may see."""
    if snapshot.reader is not Reader.TEACHER:
        return student.given_name
    whole = full_name(student.given_name, student.family_name)
    return f"{whole} ({student.told_apart_by})" if student.told_apart_by else whole


def names(students: Sequence[StudentSnapshot], snapshot: LetterSnapshot) -> str:
    """'Ana and Ben'; for staff more than `NAMED_AT_MOST` are counted: '12 students'."""
    if len(students) > NAMED_AT_MOST and not is_family(snapshot):
        return ngettext("%(num)s student", "%(num)s students", len(students))
    return format_list([name(student, snapshot) for student in students], locale=formatting.locale())


def named_group(heading: str, students: Sequence[StudentSnapshot], snapshot: LetterSnapshot) -> Group:
    """List students under a heading, each with their position on the waiting list, or that the seat is held."""
    return Group(heading, tuple((name(student, snapshot), _position(student)) for student in students))


def _position(student: StudentSnapshot) -> str:
    if student.is_held:
        return _("seat held")
    return _("number %(position)s", position=student.place_in_queue) if student.place_in_queue is not None else ""


def given_names(students: Sequence[StudentSnapshot]) -> str:
    """'Ana and Ben', also for those who know the full names: the calendar may be shared."""
    return format_list([student.given_name for student in students], locale=formatting.locale())


def session_phrase(outreach_session: SessionSnapshot) -> str:
    """'“Power of a Stitch” on Thursday 18 March 2027 at 14:00 (New York)'."""
    return _("“%(title)s” on %(day)s at %(clock)s (%(city)s)", title=outreach_session.title, **start_values(outreach_session))


def title_phrase(outreach_session: SessionSnapshot) -> str:
    """'“Power of a Stitch”': in a calendar, which shows day and time itself."""
    return _("“%(title)s”", title=outreach_session.title)


def time_phrase(outreach_session: SessionSnapshot) -> str:
    """'Thursday 18 March 2027 at 14:00 (New York)'."""
    return _("%(day)s at %(clock)s (%(city)s)", **start_values(outreach_session))


def start_values(outreach_session: SessionSnapshot) -> dict[str, str]:
    """Give `day`, `clock` and `city` of the start. The zone is always named: the computer's own stands beside it in a mail program."""
    return {
        "day": formatting.day(outreach_session.starts_wall),
        "clock": formatting.clock_time(outreach_session.starts_wall),
        "city": formatting.city(outreach_session.zone),
    }


def location_name(outreach_session: SessionSnapshot) -> str:
    """'Skills lab, City Hospital', or 'Online'."""
    if outreach_session.area_name and outreach_session.site_name:
        return _("%(area)s, %(site)s", area=outreach_session.area_name, site=outreach_session.site_name)
    return outreach_session.site_name or outreach_session.area_name or _("Online")


def waiting_text(who: str, position: int | None) -> str:
    """'Ben is number 3 on the waiting list'."""
    if position is None:
        return _("%(name)s is on the waiting list", name=who)
    return _("%(name)s is number %(position)s on the waiting list", name=who, position=position)


def nearness_phrase(near: Nearness) -> str:
    """'Tomorrow', 'In 7 days', 'In 2 hours'."""
    labels: dict[TimeUnit, Callable[[], str]] = {
        TimeUnit.MINUTES: lambda: ngettext("In %(num)s minute", "In %(num)s minutes", near.number),
        TimeUnit.HOURS: lambda: ngettext("In %(num)s hour", "In %(num)s hours", near.number),
        TimeUnit.TODAY: lambda: _("Today"),
        TimeUnit.TOMORROW: lambda: _("Tomorrow"),
        TimeUnit.DAYS: lambda: ngettext("In %(num)s day", "In %(num)s days", near.number),
    }
    return labels[near.unit]()
