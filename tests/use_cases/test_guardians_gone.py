"""A minor whose last guardian has gone: the seat is held, the teacher settles it in time, and nobody is seated without an adult."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.class_lists import KnownGuardian, ListedGuardian
from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.families.use_cases import can_undo_not_mine, lost_seats, not_mine, undo_not_mine
from outreach.models import (
    Consent,
    LetterKind,
    OutreachSession,
    Purpose,
    Registration,
    RegistrationState,
    RegistrationStep,
    School,
    Student,
)
from outreach.registration import seat_jobs
from outreach.registration import use_cases as registering
from outreach.scheduling.inputs import WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.schools.queries import known_students
from outreach.schools.students import StudentInput, edit_student, seen_of
from outreach.schools.use_cases import take_responsibility
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver
from tests.support.queued_letters import Queued, queued, send_all, to
from tests.support.registrations import nothing_changes, registration_of, seats_taken, states

pytestmark = pytest.mark.empty_database

CONFIRMED, OFFERED, PENDING, RELEASED, WAITING = (
    RegistrationState(one) for one in ("confirmed", "offered", "pending", "released", "waiting")
)
HOME, OTHER, CEMS, OWN = "home@families.example", "other@families.example", "cem@families.example", "ana@pupils.example"
MINUTE = timedelta(minutes=1)
THURSDAY_1800 = datetime(2027, 3, 4, 18, 0, tzinfo=UTC)


class Scene:
    """Ana with one guardian and an address of her own, Ben with two guardians, Cem with another; a session with two seats."""

    def __init__(self, make: Builder, now: datetime) -> None:
        self.make, self.now = make, now
        self.school = make.school()
        self.teacher = make.teacher(self.school)
        self.colleague = make.teacher(self.school)
        self.school_class = make.school_class(self.school, self.teacher)
        self.ana = make.student(self.school_class, given_name="Ana", email=OWN, guardians=(HOME,))
        self.ben = make.student(self.school_class, given_name="Ben", guardians=(HOME, OTHER))
        self.cem = make.student(self.school_class, given_name="Cem", guardians=(CEMS,))
        self.session = make.outreach_session(make.clinician(), capacity=2)

    def register(self, *students: Student, now: datetime | None = None) -> None:
        self.make.register(self.session, self.teacher, *students, now=now)

    def leaves(self, address: str = HOME, *, later: timedelta = timedelta(0)) -> None:
        not_mine(self.make.mailbox(address).id, session_id=self.session.id, now=self.now + later)

    def undoes(self, address: str = HOME, *, later: timedelta = MINUTE) -> None:
        undo_not_mine(self.make.mailbox(address).id, session_id=self.session.id, now=self.now + later)

    def correct(self, student: Student, *, later: timedelta = MINUTE, **changes: object) -> None:
        """Save the student's form with these changes."""
        known = known_students(self.school.id)[student.id]
        names = {"given_name": known.given_name, "family_name": known.family_name}
        typed = StudentInput(**names, email=known.email, birth_date=known.birth_date, guardians=known.guardians)
        edit_student(student.id, replace(typed, **changes), seen=seen_of(known), now=self.now + later)  # type: ignore[arg-type]

    def has_guardian(self, student: Student) -> bool:
        return db.session.scalars(select(Student.guardians_gone_at).where(Student.id == student.id)).one() is None


@pytest.fixture
def scene(make: Builder, now: datetime) -> Scene:
    return Scene(make, now)


def text_to(address: str, letters: list[Queued], kind: LetterKind) -> str:
    [one] = [letter for letter in to(address, letters) if letter.kind is kind]
    return " ".join(one.mail.text.split())


def test_a_seat_is_held_when_the_only_guardian_says_not_my_child_and_the_child_reads_it_with_the_teacher_copied(scene: Scene) -> None:
    scene.register(scene.ana)
    send_all()
    scene.leaves()
    registration = registration_of(scene.ana, scene.session)
    assert (registration.state, registration.held_until, seats_taken(scene.session)) == (PENDING, THURSDAY_1800, 1)
    letters = queued()
    assert "A seat at “Power of a Stitch” on Thursday 18 March 2027 at 14:00 (New York) is held for you." in text_to(
        OWN, letters, LetterKind.UPDATED
    )
    digest = text_to(scene.teacher.email, letters, LetterKind.DIGEST)
    assert f"The seat of {scene.ana.name} at" in digest
    assert "Please settle this by Thursday 4 March 2027, 18:00 (London, UTC)." in digest
    assert "Please tell them yourself" in digest


