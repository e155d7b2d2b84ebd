"""The database itself refuses what must never be."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from outreach.db import db, transaction
from outreach.models import Mailbox, OutreachSession
from tests.support.builders import Builder

pytestmark = pytest.mark.both_databases("types and transactions")


def test_the_database_refuses_an_oversold_session(make: Builder) -> None:
    outreach_session = make.outreach_session(make.clinician(), capacity=2)
    with pytest.raises(IntegrityError, match="no_more_seats_taken_than_there_are"), transaction():
        db.session.execute(text("UPDATE outreach_session SET seats_taken = 3"))
    db.session.refresh(outreach_session)
    assert outreach_session.seats_taken == 0


def test_a_moment_comes_back_aware(make: Builder, now: datetime) -> None:
    key = make.outreach_session(make.clinician()).id
    db.session.expire_all()
    found = db.session.get(OutreachSession, key)
    assert found is not None
    assert (found.created_at, found.starts_at.isoformat()) == (now, "2027-03-18T18:00:00+00:00")


def test_a_naive_moment_is_refused(make: Builder) -> None:
    outreach_session = make.outreach_session(make.clinician())
    with pytest.raises(StatementError, match="needs a zone"), transaction():
        outreach_session.updated_at = datetime(2027, 3, 1)


def test_a_change_outside_a_transaction_is_noticed(app: Flask, make: Builder) -> None:  # noqa: ARG001 (the database must be there)
    mailbox = make.mailbox("someone@example.org")
    mailbox.locale = "fr"
    with pytest.raises(RuntimeError, match="outside a transaction"), transaction():
        pass
    db.session.rollback()


def test_a_failing_transaction_leaves_no_trace(make: Builder) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        db.session.add(Mailbox(address="gone@example.org"))
        raise ZeroDivisionError
    assert make.mailbox("gone@example.org").link_version == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.postgresql
def test_what_a_request_only_read_leaves_its_statements_prepared(app: Flask) -> None:
    for _ in range(10):
        with app.app_context():
            db.session.scalars(select(Mailbox)).all()
    with db.engine.connect() as connection:
        prepared = connection.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert any("FROM mailbox" in statement for statement in prepared)


def test_what_a_request_changed_outside_a_transaction_leaves_no_trace(app: Flask, make: Builder) -> None:
    key = make.mailbox("someone@example.org").id
    with app.app_context():
        db.session.get_one(Mailbox, key).locale = "fr"
    assert db.session.scalar(select(Mailbox.locale)) == "en"
