"""What hosts do with their sessions: each act in each state, and each moment at its edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from outreach.db import db, transaction
from outreach.errors import NotThere, OutreachError, Refusal, Stale
from outreach.models import (
    Area,
    Invitation,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    RoleName,
    SessionState,
    Site,
    User,
)
from outreach.notifications import notify
from outreach.registration import NobodyDecided
from outreach.scheduling import use_cases
from outreach.scheduling.inputs import DecisionInput, DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move, plan_move
from outreach.scheduling.preview import plan_edit
from outreach.scheduling.provisional import use_cases as provisional
from outreach.scheduling.queries import clinicians
from tests.support.builders import TOWN, Builder

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
NEW_YORK = "America/New_York"
STARTS, ENDS = datetime(2027, 3, 18, 18, tzinfo=UTC), datetime(2027, 3, 18, 20, tzinfo=UTC)
DECIDES = datetime(2027, 3, 16, 16, tzinfo=UTC)
WHEN = WhenInput(day=date(2027, 3, 18), start=time(14), end=time(16))
NEXT_WEEK = replace(WHEN, day=date(2027, 3, 25))
OFFER = DetailsInput(title="Power of a Stitch", capacity=10, reminder_leads=(1440,))


@dataclass
class Stage:
    """One host with one session at a site in New York."""

    session: OutreachSession
    host: User
    place: WhereInput

    def do(self, act: str, *, now: datetime, seen: datetime | None = None) -> None:
        """Do one thing with the session as it was last seen."""
        key, seen = self.session.id, seen or self.now_there().updated_at
        acts: dict[str, Callable[[], object]] = {
            "publish": lambda: use_cases.publish(key, now=now),
            "cancel": lambda: use_cases.cancel(key, "No theatre.", now=now),
            "discard": lambda: use_cases.discard(key),
            "edit": lambda: use_cases.edit(key, replace(OFFER, title="New"), seen=seen, now=now),
            "edit draft": lambda: use_cases.edit_draft(key, NEXT_WEEK, self.place, OFFER, seen=seen, publish=False, now=now),
            "move": lambda: apply_move(key, NEXT_WEEK, self.place, seen=seen, now=now),
            "confirm": lambda: provisional.confirm(key, seen=seen, now=now),
            "call off": lambda: provisional.call_off(key, "No theatre.", seen=seen, now=now),
            "leave open": lambda: provisional.leave_open(key, LATER, seen=seen, now=now),
        }
        acts[act]()

    def now_there(self) -> OutreachSession:
        db.session.rollback()
        return db.session.get_one(OutreachSession, self.session.id, populate_existing=True)

    def row(self) -> dict[str, Any]:
        there = self.now_there()
        return {column.key: getattr(there, column.key) for column in OutreachSession.__table__.columns}


LATER = DecisionInput(is_provisional=True, wall=datetime(2027, 3, 17, 12))
ACTS = ["publish", "cancel", "discard", "edit", "edit draft", "move", "confirm", "call off", "leave open"]
DRAFT, PUBLISHED, CANCELLED = SessionState
DECIDED = "This session has already been cancelled."
# What is refused in which state; what isn't named here is done.
REFUSED: dict[tuple[str, SessionState], tuple[type[OutreachError], str]] = {
    ("publish", PUBLISHED): (Refusal, "This session is already published."),
    ("publish", CANCELLED): (Refusal, "This session is already published."),
    ("cancel", DRAFT): (Refusal, "Only a published session can be cancelled."),
    ("cancel", CANCELLED): (Refusal, "Only a published session can be cancelled."),
    ("discard", PUBLISHED): (Refusal, "It was published in the meantime, so you can cancel it but not discard it."),
    ("discard", CANCELLED): (Refusal, "It was published in the meantime, so you can cancel it but not discard it."),
    ("edit", DRAFT): (Refusal, "This session was cancelled. Post it again instead."),
    ("edit", CANCELLED): (Refusal, "This session was cancelled. Post it again instead."),
    ("edit draft", PUBLISHED): (Stale, "It was published in the meantime. To change its time or site, move it."),
    ("edit draft", CANCELLED): (Stale, "It was published in the meantime. To change its time or site, move it."),
    ("move", DRAFT): (Refusal, "Only a published session can be moved."),
    ("move", CANCELLED): (Refusal, "Only a published session can be moved."),
    ("confirm", DRAFT): (Refusal, "This is a draft, so nobody has been told about it yet."),
    ("confirm", CANCELLED): (Refusal, DECIDED),
    ("call off", DRAFT): (Refusal, "This is a draft, so nobody has been told about it yet."),
    ("call off", CANCELLED): (Refusal, DECIDED),
    ("leave open", DRAFT): (Refusal, "This is a draft, so nobody has been told about it yet."),
    ("leave open", CANCELLED): (Refusal, DECIDED),
}


@pytest.fixture
def stage(make: Builder) -> Callable[..., Stage]:
    def staged(state: SessionState = PUBLISHED, *, provisional: bool = True, **facts: Any) -> Stage:
        site, host = make.site(zone=NEW_YORK), make.clinician()
        decided: dict[str, Any] = {"is_provisional": True, "decides_at": DECIDES} if provisional else {}
        session = make.outreach_session(host, site=site, state=state, **decided | facts)
        if state == PUBLISHED:
            with transaction():
                notify.notify_published(session, now=make.now)
        place = WhereInput(site_id=site.id, zone="Europe/London", meeting_point="Main entrance")
        return Stage(session, host, place)

    return staged


def letters() -> list[tuple[str, str]]:
    """Give who gets a letter of which kind, those that left or wait."""
    db.session.rollback()
    rows = db.session.execute(
        select(Mailbox.address, Letter.kind)
        .join(Mailbox, Mailbox.id == Letter.mailbox_id)
        .where(Letter.state != LetterState.DROPPED, Mailbox.address.not_like(f"%@{TOWN}"))
        .order_by(Letter.id)
    )
    return [(row.address, row.kind.value) for row in rows]


def newest() -> OutreachSession:
    """Give the session made last, as it is now."""
    db.session.rollback()
    key = db.session.scalar(select(func.max(OutreachSession.id)))
    return db.session.get_one(OutreachSession, key, populate_existing=True)


def sites_and_rooms() -> tuple[int, int]:
    """Count what a test made."""
    sites = list(db.session.scalars(select(Site.id).where(Site.name != "Town Infirmary")))
    return len(sites), db.session.scalar(select(func.count(Area.id)).where(Area.site_id.in_(sites))) or 0


def all_sent() -> None:
    with transaction():
        for letter in db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED)):
            letter.state, letter.settled_at = LetterState.SENT, letter.created_at
        for invitation in db.session.scalars(select(Invitation)):
            invitation.sent_sequence = invitation.sequence


def causes() -> dict[str, str]:
    """Give for each address why it is written to now."""
    db.session.rollback()
    rows = db.session.execute(
        select(Mailbox.address, Letter.facts).join(Mailbox, Mailbox.id == Letter.mailbox_id).where(Letter.state == LetterState.QUEUED)
    )
    return {row.address: row.facts["cause"] for row in rows}


@pytest.mark.parametrize("state", SessionState)
@pytest.mark.parametrize("act", ACTS)
def test_what_can_be_done_in_which_state(stage: Callable[..., Stage], act: str, state: SessionState, now: datetime) -> None:
    here = stage(state)
    all_sent()
    before, sent = here.row(), letters()
    if (act, state) in REFUSED:
        kind, words = REFUSED[act, state]
        with pytest.raises(OutreachError) as refusal:
            here.do(act, now=now + HOUR)
        assert (type(refusal.value), str(refusal.value)) == (kind, words)
        assert (here.row(), letters()) == (before, sent)
        return
    here.do(act, now=now + HOUR)
    if act == "discard":
        assert db.session.get(OutreachSession, here.session.id) is None
        return
    after = here.row()
    assert after["updated_at"] == now + HOUR
    expected_state = {"publish": PUBLISHED, "cancel": CANCELLED, "call off": CANCELLED}.get(act, state)
    assert after["state"] == expected_state
    hears = {"publish": "invitation", "cancel": "cancelled", "call off": "cancelled", "move": "updated", "confirm": "updated"}
    hears |= {"leave open": "updated"}
    new = letters()[len(sent) :]
    assert new == ([(here.host.email, hears[act])] if act in hears else [])


@pytest.mark.parametrize("act", ["edit", "edit draft", "move", "confirm", "call off", "leave open"])
def test_whoever_saw_another_state_of_it_changes_nothing(stage: Callable[..., Stage], act: str, now: datetime) -> None:
    here = stage(DRAFT if act == "edit draft" else PUBLISHED)
    before = here.row()
    for seen in (before["updated_at"] - SECOND, before["updated_at"] + SECOND):
        with pytest.raises(Stale):
            here.do(act, seen=seen, now=now + HOUR)
        assert here.row() == before


@pytest.mark.parametrize("act", ACTS)
def test_what_is_gone_is_not_there(stage: Callable[..., Stage], act: str, now: datetime) -> None:
    here = stage(DRAFT)
    seen = here.session.updated_at
    use_cases.discard(here.session.id)
    key = here.session.id
    db.session.rollback()
    acts: dict[str, Callable[[], object]] = {
        "publish": lambda: use_cases.publish(key, now=now),
        "cancel": lambda: use_cases.cancel(key, "No theatre.", now=now),
        "discard": lambda: use_cases.discard(key),
        "edit": lambda: plan_edit(key, OFFER, notifies=False, now=now),
        "edit draft": lambda: use_cases.edit_draft(key, WHEN, here.place, OFFER, seen=seen, publish=False, now=now),
        "move": lambda: plan_move(key, WHEN, here.place, now=now),
        "confirm": lambda: provisional.confirm(key, seen=seen, now=now),
        "call off": lambda: provisional.call_off(key, "No theatre.", seen=seen, now=now),
        "leave open": lambda: provisional.leave_open(key, LATER, seen=seen, now=now),
    }
    with pytest.raises(NotThere, match="no longer exists"):
        acts[act]()


# Moments


@pytest.mark.parametrize(
    ("act", "state", "last", "field", "words"),
    [
        ("publish", DRAFT, DECIDES, "decides", "The decision time is in the past"),
        ("cancel", PUBLISHED, ENDS, None, "This session is over."),
        ("move", PUBLISHED, DECIDES, "decides", "This is in the past. Choose a later time."),
        ("confirm", PUBLISHED, STARTS, None, "This session has begun"),
        ("call off", PUBLISHED, STARTS, None, "This session has begun"),
        ("leave open", PUBLISHED, datetime(2027, 3, 17, 16, tzinfo=UTC), "decides", "This is in the past."),
    ],
)
def test_a_provisional_session_may_be_changed_until_a_moment_and_not_at_it(
    stage: Callable[..., Stage], act: str, state: SessionState, last: datetime, field: str | None, words: str
) -> None:
    here = stage(state)
    with pytest.raises(Refusal) as refusal:
        here.do(act, now=last)
    assert (refusal.value.field, words in str(refusal.value)) == (field, True)
    here.do(act, now=last - SECOND)


@pytest.mark.parametrize(
    ("act", "state", "last", "field", "words"),
    [
        ("publish", DRAFT, STARTS, "day", "It is in the past. Choose a later time first."),
        ("cancel", PUBLISHED, ENDS, None, "This session is over."),
        ("move", PUBLISHED, ENDS, None, "This session is over. Post it again instead."),
    ],
)
def test_a_certain_session_may_be_changed_until_a_moment_and_not_at_it(
    stage: Callable[..., Stage], act: str, state: SessionState, last: datetime, field: str | None, words: str
) -> None:
    here = stage(state, provisional=False)
    with pytest.raises(Refusal) as refusal:
        here.do(act, now=last)
    assert (refusal.value.field, str(refusal.value)) == (field, words)
    here.do(act, now=last - SECOND)


def test_a_certain_session_is_neither_confirmed_nor_called_off_but_may_become_provisional(
    stage: Callable[..., Stage], now: datetime
) -> None:
    here = stage(provisional=False)
    for act in ("confirm", "call off"):
        with pytest.raises(Refusal, match="This session is already confirmed"):
            here.do(act, now=now)
    here.do("leave open", now=now)
    assert (here.now_there().is_provisional, here.now_there().decides_at) == (True, datetime(2027, 3, 17, 16, tzinfo=UTC))


def test_a_button_pressed_twice_is_told_what_is_decided_before_that_it_is_old(stage: Callable[..., Stage], now: datetime) -> None:
    here = stage()
    here.do("confirm", now=now + HOUR)
    for act in ("confirm", "call off"):
        with pytest.raises(Refusal, match="already confirmed"):
            here.do(act, seen=now, now=now + HOUR)
    here.do("cancel", now=now + HOUR)
    for act in ("confirm", "call off", "leave open"):
        with pytest.raises(Refusal, match="already been cancelled"):
            here.do(act, seen=now, now=now + HOUR)


# Posting and editing


FULL = DetailsInput(
    title="A morning with the surgeons",
    description="You **watch**.",
    specialty="Plastic surgery",
    capacity=7,
    per_school_limit=3,
    age_floor=16,
    opens_wall=datetime(2027, 3, 8, 9),
    closes_wall=datetime(2027, 3, 17, 9),
    bring="A pen",
    wear="Short sleeves",
    kit="A pad",
    day_phone="+1 212 555 0100",
    reminder_leads=(4320, 60),
    frees_declined_seats=True,
)
ON_WALLS = {"opens_at": datetime(2027, 3, 8, 14, tzinfo=UTC), "closes_at": datetime(2027, 3, 17, 13, tzinfo=UTC)}


def as_offered(session: OutreachSession) -> dict[str, Any]:
    names = [
        one.name
        for one in fields(DetailsInput)
        if one.name not in {"opens_wall", "closes_wall", "host_id", "co_host_emails", "reminder_leads"}
    ]
    return {name: getattr(session, name) for name in names} | {
        "leads": tuple(session.reminder_leads),
        "opens_at": session.opens_at,
        "closes_at": session.closes_at,
    }


def expected(offer: DetailsInput, **changes: Any) -> dict[str, Any]:
    names = [
        one.name
        for one in fields(DetailsInput)
        if one.name not in {"opens_wall", "closes_wall", "host_id", "co_host_emails", "reminder_leads"}
    ]
    return {name: getattr(offer, name) for name in names} | {"leads": offer.reminder_leads} | changes


def test_everything_offered_is_kept_and_changed(make: Builder, now: datetime) -> None:
    host, site = make.clinician(), make.site(zone=NEW_YORK)
    place = WhereInput(site_id=site.id, zone="Europe/London", meeting_point="Back door", video_url="https://video.example/1")
    key = use_cases.post("talk", WHEN, place, FULL, by_id=host.id, publish=False, now=now)
    made = db.session.get_one(OutreachSession, key, populate_existing=True)
    assert as_offered(made) == expected(FULL, **ON_WALLS)
    assert (made.format_key, made.posted_by_id, made.host_id, made.created_at, made.updated_at) == ("talk", host.id, host.id, now, now)
    assert (made.seats_taken, made.revision, made.published_at, made.state) == (0, 0, None, DRAFT)
    assert (made.site_id, made.area_id, made.meeting_point, made.video_url) == (site.id, None, "Back door", "https://video.example/1")
    assert (made.starts_at, made.ends_at, made.is_provisional, made.decides_at) == (STARTS, ENDS, False, None)

    plain = DetailsInput(title="Plain", capacity=4)
    use_cases.edit_draft(key, NEXT_WEEK, place, plain, seen=now, publish=False, now=now + HOUR)
    made = db.session.get_one(OutreachSession, key, populate_existing=True)
    assert as_offered(made) == expected(plain, opens_at=None, closes_at=None)
    assert (made.starts_at, made.updated_at, made.created_at, made.state) == (STARTS + 7 * DAY, now + HOUR, now, DRAFT)

    use_cases.publish(key, now=now + HOUR)
    use_cases.edit(key, FULL, seen=now + HOUR, now=now + 2 * HOUR)
    made = db.session.get_one(OutreachSession, key, populate_existing=True)
    assert as_offered(made) == expected(FULL, **ON_WALLS)
    assert (made.updated_at, made.published_at, made.starts_at) == (now + 2 * HOUR, now + HOUR, STARTS + 7 * DAY)


def test_a_draft_without_another_host_keeps_the_one_it_has(make: Builder, now: datetime) -> None:
    coordinator, host, other, site = make.coordinator(), make.clinician(), make.clinician(), make.site()
    place = WhereInput(site_id=site.id, zone="Europe/London")
    key = use_cases.post("talk", WHEN, place, replace(OFFER, host_id=host.id), by_id=coordinator.id, publish=False, now=now)
    use_cases.edit_draft(key, WHEN, place, OFFER, seen=now, publish=False, now=now)
    assert newest().host_id == host.id
    use_cases.edit_draft(key, WHEN, place, replace(OFFER, host_id=other.id), seen=now, publish=True, now=now)
    assert newest().host_id == other.id
    assert letters() == [(other.email, "invitation")]
    use_cases.edit(key, OFFER, seen=now, now=now)
    assert newest().host_id == other.id


@pytest.mark.parametrize(("own", "of_the_area", "holds"), [(14, 16, 16), (18, 16, 18), (None, 16, 16), (14, None, 14), (None, None, None)])
def test_an_edit_does_not_go_below_the_floor_of_the_area(
    make: Builder, own: int | None, of_the_area: int | None, holds: int | None, now: datetime
) -> None:
    host, site = make.clinician(), make.site()
    area = make.area(site, age_floor=of_the_area)
    made = make.outreach_session(host, site=site, area_id=area.id, age_floor=15)
    use_cases.edit(made.id, replace(OFFER, age_floor=own), seen=made.updated_at, now=now)
    assert newest().age_floor == holds


@pytest.mark.parametrize("offered", [True, False])
def test_a_session_keeps_as_many_seats_as_are_taken(make: Builder, offered: bool, now: datetime) -> None:
    made = make.outreach_session(make.clinician(), capacity=3)
    school = make.school()
    teacher = make.teacher(school)
    make.register(made, teacher, *make.full_class(school, teacher, size=2 if offered else 1).students)
    taken = 2 if offered else 1
    use_cases.edit(made.id, replace(OFFER, capacity=taken), seen=made.updated_at, now=now)
    assert newest().capacity == taken
    if offered:
        with pytest.raises(NobodyDecided):
            use_cases.edit(made.id, replace(OFFER, capacity=1), seen=made.updated_at, now=now)
        with pytest.raises(Refusal) as refusal:  # nobody is released once it has begun
            use_cases.edit(made.id, replace(OFFER, capacity=1), seen=made.updated_at, now=made.starts_at)
        assert (refusal.value.field, str(refusal.value)[:17]) == ("capacity", "2 seats are taken")


@pytest.mark.parametrize(("capacity", "limit", "seated"), [(4, 2, 2), (4, 3, 3), (4, None, 3), (5, 2, 2), (9, 9, 3)])
def test_more_room_for_one_school_seats_those_who_wait_for_it(
    make: Builder, capacity: int, limit: int | None, seated: int, now: datetime
) -> None:
    made = make.outreach_session(make.clinician(), capacity=4, per_school_limit=2)
    school = make.school()
    teacher = make.teacher(school)
    make.register(made, teacher, *make.full_class(school, teacher, size=3).students)
    use_cases.edit(made.id, replace(OFFER, capacity=capacity, per_school_limit=limit), seen=made.updated_at, now=now)
    assert newest().seats_taken == seated
    promoted = [kind for _address, kind in letters() if kind == LetterKind.PROMOTED.value]
    assert bool(promoted) is (seated == 3)


# Hosts


def test_hosts_who_come_are_invited_those_who_go_take_it_out_and_those_who_stay_hear_nothing(make: Builder, now: datetime) -> None:
    host, stays, goes, comes, site = make.clinician(), make.clinician(), make.clinician(), make.clinician(), make.site()
    place = WhereInput(site_id=site.id, zone="Europe/London")
    offer = replace(OFFER, co_host_emails=(stays.email, goes.email))
    key = use_cases.post("talk", WHEN, place, offer, by_id=host.id, publish=True, now=now)
    assert set(letters()) == {(one.email, "invitation") for one in (host, stays, goes)}
    all_sent()
    sent = len(letters())
    use_cases.edit(key, replace(OFFER, title="New", co_host_emails=(comes.email, stays.email)), seen=now, now=now + HOUR)
    assert set(letters()[sent:]) == {(comes.email, "invitation"), (goes.email, "removed")}


def test_another_host_takes_over_the_entry(make: Builder, now: datetime) -> None:
    host, other, site = make.clinician(), make.clinician(), make.site()
    key = use_cases.post("talk", WHEN, WhereInput(site_id=site.id, zone="Europe/London"), OFFER, by_id=host.id, publish=True, now=now)
    all_sent()
    plan = plan_edit(key, replace(OFFER, host_id=other.id), notifies=False, now=now)
    assert [row[:2] for row in plan.recipients] == [(1, "new host"), (1, "host who leaves")]
    use_cases.edit(key, replace(OFFER, host_id=other.id), seen=now, now=now + HOUR)
    assert set(letters()[1:]) == {(other.email, "invitation"), (host.email, "removed")}


def test_who_hosts_is_an_approved_clinician_whose_account_is_open(make: Builder, now: datetime) -> None:
    host, site = make.clinician(), make.site()
    closed, teacher, coordinator = make.clinician(), make.teacher(make.school()), make.coordinator()
    both = make.user(RoleName.CLINICIAN, RoleName.COORDINATOR)
    with transaction():
        closed.active = False
    place = WhereInput(site_id=site.id, zone="Europe/London")
    for nobody in (closed, teacher, coordinator):
        for offer, field in (
            (replace(OFFER, host_id=nobody.id), "host"),
            (replace(OFFER, co_host_emails=(both.email, nobody.email)), "co_hosts"),
        ):
            with pytest.raises(Refusal) as refusal:
                use_cases.post("talk", WHEN, place, offer, by_id=host.id, publish=True, now=now)
            assert refusal.value.field == field
            if field == "co_hosts":
                assert nobody.email in str(refusal.value)
    use_cases.post("talk", WHEN, place, replace(OFFER, host_id=both.id), by_id=host.id, publish=True, now=now)
    assert newest().host_id == both.id


def test_co_hosts_are_found_in_whatever_case_and_the_host_is_none_of_them(make: Builder, now: datetime) -> None:
    host, first, second = make.clinician(email="zed@adults.example"), make.clinician(), make.clinician()
    emails = (second.email.upper(), "zed@ADULTS.example", first.email, second.email)
    place = WhereInput(site_id=make.site().id, zone="UTC")
    key = use_cases.post("talk", WHEN, place, replace(OFFER, co_host_emails=emails), by_id=host.id, publish=True, now=now)
    made = db.session.get_one(OutreachSession, key)
    assert {one.id for one in made.co_hosts} == {first.id, second.id}


def test_clinicians_are_listed_by_name_without_those_who_are_none(make: Builder) -> None:
    names = [("Zoe", "Ash"), ("Ana", "Hill"), ("Ben", "Hill")]
    second, third, first = (make.clinician(given_name=given, family_name=family) for given, family in (names[1], names[2], names[0]))
    twin = make.clinician(given_name="Ben", family_name="Hill")
    make.coordinator(family_name="Aaa")
    make.teacher(make.school(), family_name="Aab")
    gone = make.clinician(family_name="Aac")
    with transaction():
        gone.active = False
    assert [one.id for one in clinicians() if not one.email.endswith(TOWN)] == [first.id, second.id, third.id, twin.id]


# Places


def test_a_place_is_found_by_its_id_by_its_name_or_made(make: Builder, now: datetime) -> None:
    host, mercy, other = make.clinician(), make.site("Mercy General", zone=NEW_YORK), make.site("St Olaf", zone="Europe/Oslo")
    lab, elsewhere = make.area(mercy, "Skills lab"), make.area(other, "Theatre 1")
    here: dict[str, tuple[WhereInput, int | None, int | None, str]] = {
        "a site": (WhereInput(site_id=mercy.id, zone="UTC"), mercy.id, None, NEW_YORK),
        "an area": (WhereInput(area_id=lab.id, zone="UTC"), mercy.id, lab.id, NEW_YORK),
        "an area counts before a site": (
            WhereInput(site_id=mercy.id, area_id=elsewhere.id, zone="UTC"),
            other.id,
            elsewhere.id,
            "Europe/Oslo",
        ),
        "a name": (WhereInput(new_site="st OLAF", zone="UTC"), other.id, None, "Europe/Oslo"),
        "two names": (WhereInput(new_site="Mercy General", new_area="SKILLS lab", zone="UTC"), mercy.id, lab.id, NEW_YORK),
        "a room by its name": (WhereInput(site_id=mercy.id, new_area="skills LAB", zone="UTC"), mercy.id, lab.id, NEW_YORK),
        "a link": (WhereInput(video_url="https://video.example/1", zone="Europe/Paris", meeting_point="x"), None, None, "Europe/Paris"),
    }
    for name, (place, site_id, area_id, zone) in here.items():
        key = use_cases.post("talk", WHEN, place, OFFER, by_id=host.id, publish=False, now=now)
        made = db.session.get_one(OutreachSession, key, populate_existing=True)
        assert (name, made.site_id, made.area_id, made.zone) == (name, site_id, area_id, zone)
        assert (made.meeting_point, made.video_url) == ("", place.video_url)
    assert sites_and_rooms()[0] == 2


def test_a_room_of_that_name_in_another_place_is_another_room(make: Builder, now: datetime) -> None:
    host, mercy, other = make.clinician(), make.site(), make.site()
    make.area(other, "Theatre 1")
    place = WhereInput(site_id=mercy.id, new_area="Theatre 1", zone="UTC")
    key = use_cases.post("talk", WHEN, place, OFFER, by_id=host.id, publish=False, now=now)
    made = db.session.get_one(OutreachSession, key)
    assert (made.site_id, made.area.site_id if made.area else None) == (mercy.id, mercy.id)
    assert sites_and_rooms() == (2, 2)


@pytest.mark.parametrize(("zone", "country"), [("Australia/Sydney", "AU"), ("UTC", "ZZ")])
def test_a_new_place_lies_in_the_country_of_its_zone(make: Builder, zone: str, country: str, now: datetime) -> None:
    place = WhereInput(new_site="Mercy", new_address="2 Hill Road", zone=zone)
    use_cases.post("talk", WHEN, place, OFFER, by_id=make.clinician().id, publish=False, now=now)
    site = db.session.scalars(select(Site).where(Site.name == "Mercy")).one()
    assert (site.name, site.address, site.zone, site.country) == ("Mercy", "2 Hill Road", zone, country)


def test_a_place_is_chosen_once(make: Builder, now: datetime) -> None:
    host, site = make.clinician(), make.site()
    area = make.area(site)
    for place, field in (
        (WhereInput(site_id=site.id, new_site="Mercy", zone="UTC"), "new_site"),
        (WhereInput(area_id=area.id, new_site="Mercy", zone="UTC"), "new_site"),
        (WhereInput(area_id=area.id, new_area="Theatre", zone="UTC"), "new_area"),
        (WhereInput(new_area="Theatre", video_url="https://video.example/1", zone="UTC"), "new_area"),
        (WhereInput(zone="UTC", meeting_point="Main entrance"), "where"),
        (WhereInput(site_id=4711, video_url="https://video.example/1", zone="UTC"), "where"),
        (WhereInput(area_id=4711, video_url="https://video.example/1", zone="UTC"), "where"),
    ):
        with pytest.raises(Refusal) as refusal:
            use_cases.post("talk", WHEN, place, OFFER, by_id=host.id, publish=False, now=now)
        assert refusal.value.field == field
    assert sites_and_rooms() == (1, 1)


def test_only_a_place_made_twice_is_taken_for_a_rival(make: Builder) -> None:
    make.mailbox("a@adults.example")
    with pytest.raises(IntegrityError), use_cases.placing():
        db.session.add(Mailbox(address="a@adults.example"))
    make.site("Mercy")
    with pytest.raises(Refusal) as refusal, use_cases.placing():
        db.session.add(Site(name="Mercy", address="", zone="UTC", country="ZZ"))
    assert refusal.value.field == "new_site"


# Moving


@pytest.mark.parametrize(
    ("opens", "closes", "kept_opens", "kept_closes"),
    [
        (None, STARTS - 3 * DAY, None, STARTS - 7 * DAY + HOUR),
        (None, STARTS - MINUTE, None, STARTS - 4 * DAY - MINUTE),
        (None, STARTS - 8 * DAY, None, STARTS - 12 * DAY),
        (STARTS - 4 * DAY, None, None, None),
        (STARTS - 4 * DAY - MINUTE, None, STARTS - 4 * DAY - MINUTE, None),
        (STARTS - 6 * DAY, STARTS - DAY, STARTS - 6 * DAY, STARTS - 5 * DAY + HOUR),
        (STARTS - 4 * DAY, STARTS - DAY, None, STARTS - 5 * DAY + HOUR),
        (STARTS - 9 * DAY, STARTS - 8 * DAY, None, STARTS - 12 * DAY),
        (None, None, None, None),
    ],
)
def test_at_a_move_registration_closes_as_long_before_the_start_as_before(
    stage: Callable[..., Stage],
    opens: datetime | None,
    closes: datetime | None,
    kept_opens: datetime | None,
    kept_closes: datetime | None,
    now: datetime,
) -> None:
    """By the clock on the wall: before 14 March, 2:00, New York is on the winter's."""
    here = stage(provisional=False, opens_at=opens, closes_at=closes)
    sooner = replace(WHEN, day=date(2027, 3, 14))
    apply_move(here.session.id, sooner, here.place, seen=here.session.updated_at, now=now)
    moved = here.now_there()
    assert moved.starts_at == STARTS - 4 * DAY
    assert (moved.opens_at, moved.closes_at) == (kept_opens, kept_closes)


