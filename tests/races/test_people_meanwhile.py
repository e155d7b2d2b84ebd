"""Schools, families and coordinators write at the same moment, each time in the same order: whoever comes second knows of the first.

The first has written everything and not committed when the second begins, unless the test says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from outreach.accounts import use_cases as accounts
from outreach.accounts.use_cases import Person, Wish
from outreach.coordination import merging
from outreach.coordination import use_cases as coordination
from outreach.coordination.closing import close_account, open_account
from outreach.coordination.use_cases import SchoolInput
from outreach.db import db, transaction
from outreach.deliverability.use_cases import reactivate_mailbox, unblock_domain, update_blocked_domains
from outreach.errors import NotThere, Refusal, Stale
from outreach.families import use_cases as families
from outreach.models import (
    Application,
    BlockedDomain,
    BounceKind,
    Invitation,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    Membership,
    OutreachSession,
    Registration,
    RoleName,
    School,
    Student,
    User,
)
from outreach.outbox.bounces import record_bounce
from outreach.registration.use_cases import RegistrationOutcome, RegistrationRequest, register_students, withdraw
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.scheduling.use_cases import cancel, post
from outreach.schools import students
from outreach.schools import use_cases as classes
from outreach.schools.queries import known_students
from outreach.schools.removal import remove_student
from outreach.schools.students import AlreadyThere, StudentInput
from tests.support.builders import NOW, Builder
from tests.support.outbox import Scripted, deliver
from tests.support.rivals import Act, overtaking

pytestmark = [pytest.mark.postgresql, pytest.mark.empty_database, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


@dataclass
class Scene:
    """A school with a class of Ana (her guardian: Maria) and Ben, two sessions, and who acts."""

    make: Builder
    now: datetime

    def __post_init__(self) -> None:
        self.school = self.make.school()
        self.teacher = self.make.teacher(self.school)
        self.school_class = self.make.school_class(self.school, self.teacher)
        self.ana = self.make.student(self.school_class, given_name="Ana", family_name="Diaz", guardians=("maria@families.example",))
        self.ben = self.make.student(self.school_class, given_name="Ben", family_name="Hill", guardians=("bens@families.example",))
        self.session = self.make.outreach_session(self.make.clinician())
        self.other_session = self.make.outreach_session(self.make.clinician())

    def register(self, *chosen: Student, session: OutreachSession | None = None) -> Act:
        request = RegistrationRequest(
            session_id=(session or self.session).id,
            school_id=self.school.id,
            student_ids=tuple(one.id for one in chosen),
            teacher_id=self.teacher.id,
            by_id=self.teacher.id,
            permission_attested=True,
        )
        return partial(register_students, request, now=self.now)

    def correct(self, student: Student, **changes: object) -> Act:
        shown = known_students(self.school.id)[student.id]
        facts = {name: getattr(shown, name) for name in (*students.FIELDS, "guardians")} | changes
        return partial(students.edit_student, student.id, StudentInput(**facts), seen=students.seen_of(shown), now=self.now)

    def add(self, given_name: str, **facts: object) -> Act:
        said = StudentInput(given_name=given_name, family_name="Moss", **facts)  # type: ignore[arg-type]  # each of its own type
        return partial(students.add_student, self.school_class.id, said, now=self.now)

    def remove(self, student: Student) -> Act:
        return partial(remove_student, student.id, now=self.now)

    @property
    def maria(self) -> Mailbox:
        return mailbox("maria@families.example")


@pytest.fixture
def scene(make: Builder, now: datetime) -> Scene:
    return Scene(make, now)


def mailbox(address: str) -> Mailbox:
    return db.session.scalars(select(Mailbox).where(Mailbox.address == address)).one()


def hears_of(address: str, outreach_session: OutreachSession) -> bool:
    """Say whether the session stands in this calendar."""
    mine = select(Invitation.is_live).join(Mailbox).where(Mailbox.address == address, Invitation.session_id == outreach_session.id)
    return bool(db.session.scalar(mine))


# A school's people


def test_a_student_added_twice_is_there_once(app: Flask, scene: Scene) -> None:
    met = overtaking(app, scene.add("Cyd"), scene.add("Cyd"))
    assert isinstance(met.second, AlreadyThere)


def test_of_two_who_correct_one_student_the_second_looks_again(app: Flask, scene: Scene) -> None:
    met = overtaking(app, scene.correct(scene.ana, needs="glasses"), scene.correct(scene.ana, year_group="9"))
    assert (met.first, type(met.second)) == (False, Stale)


def test_two_classes_of_one_name_are_one(app: Flask, scene: Scene) -> None:
    one, other = (partial(classes.make_class, scene.school.id, name, by_id=scene.teacher.id) for name in ("7B", "7b"))
    met = overtaking(app, one, other)
    assert isinstance(met.second, Refusal)


def test_a_student_who_is_being_removed_cannot_be_corrected(app: Flask, scene: Scene) -> None:
    assert isinstance(overtaking(app, scene.remove(scene.ana), scene.correct(scene.ana, needs="glasses")).second, NotThere)


def test_nobody_who_is_being_registered_can_be_removed(app: Flask, scene: Scene) -> None:
    met = overtaking(app, scene.register(scene.ana), scene.remove(scene.ana))
    assert (isinstance(met.first, RegistrationOutcome), type(met.second)) == (True, Refusal)


def test_nobody_who_is_being_removed_can_be_registered(app: Flask, scene: Scene) -> None:
    met = overtaking(app, scene.remove(scene.ana), scene.register(scene.ana))
    assert (met.first, type(met.second)) == (None, Refusal)


def test_an_address_corrected_while_its_student_is_registered_is_the_one_invited(app: Flask, scene: Scene) -> None:
    """Ana isn't registered for anything before, so only she herself can be held."""
    with transaction():
        scene.ana.mailbox = scene.make._mailbox("old@pupils.example")
    overtaking(app, scene.register(scene.ana), scene.correct(scene.ana, email="new@pupils.example"))
    assert hears_of("new@pupils.example", scene.session)
    assert not hears_of("old@pupils.example", scene.session)