def test_of_two_guardians_the_first_to_leave_changes_no_seat(scene: Scene) -> None:
    scene.register(scene.ben)
    scene.leaves(OTHER)
    assert (states(scene.session)["Ben"], scene.has_guardian(scene.ben)) == (CONFIRMED, True)
    scene.leaves(HOME, later=MINUTE)
    assert (states(scene.session)["Ben"], scene.has_guardian(scene.ben)) == (PENDING, False)


def test_every_way_in_which_the_last_guardian_goes_and_comes_back(scene: Scene) -> None:
    scene.register(scene.ana)
    stopped = scene.make.mailbox("stopped@families.example")
    with transaction():
        stopped.stop(now=scene.now)
    steps: tuple[tuple[str, tuple[KnownGuardian | ListedGuardian, ...], bool], ...] = (
        ("the teacher removes the last one", (), False),
        ("a name without an address is nobody whom our e-mails may go to", (ListedGuardian("Maria", None),), False),
        ("so is one whose reader asked us to stop", (ListedGuardian("Maria", stopped.address),), False),
        ("a guardian is named", (ListedGuardian("Omar", OTHER),), True),
    )
    for number, (why, guardians, has_one) in enumerate(steps, start=1):
        scene.correct(scene.ana, guardians=guardians, later=number * MINUTE)
        assert (scene.has_guardian(scene.ana), states(scene.session)["Ana"]) == (has_one, CONFIRMED if has_one else PENDING), why
    omar = known_students(scene.school.id)[scene.ana.id].guardians[0]
    scene.correct(scene.ana, guardians=(replace(omar, email=None),), later=9 * MINUTE)
    assert states(scene.session)["Ana"] is PENDING, "the last address is erased, the name stays"
    scene.correct(scene.ana, guardians=(replace(omar, email="new@families.example"),), later=10 * MINUTE)
    assert states(scene.session)["Ana"] is CONFIRMED


def test_a_student_without_a_guardian_from_the_start_is_the_teachers_as_before(scene: Scene) -> None:
    dua = scene.make.student(scene.school_class, given_name="Dua", email="dua@pupils.example")
    scene.register(dua)
    scene.correct(dua, email="new@pupils.example")
    assert (states(scene.session)["Dua"], scene.has_guardian(dua)) == (CONFIRMED, True)


def test_guardians_of_adults_come_and_go_and_nobodys_age_is_guessed(scene: Scene) -> None:
    """Of age on the session's day: a seat. No birth date: a minor. Moved to before the birthday: a minor."""
    eighteen = scene.session.starts_wall.date().replace(year=2009)
    scene.correct(scene.ana, birth_date=eighteen)
    scene.register(scene.ana, scene.ben)
    scene.leaves(HOME, later=2 * MINUTE)
    assert states(scene.session) == {"Ana": CONFIRMED, "Ben": CONFIRMED}
    when = WhenInput(day=date(2027, 3, 17), start=scene.session.starts_wall.time(), end=scene.session.ends_wall.time())
    where = WhereInput(site_id=scene.session.site_id, zone=scene.session.zone, meeting_point="Main entrance")
    seen = db.session.scalars(select(OutreachSession.updated_at).where(OutreachSession.id == scene.session.id)).one()
    apply_move(scene.session.id, when, where, seen=seen, now=scene.now + 3 * MINUTE)
    assert states(scene.session)["Ana"] is PENDING
    scene.correct(scene.ana, birth_date=date(2009, 3, 1), later=4 * MINUTE)
    assert states(scene.session)["Ana"] is CONFIRMED
    scene.correct(scene.ana, birth_date=None, later=5 * MINUTE)
    assert states(scene.session)["Ana"] is PENDING