@pytest.mark.parametrize(
    ("own", "of_the_area", "shown", "holds"), [(14, 16, 16, 16), (16, 16, None, 16), (18, 16, None, 18), (None, 16, 16, 16)]
)
@pytest.mark.parametrize("has_area", [True, False])
def test_a_move_shows_and_takes_the_floor_of_the_new_area_where_it_is_higher(
    make: Builder,
    stage: Callable[..., Stage],
    has_area: bool,
    own: int | None,
    of_the_area: int,
    shown: int | None,
    holds: int,
    now: datetime,
) -> None:
    here = stage(provisional=False, age_floor=own)
    area = make.area(db.session.get_one(Site, here.place.site_id), age_floor=of_the_area)
    place = replace(here.place, site_id=None, area_id=area.id) if has_area else replace(here.place, meeting_point="Back door")
    assert plan_move(here.session.id, WHEN, place, now=now).age_floor == (shown if has_area else None)
    apply_move(here.session.id, WHEN, place, seen=here.session.updated_at, now=now)
    assert here.now_there().age_floor == (holds if has_area else own)


PLACES: dict[str, dict[str, Any]] = {
    "": {},
    "to another day": {"when": NEXT_WEEK},
    "to another door": {"meeting_point": "Back door"},
}
DECISIONS: list[tuple[bool, DecisionInput | None, str | None]] = [
    # was it provisional, what is typed, why people hear if nothing else changes
    (True, None, None),
    (True, DecisionInput(is_provisional=True, wall=datetime(2027, 3, 16, 12)), None),
    (True, LATER, "provisional"),
    (True, DecisionInput(), "decided"),
    (False, None, None),
    (False, DecisionInput(), None),
    (False, LATER, "provisional"),
]


