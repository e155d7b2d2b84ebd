"""What saving an edited session would send, counted before it is sent; and what new zone data do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import Invitation, Letter, LetterState, OutreachSession, SessionState, User
from outreach.notifications import notify
from outreach.scheduling import use_cases
from outreach.scheduling.commands import retime_sessions
from outreach.scheduling.inputs import DetailsInput
from outreach.scheduling.preview import plan_edit
from outreach.scheduling.retime import Retiming, retime_all, skipped_sessions
from outreach.scheduling.schedule_rules import TZDATA_VERSION
from tests.support.builders import Builder

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
DRAFT, PUBLISHED, CANCELLED = SessionState


@pytest.fixture
def host(make: Builder) -> User:
    return make.clinician(given_name="Sam", family_name="Lee")


@pytest.fixture
def busy(make: Builder, host: User, now: datetime) -> OutreachSession:
    """A session with two seats, both taken by one school; a student of it and one of another school wait; one co-host."""
    made = make.outreach_session(host, capacity=2, co_hosts=[make.clinician(email="kim@adults.example")], bring="A pen", wear="W", kit="K")
    with transaction():
        notify.notify_published(made, now=now)
    for size in (3, 1):
        school = make.school()
        teacher = make.teacher(school)
        make.register(made, teacher, *make.full_class(school, teacher, size=size).students)
    return made


def as_it_is(session: OutreachSession, **changes: Any) -> DetailsInput:
    names = ("title", "description", "specialty", "capacity", "per_school_limit", "age_floor", "bring", "wear", "kit", "day_phone")
    facts = {name: getattr(session, name) for name in names} | {"frees_declined_seats": session.frees_declined_seats}
    return DetailsInput(**facts | {"co_host_emails": ("kim@adults.example",), "reminder_leads": (1440,)} | changes)


WORDING: dict[str, Any] = {
    "title": "Another", "bring": "Two pens", "wear": "Short sleeves", "kit": "A pad", "frees_declined_seats": True,
    "description": "New text.",
}  # fmt: skip
SILENT: dict[str, Any] = {
    "specialty": "Plastic", "day_phone": "+44 20 7946", "reminder_leads": (60,), "opens_wall": datetime(2027, 3, 2),
}  # fmt: skip
GOES = "an e-mail that removes the entry from their calendar"
WITH_AN_ENTRY = [(2, "students"), (2, "guardians"), (1, "teacher"), (2, "hosts")]


@pytest.mark.parametrize("name", WORDING)
def test_new_words_are_shown_and_counted_if_they_are_told(busy: OutreachSession, name: str, now: datetime) -> None:
    offer = as_it_is(busy, **{name: WORDING[name]})
    silent = plan_edit(busy.id, offer, notifies=False, now=now)
    assert (silent.news, silent.recipients, silent.asks) == (None, (), False)
    plan = plan_edit(busy.id, offer, notifies=True, now=now)
    assert plan.news is not None
    assert [row[:2] for row in plan.recipients] == WITH_AN_ENTRY
    assert {row[2] for row in plan.recipients} == {"an e-mail that changes the entry; their answer is kept"}
    assert (plan.asks, plan.news.has_new_description) == (True, name == "description")
    changed = {key for key in WORDING if key != "description" and getattr(plan.news.previous, key) != getattr(plan.news.becomes, key)}
    assert changed == {name} - {"description"}
    if name != "description":
        assert getattr(plan.news.becomes, name) == WORDING[name]
    assert (plan.news.previous.starts_at, plan.news.previous.host_name) == (plan.news.becomes.starts_at, plan.news.becomes.host_name)


@pytest.mark.parametrize("name", ["", *SILENT])
def test_what_no_letter_shows_cannot_be_told_and_is_saved_without_asking(busy: OutreachSession, name: str, now: datetime) -> None:
    offer = as_it_is(busy, **({name: SILENT[name]} if name else {}))
    assert plan_edit(busy.id, offer, notifies=False, now=now).asks is False
    with pytest.raises(Refusal, match="Nothing that the e-mails show has changed") as refusal:
        plan_edit(busy.id, offer, notifies=True, now=now)
    assert refusal.value.field == "notifies"


def test_another_host_is_news_and_comes_and_goes(make: Builder, busy: OutreachSession, now: datetime) -> None:
    other = make.clinician(given_name="Ida", family_name="Ash")
    plan = plan_edit(busy.id, as_it_is(busy, host_id=other.id), notifies=True, now=now)
    assert plan.news is not None
    assert (plan.news.previous.host_name, plan.news.becomes.host_name) == ("Sam Lee", "Ida Ash")
    assert [row[:2] for row in plan.recipients[4:]] == [(1, "new host"), (1, "host who leaves")]


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        (("kim@adults.example",), []),
        ((), [(1, "host who leaves", GOES)]),
        (("new@adults.example", "kim@adults.example"), [(1, "new host", "an invitation for their calendar")]),
        (("new@adults.example", "too@adults.example", "kim@adults.example"), [(2, "new hosts", "an invitation for their calendar")]),
        (
            ("new@adults.example",),
            [
                (1, "new host", "an invitation for their calendar"),
                (1, "host who leaves", GOES),
            ],
        ),
    ],
)
def test_hosts_who_come_and_go_are_counted(
    make: Builder, busy: OutreachSession, emails: tuple[str, ...], expected: list[tuple[int, str, str]], now: datetime
) -> None:
    for email in ("new@adults.example", "too@adults.example"):
        make.clinician(email=email)
    plan = plan_edit(busy.id, as_it_is(busy, co_host_emails=emails), notifies=False, now=now)
    assert (plan.news, list(plan.recipients), plan.asks) == (None, expected, bool(expected))


@pytest.mark.parametrize(
    ("changes", "seated"),
    [
        ({}, 0),
        ({"capacity": 3}, 1),
        ({"capacity": 4}, 2),
        ({"capacity": 9}, 2),
        ({"capacity": 4, "per_school_limit": 2}, 1),
        ({"per_school_limit": 2}, 0),
    ],
)
def test_seats_for_those_who_wait_are_counted(busy: OutreachSession, changes: dict[str, Any], seated: int, now: datetime) -> None:
    plan = plan_edit(busy.id, as_it_is(busy, **changes), notifies=False, now=now)
    assert plan.asks is bool(seated)
    assert sum(row[0] for row in plan.recipients if "student" in row[1]) == seated
    before = busy.seats_taken
    use_cases.edit(busy.id, as_it_is(busy, **changes), seen=busy.updated_at, now=now)
    db.session.refresh(busy)
    assert busy.seats_taken == before + seated


def test_a_session_that_is_not_published_sends_nothing_to_come_and_go(make: Builder, host: User, now: datetime) -> None:
    made = make.outreach_session(host, state=CANCELLED)
    assert plan_edit(made.id, as_it_is(made, capacity=20), notifies=False, now=now).recipients == ()


# New zone data


WINTER = datetime(2028, 1, 14, 14)
PROMISED, BY_NOW = datetime(2028, 1, 14, 22, tzinfo=UTC), datetime(2028, 1, 14, 21, tzinfo=UTC)


def timed_before(make: Builder, host: User, *, version: str = "2025b", **facts: Any) -> OutreachSession:
    """A session in Vancouver as the data of 2025 timed it: with winters an hour later."""
    made = make.outreach_session(host, site=make.site(zone="America/Vancouver"), starts_wall=WINTER, **facts)
    with transaction():
        made.starts_at, made.ends_at, made.tzdata_version = made.starts_at + HOUR, made.ends_at + HOUR, version
    assert made.starts_at == PROMISED
    return made


def found(one: Retiming) -> tuple[int, list[int], list[int]]:
    return one.looked_at, [each.session_id for each in one.changed], [each.session_id for each in one.skipped]


def test_only_data_newer_than_a_sessions_own_count(make: Builder, host: User, now: datetime) -> None:
    old = timed_before(make, host)
    for version in (TZDATA_VERSION, "2099a"):
        timed_before(make, host, version=version)
    assert found(retime_all(now=now)) == (1, [old.id], [])


def test_a_session_that_is_over_by_its_old_time_is_not_looked_at(make: Builder, host: User) -> None:
    made = timed_before(make, host)
    ends = PROMISED + 2 * HOUR
    assert found(retime_all(now=ends, is_dry_run=True)) == (0, [], [])
    assert found(retime_all(now=ends - SECOND, is_dry_run=True)) == (1, [made.id], [])


@pytest.mark.parametrize(
    ("before_the_end", "letters"),
    [(SECOND, 1), (timedelta(0), 0), (-SECOND, 0)],
)
def test_nobody_hears_of_what_turns_out_to_be_over(
    make: Builder, host: User, before_the_end: timedelta, letters: int, now: datetime
) -> None:
    made = timed_before(make, host)
    with transaction():
        notify.notify_published(made, now=now)
    at = BY_NOW + 2 * HOUR - before_the_end
    (one,) = retime_all(now=at, is_dry_run=True).changed
    assert (one.letters, one.previous, one.becomes, one.title, one.zone, one.starts_wall) == (
        *(letters, PROMISED, BY_NOW, made.title),
        "America/Vancouver",
        WINTER,
    )
    retime_all(now=at)
    db.session.refresh(made)
    assert (made.starts_at, made.revision) == (BY_NOW, letters)


def test_calendars_that_have_it_are_counted_and_no_others(make: Builder, host: User, now: datetime) -> None:
    made, other = timed_before(make, host), timed_before(make, host)
    school = make.school()
    teacher = make.teacher(school)
    students = make.full_class(school, teacher, size=2).students
    for one in (made, other):
        with transaction():
            notify.notify_published(one, now=now)
    make.register(made, teacher, *students)
    with transaction():
        theirs = select(Invitation).where(Invitation.session_id == made.id, Invitation.mailbox_id == students[0].mailbox_id)
        db.session.scalars(theirs).one().is_live = False
    assert {one.session_id: one.letters for one in retime_all(now=now, is_dry_run=True).changed} == {made.id: 5, other.id: 1}


@pytest.mark.parametrize("name", ["opens_at", "closes_at", "decides_at"])
@pytest.mark.parametrize(
    ("before", "moves"), [(timedelta(0), True), (HOUR / 2, True), (7 * DAY, True), (7 * DAY + SECOND, False), (60 * DAY, False)]
)
def test_moments_within_a_week_of_the_start_move_with_it(
    make: Builder, host: User, name: str, before: timedelta, moves: bool, now: datetime
) -> None:
    facts: dict[str, Any] = {"is_provisional": name == "decides_at", name: PROMISED - HOUR}
    made = timed_before(make, host, **facts)
    with transaction():
        setattr(made, name, PROMISED - before)
    retime_all(now=now)
    db.session.refresh(made)
    moved = getattr(made, name)
    assert moved == (BY_NOW if moves else PROMISED) - before


def skipping(make: Builder, host: User, day: datetime, **facts: Any) -> OutreachSession:
    made = make.outreach_session(host, site=make.site(zone="America/New_York"), starts_wall=day, **facts)
    with transaction():
        made.tzdata_version = "2025b"
    return made


def test_published_sessions_their_clock_skips_are_listed_the_next_first(make: Builder, host: User, now: datetime) -> None:
    later, sooner = skipping(make, host, datetime(2028, 3, 12, 2, 30)), skipping(make, host, datetime(2027, 3, 14, 2, 30))
    skipping(make, host, datetime(2028, 3, 12, 2, 30), state=DRAFT)
    skipping(make, host, datetime(2028, 3, 12, 2, 30), state=CANCELLED)
    skipping(make, host, datetime(2028, 3, 12, 3, 30))
    with transaction():
        skipping(make, host, datetime(2028, 3, 12, 2, 30)).tzdata_version = TZDATA_VERSION
    assert skipped_sessions(now=now) == [sooner.id, later.id]
    assert skipped_sessions(now=sooner.ends_at) == [later.id]
    assert skipped_sessions(now=sooner.ends_at - SECOND) == [sooner.id, later.id]


def test_the_command_says_what_it_did(app: Flask, make: Builder, host: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.time.clock.now", lambda: now)
    made, night = timed_before(make, host, title="Stitches"), skipping(make, host, datetime(2028, 3, 12, 2, 30), title="Night")
    with transaction():
        notify.notify_published(made, now=now)
        night.starts_at = datetime(2028, 3, 12, 7, 30, tzinfo=UTC)
    ids = made.id, night.id
    stitches = f"Session {ids[0]}, \u201cStitches\u201d, Friday 14 January 2028, 14:00 in Vancouver"
    night_shift = f"Session {ids[1]}, \u201cNight\u201d, Sunday 12 March 2028, 02:30 in New York"
    said = [
        f"{stitches}: 2028-01-14 22:00 UTC becomes 2028-01-14 21:00 UTC, 1 told.",
        f"{night_shift}: its clock skips this time now. It keeps 07:30 UTC; please move it.",
        f"Zone data {TZDATA_VERSION}: looked at 2, changed 1, to be moved by a person 1.",
    ]
    runner = app.test_cli_runner()
    dry = runner.invoke(retime_sessions, ["--dry-run"], obj=app).output.splitlines()
    assert dry == [*said[:2], f"{said[2]} Nothing was written."]
    assert db.session.scalar(select(OutreachSession.starts_at).where(OutreachSession.id == ids[0])) == PROMISED
    db.session.rollback()
    assert runner.invoke(retime_sessions, [], obj=app).output.splitlines() == said
    db.session.rollback()
    assert db.session.scalar(select(OutreachSession.starts_at).where(OutreachSession.id == ids[0])) == BY_NOW
    with transaction():
        db.session.get_one(OutreachSession, ids[1]).tzdata_version = TZDATA_VERSION
    assert runner.invoke(retime_sessions, [], obj=app).output.splitlines() == [
        f"Nothing to do: every session to come was timed with the zone data {TZDATA_VERSION}."
    ]
    assert db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED)).first() is not None