def test_an_address_corrected_just_before_its_student_is_registered_is_the_one_invited(app: Flask, scene: Scene) -> None:
    overtaking(app, scene.correct(scene.ana, email="new@pupils.example"), scene.register(scene.ana))
    assert hears_of("new@pupils.example", scene.session)


def test_a_correction_and_a_registration_never_wait_for_each_other(app: Flask, scene: Scene) -> None:
    """Both hold the session first and then the student, also of one who has a place there."""
    scene.register(scene.ana)()
    met = overtaking(app, scene.register(scene.ana, scene.ben), scene.correct(scene.ana, email="new@pupils.example"), at="FOR KEY SHARE")
    assert (isinstance(met.first, RegistrationOutcome), met.second) == (True, True)
    assert hears_of("new@pupils.example", scene.session)


def test_a_session_joined_and_cancelled_while_an_address_is_corrected_is_in_no_calendar(app: Flask, scene: Scene) -> None:
    """The correction has looked for sessions and found none; then Ana is registered, and that session is just being cancelled."""

    def register_and_cancel() -> None:
        scene.register(scene.ana)()
        cancel(scene.session.id, "Flood", now=scene.now)

    correcting = scene.correct(scene.ana, email="new@pupils.example")
    overtaking(app, correcting, register_and_cancel, at="FOR UPDATE", then_at="COMMIT", nth=2)
    assert not hears_of("new@pupils.example", scene.session)


def test_a_class_and_a_registration_keep_out_of_each_others_way(app: Flask, scene: Scene) -> None:
    making = partial(classes.make_class, scene.school.id, "7B", by_id=scene.teacher.id)
    assert not overtaking(app, making, scene.register(scene.ana)).has_waited
    assert not overtaking(app, scene.register(scene.ben), scene.add("Cyd")).has_waited


# Mailboxes that come and go


def test_an_address_that_somebody_new_has_is_not_forgotten_with_its_last_student(app: Flask, scene: Scene) -> None:
    with transaction():
        scene.ana.mailbox = scene.make._mailbox("ana@pupils.example")
    another = scene.make.school_class(scene.make.school())
    said = StudentInput(given_name="Cyd", family_name="Moss", email="ana@pupils.example")
    adding = partial(students.add_student, another.id, said, now=scene.now)
    met = overtaking(app, adding, scene.remove(scene.ana))
    assert isinstance(met.first, int)
    assert db.session.get_one(Student, met.first).mailbox == mailbox("ana@pupils.example")


