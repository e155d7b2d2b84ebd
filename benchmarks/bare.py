"""The ceiling of registering: the rows one class made, written bare into copies of their tables, one transaction for each class."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Table, insert, select

from outreach.db import Base, db, transaction
from outreach.models import Consent, Invitation, InvitationReason, Letter, Registration, RegistrationStep


def classes_a_second(session_id: int, *, seconds: float) -> float:
    """Write again and again what registering a class for this session wrote: no questions, no indexes, no references."""
    copies = MetaData()
    made = [(_copy(model, copies), _rows(model, which)) for model, which in _made_for(session_id)]
    with transaction():
        copies.create_all(db.session.connection())
    done, began = 0, time.perf_counter()
    while time.perf_counter() < began + seconds:
        with transaction():
            for table, rows in made:
                db.session.execute(insert(table), rows)
        done += 1
    return done / (time.perf_counter() - began)


def _made_for(session_id: int) -> Iterator[tuple[type[Base], ColumnElement[bool]]]:
    for model in (Registration, Consent, Invitation, Letter):
        yield model, model.session_id == session_id
    registrations = select(Registration.id).where(Registration.session_id == session_id)
    yield RegistrationStep, RegistrationStep.registration_id.in_(registrations)
    invitations = select(Invitation.id).where(Invitation.session_id == session_id)
    yield InvitationReason, InvitationReason.invitation_id.in_(invitations)


def _copy(model: type[Base], copies: MetaData) -> Table:
    return Table(f"bare_{model.__tablename__}", copies, *(Column(column.name, column.type) for column in model.__table__.c))


def _rows(model: type[Base], which: ColumnElement[bool]) -> list[dict[str, Any]]:
    found = db.session.execute(select(*model.__table__.c).where(which)).mappings()
    return [{str(name): value for name, value in row.items()} for row in found]
