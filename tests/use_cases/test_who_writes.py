"""A family reads from the e-mail alone who writes, whom to call, and what is arranged; subjects and calendars name no school."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

import pytest
from sqlalchemy import select, update

from outreach.db import db, transaction
from outreach.models import Invitation, Letter, LetterState, Mailbox, OutreachSession, User
from outreach.notifications import notify_wording, snapshot_of
from outreach.people import Capacities, Relative, remaining
from outreach.registration.arrangements.use_cases import arrange
from outreach.registration.use_cases import RegistrationRequest, register_students
from tests.support.builders import Builder
from tests.support.received_letters import Received, received

pytestmark = pytest.mark.empty_database
MUM, ANA, TESS = "mum@families.example", "ana@pupils.example", "tess@hill.example"
SAID = {"looked_after_by": "Ms Hale goes with them.", "travel": "By bus from the school at 13:15.", "day_contact": "Ms Hale, 0113 496 0001"}


@dataclass
class Visit:
    """A student of class 10B at Hill School, registered by their teacher."""

    make: Builder
    outreach_session: OutreachSession
    school_id: int

    def newest(self, address: str) -> Received:
        found = select(Letter).join(Mailbox).where(Mailbox.address == address).order_by(Letter.id.desc())
        return received(db.session.scalars(found.limit(1)).one())

    def reword(self) -> None:
        """Let everything have left, then change what the session is called."""
        with transaction():
            db.session.execute(update(Invitation).values(sent_sequence=Invitation.sequence))
            db.session.execute(update(Letter).values(state=LetterState.SENT, settled_at=self.make.now))
        with transaction():
            previous = snapshot_of(self.outreach_session)
            self.outreach_session.bring = "A pencil"
            notify_wording(self.outreach_session, previous=previous, has_new_description=False, now=self.make.now)


@pytest.fixture
def visit(make: Builder) -> Visit:
    school = make.school("Hill School", phone="0113 496 0000")
    teacher: User = make.teacher(school, given_name="Tess", family_name="Hale", email=TESS)
    school_class = make.school_class(school, teacher, name="10B")
    outreach_session = make.outreach_session(make.clinician(given_name="Ada", family_name="Love"))
    student = make.student(school_class, email=ANA, guardians=(MUM,))
    register_students(
        RegistrationRequest(
            session_id=outreach_session.id,
            school_id=school.id,
            class_id=school_class.id,
            student_ids=(student.id,),
            teacher_id=teacher.id,
            by_id=teacher.id,
            permission_attested=True,
            arranged=SAID,
        ),
        now=make.now,
    )
    return Visit(make, outreach_session, school.id)


def test_guardians_and_teachers_see_the_school_as_the_sender_and_calendars_do_not(visit: Visit) -> None:
    first = visit.newest(MUM)
    assert [parseaddr(visit.newest(address).message["From"])[0] for address in (MUM, TESS, ANA)] == [
        "Hill School via Outreach",
        "Hill School via Outreach",
        "Outreach",
    ]
    assert parseaddr(first.message["Reply-To"])[0] == "Outreach"
    visit.reword()
    later = visit.newest(MUM)
    assert later.message["From"] == first.message["From"]
    assert later.event["ORGANIZER"].to_ical() == first.event["ORGANIZER"].to_ical()
    assert later.event["ORGANIZER"].params == first.event["ORGANIZER"].params
    for letter in (first, later):
        assert "Hill School" not in f"{letter.message['Subject']} {letter.event['SUMMARY']} {letter.event['ORGANIZER'].params}"


def test_the_email_alone_says_who_writes_and_whom_to_call(visit: Visit) -> None:
    words = visit.newest(MUM).text
    for said in ("School: Hill School, 10B", "Who to ask: Tess Hale, tess@hill.example", "Telephone: 0113 496 0000", *SAID.values()):
        assert said in words
    for page in ("about", "contact", "privacy", "safeguarding"):
        assert f"https://outreach.example/{page}" in words


def test_what_the_school_says_later_is_in_the_next_email(visit: Visit) -> None:
    arrange(visit.outreach_session.id, visit.school_id, {"looked_after_by": "", "travel": "On foot.", "day_contact": ""})
    visit.reword()
    words = visit.newest(MUM).text
    assert "Getting there: On foot." in words
    assert "On the day: Tess Hale, 0113 496 0000" in words
    assert "Looked after by: Ada Love during the session." in words


@pytest.mark.usefixtures("visit")
def test_a_school_is_named_only_with_a_student_the_reader_still_has() -> None:
    facts = db.session.scalars(select(Letter.facts).join(Mailbox).where(Mailbox.address == MUM).order_by(Letter.id)).first()
    assert facts is not None
    (key,) = facts["schools"][0]["registration_ids"]
    other = {"registration_id": key + 1, "given_name": "Ben"}
    two = facts | {
        "seated": [*facts["seated"], other],
        "schools": [*facts["schools"], {"name": "Lake School", "registration_ids": [key + 1]}],
    }
    now = Capacities(relatives={key: Relative(given_name="Ana", zone="Europe/London", is_student=False)})
    left = remaining(two, now, names_as_staff=False, takes_back=False)
    assert left is not None
    assert [school["name"] for school in left["schools"]] == ["Hill School"]
