"""A withdrawal is undone within 15 minutes: what is restored, who is told, and when it is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import Refusal, Stale
from outreach.mail.smtp_responses import sort_content_answer
from outreach.mail_admin.resend import send_as_update
from outreach.models import (
    Answer,
    Cause,
    Invitation,
    Letter,
    LetterKind,
    LetterSnapshot,
    LetterState,
    OutreachSession,
    Registration,
    RegistrationState,
    RegistrationStep,
    Student,
)
from outreach.notifications import plan_rosters
from outreach.outbox.use_cases import retry_letter
from outreach.registration import use_cases
from outreach.registration.undo import UNDO_FOR, By, Side, UndoLeft, undoable
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver
from tests.support.registrations import SECOND, nothing_changes, registration_of, seats_taken, states

CONFIRMED, OFFERED, WAITING = (RegistrationState(one) for one in ("confirmed", "offered", "waiting"))
WITHDRAWN, REMOVED = RegistrationState.WITHDRAWN, RegistrationState.REMOVED
HOME, ANA, TEACHER = "home@families.example", "ana@pupils.example", "teacher@schools.example"
pytestmark = pytest.mark.empty_database


class Scene:
    """Ana and her brother Ben, whose guardian reads at HOME; Ana has an address of her own."""

    def __init__(self, make: Builder, **facts: Any) -> None:
        self.make, self.now = make, make.now
        self.school = make.school()
        self.teacher = make.teacher(self.school, email=TEACHER)
        self.school_class = make.school_class(self.school, self.teacher)
        self.host = make.clinician(email="host@hospital.example")
        self.session = make.outreach_session(self.host, **facts)
        self.ana = make.student(self.school_class, given_name="Ana", email=ANA, guardians=(HOME,))
        self.ben = make.student(self.school_class, given_name="Ben", guardians=(HOME,))
        self.cem = make.student(self.school_class, given_name="Cem", guardians=("cem@families.example",))

    def register(self, *students: Student) -> None:
        self.make.register(self.session, self.teacher, *students)

    def send(self) -> None:
        while deliver(Scripted(), self.now + 2 * UNDO_FOR).sent:
            pass

    def place(self, student: Student) -> Registration:
        return registration_of(student, self.session)

    @property
    def home(self) -> int:
        return self.make.mailbox(HOME).id

    def withdraw(self, *students: Student, mailbox: str = HOME) -> None:
        ids = [self.place(student).id for student in students]
        use_cases.withdraw(*ids, now=self.now + SECOND, by_mailbox_id=self.make.mailbox(mailbox).id)

    def undo(self, student: Student, *, after: timedelta = timedelta(minutes=1), by: By | None = None) -> None:
        by = by or By(Side.FAMILY, mailbox_id=self.home)
        use_cases.undo_withdrawal(self.place(student).id, by, now=self.now + SECOND + after)

    def invitation(self, address: str) -> Invitation:
        mine = Invitation.session_id == self.session.id, Invitation.mailbox_id == self.make.mailbox(address).id
        return db.session.scalars(select(Invitation).where(*mine).execution_options(populate_existing=True)).one()

    def queued(self) -> dict[str, list[tuple[LetterKind, Cause, int | None]]]:
        found: dict[str, list[tuple[LetterKind, Cause, int | None]]] = {}
        wanted = select(Letter).where(Letter.state == LetterState.QUEUED).order_by(Letter.id)
        for letter in db.session.scalars(wanted.execution_options(populate_existing=True)):
            cause = LetterSnapshot.from_json(letter.facts).cause
            found.setdefault(letter.mailbox.address, []).append((letter.kind, cause, letter.sequence))
        return found

    def facts(self, address: str) -> LetterSnapshot:
        wanted = Letter.state == LetterState.QUEUED, Letter.mailbox_id == self.make.mailbox(address).id
        return LetterSnapshot.from_json(db.session.scalars(select(Letter).where(*wanted)).one().facts)


@pytest.fixture
def scene(make: Builder) -> Scene:
    return Scene(make)


def test_whoever_was_told_gets_the_entry_back_with_the_next_sequence(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.send()
    place = scene.place(scene.ana)
    scene.withdraw(scene.ana)
    scene.send()
    assert not scene.invitation(HOME).is_live
    uid = scene.invitation(HOME).uid
    scene.undo(scene.ana)
    assert (scene.place(scene.ana).id, scene.place(scene.ana).state, seats_taken(scene.session)) == (place.id, CONFIRMED, 1)
    again = (LetterKind.INVITATION, Cause.RESTORED, 2)
    assert scene.queued() == {HOME: [again], ANA: [again], TEACHER: [again, (LetterKind.DIGEST, Cause.RESTORED, None)]}
    invitation = scene.invitation(HOME)
    assert (invitation.uid, invitation.sequence, invitation.is_live, invitation.answer) == (uid, 2, True, Answer.NEEDS_ACTION)
    steps = db.session.scalars(select(RegistrationStep).where(RegistrationStep.registration_id == place.id).order_by(RegistrationStep.id))
    assert [(step.state, step.by_mailbox_id) for step in steps] == [(CONFIRMED, None), (WITHDRAWN, scene.home), (CONFIRMED, scene.home)]


def test_undone_before_anything_left_nobody_gets_either(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.send()
    with transaction():
        db.session.get_one(Invitation, scene.invitation(HOME).id).answer = Answer.ACCEPTED
    scene.withdraw(scene.ana)
    assert len(scene.queued()) == 3
    scene.undo(scene.ana)
    assert scene.queued() == {}
    for address in (HOME, ANA, TEACHER):
        invitation = scene.invitation(address)
        assert (invitation.sequence, invitation.sent_sequence, invitation.is_live) == (0, 0, True)
    assert scene.invitation(HOME).answer is Answer.ACCEPTED
    scene.withdraw(scene.ana)
    assert {one[2] for letters in scene.queued().values() for one in letters} == {1, None}


def test_a_cancellation_that_failed_is_not_sent_after_all_and_the_next_news_is(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.send()
    scene.withdraw(scene.ana)
    deliver(Scripted({HOME: sort_content_answer(554, "5.6.0 we can't read it")}), scene.now + SECOND)
    scene.undo(scene.ana)
    assert (scene.invitation(HOME).sequence, scene.invitation(HOME).is_live) == (0, True)
    failed = db.session.scalars(select(Letter.id).where(Letter.kind == LetterKind.REMOVED, Letter.mailbox_id == scene.home)).one()
    with pytest.raises(Refusal):
        retry_letter(failed, now=scene.now + 2 * SECOND)
    send_as_update(scene.invitation(HOME).id, now=scene.now + 2 * SECOND)
    assert scene.queued()[HOME] == [(LetterKind.UPDATED, Cause.AGAIN, 1)]


def test_what_never_left_is_told_once_and_whole(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.withdraw(scene.ana)
    scene.undo(scene.ana)
    assert scene.queued()[HOME] == [(LetterKind.INVITATION, Cause.REGISTERED, 2)]


def test_one_of_two_siblings_comes_back(scene: Scene) -> None:
    scene.register(scene.ana, scene.ben)
    scene.send()
    scene.withdraw(scene.ana, scene.ben)
    scene.undo(scene.ana)
    assert scene.queued()[HOME] == [(LetterKind.UPDATED, Cause.WITHDRAWN, 2)]
    facts = scene.facts(HOME)
    assert [[one.given_name for one in some] for some in (facts.seated, facts.gone)] == [["Ana"], ["Ben"]]
    assert ANA not in scene.queued()
    [digest] = [one for one in scene.queued()[TEACHER] if one[0] is LetterKind.DIGEST]
    assert digest[1] is Cause.WITHDRAWN
    scene.send()
    scene.undo(scene.ben)
    assert scene.queued() == {HOME: [(LetterKind.UPDATED, Cause.RESTORED, 3)], TEACHER: [(LetterKind.DIGEST, Cause.RESTORED, None)]}


def test_a_teacher_who_withdrew_and_undoes_gets_no_list_and_a_colleagues_undo_is_told(scene: Scene) -> None:
    colleague = scene.make.teacher(scene.school)
    scene.register(scene.ana, scene.ben)
    scene.send()
    for by_id, told in ((scene.teacher.id, False), (colleague.id, True)):
        use_cases.withdraw(scene.place(scene.ana).id, now=scene.now + SECOND, by_id=scene.teacher.id)
        scene.undo(scene.ana, by=By(Side.SCHOOL, user_id=by_id))
        assert scene.queued() == ({TEACHER: [(LetterKind.DIGEST, Cause.RESTORED, None)]} if told else {})


def test_who_waited_has_the_same_position_again(make: Builder) -> None:
    scene = Scene(make, capacity=1)
    dia = make.student(scene.school_class, given_name="Dia", guardians=("dia@families.example",))
    scene.register(scene.cem, scene.ana, dia)
    scene.send()
    queued_at = scene.place(scene.ana).queued_at
    scene.withdraw(scene.ana)
    assert scene.queued()[HOME] == [(LetterKind.REMOVED, Cause.WITHDRAWN, None)]
    scene.undo(scene.ana)
    assert scene.queued() == {}
    scene.withdraw(scene.ana)
    scene.send()
    scene.undo(scene.ana)
    assert (scene.place(scene.ana).state, scene.place(scene.ana).queued_at) == (WAITING, queued_at)
    assert scene.place(scene.ana).wait_reason == "full"
    assert scene.queued()[HOME] == [(LetterKind.WAITING, Cause.RESTORED, None)]
    assert scene.facts(HOME).waiting[0].place_in_queue == 1


def test_a_host_can_take_back_a_removal_and_its_reason(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.send()
    use_cases.remove(scene.place(scene.ana).id, by_id=scene.host.id, reason="The wrong one", now=scene.now + SECOND)
    with pytest.raises(Refusal, match="Only those who withdrew Ana"):
        scene.undo(scene.ana)
    scene.undo(scene.ana, by=By(Side.HOST, user_id=scene.host.id))
    assert (states(scene.session)["Ana"], scene.queued()) == (CONFIRMED, {})


def _cancelled(scene: Scene) -> None:
    cancel(scene.session.id, "No list", now=scene.now + 2 * SECOND)


def _moved(scene: Scene) -> None:
    with transaction():
        db.session.get_one(OutreachSession, scene.session.id).moved_at = scene.now + 2 * SECOND


def _registered_again(scene: Scene) -> None:
    scene.register(scene.ana)


def _left_school(scene: Scene) -> None:
    with transaction():
        db.session.get_one(Student, scene.ana.id).classes = []


@pytest.mark.parametrize(
    ("meanwhile", "after", "why"),
    [
        (lambda _scene: None, UNDO_FOR, "15 minutes are over"),
        (_cancelled, SECOND, "was cancelled"),
        (_moved, SECOND, "was moved"),
        (_registered_again, SECOND, "already"),
        (_left_school, SECOND, "no longer in any class"),
    ],
)
def test_it_is_refused_plainly(make: Builder, meanwhile: Callable[[Scene], None], after: timedelta, why: str) -> None:
    scene = Scene(make, capacity=1)
    scene.register(scene.ana)
    place = scene.place(scene.ana).id
    scene.withdraw(scene.ana)
    meanwhile(scene)
    now, by = scene.now + SECOND + after, By(Side.FAMILY, mailbox_id=scene.home)
    shown = undoable(scene.session, [db.session.get_one(Registration, place, populate_existing=True)], by, now=now)
    assert shown == {}
    with nothing_changes(), pytest.raises(Refusal, match=why):
        use_cases.undo_withdrawal(place, by, now=now)


def test_whose_seat_somebody_else_has_goes_on_the_waiting_list_if_that_was_said(make: Builder) -> None:
    scene = Scene(make, capacity=1)
    scene.register(scene.ana)
    scene.send()
    scene.withdraw(scene.ana)
    scene.now += SECOND
    scene.register(scene.cem, scene.ben)
    place, now, by = scene.place(scene.ana), scene.now + 2 * SECOND, By(Side.FAMILY, mailbox_id=scene.home)
    assert undoable(scene.session, [place], by, now=now) == {place.id: UndoLeft(15, position=1)}
    with nothing_changes(), pytest.raises(Stale, match="Somebody else has the seat now"):
        use_cases.undo_withdrawal(place.id, by, now=now)
    use_cases.undo_withdrawal(place.id, by, now=now, may_wait=True)
    assert states(scene.session) == {"Ana": WAITING, "Cem": CONFIRMED, "Ben": WAITING}
    assert (LetterKind.WAITING, Cause.RESTORED, None) in scene.queued()[HOME]
    use_cases.withdraw(scene.place(scene.cem).id, now=now, by_id=scene.teacher.id)
    assert states(scene.session) == {"Ana": CONFIRMED, "Cem": WITHDRAWN, "Ben": WAITING}


def test_a_roster_that_waited_while_a_withdrawal_was_undone_is_not_sent(scene: Scene) -> None:
    """The host knows who comes: the roster of before is right again. After a change that stays there is another."""
    scene.register(scene.ana, scene.ben)
    scene.now = scene.session.starts_at - timedelta(hours=20)
    plan_rosters(now=scene.now)
    scene.send()
    scene.withdraw(scene.ana)
    assert plan_rosters(now=scene.now + timedelta(minutes=11)) == 1
    scene.undo(scene.ana, after=timedelta(minutes=12))
    scene.send()
    rosters = select(Letter.state).where(Letter.kind == LetterKind.ROSTER).order_by(Letter.id)
    assert db.session.scalars(rosters).all() == [LetterState.SENT, LetterState.DROPPED]
    assert plan_rosters(now=scene.now + timedelta(hours=1)) == 0
    scene.withdraw(scene.ben)
    assert plan_rosters(now=scene.now + timedelta(hours=1)) == 1


def test_it_can_be_undone_until_the_last_second_and_once(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.withdraw(scene.ana)
    by, now = By(Side.FAMILY, mailbox_id=scene.home), scene.now + UNDO_FOR
    assert undoable(scene.session, [scene.place(scene.ana)], by, now=now) == {scene.place(scene.ana).id: UndoLeft(1)}
    scene.undo(scene.ana, after=UNDO_FOR - SECOND)
    with nothing_changes(), pytest.raises(Refusal, match="already been undone"):
        scene.undo(scene.ana)


def test_a_child_cannot_undo_what_a_guardian_decided_and_a_guardian_can(scene: Scene) -> None:
    scene.register(scene.ana)
    scene.withdraw(scene.ana)
    child = By(Side.FAMILY, mailbox_id=scene.make.mailbox(ANA).id)
    with pytest.raises(Refusal, match="Only those who withdrew Ana"):
        scene.undo(scene.ana, by=child)
    with pytest.raises(Refusal, match="Only those who withdrew Ana"):
        scene.undo(scene.ana, by=By(Side.SCHOOL, user_id=scene.teacher.id))
    scene.undo(scene.ana)
    scene.withdraw(scene.ana, mailbox=ANA)
    scene.undo(scene.ana)
    assert states(scene.session) == {"Ana": CONFIRMED}


def test_an_offer_is_on_offer_again_until_the_same_moment(make: Builder) -> None:
    scene = Scene(make, capacity=1)
    scene.register(scene.cem, scene.ana)
    scene.now = scene.session.starts_at - timedelta(hours=20)
    use_cases.withdraw(scene.place(scene.cem).id, now=scene.now, by_id=scene.teacher.id)
    until = scene.place(scene.ana).offered_until
    scene.withdraw(scene.ana)
    scene.undo(scene.ana)
    assert (scene.place(scene.ana).state, scene.place(scene.ana).offered_until) == (OFFERED, until)
