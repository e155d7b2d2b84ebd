"""Posting, editing, moving and cancelling, on both databases: what is kept, what is refused, who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from outreach.db import db
from outreach.errors import NotThere, OutreachError, Refusal, Stale
from outreach.models import Area, Letter, LetterKind, OutreachSession, SessionState, Site, User
from outreach.registration.use_cases import RegistrationRequest, register_students
from outreach.scheduling import use_cases
from outreach.scheduling.form_defaults import from_session
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move, plan_move
from outreach.scheduling.schedule_rules import AskWhich
from tests.support.builders import Builder
from tests.support.rivals import at_once

AFTERNOON = WhenInput(day=date(2027, 3, 18), start=time(14), end=time(16))
OFFER = DetailsInput(title="Power of a Stitch", capacity=10, reminder_leads=(10080, 1440))


def at(site: Site) -> WhereInput:
    return WhereInput(site_id=site.id, zone="Europe/London", meeting_point="Main entrance")


def post(
    host: User, place: WhereInput, *, now: datetime, when: WhenInput = AFTERNOON, offer: DetailsInput = OFFER, publish: bool = True
) -> OutreachSession:
    key = use_cases.post("stitch_workshop", when, place, offer, by_id=host.id, publish=publish, now=now)
    return db.session.get_one(OutreachSession, key, populate_existing=True)


def full_session(make: Builder, host: User, *, seats: int = 3, students: int = 4) -> OutreachSession:
    """A session in which a class has taken every seat and one waits."""
    outreach_session = make.outreach_session(host, capacity=seats)
    school = make.school()
    teacher = make.teacher(school)
    school_class = make.full_class(school, teacher, size=students)
    ids = tuple(student.id for student in school_class.students)
    request = RegistrationRequest(
        session_id=outreach_session.id,
        school_id=school.id,
        student_ids=ids,
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
    )
    register_students(request, now=make.now)
    return outreach_session


def letters(kind: LetterKind) -> int:
    return db.session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == kind)) or 0


def refusal(error: pytest.ExceptionInfo[OutreachError]) -> tuple[str | None, str]:
    return error.value.field, str(error.value)


@pytest.mark.empty_database
def test_a_session_is_posted_on_the_clock_of_its_place_and_its_host_is_invited(make: Builder, now: datetime) -> None:
    host, site = make.clinician(), make.site(zone="America/New_York")
    posted = post(host, at(site), now=now)
    assert (posted.state, posted.published_at) == (SessionState.PUBLISHED, now)
    assert (posted.zone, posted.starts_at) == ("America/New_York", datetime(2027, 3, 18, 18, tzinfo=UTC))
    assert (posted.host_id, posted.tzdata_version[:2]) == (host.id, "20")
    assert list(db.session.scalars(select(Letter.mailbox_id))) == [host.mailbox_id]


def test_a_host_in_sydney_posts_for_vancouver_on_vancouvers_clock(make: Builder, now: datetime) -> None:
    host, site = make.clinician(), make.site(zone="America/Vancouver")
    posted = post(host, replace(at(site), zone="Australia/Sydney"), now=now)
    assert (posted.zone, posted.starts_wall) == ("America/Vancouver", datetime(2027, 3, 18, 14))
    assert posted.starts_at == datetime(2027, 3, 18, 21, tzinfo=UTC)


@pytest.mark.empty_database
def test_a_draft_tells_nobody_until_it_is_published_once(make: Builder, now: datetime) -> None:
    draft = post(make.clinician(), at(make.site()), now=now, publish=False)
    assert (draft.state, db.session.scalar(select(func.count(Letter.id)))) == (SessionState.DRAFT, 0)
    use_cases.publish(draft.id, now=now)
    with pytest.raises(Refusal):
        use_cases.publish(draft.id, now=now)
    assert letters(LetterKind.INVITATION) == 1


def test_a_draft_whose_time_has_passed_is_not_published(make: Builder, now: datetime) -> None:
    draft = post(make.clinician(), at(make.site()), now=now, publish=False)
    with pytest.raises(Refusal) as error:
        use_cases.publish(draft.id, now=draft.starts_at)
    assert refusal(error)[0] == "day"


@pytest.mark.empty_database
def test_a_place_is_made_while_posting_and_found_again_by_its_name(make: Builder, now: datetime) -> None:
    host = make.clinician()
    place = WhereInput(new_site="Mercy General", new_address="2 Hill Road", new_area="Skills lab", zone="Australia/Sydney")
    first = post(host, place, now=now)
    again = post(host, replace(place, new_site="mercy GENERAL", new_area="skills LAB", zone="Europe/London"), now=now)
    assert (first.site_id, first.area_id, again.zone) == (again.site_id, again.area_id, "Australia/Sydney")
    site = db.session.scalars(select(Site)).one()
    assert (site.name, site.zone, site.country, [area.name for area in site.areas]) == (
        "Mercy General",
        "Australia/Sydney",
        "AU",
        ["Skills lab"],
    )


@pytest.mark.empty_database
def test_of_two_who_make_the_same_place_at_once_nobody_meets_an_error(app: Flask, make: Builder, now: datetime) -> None:
    place = WhereInput(new_site="Mercy General", new_area="Skills lab", zone="America/New_York")
    hosts = [make.clinician().id for _ in range(4)]

    def post_there(host_id: int) -> object:
        return use_cases.post("stitch_workshop", AFTERNOON, place, OFFER, by_id=host_id, publish=True, now=now)

    done = at_once(app, *(partial(post_there, host_id) for host_id in hosts))
    assert db.session.scalar(select(func.count()).select_from(Site).where(Site.name == "Mercy General")) == 1
    refused = [one for one in done if isinstance(one, OutreachError)]
    assert all(isinstance(one, Refusal) and one.field == "new_site" for one in refused)
    assert db.session.scalar(select(func.count()).select_from(OutreachSession)) == len(hosts) - len(refused) > 0


@pytest.mark.empty_database
def test_a_room_is_added_to_a_place_from_the_list(make: Builder, now: datetime) -> None:
    site = make.site()
    posted = post(make.clinician(), replace(at(site), new_area="Theatre 3"), now=now)
    area = db.session.scalars(select(Area)).one()
    assert (posted.area_id, area.site_id) == (area.id, site.id)


@pytest.mark.empty_database
def test_a_place_that_cannot_be_found_is_refused_and_nothing_is_kept(make: Builder, now: datetime) -> None:
    host = make.clinician()
    for place, field in (
        (WhereInput(zone="Europe/London"), "where"),
        (WhereInput(site_id=4711, zone="Europe/London"), "where"),
        (WhereInput(area_id=4711, zone="Europe/London"), "where"),
        (WhereInput(new_area="Ward 3", video_url="https://video.example/1", zone="Europe/London"), "new_area"),
    ):
        with pytest.raises(Refusal) as error:
            post(host, place, now=now)
        assert refusal(error)[0] == field
    assert db.session.scalar(select(func.count(OutreachSession.id))) == 0


@pytest.mark.empty_database
def test_a_refused_time_leaves_no_new_place_behind(make: Builder, now: datetime) -> None:
    place = WhereInput(new_site="Mercy General", zone="America/New_York")
    with pytest.raises(Refusal) as error:
        post(make.clinician(), place, when=WhenInput(day=date(2027, 3, 14), start=time(2, 30), end=time(4)), now=now)
    assert refusal(error) == (
        "start",
        "02:30 doesn't exist on Sunday 14 March 2027 in New York, because the clocks go from 02:00 to 03:00.",
    )
    assert db.session.scalar(select(func.count(Site.id))) == 0


def test_an_hour_that_comes_twice_is_asked_about_and_the_answer_kept(make: Builder, now: datetime) -> None:
    host, place = make.clinician(), at(make.site(zone="America/New_York"))
    night = WhenInput(day=date(2027, 11, 7), start=time(1, 30), end=time(3))
    with pytest.raises(AskWhich) as error:
        post(host, place, when=night, now=now)
    assert error.value.offsets == (timedelta(hours=-4), timedelta(hours=-5))
    posted = post(host, place, when=replace(night, fold=1), now=now)
    assert (posted.fold, posted.starts_at) == (1, datetime(2027, 11, 7, 6, 30, tzinfo=UTC))
    assert from_session(posted)["fold"] == "1"


def test_an_offer_that_cannot_hold_is_refused_beside_its_field(make: Builder, now: datetime) -> None:
    host, place = make.clinician(), at(make.site(zone="America/New_York"))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"opens_wall": datetime(2027, 3, 18, 15)}, "opens"),
        ({"closes_wall": datetime(2027, 3, 18, 14, 1)}, "closes"),
        ({"opens_wall": datetime(2027, 3, 10), "closes_wall": datetime(2027, 3, 10)}, "opens"),
        ({"closes_wall": datetime(2027, 3, 14, 2, 30)}, "closes"),
        ({"co_host_emails": ("nobody@adults.example",)}, "co_hosts"),
        ({"host_id": 4711}, "host"),
    ]
    for changes, field in wrong:
        with pytest.raises(Refusal) as error:
            post(host, place, offer=replace(OFFER, **changes), now=now)
        assert refusal(error)[0] == field


def test_registration_opens_and_closes_on_the_clock_of_the_place(make: Builder, now: datetime) -> None:
    offer = replace(OFFER, opens_wall=datetime(2027, 3, 8, 9), closes_wall=datetime(2027, 3, 15, 9))
    posted = post(make.clinician(), at(make.site(zone="America/New_York")), offer=offer, now=now)
    assert (posted.opens_at, posted.closes_at) == (datetime(2027, 3, 8, 14, tzinfo=UTC), datetime(2027, 3, 15, 13, tzinfo=UTC))


def test_a_session_is_posted_with_the_higher_of_two_age_floors(make: Builder, now: datetime) -> None:
    host, site = make.clinician(), make.site()
    for own, of_the_area, holds in [(14, 16, 16), (18, 16, 18), (None, 16, 16), (14, None, 14), (None, None, None)]:
        area = make.area(site, f"Area {own} {of_the_area}", age_floor=of_the_area)
        place = WhereInput(area_id=area.id, zone="Europe/London")
        assert post(host, place, offer=replace(OFFER, age_floor=own), now=now).age_floor == holds


def test_a_coordinator_posts_for_a_clinician_but_hosts_nothing(make: Builder, now: datetime) -> None:
    coordinator, host, site = make.coordinator(), make.clinician(), make.site()
    posted = post(coordinator, at(site), offer=replace(OFFER, host_id=host.id), now=now)
    assert (posted.host_id, posted.posted_by_id) == (host.id, coordinator.id)
    with pytest.raises(Refusal) as error:
        post(coordinator, at(site), now=now)
    assert refusal(error)[0] == "host"


def test_co_hosts_are_approved_clinicians_each_once_and_not_the_host(make: Builder, now: datetime) -> None:
    host, helper, teacher = make.clinician(), make.clinician(), make.teacher(make.school())
    emails = (helper.email.upper(), helper.email, host.email)
    posted = post(host, at(make.site()), offer=replace(OFFER, co_host_emails=emails), now=now)
    assert [user.id for user in posted.co_hosts] == [helper.id]
    with pytest.raises(Refusal, match="isn't the address of an approved clinician"):
        post(host, at(make.site()), offer=replace(OFFER, co_host_emails=(teacher.email,)), now=now)


def test_a_change_of_words_tells_nobody(make: Builder, now: datetime) -> None:
    host = make.clinician()
    outreach_session = full_session(make, host)
    before = db.session.scalar(select(func.count(Letter.id)))
    offer = replace(OFFER, title="Stitches", capacity=3, bring="A pen")
    use_cases.edit(outreach_session.id, offer, seen=outreach_session.updated_at, now=now)
    assert (outreach_session.title, outreach_session.bring, outreach_session.revision) == ("Stitches", "A pen", 0)
    assert db.session.scalar(select(func.count(Letter.id))) == before


def test_more_seats_go_to_those_who_wait(make: Builder, now: datetime) -> None:
    outreach_session = full_session(make, make.clinician())
    use_cases.edit(outreach_session.id, replace(OFFER, capacity=5), seen=outreach_session.updated_at, now=now)
    assert outreach_session.seats_taken == 4
    assert letters(LetterKind.PROMOTED) > 0


def test_a_new_co_host_is_invited_and_one_who_leaves_hears_of_it(make: Builder, now: datetime) -> None:
    host, helper = make.clinician(), make.clinician()
    posted = post(host, at(make.site()), now=now)
    use_cases.edit(posted.id, replace(OFFER, co_host_emails=(helper.email,)), seen=posted.updated_at, now=now)
    invited = select(func.count(Letter.id)).where(Letter.mailbox_id == helper.mailbox_id, Letter.kind == LetterKind.INVITATION)
    assert db.session.scalar(invited) == 1


@pytest.mark.empty_database
def test_an_edit_of_what_somebody_else_has_changed_is_stale(make: Builder, now: datetime) -> None:
    posted = post(make.clinician(), at(make.site()), now=now)
    seen = posted.updated_at
    use_cases.edit(posted.id, replace(OFFER, title="First"), seen=seen, now=now + timedelta(seconds=1))
    with pytest.raises(Stale):
        use_cases.edit(posted.id, replace(OFFER, title="Second"), seen=seen, now=now + timedelta(seconds=2))
    assert db.session.scalar(select(OutreachSession.title)) == "First"


def test_a_move_tells_everybody_and_keeps_seats(make: Builder, now: datetime) -> None:
    host = make.clinician()
    outreach_session = full_session(make, host)
    place = at(db.session.get_one(Site, outreach_session.site_id))
    later = replace(AFTERNOON, day=date(2027, 3, 25))
    plan = plan_move(outreach_session.id, later, place, now=now)
    assert (plan.previous.starts_wall, plan.becomes.starts_wall) == (datetime(2027, 3, 18, 14), datetime(2027, 3, 25, 14))
    assert outreach_session.starts_wall == datetime(2027, 3, 18, 14)
    apply_move(outreach_session.id, later, place, seen=outreach_session.updated_at, now=now)
    assert (outreach_session.starts_wall, outreach_session.revision, outreach_session.seats_taken) == (datetime(2027, 3, 25, 14), 1, 3)
    snapshots = select(Letter.facts).where(Letter.session_id == outreach_session.id)
    assert any(facts["session"]["starts_wall"].startswith("2027-03-25") for facts in db.session.scalars(snapshots))


def test_a_move_that_changes_nothing_is_refused_and_tells_nobody(make: Builder, now: datetime) -> None:
    outreach_session = full_session(make, make.clinician())
    place = at(db.session.get_one(Site, outreach_session.site_id))
    before = db.session.scalar(select(func.count(Letter.id)))
    with pytest.raises(Refusal, match="Nothing was changed"):
        apply_move(outreach_session.id, AFTERNOON, place, seen=outreach_session.updated_at, now=now)
    assert (db.session.scalar(select(func.count(Letter.id))), outreach_session.revision) == (before, 0)


def test_a_move_to_the_past_is_refused(make: Builder, now: datetime) -> None:
    posted = post(make.clinician(), at(make.site()), now=now)
    place = at(db.session.get_one(Site, posted.site_id))
    for day in (date(2027, 2, 28), date(2027, 3, 1)):
        with pytest.raises(Refusal, match="in the past"):
            apply_move(posted.id, WhenInput(day=day, start=time(0), end=time(1)), place, seen=posted.updated_at, now=now)


def test_what_is_cancelled_over_or_a_draft_is_not_moved(make: Builder, now: datetime) -> None:
    site = make.site()
    draft = post(make.clinician(), at(site), now=now, publish=False)
    over = make.outreach_session(make.clinician(), site=site, starts_wall=datetime(2027, 2, 1, 14))
    cancelled = make.outreach_session(make.clinician(), site=site)
    use_cases.cancel(cancelled.id, "The theatre is closed", now=now)
    for outreach_session in (draft, over, cancelled):
        with pytest.raises(Refusal):
            apply_move(outreach_session.id, replace(AFTERNOON, day=date(2027, 4, 1)), at(site), seen=outreach_session.updated_at, now=now)


def test_a_move_takes_the_closing_of_registration_along_and_says_so_before(make: Builder, now: datetime) -> None:
    site = make.site()
    offer = replace(OFFER, opens_wall=datetime(2027, 3, 12, 9), closes_wall=datetime(2027, 3, 17, 9))
    posted = post(make.clinician(), at(site), offer=offer, now=now)
    sooner, closes = replace(AFTERNOON, day=date(2027, 3, 10)), datetime(2027, 3, 9, 14, tzinfo=UTC)
    assert plan_move(posted.id, sooner, at(site), now=now).closes_at == closes
    apply_move(posted.id, sooner, at(site), seen=posted.updated_at, now=now)
    assert (posted.opens_at, posted.closes_at, posted.is_open(now)) == (None, closes, True)


def test_a_move_into_a_stricter_room_raises_the_age_floor(make: Builder, now: datetime) -> None:
    site = make.site()
    theatre = make.area(site, "Theatre", age_floor=18)
    posted = post(make.clinician(), at(site), offer=replace(OFFER, age_floor=16), now=now)
    place = replace(at(site), site_id=None, area_id=theatre.id)
    assert plan_move(posted.id, AFTERNOON, place, now=now).age_floor == 18
    apply_move(posted.id, AFTERNOON, place, seen=posted.updated_at, now=now)
    assert (posted.area_id, posted.age_floor) == (theatre.id, 18)


@pytest.mark.empty_database
def test_a_planned_move_to_a_new_place_writes_none(make: Builder, now: datetime) -> None:
    posted = post(make.clinician(), at(make.site()), now=now)
    for place in (
        WhereInput(new_site="Mercy", new_area="Lab", zone="America/New_York"),
        replace(at(posted.site or make.site()), new_area="Lab"),
    ):
        assert plan_move(posted.id, AFTERNOON, place, now=now).becomes.area_name == "Lab"
    db.session.commit()
    assert (db.session.scalar(select(func.count(Site.id))), db.session.scalar(select(func.count(Area.id)))) == (1, 0)


def test_a_cancellation_says_why_and_happens_once(make: Builder, now: datetime) -> None:
    outreach_session = full_session(make, make.clinician())
    use_cases.cancel(outreach_session.id, "The theatre is closed", now=now)
    assert (outreach_session.state, outreach_session.cancel_reason) == (SessionState.CANCELLED, "The theatre is closed")
    with pytest.raises(Refusal):
        use_cases.cancel(outreach_session.id, "Again", now=now)


def test_what_is_over_is_not_cancelled(make: Builder, now: datetime) -> None:
    over = make.outreach_session(make.clinician(), starts_wall=datetime(2027, 2, 1, 14))
    with pytest.raises(Refusal):
        use_cases.cancel(over.id, "Too late", now=now)


def test_a_draft_is_discarded_a_published_session_is_not(make: Builder, now: datetime) -> None:
    host, helper = make.clinician(), make.clinician()
    draft = post(host, at(make.site()), offer=replace(OFFER, co_host_emails=(helper.email,)), now=now, publish=False)
    published = post(host, at(make.site()), now=now)
    use_cases.discard(draft.id)
    with pytest.raises(Refusal):
        use_cases.discard(published.id)
    with pytest.raises(NotThere):
        use_cases.publish(draft.id, now=now)


def test_a_draft_changes_altogether_and_is_published_in_one_go(make: Builder, now: datetime) -> None:
    host, there = make.clinician(), make.site(zone="Australia/Sydney")
    draft = post(host, at(make.site()), now=now, publish=False)
    use_cases.edit_draft(draft.id, AFTERNOON, at(there), replace(OFFER, title="New"), seen=draft.updated_at, publish=True, now=now)
    assert (draft.title, draft.zone, draft.state) == ("New", "Australia/Sydney", SessionState.PUBLISHED)
    with pytest.raises(Stale, match="published in the meantime"):
        use_cases.edit_draft(draft.id, AFTERNOON, at(there), OFFER, seen=draft.updated_at, publish=False, now=now)