@pytest.mark.parametrize("moves", PLACES)
@pytest.mark.parametrize(("was", "typed", "why"), DECISIONS)
def test_why_people_hear_of_a_move(
    stage: Callable[..., Stage], moves: str, was: bool, typed: DecisionInput | None, why: str | None, now: datetime
) -> None:
    here = stage(provisional=was)
    all_sent()
    changes = dict(PLACES[moves])
    when = replace(changes.pop("when", WHEN), decision=typed)
    place = replace(here.place, **changes)
    if not moves and why is None:
        with pytest.raises(Refusal, match="Nothing was changed"):
            plan_move(here.session.id, when, place, now=now)
        with pytest.raises(Refusal, match="Nothing was changed"):
            apply_move(here.session.id, when, place, seen=here.session.updated_at, now=now)
        return
    planned = plan_move(here.session.id, when, place, now=now)
    apply_move(here.session.id, when, place, seen=here.session.updated_at, now=now)
    moved = here.now_there()
    assert causes() == {here.host.email: "moved" if moves else why}
    assert (planned.becomes.starts_at, planned.becomes.ends_at) == (moved.starts_at, moved.ends_at)
    assert (planned.becomes.is_provisional, planned.becomes.decides_at) == (moved.is_provisional, moved.decides_at)
    assert planned.becomes.meeting_point == moved.meeting_point
    assert planned.previous.starts_at == STARTS
    assert moved.revision == 1


