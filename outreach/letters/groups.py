"""The lists of students in a teacher's digest, a host's roster and a letter about a wrong address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from outreach.letters.content import Group
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.phrases import name, own_students
from outreach.models import Cause, LetterKind, LetterSnapshot, StudentSnapshot


def groups(kind: LetterKind, facts: LetterSnapshot) -> tuple[Group, ...]:
    """Give the lists a letter of this kind has; families' letters have none."""
    if kind is LetterKind.DIGEST:
        return tuple(_digest(facts))
    if kind is LetterKind.ROSTER:
        return tuple(_by_school(facts))
    if kind is LetterKind.WRONG_ADDRESS:
        return tuple(_wrong_address(facts))
    return ()


def _wrong_address(facts: LetterSnapshot) -> Iterator[Group]:
    is_nobodys = facts.cause is Cause.BOUNCED
    yield _group(_("Whose letters go there") if is_nobodys else _("Whose address it was meant to be"), own_students(facts), facts)
    if facts.stands_in_for:
        yield _group(_("Please tell them yourself"), facts.stands_in_for, facts)


def _digest(facts: LetterSnapshot) -> Iterator[Group]:
    seated, waiting, gone = len(facts.seated), len(facts.waiting), len(facts.gone)
    is_cancelled = facts.cause is Cause.CANCELLED
    if facts.offered:
        yield _group(_("May have a seat, if you agree"), facts.offered, facts)
    if seated:
        heading = ngettext("%(num)s had a seat", "%(num)s had a seat", seated) if is_cancelled else None
        yield _group(heading or ngettext("%(num)s has a seat", "%(num)s have a seat", seated), facts.seated, facts)
    if waiting:
        heading = ngettext("%(num)s waited", "%(num)s waited", waiting) if is_cancelled else None
        yield _group(heading or ngettext("%(num)s waits", "%(num)s wait", waiting), facts.waiting, facts)
    if gone:
        yield _group(ngettext("%(num)s no longer comes", "%(num)s no longer come", gone), facts.gone, facts)
    if facts.stands_in_for:
        yield _group(_("Please tell them yourself"), facts.stands_in_for, facts)


def _group(heading: str, students: Sequence[StudentSnapshot], facts: LetterSnapshot) -> Group:
    return Group(heading, tuple((name(student, facts), _place(student)) for student in students))


def _place(student: StudentSnapshot) -> str:
    return _("number %(place)s", place=student.place_in_queue) if student.place_in_queue is not None else ""


def _by_school(facts: LetterSnapshot) -> Iterator[Group]:
    """Given names and school are what a host may have on paper (product.md)."""
    schools: dict[str, list[str]] = defaultdict(list)
    for student in facts.seated:
        schools[student.school_name].append(student.given_name)
    for school, given_names in sorted(schools.items()):
        count = ngettext("%(num)s student", "%(num)s students", len(given_names))
        heading = _("%(school)s: %(count)s", school=school, count=count) if school else count
        yield Group(heading, tuple((given_name, "") for given_name in sorted(given_names)))
