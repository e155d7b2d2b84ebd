"""What teachers do with one student: add, correct, put into a class, take out of one, remove: gone, or nameless where past places count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from flask_babel import gettext as _
from sqlalchemy import delete, select

from outreach.class_lists import (
    PLAUSIBLE_AGES,
    GuardianChange,
    ImportPlan,
    KnownGuardian,
    KnownStudent,
    ListedGuardian,
    ListedStudent,
    StudentUpdate,
    Value,
    merged,
    number_key,
    plan_import,
)
from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal, Refusals, Stale
from outreach.folding import full_name, name_key
from outreach.models import (
    SchoolClass,
    Student,
    enrolment,
    guardianship,
)
from outreach.schools.apply_plan import join_classes, write
from outreach.schools.lost_guardians import NoGuardianLeft, concerned_by_loss
from outreach.schools.queries import fingerprint, known_students, lock_school
from outreach.schools.use_cases import locked_class

FIELDS = ("given_name", "family_name", "preferred_name", "number", "email", "year_group", "birth_date", "needs")


@dataclass(frozen=True, kw_only=True)
class StudentInput:
    """What a teacher says of a student; None: nothing. A known guardian keeps the id, others have none."""

    given_name: str
    family_name: str
    preferred_name: str | None = None
    number: str | None = None
    email: str | None = None
    year_group: str | None = None
    birth_date: date | None = None
    needs: str | None = None
    guardians: tuple[KnownGuardian | ListedGuardian, ...] = ()


class AlreadyThere(Refusal):
    """The school has students who may be this one: `candidates` by id."""

    def __init__(self, candidates: tuple[int, ...]) -> None:
        """Keep who they may be."""
        super().__init__(_("Your school already has a student like this. Is it the same person?"), field="given_name")
        self.candidates = candidates


def seen_of(student: KnownStudent) -> str:
    """Give the sign of what a form showed of a student."""
    return fingerprint(replace(student, class_ids=frozenset()))


def add_student(class_id: int, typed: StudentInput, *, is_another: bool = False, now: datetime) -> int:
    """Add a student to a class; give the id.

    Raises AlreadyThere when the school may have them already, unless `is_another` says that it's somebody else;
    Refusal for a number that is taken or a birth date no student has.
    """
    with transaction():
        school_class = locked_class(class_id)
        known = known_students(school_class.school_id)
        plan = plan_import([_row(typed)], list(known.values()), class_id, is_whole=False)
        if not plan.add and not is_another:
            raise AlreadyThere(_candidates(plan))
        refusals(typed, known.values(), now=now).must_be_none()
        added = write(only(add=(_row(typed),)), school_id=school_class.school_id, class_id=class_id, now=now).added
    return added[0]


def edit_student(student_id: int, typed: StudentInput, *, seen: str, asks_first: bool = False, now: datetime) -> bool:
    """Correct a student's record; say whether letters now go elsewhere: those invited at the old address are informed.

    `seen`: `seen_of` the student as the form showed them. `asks_first`: nothing is saved where the last guardian of a minor would leave,
    and seats be held. Raises NoGuardianLeft then, Stale when it has changed since, and Refusal as `add_student`.
    """
    with transaction():
        school_id = _locked_school_of(student_id)
        known = known_students(school_id)
        student = known.pop(student_id, None)
        if student is None:
            raise NotThere(_("There is no such student."))
        if seen_of(student) != seen:
            raise Stale(
                _("A colleague has changed this student since you opened the page. What you typed is still here. To keep it, save again.")
            )
        refusals(typed, known.values(), now=now).must_be_none()
        update, gone = difference(student, typed)
        written = write(only(update=(update,)), school_id=school_id, removed=[(student_id, key) for key in gone], now=now)
        if asks_first and (concerned := concerned_by_loss(written.lost_guardians, now=now)):
            raise NoGuardianLeft(concerned)
    return bool(written.readdressed)


def join_class(student_id: int, class_id: int) -> None:
    """Put a student of the school into one more of its classes; twice changes nothing."""
    with transaction():
        school_class = locked_class(class_id)
        student = db.session.get(Student, student_id)
        if student is None or student.school_id != school_class.school_id:
            raise NotThere(_("There is no such student."))
        _leave(student_id, class_id)
        join_classes([(student_id, class_id)])


def leave_class(student_id: int, class_id: int) -> None:
    """Take a student out of a class; their record and places stay."""
    with transaction():
        locked_class(class_id)
        _leave(student_id, class_id)


def siblings(student_id: int) -> dict[int, list[str]]:
    """Give, by guardian, the other children's given names: a correction is for them too."""
    mine = select(guardianship.c.guardian_id).where(guardianship.c.student_id == student_id)
    rows = db.session.execute(
        select(guardianship.c.guardian_id, Student.given_name)
        .join(Student, Student.id == guardianship.c.student_id)
        .where(guardianship.c.guardian_id.in_(mine), Student.id != student_id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for guardian_id, given_name in sorted(rows, key=lambda row: name_key(row.given_name)):
        found[guardian_id].append(given_name)
    return found


def classes_to_join(student: Student) -> list[SchoolClass]:
    """Read the school's classes a student isn't in, by name."""
    mine = select(enrolment.c.class_id).where(enrolment.c.student_id == student.id)
    others = select(SchoolClass).where(SchoolClass.school_id == student.school_id, SchoolClass.id.not_in(mine))
    return list(db.session.scalars(others.order_by(SchoolClass.folded)))


def _leave(student_id: int, class_id: int) -> None:
    db.session.execute(delete(enrolment).where(enrolment.c.student_id == student_id, enrolment.c.class_id == class_id))


def _locked_school_of(student_id: int) -> int:
    school_id = db.session.scalar(select(Student.school_id).where(Student.id == student_id))
    return lock_school(school_id or 0).id


def _row(typed: StudentInput) -> ListedStudent:
    guardians = merged(ListedGuardian(one.name or None, one.email) for one in typed.guardians)
    return ListedStudent(1, **{field: getattr(typed, field) for field in FIELDS}, guardians=guardians)


def only(*, add: tuple[ListedStudent, ...] = (), update: tuple[StudentUpdate, ...] = ()) -> ImportPlan:
    """Plan no more than this."""
    return ImportPlan(add=add, update=update, unchanged=(), ask=(), disputes=(), absent=())


def _candidates(plan: ImportPlan) -> tuple[int, ...]:
    found = tuple(one.student_id for one in (*plan.update, *plan.unchanged))
    return found + tuple(key for question in plan.ask for key in question.candidates)


def refusals(typed: StudentInput, others: Iterable[KnownStudent], *, now: datetime) -> Refusals:
    """Give every reason why the school can't have a student like this. Pure."""
    found = Refusals()
    key = number_key(typed.number) if typed.number else None
    owner = next((one for one in others if key and one.number and number_key(one.number) == key), None)
    if owner:
        name = full_name(owner.given_name, owner.family_name)
        found.append(Refusal(_("%(name)s already has this number. Correct one of them.", name=name), field="number"))
    found.unless(partial(must_be_plausible, typed.birth_date, now=now))
    return found


def must_be_plausible(birth_date: date | None, *, field: str = "birth_date", now: datetime) -> None:
    """Raise Refusal for a birth date that no student has."""
    if birth_date and Student(birth_date=birth_date).age_on(now.date()) not in PLAUSIBLE_AGES:
        raise Refusal(_("This birth date can't be right for a student. Check the year."), field=field)


def difference(student: KnownStudent, typed: StudentInput) -> tuple[StudentUpdate, set[int]]:
    """Give what the form says otherwise, and the guardians it leaves out. Unlike in a list, an empty field erases."""
    kept = {one.id: one for one in typed.guardians if isinstance(one, KnownGuardian)}
    mine = {guardian.id: guardian for guardian in student.guardians}
    changes = [GuardianChange(key, _changes(mine[key], one, ("name", "email"))) for key, one in kept.items() if key in mine]
    unknown = [ListedGuardian(one.name or None, one.email) for one in typed.guardians if getattr(one, "id", None) not in mine]
    update = StudentUpdate(
        _row(typed),
        student.id,
        changes=_changes(student, typed, FIELDS),
        joins_class=False,
        new_guardians=merged(unknown),
        guardian_changes=tuple(change for change in changes if change.changes),
    )
    return update, mine.keys() - kept.keys()


def _changes(old: object, new: object, fields: tuple[str, ...]) -> Mapping[str, tuple[Value, Value]]:
    pairs = {field: (getattr(old, field) or None, getattr(new, field) or None) for field in fields}
    return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}