def test_an_address_that_is_about_to_be_used_is_not_forgotten(app: Flask, scene: Scene) -> None:
    """The new student's row isn't written yet."""
    with transaction():
        scene.ana.mailbox = scene.make._mailbox("ana@pupils.example")
    another = scene.make.school_class(scene.make.school())
    said = StudentInput(given_name="Cyd", family_name="Moss", email="ana@pupils.example")
    adding = partial(students.add_student, another.id, said, now=scene.now)
    met = overtaking(app, adding, scene.remove(scene.ana), at="INSERT INTO student")
    assert isinstance(met.first, int)
    assert db.session.get_one(Student, met.first).mailbox == mailbox("ana@pupils.example")


def test_an_address_that_is_being_forgotten_is_made_anew(app: Flask, scene: Scene) -> None:
    with transaction():
        scene.ana.mailbox = scene.make._mailbox("ana@pupils.example")
    another = scene.make.school_class(scene.make.school())
    said = StudentInput(given_name="Cyd", family_name="Moss", email="ana@pupils.example")
    met = overtaking(app, scene.remove(scene.ana), partial(students.add_student, another.id, said, now=scene.now))
    assert isinstance(met.second, int)
    assert db.session.get_one(Student, met.second).mailbox == mailbox("ana@pupils.example")


def test_two_schools_that_bring_one_new_address_have_one_mailbox(app: Flask, scene: Scene) -> None:
    another = scene.make.school_class(scene.make.school())
    said = StudentInput(given_name="Cyd", family_name="Moss", email="new@pupils.example")
    adding = [partial(students.add_student, key, said, now=scene.now) for key in (scene.school_class.id, another.id)]
    met = overtaking(app, *adding)
    assert isinstance(met.first, int)
    assert isinstance(met.second, int)
    assert {db.session.get_one(Student, key).mailbox for key in (met.first, met.second)} == {mailbox("new@pupils.example")}


# What mailboxes bear


def test_reminders_stopped_while_another_starts_them_again_stay_stopped(app: Flask, scene: Scene) -> None:
    key = scene.maria.id
    families.stop_reminders(key, now=scene.now)
    met = overtaking(app, partial(families.remind_again, key), partial(families.stop_reminders, key, now=scene.now))
    assert met.has_waited
    assert scene.maria.reminders_stopped_at == scene.now


def test_a_family_that_stops_reminders_waits_for_no_registration(app: Flask, scene: Scene) -> None:
    assert not overtaking(app, scene.register(scene.ana), partial(families.stop_reminders, scene.maria.id, now=scene.now)).has_waited


def bouncing(scene: Scene, mailbox_id: int | None = None) -> Act:
    """Let a letter come back from this mailbox, or from Maria's: nobody is there."""

    def act(key: int = mailbox_id or scene.maria.id) -> None:
        with transaction():
            record_bounce(key, None, BounceKind.HARD, status="5.1.1", words="550 5.1.1 Unknown", now=scene.now)

    return act


def test_a_letter_that_comes_back_while_the_address_is_said_to_work_counts(app: Flask, scene: Scene) -> None:
    bouncing(scene)()
    overtaking(app, partial(reactivate_mailbox, scene.maria.id, now=scene.now), bouncing(scene))
    assert scene.maria.undeliverable_at == scene.now


def test_of_two_who_say_that_an_address_works_the_second_changes_nothing(app: Flask, scene: Scene) -> None:
    """The address of an adult, with no student to hold."""
    key = scene.teacher.mailbox_id
    bouncing(scene, key)()
    again = partial(reactivate_mailbox, key, now=scene.now)
    met = overtaking(app, again, again)
    assert (met.first, met.second) == (True, False)


