"""Students as lines of a list: their classes, who can be reached about them, and whose address needs a person."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select

from outreach.db import db
from outreach.folding import full_name
from outreach.models import Bounce, Guardian, Mailbox, School, SchoolClass, Student, enrolment, guardianship
from outreach.outbox import delayed_lately
from outreach.people import contacts_of_students, told_apart


class ContactState(enum.StrEnum):
    """The state of one person's address."""

    OPEN = "open"
    MISSING = "missing"
    STOPPED = "stopped"
    UNDELIVERABLE = "undeliverable"
    BLOCKED = "blocked"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """The student (no name) or one guardian, with an address or without. `put_off`: letters refused for a time, in the last days."""

    name: str
    mailbox_id: int | None = None
    address: str | None = None
    stopped_at: datetime | None = None
    undeliverable_at: datetime | None = None
    blocked_at: datetime | None = None
    server_words: str = ""
    put_off: int = 0

    @property
    def state(self) -> ContactState:
        """Say whether letters reach them, or why not."""
        if self.address is None:
            return ContactState.MISSING
        if self.stopped_at is not None:
            return ContactState.STOPPED
        if self.undeliverable_at is not None:
            return ContactState.UNDELIVERABLE
        return ContactState.OPEN if self.blocked_at is None else ContactState.BLOCKED

    @property
    def is_open(self) -> bool:
        """Letters arrive, as far as we know."""
        return self.state is ContactState.OPEN

    @property
    def domain(self) -> str:
        """The part behind the @; nothing without an address."""
        return (self.address or "").rpartition("@")[2]


@dataclass(frozen=True)
class ContactStatus:
    """Everybody who may be written to about a student."""

    own: Contact
    guardians: tuple[Contact, ...]
    is_minor: bool

    @property
    def open_guardians(self) -> int:
        """Count the guardians letters reach; those of adults aren't written to."""
        return sum(guardian.is_open for guardian in self.guardians) if self.is_minor else 0

    @property
    def reaches_nobody(self) -> bool:
        """The teacher must inform them."""
        return not self.own.is_open and not self.open_guardians

    @property
    def needs_stand_in(self) -> bool:
        """A minor without a guardian letters reach: the teacher is copied instead."""
        return self.is_minor and not self.open_guardians and not self.reaches_nobody

    @property
    def troubles(self) -> tuple[Contact, ...]:
        """Give those whose address must be corrected."""
        return tuple(one for one in (self.own, *self.guardians) if one.state in (ContactState.STOPPED, ContactState.UNDELIVERABLE))

    @property
    def blocked(self) -> tuple[Contact, ...]:
        """Give those whose domain turns our letters away."""
        return tuple(one for one in (self.own, *self.guardians) if one.state is ContactState.BLOCKED)

    @property
    def put_off(self) -> tuple[Contact, ...]:
        """Give those whose server put letters off again and again until we gave up."""
        return tuple(one for one in (self.own, *self.guardians) if one.is_open and one.put_off)


BY_NAME = (Student.folded, Student.id)


@dataclass(frozen=True, kw_only=True)
class StudentLine:
    """One student."""

    id: int
    given_name: str
    family_name: str
    number: str | None
    year_group: str | None
    birth_date: date | None
    needs: str
    classes: tuple[str, ...]
    reach: ContactStatus
    told_apart_by: str

    @property
    def name(self) -> str:
        """Give the full name, for their own school's eyes, and what tells namesakes apart."""
        name = full_name(self.given_name, self.family_name)
        return f"{name} ({self.told_apart_by})" if self.told_apart_by else name


def student_lines(which: ColumnElement[bool], *, now: datetime) -> list[StudentLine]:
    """Read the students that meet a condition, by family name."""
    rows = db.session.execute(
        select(Student, School.majority_age, Mailbox)
        .join(School, School.id == Student.school_id)
        .outerjoin(Mailbox, Mailbox.id == Student.mailbox_id)
        .where(which)
        .order_by(*BY_NAME)
    ).all()
    ids = [student.id for student, _majority_age, _mailbox in rows]
    classes, guardians, put_off, shared = _classes(ids), _guardians(ids), _put_off(ids, now), told_apart(ids)
    return [
        _line(
            student,
            classes[student.id],
            shared.get(student.id, ""),
            _reach(student, mailbox, guardians[student.id], put_off, majority_age, now.date()),
        )
        for student, majority_age, mailbox in rows
    ]


def _line(student: Student, classes: Sequence[str], told_apart_by: str, reach: ContactStatus) -> StudentLine:
    return StudentLine(
        id=student.id,
        given_name=student.given_name,
        family_name=student.family_name,
        number=student.number,
        year_group=student.year_group,
        birth_date=student.birth_date,
        needs=student.needs,
        classes=tuple(classes),
        reach=reach,
        told_apart_by=told_apart_by,
    )


def _reach(
    student: Student,
    mailbox: Mailbox | None,
    guardians: Sequence[tuple[str, Mailbox | None]],
    put_off: Mapping[int, int],
    majority_age: int,
    today: date,
) -> ContactStatus:
    contacts = [_contact(name, reads, put_off) for name, reads in (("", mailbox), *guardians)]
    return ContactStatus(contacts[0], tuple(contacts[1:]), student.is_minor_on(today, majority_age))


def _contact(name: str, mailbox: Mailbox | None, put_off: Mapping[int, int]) -> Contact:
    if mailbox is None:
        return Contact(name=name)
    return Contact(
        name=name,
        mailbox_id=mailbox.id,
        address=mailbox.address,
        stopped_at=mailbox.stopped_at,
        undeliverable_at=mailbox.undeliverable_at,
        blocked_at=mailbox.blocked_at,
        server_words=mailbox.undeliverable_words or "",
        put_off=put_off.get(mailbox.id, 0),
    )


def _put_off(student_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Count, by mailbox, the letters of the last days that a server delayed until they failed."""
    behind = contacts_of_students().subquery().c
    theirs = select(behind.mailbox_id).where(behind.student_id.in_(student_ids))
    rows = db.session.execute(delayed_lately(now=now).where(Bounce.mailbox_id.in_(theirs)))
    return {mailbox_id: number for mailbox_id, number in rows}  # noqa: C416 (dict() of rows isn't typed)


def _classes(student_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = db.session.execute(
        select(enrolment.c.student_id, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == enrolment.c.class_id)
        .where(enrolment.c.student_id.in_(student_ids))
        .order_by(SchoolClass.folded)
    )
    for student_id, name in rows:
        found[student_id].append(name)
    return found


def _guardians(student_ids: Sequence[int]) -> dict[int, list[tuple[str, Mailbox | None]]]:
    found: dict[int, list[tuple[str, Mailbox | None]]] = defaultdict(list)
    rows = db.session.execute(
        select(guardianship.c.student_id, Guardian.name, Mailbox)
        .join(Guardian, Guardian.id == guardianship.c.guardian_id)
        .outerjoin(Mailbox, Mailbox.id == Guardian.mailbox_id)
        .where(guardianship.c.student_id.in_(student_ids))
        .order_by(Guardian.id)
    )
    for student_id, name, mailbox in rows:
        found[student_id].append((name, mailbox))
    return found
