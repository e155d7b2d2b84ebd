"""Seats that are held because something is missing: the entry, the e-mails, the pages, and what makes a seat held or confirmed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Answer, Invitation, LetterKind, Mailbox, OutreachSession, RegistrationState, Student, User
from outreach.people import HoldReason, holds
from outreach.registration import seat_jobs, use_cases
from outreach.registration.held_seats import settle_by
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket, sign
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.queued_letters import Queued, queued, send_all
from tests.support.registrations import nothing_changes, registration_of, seats_taken, states

HOME = "home@families.example"
OWN = "ana@pupils.example"
CONFIRMED, PENDING, RELEASED, WAITING = (RegistrationState(one) for one in ("confirmed", "pending", "released", "waiting"))
MINUTE = timedelta(minutes=1)
Missing = dict[int, set[HoldReason]]


@pytest.fixture
def missing() -> Iterator[Missing]:
    """Give what is missing, by student; whatever a test writes there a gate tells."""
    what: Missing = {}

    def gate(_outreach_session: OutreachSession, student_ids: Collection[int]) -> Mapping[int, Collection[HoldReason]]:
        return {key: what[key] for key in student_ids if key in what}

    holds.GATES.append(gate)
    yield what
    holds.GATES.remove(gate)


class Family:
    """Two siblings with one guardian, their teacher, and a session with two seats."""

    def __init__(self, make: Builder, now: datetime) -> None:
        self.make, self.now = make, now
        school = make.school()
        self.teacher = make.teacher(school)
        school_class = make.school_class(school, self.teacher)
        self.ana = make.student(school_class, given_name="Ana", email=OWN, guardians=(HOME,))
        self.ben = make.student(school_class, given_name="Ben", guardians=(HOME,))
        self.cem = make.student(school_class, given_name="Cem", guardians=("cem@families.example",))
        self.session = make.outreach_session(make.clinician(), capacity=2)

    def register(self, *students: Student) -> None:
        self.make.register(self.session, self.teacher, *students)

    def review(self, *, later: timedelta = MINUTE) -> list[Queued]:
        """Send what waits, review the seats, and give the letters that follow."""
        send_all()
        use_cases.review_seats(self.session.id, now=self.now + later)
        return queued()

    def invitation(self, address: str) -> Invitation:
        mailbox_id = select(Mailbox.id).where(Mailbox.address == address).scalar_subquery()
        found = select(Invitation).where(Invitation.session_id == self.session.id, Invitation.mailbox_id == mailbox_id)
        return db.session.scalars(found.execution_options(populate_existing=True)).one()


@pytest.fixture
def family(make: Builder, now: datetime) -> Family:
    return Family(make, now)


def letter_to(address: str, letters: list[Queued]) -> Queued:
    [one] = [letter for letter in letters if letter.to == address]
    return one


def status(letter: Queued) -> str:
    ics = letter.mail.ics
    assert ics is not None
    return ics.split(b"STATUS:")[1].split(b"\r\n")[0].decode()


def test_a_held_seat_is_taken_and_tentative_and_says_what_is_missing(family: Family, missing: Missing) -> None:
    missing[family.ana.id] = {HoldReason.STEPS_MISSING}
    family.register(family.ana)
    assert (states(family.session)["Ana"], seats_taken(family.session)) == (PENDING, 1)
    letters = queued()
    for address, lead in ((HOME, "is held for Ana."), (OWN, "is held for you.")):
        letter = letter_to(address, letters)
        assert (letter.kind, status(letter)) == (LetterKind.INVITATION, "TENTATIVE")
        text = " ".join(letter.mail.text.split())
        assert lead in text
        assert "has a seat" not in text
        assert "some steps for this session aren't done" in text
        assert "your calendar may mark the session as tentative" in text
    [digest] = [letter for letter in letters if letter.kind is LetterKind.DIGEST]
    assert "seat held" in digest.mail.text


def test_without_anything_missing_nothing_says_so(family: Family, missing: Missing) -> None:
    missing[family.cem.id] = {HoldReason.NO_GUARDIAN}
    family.register(family.ana)
    letter = letter_to(HOME, queued())
    assert (states(family.session)["Ana"], status(letter)) == (CONFIRMED, "CONFIRMED")
    assert "held" not in letter.mail.text


def test_a_seat_is_confirmed_once_nothing_is_missing_and_answers_stay(family: Family, missing: Missing) -> None:
    missing[family.ana.id] = {HoldReason.STEPS_MISSING}
    family.register(family.ana)
    with transaction():
        family.invitation(HOME).answer = Answer.ACCEPTED
    first = family.invitation(HOME).sequence
    missing.clear()
    letter = letter_to(HOME, family.review())
    assert (letter.kind, letter.letter.sequence, status(letter)) == (LetterKind.UPDATED, first + 1, "CONFIRMED")
    assert str(letter.mail.message["Subject"]).startswith("Seat confirmed: ")
    assert "Ana has a seat" in letter.mail.text
    assert "held" not in letter.mail.text
    after = family.invitation(HOME)
    assert (after.answer, after.sequence, after.answers_since) == (Answer.ACCEPTED, first + 1, 0)
    assert states(family.session)["Ana"] is CONFIRMED


def test_a_confirmed_seat_is_held_again_when_something_is_lost(family: Family, missing: Missing) -> None:
    family.register(family.ana)
    missing[family.ana.id] = {HoldReason.NO_GUARDIAN}
    letters = family.review()
    letter = letter_to(HOME, letters)
    assert (letter.kind, letter.method, status(letter)) == (LetterKind.UPDATED, "REQUEST", "TENTATIVE")
    assert str(letter.mail.message["Subject"]).startswith("Seat held: ")
    assert (states(family.session)["Ana"], seats_taken(family.session)) == (PENDING, 1)
    assert [letter.kind for letter in letters if letter.to == family.teacher.email] == [LetterKind.DIGEST]
    assert family.review(later=2 * MINUTE) == [], "nothing has changed since"


def test_an_entry_is_tentative_only_while_all_its_students_are_held(family: Family, missing: Missing) -> None:
    missing[family.ben.id] = {HoldReason.STEPS_MISSING}
    family.register(family.ana, family.ben)
    letter = letter_to(HOME, queued())
    assert status(letter) == "CONFIRMED"
    text = " ".join(letter.mail.text.split())
    assert "Ana has a seat" in text
    assert "A seat is held for Ben." in text
    assert "your calendar shows the session as tentative" not in text
    missing[family.ana.id] = {HoldReason.NO_GUARDIAN}
    assert status(letter_to(HOME, family.review())) == "TENTATIVE"
    del missing[family.ben.id]
    again = letter_to(HOME, family.review(later=2 * MINUTE))
    assert (status(again), "Ben has a seat" in again.mail.text) == ("CONFIRMED", True)


def test_whoever_moves_up_from_the_waiting_list_may_be_held_too(family: Family, missing: Missing) -> None:
    missing[family.cem.id] = {HoldReason.STEPS_MISSING}
    family.register(family.ana, family.ben, family.cem)
    assert states(family.session)["Cem"] is WAITING
    use_cases.withdraw(registration_of(family.ben, family.session).id, now=family.now, by_id=family.teacher.id)
    assert (states(family.session)["Cem"], seats_taken(family.session)) == (PENDING, 2)
    promoted = letter_to("cem@families.example", [letter for letter in queued() if letter.kind is LetterKind.PROMOTED])
    text = " ".join(promoted.mail.text.split())
    assert (status(promoted), "A seat at “" in text, "is held for Cem." in text) == ("TENTATIVE", True, True)
    assert "A seat has become free." not in text
    use_cases.withdraw(registration_of(family.cem, family.session).id, now=family.now, by_id=family.teacher.id)
    assert seats_taken(family.session) == 1


def test_an_offer_that_is_taken_may_be_held(family: Family, missing: Missing) -> None:
    missing[family.cem.id] = {HoldReason.STEPS_MISSING}
    family.register(family.ana, family.ben, family.cem)
    late = family.session.starts_at - timedelta(hours=3)
    use_cases.withdraw(registration_of(family.ben, family.session).id, now=late, by_id=family.teacher.id)
    use_cases.accept_offer(registration_of(family.cem, family.session).id, by_id=family.teacher.id, now=late)
    assert (states(family.session)["Cem"], seats_taken(family.session)) == (PENDING, 2)


MONDAY_0900 = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)  # the school's clock is London's
THURSDAY_1800 = datetime(2027, 3, 4, 18, 0, tzinfo=UTC)


@pytest.mark.empty_database
def test_a_seat_that_nobody_settles_within_three_school_days_goes_to_the_next(family: Family, missing: Missing) -> None:
    family.register(family.ana, family.ben, family.cem)
    missing[family.ana.id] = {HoldReason.NO_GUARDIAN}
    asked = family.review(later=timedelta(0))
    assert family.now == MONDAY_0900
    assert registration_of(family.ana, family.session).held_until == THURSDAY_1800
    digest = " ".join(letter_to(family.teacher.email, asked).mail.text.split())
    assert "The seat of Ana" in digest
    assert "Please settle this by Thursday 4 March 2027, 18:00 (London, UTC)." in digest
    send_all()
    assert seat_jobs.release_held_seats(now=THURSDAY_1800 - timedelta(seconds=1)) == 0
    assert seat_jobs.release_held_seats(now=THURSDAY_1800) == 1
    assert (states(family.session), seats_taken(family.session)) == ({"Ana": RELEASED, "Ben": CONFIRMED, "Cem": CONFIRMED}, 2)
    letters = queued()
    own = letter_to(OWN, letters)
    assert (own.kind, own.method) == (LetterKind.REMOVED, "CANCEL")
    for letter in (own, letter_to(family.teacher.email, letters)):
        assert "Neither was done in time, so it was released." in " ".join(letter.mail.text.split())
    assert letter_to("cem@families.example", letters).kind is LetterKind.PROMOTED
    with nothing_changes():
        assert seat_jobs.release_held_seats(now=THURSDAY_1800 + MINUTE) == 0


@pytest.mark.empty_database
def test_a_seat_that_is_settled_in_time_stays_and_one_that_nobody_must_settle_is_held_on(family: Family, missing: Missing) -> None:
    family.register(family.ana, family.ben)
    missing |= {family.ana.id: {HoldReason.NO_GUARDIAN}, family.ben.id: {HoldReason.STEPS_MISSING}}
    use_cases.review_seats(family.session.id, now=family.now)
    assert registration_of(family.ana, family.session).held_until == THURSDAY_1800
    assert registration_of(family.ben, family.session).held_until is None
    del missing[family.ana.id]
    seat_jobs.release_held_seats(now=THURSDAY_1800)
    assert (states(family.session)["Ana"], registration_of(family.ana, family.session).held_until) == (CONFIRMED, None)
    late = family.session.starts_at - timedelta(hours=2)
    assert seat_jobs.release_held_seats(now=late) == 0
    missing[family.ben.id].add(HoldReason.NO_GUARDIAN)
    use_cases.review_seats(family.session.id, now=late)
    assert registration_of(family.ben, family.session).held_until == family.session.starts_at, "the time to settle begins with the reason"


@pytest.mark.empty_database
def test_near_the_start_there_is_as_little_time_to_settle_as_to_answer_an_offer(family: Family, missing: Missing) -> None:
    start = family.session.starts_at
    family.register(family.ana)
    missing[family.ana.id] = {HoldReason.NO_GUARDIAN}
    zone = "Europe/London"
    for before, expected in (
        (timedelta(days=2), start - timedelta(days=1)),
        (timedelta(hours=25), start - timedelta(hours=9)),  # six hours, of which none by night
        (timedelta(hours=5), start),
    ):
        assert settle_by(family.session, zone, now=start - before) == expected
    use_cases.review_seats(family.session.id, now=start - timedelta(hours=1))
    assert seat_jobs.release_held_seats(now=start) == 1, "whoever nobody is responsible for has no seat when it begins"
    assert states(family.session)["Ana"] is RELEASED


@pytest.mark.parametrize("begun", [timedelta(0), -MINUTE])
def test_nothing_is_held_or_confirmed_once_the_session_has_begun(family: Family, missing: Missing, begun: timedelta) -> None:
    family.register(family.ana)
    missing[family.ana.id] = {HoldReason.NO_GUARDIAN}
    use_cases.review_seats(family.session.id, now=family.session.starts_at + begun)
    assert states(family.session)["Ana"] is (CONFIRMED if not begun else PENDING)


def test_the_familys_page_and_the_teachers_page_say_what_is_missing(
    family: Family, missing: Missing, client_of: Callable[[User | None], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: family.now)
    family.register(family.ana, family.ben)
    missing[family.ana.id] = {HoldReason.NO_GUARDIAN}
    use_cases.review_seats(family.session.id, now=family.now)
    mailbox = family.make.mailbox(HOME)
    expires = family.session.ends_at + timedelta(days=30)
    ticket = Ticket(mailbox.id, family.session.id, LinkPurpose.FAMILY, mailbox.link_version, expires)
    page = unescape(client_of(None).get(f"/i/{sign(ticket, settings().secret_key)}").text)
    assert page.count("If this isn't settled by Thursday 4 March 2027, 18:00 (London, UTC), the seat goes to somebody else.") == 1
    assert "Still missing: a guardian." in page
    places = unescape(client_of(family.teacher).get(f"/sessions/{family.session.id}/seats").text)
    assert places.count("still missing: a guardian") == 1
    assert "seat held" in places