def test_a_family_whose_child_is_registered_while_it_is_reached_again_gets_its_invitation(app: Flask, scene: Scene) -> None:
    """What leaves before that is written would be dropped, as a letter to an address that is refused."""
    bouncing(scene)()
    key, wire = scene.maria.id, Scripted()

    def register_and_deliver() -> None:
        scene.register(scene.ana)()
        deliver(wire, scene.now)

    overtaking(app, partial(reactivate_mailbox, key, now=scene.now), register_and_deliver)
    assert "maria@families.example" in {envelope.recipient for envelope in wire.sent}


def test_reaching_a_family_again_and_registering_its_child_never_wait_for_each_other(app: Flask, scene: Scene) -> None:
    """Ana gave her place back, so the session is hers only by the entry that was taken out of Maria's calendar."""
    scene.register(scene.ana)()
    place = db.session.scalars(select(Registration.id)).one()
    with transaction():
        for invitation in db.session.scalars(select(Invitation)):
            invitation.sent_sequence = invitation.sequence
    withdraw(place, now=scene.now, by_id=scene.teacher.id)
    bouncing(scene)()
    met = overtaking(app, partial(reactivate_mailbox, scene.maria.id, now=scene.now), scene.register(scene.ana), at="FROM mailbox")
    assert (met.first, isinstance(met.second, RegistrationOutcome)) == (True, True)
    assert hears_of("maria@families.example", scene.session)


def test_a_session_joined_and_cancelled_while_a_family_is_reached_again_is_in_no_calendar(app: Flask, scene: Scene) -> None:
    """Looking for sessions found none; then Ana is registered, the letters leave, and that session is just being cancelled."""
    bouncing(scene)()
    key = scene.maria.id

    def register_and_cancel() -> None:
        scene.register(scene.ana)()
        with transaction():
            db.session.execute(update(Letter).values(state=LetterState.SENT, settled_at=scene.now))
            db.session.execute(update(Invitation).values(sent_sequence=Invitation.sequence))
        cancel(scene.session.id, "Flood", now=scene.now)

    met = overtaking(app, partial(reactivate_mailbox, key, now=scene.now), register_and_cancel, at="FOR UPDATE", then_at="COMMIT", nth=3)
    assert met.first is True
    kinds = select(Letter.kind).where(Letter.mailbox_id == key, Letter.session_id == scene.session.id).order_by(Letter.id)
    assert db.session.scalars(kinds).all()[-1] is LetterKind.CANCELLED


# Domains that block our e-mails


def turning_away(scene: Scene, number: int = 10) -> list[int]:
    """Let every letter to families at one domain come back by policy; give the mailboxes."""
    pupils = [scene.make.student(scene.school_class, email=f"pupil{n}@strict.example") for n in range(number)]
    keys = [one.mailbox_id for one in pupils]
    with transaction():
        for key in keys:
            assert key is not None
            record_bounce(key, None, BounceKind.POLICY, status="5.7.1", words="550 5.7.1 Policy", now=scene.now)
    return [key for key in keys if key is not None]


def test_a_domain_that_is_let_in_is_not_marked_meanwhile(app: Flask, scene: Scene) -> None:
    """The job has found a new address there, where the domain was marked still."""
    turning_away(scene)
    update_blocked_domains(now=scene.now)
    new = scene.make.student(scene.school_class, email="new@strict.example").mailbox_id
    later = scene.now + timedelta(minutes=5)
    overtaking(app, partial(unblock_domain, "strict.example", now=later), partial(update_blocked_domains, now=later))
    assert db.session.get_one(Mailbox, new).blocked_at is None


def test_a_domain_that_is_marked_again_can_be_let_in(app: Flask, scene: Scene) -> None:
    turning_away(scene)
    update_blocked_domains(now=scene.now)
    unblock_domain("strict.example", now=scene.now + timedelta(minutes=1))
    later = scene.now + timedelta(minutes=2)
    for key in db.session.scalars(select(Mailbox.id).where(Mailbox.address.endswith("@strict.example"))):
        with transaction():
            record_bounce(key, None, BounceKind.POLICY, status="5.7.1", words="550 5.7.1 Policy", now=later)
    marking = partial(update_blocked_domains, now=later)
    met = overtaking(app, marking, partial(unblock_domain, "strict.example", now=later))
    assert met.second is True
    assert db.session.get_one(BlockedDomain, "strict.example").lifted_at == later


