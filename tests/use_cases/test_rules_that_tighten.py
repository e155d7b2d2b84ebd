"""An age floor, a number of seats or a day changes, and somebody who waits, was asked or has a seat no longer fits."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import update

from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.models import Area, LetterKind, OutreachSession, RegistrationState, Student
from outreach.registration import NobodyDecided, use_cases
from outreach.scheduling import WhenInput, WhereInput, apply_move
from outreach.scheduling.move import plan_move
from outreach.scheduling.preview import plan_edit
from tests.support.builders import Builder
from tests.support.queued_letters import queued, send_all
from tests.support.registrations import nothing_changes, seats_taken, states
from tests.support.tightening import Course

CONFIRMED, OFFERED, RELEASED, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "released", "waiting"))
HOUR = timedelta(hours=1)


def test_who_waits_and_is_too_young_by_now_is_passed_over_and_keeps_the_position(make: Builder, now: datetime) -> None:
    one = Course(make, capacity=1)
    one.register(Ana=17, Ben=15, Cem=None, Dan=17)
    one.set_floor(16)
    use_cases.withdraw(one.registration("Ana").id, now=now, by_id=one.teacher.id)
    assert states(one.session) == {"Ana": "withdrawn", "Ben": WAITING, "Cem": WAITING, "Dan": CONFIRMED}
    assert one.obstacles() == {
        "Ana": None,
        "Ben": "Ben is 15 that day: this session is for 16 and over.",
        "Cem": "Cem has no birth date: this session is for 16 and over.",
        "Dan": None,
    }


def test_a_free_seat_is_neither_taken_nor_kept_back_for_who_is_too_young_by_now(make: Builder, now: datetime) -> None:
    one = Course(make, capacity=1)
    one.register(Ana=17, Ben=15)
    one.set_floor(16)
    use_cases.withdraw(one.registration("Ana").id, now=now, by_id=one.teacher.id)
    with nothing_changes(), pytest.raises(Refusal, match=r"Ben .* is 15 that day.* They keep their position on the waiting list."):
        use_cases.take_free_seat(one.registration("Ben").id, by_id=one.teacher.id, now=now)
    one.register(Eve=17)
    assert states(one.session)["Eve"] is CONFIRMED


def test_who_is_kept_though_too_young_counts_for_the_seats_that_are_left(make: Builder, now: datetime) -> None:
    one = Course(make, capacity=3)
    one.register(Ana=17, Ben=15, Cem=15)
    keep = one.choices(keep={"Ben": "Only looks on.", "Cem": "So does Cem."})
    with nothing_changes(), pytest.raises(Refusal, match=r"That is 1 seat too many"):
        one.edit(now, keep, age_floor=16, capacity=2)
    one.edit(now, one.choices(keep={"Ben": "Only looks on."}, release="Cem"), age_floor=16, capacity=2)
    assert states(one.session) == {"Ana": CONFIRMED, "Ben": CONFIRMED, "Cem": RELEASED}


@pytest.mark.parametrize("moves", [True, False])
def test_an_areas_floor_is_read_when_a_session_is_changed_not_when_its_page_opened(make: Builder, now: datetime, *, moves: bool) -> None:
    site = make.site()
    area = make.area(site, "Theatres")
    one = Course(make, site=site, area=None if moves else area)
    one.register(Ben=15)
    assert area.age_floor is None  # as the page read it
    with db.engine.begin() as elsewhere:
        elsewhere.execute(update(Area).where(Area.id == area.id).values(age_floor=16))
    with pytest.raises(NobodyDecided) if moves else nullcontext():
        if moves:
            when = WhenInput(day=date(2027, 3, 18), start=time(9), end=time(10))
            apply_move(one.session.id, when, WhereInput(area_id=area.id, zone="UTC"), seen=one.session.updated_at, now=now)
        else:
            one.edit(now, title="New words")
            assert db.session.get_one(OutreachSession, one.session.id, populate_existing=True).age_floor == 16


def test_an_offer_is_not_accepted_for_who_is_too_young_by_now_and_is_taken_back(make: Builder) -> None:
    one = Course(make, capacity=1)
    one.register(Ana=17, Ben=15, Cem=17)
    late = one.session.starts_at - 20 * HOUR
    use_cases.withdraw(one.registration("Ana").id, now=late, by_id=one.teacher.id)
    one.set_floor(16)
    with nothing_changes(), pytest.raises(Refusal, match=r"Ben .* is 15 that day"):
        use_cases.accept_offer(one.registration("Ben").id, by_id=one.teacher.id, now=late)
    use_cases.review_seats(one.session.id, now=late)
    assert states(one.session) == {"Ana": "withdrawn", "Ben": WAITING, "Cem": OFFERED}
    one.set_floor(None)
    use_cases.decline_offer(one.registration("Cem").id, by_id=one.teacher.id, now=late)
    assert states(one.session)["Ben"] is OFFERED  # as if they had never been asked


def test_a_higher_floor_lists_who_is_too_young_and_saves_nothing_until_it_is_decided(make: Builder, now: datetime) -> None:
    one = Course(make, capacity=3)
    one.register(Ana=17, Ben=15, Cem=None, Dan=15)
    why = {"Ben": "Ben is 15 that day: this session is for 16 and over.", "Cem": "Cem has no birth date: this session is for 16 and over."}
    assert one.listed(now, age_floor=16) == why
    plan = plan_edit(one.session.id, one.offer(age_floor=16), notifies=False, now=now)
    assert ([waits.given_name for waits in plan.doubts.passed_over], plan.asks) == (["Dan"], True)
    for undecided in (None, one.choices(release="Ben"), one.choices(release="Ana Ben Cem")):
        with nothing_changes(), pytest.raises(NobodyDecided):
            one.edit(now, undecided, age_floor=16)


def test_of_who_is_too_young_some_are_kept_for_a_reason_and_others_released_and_told_why(make: Builder, now: datetime) -> None:
    one = Course(make, capacity=3)
    one.register(Ana=17, Ben=15, Cem=None, Dan=15, Eve=17)
    send_all()
    essay, told_why = "He wrote the winning essay.", "It is for 16 and over."
    one.edit(now, one.choices(keep={"Ben": essay}, release="Cem", released_for=told_why), age_floor=16)
    assert states(one.session) == {"Ana": CONFIRMED, "Ben": CONFIRMED, "Cem": RELEASED, "Dan": WAITING, "Eve": CONFIRMED}
    assert (one.notes("Ben"), one.notes("Cem")) == ([essay], [told_why])
    assert one.registration("Ben").kept_because == essay
    told = {letter.to: letter for letter in queued()}
    assert {to for to, letter in told.items() if letter.kind is LetterKind.REMOVED} == {"cem@families.example"}
    assert told_why in told["cem@families.example"].mail.text
    assert any(told_why in letter.mail.text for letter in queued() if letter.to == one.teacher.email)
    assert not {"ana@families.example", "ben@families.example"} & told.keys()


def test_who_was_kept_is_asked_about_again_only_when_the_rule_tightens_again(make: Builder, now: datetime) -> None:
    one = Course(make)
    one.register(Ana=17, Ben=15)
    one.edit(now, one.choices(keep={"Ben": "Sure."}), age_floor=16)
    assert one.listed(now, age_floor=16, capacity=9) == {}
    assert one.listed(now, age_floor=14) == {}
    assert list(one.listed(now, age_floor=17)) == ["Ben"]
    assert list(one.listed(now, age_floor=18)) == ["Ana", "Ben"]
    with transaction():
        db.session.get_one(Student, one.student["Ben"].id).birth_date = date(2013, 1, 1)
    assert one.obstacles()["Ben"] is None  # they have a seat: the host is asked, not the waiting list
    assert list(one.listed(now, age_floor=15)) == []  # younger than when they were kept, but not because of this change


def test_what_is_missing_is_said_of_each_at_once_and_nothing_is_saved(make: Builder, now: datetime) -> None:
    one = Course(make)
    one.register(Ana=17, Ben=15, Cem=15)
    choices = one.choices(keep={"Ben": " ", "Ana": ""}, release="Cem", released_for="")
    with nothing_changes(), pytest.raises(Refusal) as refused:
        one.edit(now, choices, age_floor=18, capacity=1)
    ben, ana = one.registration("Ben").id, one.registration("Ana").id
    assert set(refused.value.sentences) == {f"because_{ben}", f"because_{ana}", "released_for", "over_because"}  # type: ignore[attr-defined]


def test_a_sites_own_rule_is_lifted_by_a_coordinator_alone(make: Builder, now: datetime) -> None:
    site = make.site()
    one = Course(make, site=site)
    one.register(Ana=17, Ben=15)
    place = WhereInput(area_id=make.area(site, "Theatre", age_floor=16).id, zone="Europe/London", meeting_point="Main entrance")
    when = WhenInput(day=date(2027, 3, 18), start=time(14), end=time(16))
    [ben] = plan_move(one.session.id, when, place, now=now).doubts.seats
    assert (ben.given_name, ben.needs_coordinator) == ("Ben", True)
    keep, coordinator = {"Ben": "The ward agrees."}, make.coordinator()
    with nothing_changes(), pytest.raises(Refusal, match="Only a coordinator can keep Ben"):
        apply_move(one.session.id, when, place, seen=one.session.updated_at, now=now, choices=one.choices(keep=keep))
    choices = one.choices(by=coordinator, keep=keep, is_coordinator=True)
    apply_move(one.session.id, when, place, seen=one.session.updated_at, now=now, choices=choices)
    assert (states(one.session)["Ben"], one.registration("Ben").kept_site_floor) == (CONFIRMED, 16)


def test_an_earlier_day_lists_who_is_too_young_then_and_who_is_released_hears_nothing_of_the_move(make: Builder, now: datetime) -> None:
    one = Course(make, age_floor=15)
    one.register(Ana=17)
    one.student["Pia"] = make.student(one.school_class, given_name="Pia", birth_date=date(2012, 3, 16), guardians=("pia@families.example",))
    one.student["Quy"] = make.student(one.school_class, given_name="Quy", birth_date=date(2012, 3, 16), guardians=("quy@families.example",))
    make.register(one.session, one.teacher, one.student["Pia"], one.student["Quy"])
    send_all()
    when, site = WhenInput(day=date(2027, 3, 15), start=time(14), end=time(16)), one.session.site_id
    place = WhereInput(site_id=site, zone="Europe/London", meeting_point="Main entrance")
    assert [seat.given_name for seat in plan_move(one.session.id, when, place, now=now).doubts.seats] == ["Pia", "Quy"]
    choices = one.choices(keep={"Pia": "It is a day too early."}, release="Quy")
    apply_move(one.session.id, when, place, seen=one.session.updated_at, now=now, choices=choices)
    letters = queued()
    assert [letter.kind for letter in letters if letter.to == "quy@families.example"] == [LetterKind.REMOVED]
    assert [letter.kind for letter in letters if letter.to == "pia@families.example"] == [LetterKind.UPDATED]
    assert states(one.session) == {"Ana": CONFIRMED, "Pia": CONFIRMED, "Quy": RELEASED}


def test_fewer_seats_release_who_was_seated_last_unless_the_host_chooses_others(make: Builder, now: datetime) -> None:
    one = Course(make, capacity=3)
    one.register(Ana=17, Ben=17, Cem=17, Dan=17)
    use_cases.withdraw(one.registration("Ben").id, now=now, by_id=one.teacher.id)  # so Dan is seated after Cem
    assert one.listed(now, capacity=2) == {"Dan": True, "Cem": False, "Ana": False}
    assert one.listed(now, capacity=1) == {"Dan": True, "Cem": True, "Ana": False}
    with nothing_changes(), pytest.raises(Refusal, match="That is 1 seat too many") as refused:
        one.edit(now, one.choices(keep={"Ana": "", "Cem": ""}, release="Dan"), capacity=1)
    assert refused.value.field == "over_because"
    one.edit(now, one.choices(keep={"Cem": ""}, release="Dan Ana"), capacity=1)
    assert states(one.session) == {"Ana": RELEASED, "Ben": "withdrawn", "Cem": CONFIRMED, "Dan": RELEASED}


def test_a_host_may_keep_more_than_there_are_seats_knowingly_and_nobody_new_gets_one(make: Builder, now: datetime) -> None:
    one = Course(make, capacity=3)
    one.register(Ana=17, Ben=17, Cem=17, Dan=17)
    everybody = {"Ana": "", "Ben": "", "Cem": ""}
    one.edit(now, one.choices(keep=everybody, over_because="They share."), capacity=1)
    there = db.session.get_one(OutreachSession, one.session.id, populate_existing=True)
    assert (there.capacity, there.seats_over, seats_taken(one.session)) == (1, 2, 3)
    assert {name: one.notes(name) for name in everybody} == {"Ana": [], "Ben": ["They share."], "Cem": ["They share."]}
    one.edit(now + HOUR, title="Other words")  # it isn't asked again
    one.register(Eve=17)
    for name, over in (("Ana", 1), ("Ben", 0), ("Cem", 0)):
        assert (states(one.session)["Dan"], states(one.session)["Eve"]) == (WAITING, WAITING)
        use_cases.withdraw(one.registration(name).id, now=now, by_id=one.teacher.id)
        assert db.session.get_one(OutreachSession, one.session.id, populate_existing=True).seats_over == over
    assert (states(one.session)["Dan"], states(one.session)["Eve"]) == (CONFIRMED, WAITING)


def test_a_lower_limit_for_schools_frees_seats_for_another_school(make: Builder, now: datetime) -> None:
    one = Course(make, capacity=3)
    one.register(Ana=17, Ben=17, Cem=17)
    school = make.school()
    teacher = make.teacher(school)
    other = make.student(make.school_class(school, teacher), given_name="Oda")
    make.register(one.session, teacher, other)
    assert one.listed(now, per_school_limit=2) == {"Cem": True, "Ben": False, "Ana": False}
    one.edit(now, one.choices(keep={"Ana": "", "Ben": ""}, release="Cem"), per_school_limit=2)
    assert states(one.session) == {"Ana": CONFIRMED, "Ben": CONFIRMED, "Cem": RELEASED, "Oda": CONFIRMED}


def test_a_seat_on_offer_goes_first_and_its_student_waits_as_if_never_asked(make: Builder) -> None:
    one = Course(make, capacity=2)
    one.register(Ana=17, Ben=17, Cem=17)
    late = one.session.starts_at - 20 * HOUR
    use_cases.withdraw(one.registration("Ana").id, now=late, by_id=one.teacher.id)
    assert one.listed(late, capacity=1) == {"Cem": True, "Ben": False}
    one.edit(late, one.choices(keep={"Ben": ""}, release="Cem"), capacity=1)
    assert (states(one.session)["Cem"], one.registration("Cem").offered_until) == (WAITING, None)
    one.edit(late, capacity=2)
    assert states(one.session)["Cem"] is OFFERED
