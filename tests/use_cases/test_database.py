"""The database itself refuses what must never be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from outreach.db import db, insert_in_order, locked, transaction
from outreach.models import Letter, LetterState, Mailbox, OutboxPause, OutreachSession
from tests.support.builders import Builder
from tests.support.outbox import letter_named, put

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


def test_a_wall_time_with_a_zone_is_refused_and_one_without_comes_back_as_it_was(make: Builder, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), starts_wall=datetime(2027, 3, 18, 14, 0))
    with pytest.raises(StatementError, match="has no zone"), transaction():
        outreach_session.starts_wall = now
    db.session.expire_all()
    assert db.session.get_one(OutreachSession, outreach_session.id).starts_wall == datetime(2027, 3, 18, 14, 0)


def test_a_moment_of_another_zone_is_kept_as_the_same_moment(make: Builder) -> None:
    outreach_session, mailbox = make.outreach_session(make.clinician()), make.mailbox("someone@example.org")
    with transaction():
        outreach_session.updated_at = datetime(2027, 7, 1, 12, 0, tzinfo=ZoneInfo("America/New_York"))
        mailbox.stopped_at = None
    db.session.expire_all()
    found = db.session.get_one(OutreachSession, outreach_session.id)
    assert (found.updated_at.isoformat(), mailbox.stopped_at) == ("2027-07-01T16:00:00+00:00", None)


@pytest.mark.parametrize("change", ["new", "dirty", "deleted"])
def test_any_change_outside_a_transaction_is_refused_before_one_begins(app: Flask, make: Builder, change: str) -> None:  # noqa: ARG001
    mailbox = make.mailbox("someone@example.org")
    if change == "new":
        db.session.add(Mailbox(address="other@example.org"))
    elif change == "dirty":
        mailbox.locale = "fr"
    else:
        db.session.delete(mailbox)
    with pytest.raises(RuntimeError, match="outside a transaction"), transaction():
        pytest.fail("it began")
    db.session.rollback()


def test_a_transaction_is_committed_once_it_is_through(app: Flask, make: Builder) -> None:
    key = make.mailbox("someone@example.org").id
    with transaction():
        db.session.get_one(Mailbox, key).locale = "fr"
    with app.app_context():
        assert db.session.get_one(Mailbox, key).locale == "fr"


def test_a_row_is_locked_as_it_is_now_and_none_is_none(app: Flask, make: Builder) -> None:
    mailbox = make.mailbox("someone@example.org")
    with app.app_context(), transaction():
        db.session.get_one(Mailbox, mailbox.id).locale = "fr"
    assert mailbox.locale == "en"
    with transaction():
        found = locked(Mailbox, mailbox.id)
        assert found is not None
        assert found.locale == "fr"
        assert locked(Mailbox, mailbox.id + 100_000) is None


def test_rows_written_together_have_their_ids_in_their_order(app: Flask) -> None:  # noqa: ARG001 (a database must be there)
    addresses = [f"{name}@example.org" for name in ("zoe", "ana", "mia")]
    with transaction():
        keys = insert_in_order(Mailbox, [{"address": address} for address in addresses])
        assert insert_in_order(Mailbox, []) == []
    assert [db.session.get_one(Mailbox, key).address for key in keys] == addresses


def test_what_a_row_points_at_must_be_there(make: Builder) -> None:
    outreach_session = make.outreach_session(make.clinician())
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(OutreachSession).where(OutreachSession.id == outreach_session.id).values(host_id=10**6))


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"lease_token": "x"}, "a_lease_has_a_token"),
        ({"state": LetterState.LEASED}, "a_lease_has_a_token"),
        ({"state": LetterState.SENT}, "settled_says_when"),
        ({"settled_at": datetime(2027, 3, 1, tzinfo=UTC)}, "settled_says_when"),
        ({"attempts": -1}, "attempts_are_counted"),
    ],
)
def test_the_database_refuses_a_letter_in_an_impossible_state(make: Builder, now: datetime, values: dict[str, Any], rule: str) -> None:
    name = put(make.mailbox("someone@example.org"), now=now)
    with pytest.raises(IntegrityError, match=rule), transaction():
        db.session.execute(update(Letter).where(Letter.dedupe_key == name).values(**values))


def test_there_is_one_pause_at_most(app: Flask, now: datetime) -> None:  # noqa: ARG001 (a database must be there)
    with pytest.raises(IntegrityError, match="there_is_only_one"), transaction():
        db.session.add(OutboxPause(id=2, since=now, until=now, reason="unreachable"))


def test_a_dropped_letter_makes_room_for_the_same_news(make: Builder, now: datetime) -> None:
    key = letter_named(put(make.mailbox("someone@example.org"), "news", now=now)).id
    with transaction():
        db.session.get_one(Letter, key).drop(now=now)
    put(make.mailbox("someone@example.org"), "news", now=now)
    old = db.session.get_one(Letter, key, populate_existing=True)
    assert (old.state, old.settled_at, old.dedupe_key) == (LetterState.DROPPED, now, f"news:dropped:{key}")
    assert letter_named("news").state is LetterState.QUEUED