def test_an_address_that_is_forgotten_while_its_domain_is_marked_troubles_nobody(app: Flask, scene: Scene) -> None:
    turning_away(scene)
    leaving = scene.make.student(scene.school_class, email="leaving@strict.example")
    met = overtaking(app, scene.remove(leaving), partial(update_blocked_domains, now=scene.now))
    assert met.second
    assert db.session.get(BlockedDomain, "strict.example")


def test_an_address_that_is_forgotten_while_its_domain_is_let_in_troubles_nobody(app: Flask, scene: Scene) -> None:
    """It is refused besides, so its mark is taken off by itself."""
    leaving = scene.make.student(scene.school_class, email="leaving@strict.example")
    turning_away(scene)
    update_blocked_domains(now=scene.now)
    with transaction():
        mailbox("leaving@strict.example").undeliverable_at = scene.now
    met = overtaking(app, scene.remove(leaving), partial(unblock_domain, "strict.example", now=scene.now))
    assert met.second is True


# Accounts


def person(hashed: str) -> Person:
    return Person(given_name="Zoe", family_name="Marsh", email="zoe@school.example", password_hash=hashed, zone="Europe/London")


WISH = Wish(role=RoleName.TEACHER, place="Hill")


@pytest.mark.parametrize("is_known", [False, True], ids=["unknown", "of a parent"])
def test_of_two_who_apply_with_one_address_the_later_replaces_the_earlier(app: Flask, scene: Scene, is_known: bool) -> None:
    if is_known:
        scene.make.mailbox("zoe@school.example")
    met = overtaking(app, *(partial(accounts.apply, person(one), WISH, now=scene.now) for one in ("first", "second")))
    assert met == (None, None, True)
    assert db.session.scalars(select(User.password).where(User.email == "zoe@school.example")).all() == ["second"]
    assert db.session.scalar(select(func.count(Application.id))) == 1


def test_nobody_takes_over_an_account_that_is_just_being_confirmed(app: Flask, scene: Scene) -> None:
    accounts.apply(person("own"), WISH, now=scene.now)
    user = db.session.scalars(select(User).where(User.email == "zoe@school.example")).one()
    confirming = partial(accounts.confirm_address, user.id, user.fs_uniquifier, now=scene.now)
    overtaking(app, confirming, partial(accounts.apply, person("stranger's"), WISH, now=scene.now))
    assert db.session.scalars(select(User.password).where(User.email == "zoe@school.example")).one() == "own"


def test_a_link_that_is_just_being_replaced_confirms_nothing(app: Flask, scene: Scene) -> None:
    accounts.apply(person("stranger's"), WISH, now=scene.now)
    user = db.session.scalars(select(User).where(User.email == "zoe@school.example")).one()
    confirming = partial(accounts.confirm_address, user.id, user.fs_uniquifier, now=scene.now)
    met = overtaking(app, partial(accounts.apply, person("own"), WISH, now=scene.now), confirming)
    assert isinstance(met.second, Stale)


def test_an_application_sent_twice_waits_once(app: Flask, scene: Scene) -> None:
    again = partial(accounts.apply_again, scene.teacher.id, Wish(role=RoleName.CLINICIAN, place="St Luke's"), now=scene.now)
    assert isinstance(overtaking(app, again, again).second, Refusal)


def test_of_two_coordinators_the_second_learns_that_it_is_decided(app: Flask, scene: Scene) -> None:
    accounts.apply_again(scene.teacher.id, Wish(role=RoleName.TEACHER, place="Hill"), now=scene.now)
    key, by = db.session.scalars(select(Application.id)).one(), scene.make.coordinator().id
    approving = partial(coordination.approve_teacher, key, scene.school.id, by_id=by, note="", now=scene.now)
    declining = partial(coordination.decline, key, by_id=by, note="No", now=scene.now)
    assert isinstance(overtaking(app, declining, approving).second, Stale)


HILL = SchoolInput(name="Hill School", town="London", zone="Europe/London", country="GB", majority_age=18)


