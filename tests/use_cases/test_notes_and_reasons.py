"""The teacher's note is for the school's own list alone; the host's reason is read by everybody concerned."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.families import use_cases as by_family
from outreach.models import Letter, LetterState, Mailbox, OutreachSession, RegistrationStep, Student
from outreach.registration import use_cases
from tests.support.builders import Builder
from tests.support.queued_letters import send_all
from tests.support.received_letters import received
from tests.support.registrations import registration_of

NOTE = "Zebra: has measles"
WAITING_FAMILY = {"ben@pupils.example", "bens@families.example"}
OWN_FAMILY = {"ana@pupils.example", "anas@families.example"}


class Scene:
    """Ana has the only seat, Ben waits; two teachers answer for them. Whatever was told of it has left."""

    def __init__(self, make: Builder) -> None:
        school = make.school()
        self.teacher, colleague = (make.teacher(school, email=f"{name}@schools.example") for name in ("anas", "bens"))
        school_class = make.school_class(school, self.teacher)
        self.ana, self.ben = (
            make.student(
                school_class, given_name=name, email=f"{name.lower()}@pupils.example", guardians=(f"{name.lower()}s@families.example",)
            )
            for name in ("Ana", "Ben")
        )
        self.session: OutreachSession = make.outreach_session(make.clinician(), capacity=1)
        make.register(self.session, self.teacher, self.ana)
        make.register(self.session, colleague, self.ben)
        send_all()

    def place(self, student: Student) -> int:
        return registration_of(student, self.session).id

    def letters(self) -> dict[str, str]:
        """Give by address all that can be read in the letters that were written since, in text and in HTML."""
        found: dict[str, str] = {}
        for letter in self._queued():
            address = db.session.get_one(Mailbox, letter.mailbox_id).address
            found[address] = found.get(address, "") + received(letter).everything
        return found

    def number_of_letters(self, address: str) -> int:
        """Give how many letters were written to this address since."""
        return sum(letter.mailbox.address == address for letter in self._queued())

    def _queued(self) -> list[Letter]:
        mine = Letter.session_id == self.session.id, Letter.state == LetterState.QUEUED
        return list(db.session.scalars(select(Letter).where(*mine).order_by(Letter.id)))


@pytest.fixture
def scene(make: Builder) -> Scene:
    return Scene(make)


def note_of(registration_id: int) -> str:
    mine = select(RegistrationStep.note).where(RegistrationStep.registration_id == registration_id).order_by(RegistrationStep.id.desc())
    return db.session.scalars(mine.limit(1)).one()


@pytest.mark.parametrize("seated", [True, False])
def test_the_teachers_note_stays_with_the_school(scene: Scene, make: Builder, now: datetime, *, seated: bool) -> None:
    """A colleague withdraws, so that the teacher who answers for the student gets a letter too."""
    place = scene.place(scene.ana if seated else scene.ben)
    use_cases.withdraw(place, now=now, by_id=make.coordinator().id, note=NOTE)
    letters = scene.letters()
    expected = OWN_FAMILY | WAITING_FAMILY | {"anas@schools.example", "bens@schools.example"}
    assert set(letters) == (expected if seated else WAITING_FAMILY | {"bens@schools.example"})
    assert not [address for address, words in letters.items() if "Zebra" in words or "measles" in words]
    assert note_of(place) == NOTE


@pytest.mark.parametrize("seated", [True, False])
def test_the_hosts_reason_is_read_by_the_family_and_the_teacher(scene: Scene, now: datetime, *, seated: bool) -> None:
    place = scene.place(scene.ana if seated else scene.ben)
    use_cases.remove(place, now=now, by_id=scene.session.host_id, reason="The area is closed: Zebra")
    letters = scene.letters()
    own = OWN_FAMILY | {"anas@schools.example"} if seated else WAITING_FAMILY | {"bens@schools.example"}
    assert own <= set(letters)
    for address in own:
        words = letters[address]
        assert words.count("Reason: The area is closed: Zebra") == scene.number_of_letters(address) + words.count("METHOD:CANCEL")
    assert note_of(place) == "The area is closed: Zebra"


def test_a_family_that_withdraws_gives_no_reason_and_reads_none(scene: Scene, now: datetime) -> None:
    place = scene.place(scene.ana)
    by_family.withdraw(place, mailbox_id=scene.ana.guardians[0].mailbox_id or 0, now=now)
    letters = scene.letters()
    assert set(letters) == OWN_FAMILY | WAITING_FAMILY | {"anas@schools.example", "bens@schools.example"}
    assert note_of(place) == ""


def test_a_sibling_who_keeps_the_seat_is_told_why_the_other_is_off_the_list(scene: Scene, make: Builder, now: datetime) -> None:
    """One guardian, one entry: it is updated, and the reason is theirs to read."""
    with transaction():
        db.session.get_one(OutreachSession, scene.session.id).capacity = 3
    make.register(scene.session, scene.teacher, make.student(scene.ana.classes[0], given_name="Cem", guardians=("anas@families.example",)))
    send_all()
    use_cases.remove(scene.place(scene.ana), now=now, by_id=scene.session.host_id, reason="Too young")
    assert "Reason: Too young" in scene.letters()["anas@families.example"]


def test_whoever_gets_the_seat_reads_nothing_of_who_had_it(scene: Scene, now: datetime) -> None:
    use_cases.remove(scene.place(scene.ana), now=now, by_id=scene.session.host_id, reason="Too young")
    letters = scene.letters()
    assert WAITING_FAMILY | {"bens@schools.example"} <= set(letters)
    for address in (*WAITING_FAMILY, "bens@schools.example"):
        assert "Ana" not in letters[address]
        assert "Too young" not in letters[address]
        assert "Ben" in letters[address]
    for address in OWN_FAMILY:
        assert "Ben" not in letters[address]