def test_whoever_waits_without_a_guardian_keeps_the_position_and_is_passed_over(scene: Scene) -> None:
    scene.register(scene.ben, scene.cem, scene.ana)
    scene.leaves()
    queued_at = registration_of(scene.ana, scene.session).queued_at
    free_a_seat = registration_of(scene.cem, scene.session).id
    registering.withdraw(free_a_seat, now=scene.now + MINUTE, by_id=scene.teacher.id)
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == (WAITING, 1)
    with nothing_changes():
        assert seat_jobs.give_out_free_seats(now=scene.now + MINUTE) == 0, "the seat isn't hers to wait for"
        with pytest.raises(Refusal, match="Still missing: a guardian"):
            registering.take_free_seat(registration_of(scene.ana, scene.session).id, by_id=scene.teacher.id, now=scene.now + MINUTE)
    scene.register(scene.cem, now=scene.now + 2 * MINUTE)
    assert states(scene.session)["Cem"] is CONFIRMED, "nor does it keep others out"
    registering.withdraw(registration_of(scene.cem, scene.session).id, now=scene.now + 3 * MINUTE, by_id=scene.teacher.id)
    take_responsibility(scene.ana.id, by_id=scene.colleague.id, now=scene.now + 4 * MINUTE)
    found = registration_of(scene.ana, scene.session)
    assert (found.state, found.queued_at) == (CONFIRMED, queued_at)


def test_who_is_registered_without_a_guardian_waits_and_is_seated_once_there_is_one(scene: Scene) -> None:
    scene.register(scene.cem)
    scene.leaves()
    seating, candidates = registering.preview(scene.session, scene.school.id, [scene.ana.id, scene.ben.id], now=scene.now)
    assert (seating.seated, [key for key, _why in seating.waiting]) == ((scene.ben.id,), [scene.ana.id])
    assert [one.missing for one in candidates] == [("a guardian",), ()]
    scene.register(scene.ana, now=scene.now + MINUTE)
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == (WAITING, 1)
    scene.correct(scene.ana, guardians=(ListedGuardian("Omar", OTHER),), later=2 * MINUTE)
    assert states(scene.session)["Ana"] is CONFIRMED


def test_an_offer_is_taken_back_with_the_last_guardian_and_made_again_later(scene: Scene) -> None:
    scene.register(scene.ben, scene.cem, scene.ana)
    late = scene.session.starts_at - timedelta(hours=20)
    registering.withdraw(registration_of(scene.cem, scene.session).id, now=late, by_id=scene.teacher.id)
    ana = registration_of(scene.ana, scene.session)
    assert ana.state is OFFERED
    not_mine(scene.make.mailbox(HOME).id, session_id=scene.session.id, now=late + MINUTE)
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == (WAITING, 1)
    with nothing_changes(), pytest.raises(Refusal):
        registering.accept_offer(ana.id, by_id=scene.teacher.id, now=late + 2 * MINUTE)
    take_responsibility(scene.ana.id, by_id=scene.teacher.id, now=late + 3 * MINUTE)
    assert states(scene.session)["Ana"] is OFFERED


def test_an_offer_is_not_accepted_for_a_child_whose_guardian_has_gone_meanwhile(scene: Scene) -> None:
    scene.register(scene.ben, scene.cem, scene.ana)
    late = scene.session.starts_at - timedelta(hours=20)
    registering.withdraw(registration_of(scene.cem, scene.session).id, now=late, by_id=scene.teacher.id)
    with transaction():
        db.session.get_one(Student, scene.ana.id).guardians_gone_at = late
    with nothing_changes(), pytest.raises(Refusal, match="Still missing: a guardian"):
        registering.accept_offer(registration_of(scene.ana, scene.session).id, by_id=scene.teacher.id, now=late + MINUTE)