def test_of_two_coordinators_who_correct_a_school_the_seconds_facts_stand_together(app: Flask) -> None:
    """The second leaves the zone as it was shown, and that is what it says: not the first's zone with its own country."""
    key = coordination.keep_school(None, HILL, now=NOW)
    correct = partial(coordination.keep_school, key, now=NOW)
    in_paris, in_ireland = replace(HILL, zone="Europe/Paris", country="FR"), replace(HILL, country="IE")
    overtaking(app, partial(correct, in_paris), partial(correct, in_ireland))
    school = db.session.get_one(School, key)
    assert (school.zone, school.country) == ("Europe/London", "IE")


def test_a_school_that_is_merged_while_its_teacher_is_approved_loses_nobody(app: Flask, make: Builder) -> None:
    """The teacher who is approved first goes along; who comes later is told that it isn't there; a second press merges nothing."""
    gone, other, into = (coordination.keep_school(None, replace(HILL, name=name), now=NOW) for name in ("Hill High", "Hull", "Hill"))
    by = make.coordinator().id

    def approving(school_id: int) -> Act:
        applicant = make.user()
        with transaction():
            asked = Application(user_id=applicant.id, role=RoleName.TEACHER, place="Hill", created_at=NOW)
            db.session.add(asked)
        return partial(coordination.approve_teacher, asked.id, school_id, by_id=by, note="", now=NOW)

    assert overtaking(app, approving(gone), partial(merging.merge_schools, gone, into, now=NOW)).second is None
    mine = select(Membership.school_id).where(Membership.school_id.in_((gone, other, into)))
    assert list(db.session.scalars(mine)) == [into]
    merge = partial(merging.merge_schools, other, into, now=NOW)
    assert isinstance(overtaking(app, merge, approving(other)).second, Refusal)
    again = coordination.keep_school(None, replace(HILL, name="Hell"), now=NOW)
    merge = partial(merging.merge_schools, again, into, now=NOW)
    assert isinstance(overtaking(app, merge, merge).second, NotThere)
    assert list(db.session.scalars(mine)) == [into]


def test_a_school_that_a_rival_has_just_added_is_not_added_again(app: Flask) -> None:
    adding = partial(coordination.keep_school, None, HILL, now=NOW)
    met = overtaking(app, adding, adding)
    assert (type(met.first), type(met.second)) == (int, Refusal)


def test_a_place_that_a_rival_has_just_added_is_said_to_be_in_the_list(app: Flask, scene: Scene) -> None:
    when = WhenInput(day=scene.session.starts_wall.date(), start=scene.session.starts_wall.time(), end=scene.session.ends_wall.time())
    where = WhereInput(new_site="St Anne's", new_address="2 Main Street", zone="Europe/London")
    offer = DetailsInput(title="Power of a Stitch", capacity=2)
    posting = partial(post, "stitch_workshop", when, where, offer, by_id=scene.session.host_id, publish=True, now=scene.now)
    met = overtaking(app, posting, posting)
    assert (type(met.first), isinstance(met.second, Refusal) and met.second.field) == (int, "new_site")


def test_who_registers_while_the_teachers_account_is_closed_is_handed_over_too(app: Flask, scene: Scene) -> None:
    colleague = scene.make.teacher(scene.school)
    closing = partial(close_account, scene.teacher.id, by_id=0, now=scene.now)
    assert overtaking(app, scene.register(scene.ana), closing).has_waited
    assert hears_of(colleague.email, scene.session)
    assert not hears_of(scene.teacher.email, scene.session)
    assert overtaking(app, partial(open_account, scene.teacher.id, now=scene.now), scene.register(scene.ben)).second
    assert hears_of(scene.teacher.email, scene.session)


def test_of_two_who_close_an_account_the_second_tells_nobody_again(app: Flask, scene: Scene) -> None:
    scene.make.teacher(scene.school)
    scene.register(scene.ana)()
    written = select(func.count(Letter.id))
    before = db.session.scalar(written) or 0
    closing = partial(close_account, scene.teacher.id, by_id=0, now=scene.now)
    overtaking(app, closing, partial(close_account, scene.teacher.id, by_id=0, now=scene.now + timedelta(minutes=1)))
    assert db.session.scalar(written) == before + 2, "an entry and a list for the colleague; the teacher's never left"
