"""Nobody sees a list when a birth date is corrected or a site's rule changes: the seat is held, and the host decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from outreach.coordination.use_cases import SchoolInput, SiteInput, keep_school, keep_site
from outreach.errors import Refusal
from outreach.models import LetterKind, RegistrationState
from outreach.registration import NobodyDecided, seat_jobs, use_cases
from tests.support.builders import Builder
from tests.support.queued_letters import queued, send_all
from tests.support.registrations import nothing_changes, seats_taken, states
from tests.support.tightening import Course

pytestmark = pytest.mark.empty_database

CONFIRMED, PENDING, RELEASED, WAITING = (RegistrationState(one) for one in ("confirmed", "pending", "released", "waiting"))
ITSELF = SiteInput(name="Harbor Hospital", address="1 Main Street", country="US", zone="America/New_York")
SECOND = timedelta(seconds=1)
THURSDAY_1800 = datetime(2027, 3, 4, 23, 0, tzinfo=UTC)  # on the clock of the session, New York: it begins on Monday there


@pytest.fixture
def corrected(make: Builder, now: datetime) -> Course:
    """Two have a seat, a third waits; then the school says that one of the first is 15, for a session for 16 and over."""
    course = Course(make, capacity=2, age_floor=16)
    course.register(Ana=17, Ben=17, Cem=17)
    send_all()
    course.correct_birth_date("Ben", 15, now=now)
    return course


def text_to(address: str) -> str:
    return "\n".join(" ".join(letter.mail.text.split()) for letter in queued() if letter.to == address)


def test_the_seat_is_held_and_host_teacher_and_family_hear_why(corrected: Course) -> None:
    assert (states(corrected.session), seats_taken(corrected.session)) == ({"Ana": CONFIRMED, "Ben": PENDING, "Cem": WAITING}, 2)
    assert corrected.registration("Ben").held_until == THURSDAY_1800
    [asked] = [letter for letter in queued() if letter.kind is LetterKind.KEEP_OR_RELEASE]
    assert asked.to == corrected.host.email
    assert f"/sessions/{corrected.session.id}/no-longer-fit" in asked.mail.text
    assert "Please decide by Thursday 4 March 2027, 23:00 (London" in " ".join(asked.mail.text.split())
    assert "Student" not in asked.mail.text.replace("Students", ""), "a host reads no family name"
    assert "The host decides by" in text_to(corrected.teacher.email)
    assert "The student is below the minimum age of this session now." in text_to("ben@families.example")
    assert text_to("ana@families.example") == ""


def test_a_seat_the_host_keeps_for_a_reason_is_confirmed_and_stays(corrected: Course, now: datetime) -> None:
    send_all()
    use_cases.keep_or_release(corrected.session.id, corrected.choices(keep={"Ben": "He is nearly 16."}), now=now)
    assert (states(corrected.session)["Ben"], corrected.notes("Ben")) == (CONFIRMED, ["He is nearly 16."])
    assert text_to("ben@families.example") != ""
    send_all()
    with nothing_changes():
        use_cases.review_seats(corrected.session.id, now=now + SECOND)
        assert seat_jobs.release_held_seats(now=THURSDAY_1800) == 0


def test_a_seat_the_host_releases_goes_to_the_next_and_the_family_reads_why(corrected: Course, now: datetime) -> None:
    send_all()
    use_cases.keep_or_release(corrected.session.id, corrected.choices(release="Ben", released_for="The theatre insists."), now=now)
    assert states(corrected.session) == {"Ana": CONFIRMED, "Ben": RELEASED, "Cem": CONFIRMED}
    for address in ("ben@families.example", corrected.teacher.email):
        assert "The theatre insists." in text_to(address)
        assert "didn't decide in time" not in text_to(address)


def test_a_seat_nobody_decides_about_is_released_and_the_family_reads_why(corrected: Course) -> None:
    send_all()
    assert seat_jobs.release_held_seats(now=THURSDAY_1800 - SECOND) == 0
    assert seat_jobs.release_held_seats(now=THURSDAY_1800) == 1
    assert states(corrected.session) == {"Ana": CONFIRMED, "Ben": RELEASED, "Cem": CONFIRMED}
    for address in ("ben@families.example", corrected.teacher.email):
        assert "the host didn't decide in time to keep the seat" in text_to(address)


def test_a_birth_date_that_is_put_right_confirms_the_seat_and_leaves_nothing_to_decide(corrected: Course, now: datetime) -> None:
    stale = corrected.choices(release="Ben")
    corrected.correct_birth_date("Ben", 17, now=now)
    assert states(corrected.session)["Ben"] is CONFIRMED
    with nothing_changes(), pytest.raises(NobodyDecided):
        use_cases.keep_or_release(corrected.session.id, stale, now=now)


def test_nothing_is_decided_once_the_session_has_begun(corrected: Course) -> None:
    with nothing_changes(), pytest.raises(Refusal, match="has begun"):
        use_cases.keep_or_release(corrected.session.id, corrected.choices(release="Ben"), now=corrected.session.starts_at)


def test_a_sites_own_rule_is_for_coordinators_who_are_asked_too(make: Builder, now: datetime) -> None:
    site = make.site()
    ward = make.area(site, "Ward 3").id
    course, coordinator = Course(make, site=site, area_id=ward), make.coordinator()
    course.register(Ana=17, Ben=15)
    send_all()
    keep_site(site.id, ITSELF, floors={ward: 16}, now=now)
    asked = {letter.to for letter in queued() if letter.kind is LetterKind.KEEP_OR_RELEASE}
    assert {course.host.email, coordinator.email} <= asked
    keep = {"Ben": "The ward agrees."}
    with nothing_changes(), pytest.raises(Refusal, match="Only a coordinator can keep Ben"):
        use_cases.keep_or_release(course.session.id, course.choices(keep=keep), now=now)
    use_cases.keep_or_release(course.session.id, course.choices(by=coordinator, keep=keep, is_coordinator=True), now=now)
    assert states(course.session)["Ben"] is CONFIRMED


def test_only_sessions_to_come_in_an_area_whose_floor_changes_are_looked_at(make: Builder, now: datetime) -> None:
    site = make.site()
    here, elsewhere = make.area(site, "Ward 3"), make.area(site, "Ward 4", age_floor=14)
    courses = [Course(make, site=site, area_id=here.id), Course(make, site=site, area_id=elsewhere.id), Course(make, site=site)]
    for course in courses:
        course.register(Ben=15)
    keep_site(site.id, ITSELF, floors={here.id: 16, elsewhere.id: 14}, now=now)
    assert [states(course.session)["Ben"] for course in courses] == [PENDING, CONFIRMED, CONFIRMED]
    keep_site(site.id, ITSELF, floors={here.id: None, elsewhere.id: 14}, now=now)
    assert states(courses[0].session)["Ben"] is CONFIRMED
    keep_site(site.id, ITSELF, floors={here.id: 16, elsewhere.id: 16}, now=courses[0].session.starts_at)
    assert [states(course.session)["Ben"] for course in courses] == [CONFIRMED] * 3
    other = make.area(make.site(), "Ward 5")
    keep_site(site.id, ITSELF, floors={other.id: 18}, now=now)
    assert make.area(site, "Ward 6").age_floor is other.age_floor is None, "of another site"


def test_a_higher_age_of_majority_tells_the_guardians_of_who_is_a_minor_now(make: Builder, now: datetime) -> None:
    course = Course(make)
    course.register(Ana=17)
    course.correct_birth_date("Ana", 18, now=now)
    send_all()
    school = SchoolInput(name="North School", town="", country="GB", zone="Europe/London", majority_age=19)
    keep_school(course.school_class.school_id, school, now=now)
    assert [(letter.to, letter.kind) for letter in queued()] == [("ana@families.example", LetterKind.INVITATION)]
    send_all()
    with_another_name = SchoolInput(name="East School", town="", country="GB", zone="Europe/London", majority_age=19)
    keep_school(course.school_class.school_id, with_another_name, now=now)
    assert queued() == []