def test_a_teacher_takes_responsibility_once_and_it_is_recorded_who_and_when_until_a_guardian_is_named(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.leaves()
    send_all()
    then = scene.now + MINUTE
    take_responsibility(scene.ana.id, by_id=scene.colleague.id, now=then)
    assert states(scene.session)["Ana"] is CONFIRMED
    [consent] = db.session.scalars(select(Consent).where(Consent.purpose == Purpose.RESPONSIBILITY))
    assert (consent.student_id, consent.given_by_id, consent.given_at, consent.revoked_at) == (scene.ana.id, scene.colleague.id, then, None)
    step = db.session.scalars(select(RegistrationStep).order_by(RegistrationStep.id.desc()).limit(1)).one()
    assert (step.state, step.by_id) == (CONFIRMED, scene.colleague.id)
    assert "Seat confirmed" in str(to(OWN)[0].mail.message["Subject"])
    assert "is confirmed." in text_to(scene.teacher.email, queued(), LetterKind.DIGEST), "a colleague did it, so the teacher is told"
    with nothing_changes(), pytest.raises(Refusal, match="nothing left to settle"):
        take_responsibility(scene.ana.id, by_id=scene.teacher.id, now=then)
    scene.correct(scene.ana, guardians=(ListedGuardian("Omar", OTHER),), later=2 * MINUTE)
    db.session.refresh(consent)
    assert consent.revoked_at == scene.now + 2 * MINUTE
    scene.leaves(OTHER, later=3 * MINUTE)
    assert states(scene.session)["Ana"] is PENDING, "who lost a guardian again is settled again"


@pytest.mark.parametrize("settle", ["responsibility", "guardian"])
def test_a_seat_that_was_released_is_not_given_back_by_settling_late(scene: Scene, settle: str) -> None:
    scene.register(scene.ana)
    scene.leaves()
    seat_jobs.release_held_seats(now=THURSDAY_1800)
    acts: dict[str, Callable[[], object]] = {
        "responsibility": lambda: take_responsibility(scene.ana.id, by_id=scene.teacher.id, now=THURSDAY_1800 + MINUTE),
        "guardian": lambda: scene.correct(scene.ana, guardians=(ListedGuardian("Omar", OTHER),), later=timedelta(days=5)),
    }
    acts[settle]()
    assert (states(scene.session)["Ana"], seats_taken(scene.session)) == (RELEASED, 0)
    assert [one.state for one in db.session.scalars(select(Registration))] == [RELEASED]


def test_the_guardian_gets_one_last_email_that_cancels_the_entry_and_names_no_child(scene: Scene) -> None:
    scene.register(scene.ana, scene.ben)
    send_all()
    scene.leaves()
    [last] = to(HOME)
    assert (last.kind, last.method) == (LetterKind.NOT_MINE, "CANCEL")
    assert last.letter.due_at == scene.now
    everything = last.mail.message.as_string() + last.mail.text + (last.mail.ics or b"").decode()
    for name in ("Ana", "Ben", scene.ana.family_name, scene.ana.guardians[0].name):
        assert name not in everything
    text = " ".join(last.mail.text.split())
    assert "You told us that our e-mails about “Power of a Stitch” on Thursday 18 March 2027 at 14:00 (New York) aren't for you" in text
    assert "you can undo it until Monday 8 March 2027, 09:00 (London, UTC)" in text
    assert "/undo" in text
    report = deliver(Scripted(), scene.now)
    assert report.dropped == 0, "it leaves, though the mailbox gets nothing else"
    scene.leaves(later=MINUTE)
    assert to(HOME) == [], "said twice, nothing happens again"


def test_who_never_had_an_entry_gets_the_last_email_without_one(scene: Scene) -> None:
    scene.register(scene.ben, scene.cem, scene.ana)
    with transaction():
        db.session.get_one(Student, scene.ben.id).guardians = scene.ben.guardians[1:]
    scene.leaves()
    last = to(HOME)[-1]
    assert (last.kind, last.method, "/undo" in last.mail.text) == (LetterKind.NOT_MINE, None, True)


def test_of_entries_in_two_sessions_both_are_cancelled_and_both_teachers_settle(scene: Scene) -> None:
    other = scene.make.outreach_session(scene.make.clinician(), title="Another")
    scene.register(scene.ana)
    scene.make.register(other, scene.colleague, scene.ana)
    send_all()
    scene.leaves()
    assert sorted((one.kind, one.method) for one in to(HOME)) == [(LetterKind.NOT_MINE, "CANCEL")] * 2
    assert {states(scene.session)["Ana"], states(other)["Ana"]} == {PENDING}
    for teacher in (scene.teacher, scene.colleague):
        assert "Please settle this by" in text_to(teacher.email, queued(), LetterKind.DIGEST)


def test_undone_within_seven_days_everything_is_as_before_and_the_teacher_is_told(scene: Scene) -> None:
    scene.register(scene.ana)
    send_all()
    scene.leaves()
    send_all()
    mailbox = scene.make.mailbox(HOME)
    assert can_undo_not_mine(mailbox.id, now=scene.now + timedelta(days=7) - MINUTE)
    scene.undoes()
    assert (states(scene.session)["Ana"], scene.has_guardian(scene.ana)) == (CONFIRMED, True)
    letters = queued()
    [invitation] = to(HOME, letters)
    assert (invitation.method, invitation.letter.sequence) == ("REQUEST", 3)
    assert "right after all" in text_to(scene.teacher.email, letters, LetterKind.WRONG_ADDRESS)
    assert not can_undo_not_mine(mailbox.id, now=scene.now + MINUTE)
    with nothing_changes(), pytest.raises(Refusal, match="you have already undone it"):
        scene.undoes()
    scene.leaves(later=2 * MINUTE)
    assert states(scene.session)["Ana"] is PENDING, "who says it again is taken at their word again"
    with nothing_changes(), pytest.raises(Refusal):
        scene.undoes(later=timedelta(days=7) + 2 * MINUTE)


@pytest.mark.parametrize("change", ["corrected", "removed", "erased"])
def test_what_the_school_has_corrected_meanwhile_is_not_undone(scene: Scene, change: str) -> None:
    scene.register(scene.cem)
    scene.leaves(CEMS)
    guardian = known_students(scene.school.id)[scene.cem.id].guardians[0]
    kept = {"corrected": (replace(guardian, email=OTHER),), "removed": (), "erased": (replace(guardian, email=None),)}
    scene.correct(scene.cem, guardians=kept[change])
    with nothing_changes(), pytest.raises(Refusal):
        scene.undoes(CEMS, later=2 * MINUTE)
    assert not scene.make.mailbox(CEMS).is_open


def test_whose_seat_somebody_else_got_meanwhile_waits_again_after_undoing(scene: Scene) -> None:
    dan = scene.make.student(scene.school_class, given_name="Dan", guardians=("dan@families.example",))
    scene.register(scene.ana, scene.ben, scene.cem)
    scene.leaves()
    seat_jobs.release_held_seats(now=THURSDAY_1800)
    assert states(scene.session) == {"Ana": RELEASED, "Ben": CONFIRMED, "Cem": CONFIRMED}
    scene.register(dan, now=THURSDAY_1800)
    send_all()
    mailbox, later = scene.make.mailbox(HOME).id, timedelta(days=5)
    assert [(one.id, position) for one, position in lost_seats(mailbox, now=scene.now + later)] == [(scene.session.id, 1)]
    scene.undoes(later=later)
    assert states(scene.session) == {"Ana": WAITING, "Ben": CONFIRMED, "Cem": CONFIRMED, "Dan": WAITING}
    assert "Ana is number 1 on the waiting list" in text_to(HOME, queued(), LetterKind.WAITING)
    assert lost_seats(mailbox, now=scene.now + later) == []


def test_a_teacher_who_is_a_guardian_too_undoes_it_as_well(scene: Scene) -> None:
    """Whoever signs in keeps their own mail: only the link to the child ended, and is there again."""
    dua = scene.make.student(scene.school_class, given_name="Dua", guardians=(scene.colleague.email,))
    scene.register(dua)
    mailbox_id = scene.colleague.mailbox_id
    not_mine(mailbox_id, session_id=scene.session.id, now=scene.now)
    assert states(scene.session)["Dua"] is PENDING
    undo_not_mine(mailbox_id, session_id=scene.session.id, now=scene.now + MINUTE)
    assert (states(scene.session)["Dua"], known_students(scene.school.id)[dua.id].guardians[0].email) == (CONFIRMED, scene.colleague.email)


def test_the_job_holds_seats_once_the_age_of_majority_is_raised(scene: Scene) -> None:
    eighteen = scene.session.starts_wall.date().replace(year=2009)
    scene.correct(scene.ana, birth_date=eighteen)
    scene.register(scene.ana)
    scene.leaves(later=2 * MINUTE)
    assert seat_jobs.release_held_seats(now=scene.now + 3 * MINUTE) == 0
    with transaction():
        db.session.get_one(School, scene.school.id).majority_age = 19
    assert seat_jobs.release_held_seats(now=scene.now + 4 * MINUTE) == 1
    assert (states(scene.session)["Ana"], registration_of(scene.ana, scene.session).held_until) == (PENDING, THURSDAY_1800)
    assert seat_jobs.release_held_seats(now=scene.now + 5 * MINUTE) == 0
