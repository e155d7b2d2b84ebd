"""What tests of registration share: registrations in any state, who has which place, and the whole database to compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from outreach.db import Base, db, transaction
from outreach.models import SEATED, Consent, Letter, LetterKind, Mailbox, OutreachSession, Registration, RegistrationState, Student, User

ENDED = (RegistrationState.WITHDRAWN, RegistrationState.REMOVED, RegistrationState.RELEASED)
SECOND = timedelta(seconds=1)
_TABLES = [table.name for table in Base.metadata.sorted_tables]


def registration_in(
    state: RegistrationState, student: Student, outreach_session: OutreachSession, teacher: User, *, now: datetime, **facts: Any
) -> Registration:
    """Give a registration in this state, with its seat counted where it has one; nobody was told of it."""
    registration = Registration(
        **{
            "session_id": outreach_session.id,
            "student_id": student.id,
            "school_id": student.school_id,
            "teacher_id": teacher.id,
            "state": state,
            "queued_at": now,
            "changed_at": now,
        }
        | facts
    )
    with transaction():
        db.session.add(registration)
        if state in SEATED:
            db.session.get_one(OutreachSession, outreach_session.id).seats_taken += 1
    return registration


def whole_database() -> dict[str, list[tuple[Any, ...]]]:
    """Give every row of every table, as the database itself keeps them."""
    return {name: sorted((tuple(row) for row in db.session.execute(text(f'SELECT * FROM "{name}"'))), key=repr) for name in _TABLES}  # noqa: S608


@contextmanager
def nothing_changes() -> Iterator[None]:
    """What is done inside leaves every row of the database as it was."""
    before = whole_database()
    yield
    after = whole_database()
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


def states(outreach_session: OutreachSession) -> dict[str, RegistrationState]:
    """Give by given name the newest state of each student in a session."""
    rows = db.session.execute(
        select(Student.given_name, Registration.state)
        .join(Student, Student.id == Registration.student_id)
        .where(Registration.session_id == outreach_session.id)
        .order_by(Registration.id)
    )
    return {name: state for name, state in rows}  # noqa: C416 (dict() of rows isn't typed)


def registration_of(student: Student, outreach_session: OutreachSession) -> Registration:
    """Give a student's newest registration for a session, as the database has it."""
    mine = Registration.student_id == student.id, Registration.session_id == outreach_session.id
    wanted = select(Registration).where(*mine).order_by(Registration.id.desc()).limit(1)
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one()


def seats_taken(outreach_session: OutreachSession) -> int:
    """Give the number of seats taken, and make sure that as many registrations hold one."""
    held = Registration.session_id == outreach_session.id, Registration.state.in_(SEATED)
    counted = db.session.scalar(select(func.count()).select_from(Registration).where(*held))
    taken = db.session.scalars(select(OutreachSession.seats_taken).where(OutreachSession.id == outreach_session.id)).one()
    assert taken == counted
    return taken


def consents(outreach_session: OutreachSession) -> list[Consent]:
    """Give the consents for a session, oldest first."""
    return list(db.session.scalars(select(Consent).where(Consent.session_id == outreach_session.id).order_by(Consent.id)))


def letters(outreach_session: OutreachSession, *kinds: LetterKind) -> list[tuple[str, LetterKind]]:
    """Give address and kind of each letter about a session that waits to be sent, sorted."""
    rows = db.session.execute(
        select(Mailbox.address, Letter.kind)
        .join(Mailbox, Mailbox.id == Letter.mailbox_id)
        .where(Letter.session_id == outreach_session.id, Letter.state == "queued", Letter.kind.in_(kinds or list(LetterKind)))
    )
    return sorted((row.address, row.kind) for row in rows)
