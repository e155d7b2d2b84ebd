"""What hosts look at: their own sessions and nobody else's, who comes, and what a form begins with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import tokens
from outreach.catalogue.cards import SessionCard
from outreach.db import db, transaction
from outreach.models import Answer, Format, Invitation, OutreachSession, Registration, RegistrationState, SessionState, User
from outreach.rsvp.rules import RsvpCounts
from outreach.scheduling import form_defaults
from outreach.scheduling.provisional.link_views import open_decision
from outreach.scheduling.queries import OwnSessionsFilter, filter_counts, own_sessions, roster
from outreach.tokens import LinkBroken, LinkExpired, LinkPurpose, Ticket
from tests.support.builders import TOWN, Builder

STARTS, ENDS = datetime(2027, 3, 18, 18, tzinfo=UTC), datetime(2027, 3, 18, 20, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
DRAFT, PUBLISHED, CANCELLED = SessionState


@pytest.fixture(autouse=True)
def _request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def titles(user: User, shelf: OwnSessionsFilter, *, now: datetime, number: int = 1) -> list[str]:
    return [card.title for card in own_sessions(user, shelf, number, now=now)[1]]


# One's own sessions


@pytest.fixture
def me(make: Builder) -> User:
    """A clinician with sessions of each kind, beside another who has the same."""
    me, other, boss = make.clinician(email="me@adults.example"), make.clinician(), make.coordinator()
    for mine, whose in (("My", me), ("Their", other)):
        for name, facts in (
            ("second", {}),
            ("first", {"starts_wall": datetime(2027, 3, 10, 9)}),
            ("draft b", {"state": DRAFT, "starts_wall": datetime(2027, 4, 2, 9)}),
            ("draft a", {"state": DRAFT, "starts_wall": datetime(2027, 2, 1, 9)}),
            ("over long ago", {"starts_wall": datetime(2027, 1, 1, 9)}),
            ("over", {"starts_wall": datetime(2027, 2, 1, 9)}),
            ("off", {"state": CANCELLED, "cancelled_at": make.now}),
        ):
            make.outreach_session(whose, title=f"{mine} {name}", **facts)
    make.outreach_session(other, title="Helped", co_hosts=[me], starts_wall=datetime(2027, 3, 20, 9))
    make.outreach_session(other, title="Posted", posted_by_id=me.id, starts_wall=datetime(2027, 3, 21, 9))
    make.outreach_session(me, title="Posted for me", posted_by_id=boss.id, starts_wall=datetime(2027, 3, 22, 9))
    make.outreach_session(other, title="Helped by another", co_hosts=[boss], posted_by_id=boss.id)
    return me


def test_each_shelf_holds_ones_own_in_order(me: User, now: datetime) -> None:
    assert titles(me, OwnSessionsFilter.UPCOMING, now=now) == ["My first", "My second", "Helped", "Posted", "Posted for me"]
    assert titles(me, OwnSessionsFilter.DRAFTS, now=now) == ["My draft a", "My draft b"]
    assert titles(me, OwnSessionsFilter.PAST, now=now) == ["My off", "My over", "My over long ago"]
    assert filter_counts(me, now=now) == {OwnSessionsFilter.UPCOMING: 5, OwnSessionsFilter.DRAFTS: 2, OwnSessionsFilter.PAST: 3}


def test_who_has_nothing_sees_nothing(make: Builder, me: User, now: datetime) -> None:
    nobody = make.clinician()
    assert [titles(nobody, shelf, now=now) for shelf in OwnSessionsFilter] == [[], [], []]
    assert set(filter_counts(nobody, now=now).values()) == {0}
    assert me.id != nobody.id


def test_a_session_is_to_come_until_it_ends(make: Builder) -> None:
    host = make.clinician()
    made = make.outreach_session(host, title="Now")
    assert (made.starts_at, made.ends_at) == (STARTS, ENDS)
    for moment, shelf in (
        (STARTS, OwnSessionsFilter.UPCOMING),
        (ENDS - SECOND, OwnSessionsFilter.UPCOMING),
        (ENDS, OwnSessionsFilter.PAST),
        (ENDS + SECOND, OwnSessionsFilter.PAST),
    ):
        assert {one: titles(host, one, now=moment) for one in OwnSessionsFilter} == {
            one: ["Now"] if one is shelf else [] for one in OwnSessionsFilter
        }
        assert filter_counts(host, now=moment) == {one: int(one is shelf) for one in OwnSessionsFilter}


def test_of_two_at_one_time_the_older_stands_first(make: Builder, now: datetime) -> None:
    host = make.clinician()
    for title in ("b", "a", "c"):
        make.outreach_session(host, title=title)
    assert titles(host, OwnSessionsFilter.UPCOMING, now=now) == ["b", "a", "c"]
    assert titles(host, OwnSessionsFilter.PAST, now=ENDS) == ["b", "a", "c"]


def test_fifty_stand_on_a_page(make: Builder, now: datetime) -> None:
    host, site = make.clinician(), make.site()
    for number in range(51):
        make.outreach_session(host, site=site, title=f"{number}")
    page, cards = own_sessions(host, OwnSessionsFilter.UPCOMING, 1, now=now)
    assert (len(cards), page.pages, page.total) == (50, 2, 51)
    assert titles(host, OwnSessionsFilter.UPCOMING, now=now, number=2) == ["50"]


def card(user: User, title: str, *, now: datetime, shelf: OwnSessionsFilter = OwnSessionsFilter.UPCOMING) -> SessionCard:
    return next(one for one in own_sessions(user, shelf, 1, now=now)[1] if one.title == title)


def test_a_card_counts_who_waits_and_leads_to_a_decision_that_is_open(make: Builder, now: datetime) -> None:
    host = make.clinician()
    full = make.outreach_session(host, title="Full", capacity=1)
    open_one = make.outreach_session(host, title="Open", is_provisional=True, decides_at=STARTS - DAY)
    school = make.school()
    teacher = make.teacher(school)
    students = make.full_class(school, teacher, size=4).students
    fuller = make.outreach_session(host, title="Fuller", capacity=1)
    for one in (full, open_one, fuller):
        make.register(one, teacher, *students)
    withdraw(full, students[3].id)
    assert [card(host, title, now=now).waiting for title in ("Full", "Open", "Fuller")] == [2, 0, 3]
    assert card(host, "Full", now=now).decision_url == ""
    assert card(host, "Open", now=now).decision_url == f"/sessions/{open_one.id}/decision"


def withdraw(outreach_session: OutreachSession, student_id: int, state: RegistrationState = RegistrationState.WITHDRAWN) -> None:
    with transaction():
        place = select(Registration).where(Registration.session_id == outreach_session.id, Registration.student_id == student_id)
        db.session.scalars(place).one().state = state


# Who comes


@pytest.fixture
def full(make: Builder) -> OutreachSession:
    """A workshop for which students of two schools stand in each state; the same students have places in another."""
    host = make.clinician()
    here, elsewhere = make.outreach_session(host, capacity=50), make.outreach_session(host, capacity=50)
    for name in ("West School", "East School"):
        school = make.school(name)
        teacher = make.teacher(school)
        school_class = make.school_class(school, teacher)
        students = [
            make.student(school_class, given_name=f"{state.value}-{name[0]}", family_name="Secret", needs=f"Needs of {state.value}")
            for state in RegistrationState
        ]
        make.register(here, teacher, *reversed(students))
        make.register(elsewhere, teacher, *students)
        for student, state in zip(students, RegistrationState, strict=True):
            withdraw(here, student.id, state)
    return here


SEATED = ["confirmed", "offered", "pending"]


def test_a_roster_shows_those_who_have_a_seat_by_school_and_name_and_those_who_wait(full: OutreachSession) -> None:
    shown = roster(full.id)
    assert [(school, [guest.name for guest in guests]) for school, guests in shown.schools] == [
        ("East School", [f"{state}-E" for state in SEATED]),
        ("West School", [f"{state}-W" for state in SEATED]),
    ]
    assert [guest.name for guest in shown.seated] == [f"{state}-{school}" for school in "EW" for state in SEATED]
    assert [guest.name for guest in shown.waiting] == ["waiting-W", "waiting-E"]
    for guest in (*shown.seated, *shown.waiting):
        assert guest.needs == f"Needs of {guest.name[:-2]}"
        assert guest.state.value == guest.name[:-2]
        assert guest.school_name[0] == guest.name[-1]
        place = db.session.get_one(Registration, guest.registration_id)
        assert (place.session_id, place.student.given_name) == (full.id, guest.name)


def test_who_waits_stands_in_the_order_of_the_queue(make: Builder, now: datetime) -> None:
    made = make.outreach_session(make.clinician(), capacity=1)
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher)
    names = ["Zed", "Ana", "Mia", "Ben"]
    students = [make.student(school_class, given_name=name) for name in names]
    make.register(made, teacher, students[0])
    for hours, student in ((3, students[1]), (1, students[2]), (1, students[3])):
        make.register(made, teacher, student, now=now + hours * HOUR)
    assert [guest.name for guest in roster(made.id).waiting] == ["Mia", "Ben", "Ana"]


def test_answers_are_counted_for_those_who_have_a_seat_here(make: Builder, now: datetime) -> None:
    host = make.clinician()
    here, elsewhere = make.outreach_session(host, capacity=3), make.outreach_session(host, capacity=9)
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.school_class(school, teacher)
    students = [make.student(school_class, given_name=name, email=f"{name}@pupils.example") for name in "abcd"]
    for made in (here, elsewhere):
        make.register(made, teacher, *students)
    with transaction():
        for student, answer in zip(students, (Answer.ACCEPTED, Answer.DECLINED, Answer.NEEDS_ACTION, Answer.ACCEPTED), strict=True):
            for invitation in db.session.scalars(select(Invitation).where(Invitation.mailbox_id == student.mailbox_id)):
                invitation.answer = answer if invitation.session_id == here.id else Answer.TENTATIVE
                invitation.answered_at = now
    shown = roster(here.id)
    assert [guest.rsvp and guest.rsvp.answer for guest in shown.seated] == [Answer.ACCEPTED, Answer.DECLINED, Answer.NEEDS_ACTION]
    assert [guest.rsvp for guest in shown.waiting] == [None]
    assert shown.answers == RsvpCounts(coming=1, not_coming=1, unanswered=1)
    assert roster(elsewhere.id).answers == RsvpCounts(unsure=4)


# What forms begin with


def test_a_form_begins_with_the_defaults_of_its_format(make: Builder) -> None:
    user = make.clinician()
    for a_format in db.session.scalars(select(Format)):
        begins = form_defaults.from_format(a_format, user)
        for name in ("capacity", "age_floor", "bring", "wear", "kit"):
            assert begins[name] == getattr(a_format, name)
        assert (begins["title"], begins["leads"], begins["zone"], begins["host"]) == (
            a_format.name,
            a_format.reminder_leads,
            user.zone if a_format.is_online else "",
            user.id,
        )
        minutes = 14 * 60 + a_format.length_minutes
        assert (begins["start"], begins["end"]) == (time(14), time(minutes // 60 % 24, minutes % 60))
        assert begins["where"] == ""


def test_a_form_begins_at_the_one_place_somebody_works_at(make: Builder) -> None:
    user, other, first, second = make.clinician(), make.clinician(), make.site(), make.site()
    on_site, online = (db.session.scalars(select(Format).where(Format.is_online.is_(online))).first() for online in (False, True))
    assert on_site is not None
    assert online is not None
    make.appointment(other, first)
    assert form_defaults.from_format(on_site, user)["where"] == ""
    make.appointment(user, second)
    assert form_defaults.from_format(on_site, user)["where"] == f"site-{second.id}"
    assert form_defaults.from_format(online, user)["where"] == ""
    make.appointment(user, first)
    assert form_defaults.from_format(on_site, user)["where"] == ""


def test_a_form_shows_a_session_as_it_is(make: Builder, now: datetime) -> None:
    host, helper, third = make.clinician(), make.clinician(), make.clinician()
    site = make.site()
    facts: dict[str, Any] = {
        "title": "T", "specialty": "S", "description": "D", "capacity": 7, "per_school_limit": 3, "age_floor": 16,
        "frees_declined_seats": True, "bring": "B", "wear": "W", "kit": "K", "day_phone": "+1 212 555 0100", "meeting_point": "Door",
    }  # fmt: skip
    made = make.outreach_session(
        host, site=site, co_hosts=[helper, third], starts_wall=datetime(2027, 3, 18, 22), minutes=180, reminder_leads=[60],
        opens_at=datetime(2027, 3, 8, 14, tzinfo=UTC), closes_at=datetime(2027, 3, 17, 13, tzinfo=UTC), is_provisional=True,
        decides_at=datetime(2027, 3, 16, 16, tzinfo=UTC), **facts,
    )  # fmt: skip
    begins = form_defaults.from_session(made)
    assert facts.items() <= begins.items()
    assert {name: begins[name] for name in ("day", "start", "end", "ends_next_day", "fold", "zone", "provisional", "decides")} == {
        "day": datetime(2027, 3, 18).date(),
        "start": time(22),
        "end": time(1),
        "ends_next_day": True,
        "fold": None,
        "zone": "",
        "provisional": True,
        "decides": datetime(2027, 3, 16, 12),
    }
    assert (begins["opens"], begins["closes"], begins["leads"]) == (datetime(2027, 3, 8, 9), datetime(2027, 3, 17, 9), [60])
    assert (begins["where"], begins["video_url"], begins["host"], begins["seen_at"]) == (f"site-{site.id}", "", host.id, now.isoformat())
    assert sorted(begins["co_hosts"].split("\n")) == sorted([helper.email, third.email])
    with transaction():
        made.area = make.area(site)
    assert form_defaults.from_session(made)["where"] == f"area-{made.area_id}"
    plain = form_defaults.from_session(make.outreach_session(host, video_url="https://video.example/1"))
    assert (plain["where"], plain["video_url"], plain["ends_next_day"], plain["provisional"]) == (
        "",
        "https://video.example/1",
        False,
        False,
    )
    assert (plain["opens"], plain["closes"], plain["decides"], plain["co_hosts"]) == (None, None, None, "")


@pytest.mark.parametrize(
    ("starts", "minutes", "fold", "asked"),
    [
        (datetime(2027, 11, 7, 1, 30), 90, 1, "1"),
        (datetime(2027, 11, 7, 1, 30), 90, 0, "0"),
        (datetime(2027, 11, 7, 0, 30), 60, 0, "0"),
        (datetime(2027, 11, 7, 3, 0), 60, 0, None),
        (datetime(2027, 3, 14, 3, 0), 60, 0, None),
    ],
)
def test_the_question_which_hour_is_shown_where_it_was_asked(
    make: Builder, starts: datetime, minutes: int, fold: int, asked: str | None
) -> None:
    made = make.outreach_session(make.clinician(), starts_wall=starts, minutes=minutes, fold=fold)
    assert form_defaults.from_session(made)["fold"] == asked


def test_a_decision_time_is_offered_until_it_has_come(make: Builder) -> None:
    made = make.outreach_session(make.clinician(), is_provisional=True, decides_at=STARTS - DAY)
    wall = datetime(2027, 3, 17, 14)
    for moment, shown in ((STARTS - DAY - SECOND, wall), (STARTS - DAY, None), (STARTS - DAY + SECOND, None)):
        begins = form_defaults.for_another_time(made, now=moment)
        assert (begins["decides"], begins["provisional"], begins["day"]) == (shown, True, made.starts_wall.date())
    certain = make.outreach_session(make.clinician())
    assert form_defaults.for_another_time(certain, now=ENDS) == form_defaults.from_session(certain)


def test_posting_again_leaves_out_all_that_belongs_to_the_day(make: Builder) -> None:
    made = make.outreach_session(
        make.clinician(),
        starts_wall=datetime(2027, 11, 7, 1, 30),
        is_provisional=True,
        decides_at=STARTS,
        opens_at=STARTS,
        closes_at=STARTS,
    )
    begins, again = form_defaults.from_session(made), form_defaults.for_another_day(made)
    assert {name for name in begins if again[name] != begins[name]} == {"day", "decides", "opens", "closes", "fold", "seen_at"}
    assert {again[name] for name in ("day", "decides", "opens", "closes", "fold", "seen_at")} == {None}


def test_places_are_offered_with_ones_own_first_and_each_room_beside_its_site(make: Builder) -> None:
    user, other = make.clinician(), make.clinician()
    zed, ash, mid = make.site("Zed"), make.site("Ash"), make.site("Mid")
    make.appointment(user, zed)
    make.appointment(other, mid)
    theatre, lab, elsewhere = make.area(zed, "Theatre"), make.area(zed, "Lab"), make.area(ash, "Ward")
    offered = [(choice.value, str(choice.label)) for choice in form_defaults.places_to_choose(user)]
    assert [one for one in offered if not one[1].startswith("Town Infirmary")] == [
        ("", "A new site, or online"),
        (f"site-{zed.id}", "Zed"),
        (f"area-{lab.id}", "Zed: Lab"),
        (f"area-{theatre.id}", "Zed: Theatre"),
        (f"site-{ash.id}", "Ash"),
        (f"area-{elsewhere.id}", "Ash: Ward"),
        (f"site-{mid.id}", "Mid"),
    ]


def test_hosts_are_offered_by_family_name(make: Builder) -> None:
    second = make.clinician(given_name="Ana", family_name="Hill")
    first = make.clinician(given_name="Zoe", family_name="Ash")
    make.teacher(make.school())
    offered = [(choice.value, str(choice.label)) for choice in form_defaults.hosts_to_choose()]
    assert [one for one in offered if TOWN not in one[1]] == [
        (0, "Choose the host"),
        (first.id, f"Ash, Zoe ({first.email})"),
        (second.id, f"Hill, Ana ({second.email})"),
    ]


def test_the_usual_reminders_are_offered_and_those_chosen_before() -> None:
    offered = [(choice.value, str(choice.label)) for choice in form_defaults.leads_to_choose([90, 1440, 1])]
    assert offered == [
        (20160, "14 days before"),
        (10080, "7 days before"),
        (4320, "3 days before"),
        (1440, "1 day before"),
        (120, "2 hours before"),
        (90, "90 minutes before"),
        (60, "1 hour before"),
        (1, "1 minute before"),
    ]


# The link in a letter that asks for a decision


def test_a_link_opens_one_session_for_who_hosts_it_until_it_begins(app: Flask, make: Builder, now: datetime) -> None:
    host, helper, poster, stranger, ruth = make.clinician(), make.clinician(), make.clinician(), make.clinician(), make.coordinator()
    made = make.outreach_session(host, co_hosts=[helper], posted_by_id=poster.id, is_provisional=True, decides_at=STARTS - DAY)
    other = make.outreach_session(stranger)
    family = make.mailbox("family@families.example")
    secret = app.config["SECRET_KEY"]

    def opened(mailbox_id: int, *, session_id: int = made.id, at: datetime = now, **changes: Any) -> int:
        facts: dict[str, Any] = {"purpose": LinkPurpose.DECIDE, "link_version": 1, "expires_at": STARTS} | changes
        token = tokens.sign(Ticket(mailbox_id=mailbox_id, session_id=session_id, **facts), secret)
        return open_decision(token, secret_key=secret, now=at).id

    for user in (host, helper, ruth):
        assert opened(user.mailbox_id) == made.id
    assert opened(stranger.mailbox_id, session_id=other.id) == other.id
    for mailbox_id in (poster.mailbox_id, stranger.mailbox_id, family.id, 4711):
        with pytest.raises(LinkBroken):
            opened(mailbox_id)
    for purpose in set(LinkPurpose) - {LinkPurpose.DECIDE}:
        with pytest.raises(LinkBroken):
            opened(host.mailbox_id, purpose=purpose)
    wrong: list[dict[str, Any]] = [{"session_id": 4711}, {"link_version": 2}, {"link_version": 0}, {"session_id": other.id}]
    for changes in wrong:
        with pytest.raises(LinkBroken):
            opened(host.mailbox_id, **changes)
    assert opened(host.mailbox_id, at=STARTS - SECOND) == made.id
    for late in (STARTS, STARTS + SECOND):
        with pytest.raises(LinkExpired):
            opened(host.mailbox_id, at=late)
    with transaction():
        helper.active = False
    with pytest.raises(LinkBroken):
        opened(helper.mailbox_id)
