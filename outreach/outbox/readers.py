"""What the readers of letters are now, read for a whole batch in a fixed number of queries.

Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, union
from sqlalchemy.orm import selectinload

from outreach.db import db
from outreach.models import (
    HAVE_AN_ENTRY,
    Guardian,
    Letter,
    Membership,
    OutreachSession,
    Registration,
    RoleName,
    School,
    Student,
    User,
    co_host,
    guardianship,
)
from outreach.people import Capacities, Relative, named

_AT_ONCE = 5_000


@dataclass
class _Known:
    """What was read: adults by mailbox, their sessions and schools, and the families of the registrations."""

    coordinators: set[int] = field(default_factory=set)
    hosting: set[tuple[int, int]] = field(default_factory=set)
    schools: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    schools_in: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    school_of: dict[int, int] = field(default_factory=dict)
    relatives: dict[int, dict[int, Relative]] = field(default_factory=lambda: defaultdict(dict))
    guardians: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


def capacities(letters: Sequence[Letter]) -> dict[int, Capacities]:
    """Give by letter what its mailbox's readers are now."""
    known, keys = _Known(), {letter.mailbox_id for letter in letters}
    sessions = {letter.session_id for letter in letters if letter.session_id is not None}
    _read_adults(known, keys, sessions)
    ids = sorted({key for letter in letters for key in named(letter.facts)})
    for start in range(0, len(ids), _AT_ONCE):
        _read_families(known, ids[start : start + _AT_ONCE], keys)
    return {letter.id: _of(letter, known) for letter in letters}


def others_come(roster: Letter) -> bool:
    """Say whether others come now than this roster names, such as after a withdrawal that was undone."""
    ids = [student["registration_id"] for student in roster.facts.get("seated", ())]
    has_entry = (Registration.session_id == roster.session_id, Registration.state.in_(HAVE_AN_ENTRY))
    coming = db.session.scalars(select(Registration.student_id).where(*has_entry)).all()
    return set(db.session.scalars(select(Registration.student_id).where(Registration.id.in_(ids)))) != set(coming)


def _of(letter: Letter, known: _Known) -> Capacities:
    mailbox_id, ids = letter.mailbox_id, set(named(letter.facts))
    coordinates, schools = mailbox_id in known.coordinators, known.schools[mailbox_id]
    there = known.schools_in[letter.session_id] if letter.session_id is not None else schools
    names = known.guardians[mailbox_id]
    return Capacities(
        hosts=(mailbox_id, letter.session_id) in known.hosting,
        teaches=coordinates or bool(schools & there),
        coordinates=coordinates,
        pupils=frozenset(key for key in ids if coordinates or known.school_of.get(key) in schools),
        relatives={key: one for key, one in known.relatives[mailbox_id].items() if key in ids},
        guardian_name=next(iter(names)) if len(names) == 1 else "",
    )


def _read_adults(known: _Known, mailbox_ids: Collection[int], session_ids: Collection[int]) -> None:
    """Read who has an open account, with the schools where they teach and the sessions they host."""
    adults = select(User).where(User.mailbox_id.in_(mailbox_ids), User.active).options(selectinload(User.roles))
    users = {user.id: user for user in db.session.scalars(adults.execution_options(populate_existing=True))}
    if not users:
        return
    known.coordinators |= {user.mailbox_id for user in users.values() if user.is_a(RoleName.COORDINATOR)}
    teachers = {key for key, user in users.items() if user.is_a(RoleName.TEACHER)}
    for row in db.session.execute(select(Membership.user_id, Membership.school_id).where(Membership.user_id.in_(teachers))):
        known.schools[users[row.user_id].mailbox_id].add(row.school_id)
    hosts = union(
        select(OutreachSession.id.label("session_id"), OutreachSession.host_id.label("user_id")).where(OutreachSession.id.in_(session_ids)),
        select(co_host.c.session_id, co_host.c.user_id).where(co_host.c.session_id.in_(session_ids)),
    )
    for row in db.session.execute(hosts):
        if row.user_id in users and users[row.user_id].is_a(RoleName.CLINICIAN):
            known.hosting.add((users[row.user_id].mailbox_id, row.session_id))
    taught = set().union(*known.schools.values()) if known.schools else set()
    there = select(Registration.session_id, Registration.school_id).where(
        Registration.session_id.in_(session_ids), Registration.school_id.in_(taught)
    )
    for row in db.session.execute(there.distinct()):
        known.schools_in[row.session_id].add(row.school_id)


def _read_families(known: _Known, registration_ids: Sequence[int], mailbox_ids: Collection[int]) -> None:
    """Read to which school these registrations belong, and whose family reads at these mailboxes."""
    columns = (Registration.id, Registration.school_id, Student.given_name, Student.mailbox_id, School.zone)
    rows = db.session.execute(
        select(*columns)
        .join(Student, Student.id == Registration.student_id)
        .join(School, School.id == Registration.school_id)
        .where(Registration.id.in_(registration_ids))
    ).all()
    behind = db.session.execute(
        select(Registration.id, Guardian.mailbox_id, Guardian.name)
        .join(guardianship, guardianship.c.student_id == Registration.student_id)
        .join(Guardian, Guardian.id == guardianship.c.guardian_id)
        .where(Registration.id.in_(registration_ids), Guardian.mailbox_id.in_(mailbox_ids))
    ).all()
    facts = {row.id: row for row in rows}
    for row in behind:
        known.relatives[row.mailbox_id][row.id] = Relative(given_name=facts[row.id].given_name, zone=facts[row.id].zone, is_student=False)
        known.guardians[row.mailbox_id].add(row.name.strip())
    for key, student in facts.items():
        known.school_of[key] = student.school_id
        if student.mailbox_id in mailbox_ids:
            known.relatives[student.mailbox_id][key] = Relative(given_name=student.given_name, zone=student.zone, is_student=True)
