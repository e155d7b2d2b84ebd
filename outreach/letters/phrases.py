"""Phrases letters are made of: who, which session, how soon. Families are told given names, teachers whole names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from babel.lists import format_list

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


def is_family(facts: LetterSnapshot) -> bool:
    """They read as student or guardian, and know nobody but their own."""
    return facts.reader in (Reader.STUDENT, Reader.GUARDIAN)


def own_students(facts: LetterSnapshot) -> tuple[StudentSnapshot, ...]:
    """Give all students the letter names."""
    return facts.seated + facts.waiting + facts.gone


def is_about_you(facts: LetterSnapshot) -> bool:
    """The reader is the one student it is about."""
    return facts.reader is Reader.STUDENT and len(own_students(facts)) <= 1


def name(student: StudentSnapshot, facts: LetterSnapshot) -> str:
    """Give the name this reader may see."""
    if facts.reader is Reader.TEACHER and student.family_name:
        return f"{student.given_name} {student.family_name}"
    return student.given_name


def names(students: Sequence[StudentSnapshot], facts: LetterSnapshot) -> str:
    """'Ana', 'Ana and Ben'; more than a teacher wants to read in a sentence are counted: '12 students'."""
    if len(students) > NAMED_AT_MOST and not is_family(facts):
        return ngettext("%(num)s student", "%(num)s students", len(students))
    return format_list([name(student, facts) for student in students], locale=formatting.locale())


def named_group(heading: str, students: Sequence[StudentSnapshot], facts: LetterSnapshot) -> Group:
    """List students under a heading, each with the position of whoever waits, or that the seat is held."""
    return Group(heading, tuple((name(student, facts), _position(student)) for student in students))


def _position(student: StudentSnapshot) -> str:
    if student.is_held:
        return _("seat held")
    return _("number %(position)s", position=student.place_in_queue) if student.place_in_queue is not None else ""


def given_names(students: Sequence[StudentSnapshot]) -> str:
    """'Ana and Ben', also to those who know the whole names: what a shared calendar may show."""
    return format_list([student.given_name for student in students], locale=formatting.locale())


def session_words(told: SessionSnapshot) -> str:
    """'“Power of a Stitch” on Thursday 18 March 2027 at 14:00'; online, where it may be another hour, '(New York)' too."""
    words = {"title": told.title, "day": formatting.day(told.starts_wall), "clock": formatting.clock_time(told.starts_wall)}
    if told.site_name:
        return _("“%(title)s” on %(day)s at %(clock)s", **words)
    return _("“%(title)s” on %(day)s at %(clock)s (%(city)s)", city=formatting.city(told.zone), **words)


def time_words(session: SessionSnapshot) -> str:
    """'Thursday 18 March 2027 at 14:00'; online, where it may be another hour, '(New York)' too."""
    words = {"day": formatting.day(session.starts_wall), "clock": formatting.clock_time(session.starts_wall)}
    if session.site_name:
        return _("%(day)s at %(clock)s", **words)
    return _("%(day)s at %(clock)s (%(city)s)", city=formatting.city(session.zone), **words)


def place_name(told: SessionSnapshot) -> str:
    """'Skills lab, City Hospital', or 'Online'."""
    if told.area_name and told.site_name:
        return _("%(area)s, %(site)s", area=told.area_name, site=told.site_name)
    return told.site_name or told.area_name or _("Online")


def waits(who: str, position: int | None) -> str:
    """'Ben is number 3 on the waiting list'."""
    if position is None:
        return _("%(name)s is on the waiting list", name=who)
    return _("%(name)s is number %(position)s on the waiting list", name=who, position=position)


def near_words(near: Nearness) -> str:
    """'Tomorrow', 'In 7 days', 'In 2 hours'."""
    words: dict[TimeUnit, Callable[[], str]] = {
        TimeUnit.MINUTES: lambda: ngettext("In %(num)s minute", "In %(num)s minutes", near.number),
        TimeUnit.HOURS: lambda: ngettext("In %(num)s hour", "In %(num)s hours", near.number),
        TimeUnit.TODAY: lambda: _("Today"),
        TimeUnit.TOMORROW: lambda: _("Tomorrow"),
        TimeUnit.DAYS: lambda: ngettext("In %(num)s day", "In %(num)s days", near.number),
    }
    return words[near.unit]()