def test_a_move_online_has_no_place_and_one_back_has_no_link(make: Builder, stage: Callable[..., Stage], now: datetime) -> None:
    here = stage(provisional=False)
    online = WhereInput(video_url="https://video.example/1", zone="Europe/Paris")
    planned = plan_move(here.session.id, WHEN, online, now=now)
    facts = planned.becomes
    assert (facts.site_name, facts.area_name, facts.address, facts.meeting_point, facts.video_url, facts.zone) == (
        *("", "", "", "", "https://video.example/1"),
        "Europe/Paris",
    )
    apply_move(here.session.id, WHEN, online, seen=here.session.updated_at, now=now)
    moved = here.now_there()
    assert (moved.site_id, moved.zone, moved.video_url, moved.meeting_point) == (None, "Europe/Paris", "https://video.example/1", "")
    site = make.site("Mercy", address="1 Main Street\nSpringfield", zone=NEW_YORK)
    area = make.area(site, "Theatre")
    back = WhereInput(area_id=area.id, zone="UTC", meeting_point="By the lifts")
    facts = plan_move(here.session.id, WHEN, back, now=now).becomes
    assert (facts.site_name, facts.area_name, facts.address, facts.meeting_point, facts.video_url, facts.zone) == (
        *("Mercy", "Theatre", "1 Main Street\nSpringfield", "By the lifts", ""),
        NEW_YORK,
    )


def test_the_other_hour_of_a_night_the_clock_goes_back_is_another_time(make: Builder, now: datetime) -> None:
    host, site = make.clinician(), make.site(zone=NEW_YORK)
    made = make.outreach_session(host, site=site, starts_wall=datetime(2027, 11, 7, 1, 30), minutes=90)
    night = WhenInput(day=date(2027, 11, 7), start=time(1, 30), end=time(3), fold=0)
    place = WhereInput(site_id=site.id, zone="UTC", meeting_point="Main entrance")
    with pytest.raises(Refusal, match="Nothing was changed"):
        plan_move(made.id, night, place, now=now)
    planned = plan_move(made.id, replace(night, fold=1), place, now=now)
    assert (planned.becomes.fold, planned.becomes.starts_at - planned.previous.starts_at) == (1, HOUR)
    apply_move(made.id, replace(night, fold=1), place, seen=made.updated_at, now=now)
    db.session.refresh(made)
    assert (made.fold, made.starts_at) == (1, datetime(2027, 11, 7, 6, 30, tzinfo=UTC))
