"""Imports as batches: in chunks, resumed, never more than was shown, undone as far as nobody changed anything since, and forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from outreach.background import use_cases as background
from outreach.background.jobs import LEASE
from outreach.background.use_cases import cancel_job, work_off
from outreach.class_lists import GuardianAnswer, GuardianChoice
from outreach.db import db, transaction
from outreach.errors import Refusal, Stale
from outreach.models import (
    BackgroundJob,
    BackgroundJobState,
    Guardian,
    ImportBatch,
    ImportChange,
    ImportRow,
    ImportState,
    Letter,
    LetterKind,
    Mailbox,
    Registration,
    RegistrationState,
    School,
    SchoolClass,
    Student,
    User,
    enrolment,
)
from outreach.schools import apply_plan, removal
from outreach.schools.batches import importing, undoing, use_cases
from outreach.schools.batches.list_work import LIST_WORK
from outreach.schools.batches.undo_rules import KeptBecause
from outreach.schools.imports.choices import ImportChoices, ListScope
from outreach.schools.queries import known_students, lock_school
from tests.support import imports
from tests.support.builders import Builder
from tests.support.imports import Imported
from tests.support.queued_letters import send_all
from tests.support.rivals import at_once
from tests.use_cases.test_students import CANCELLED, INVITED, edit, queued, register

pytestmark = pytest.mark.both_databases("chunks, locks and counts of changes")
SECOND = timedelta(seconds=1)
HEADINGS = "Given name,Family name,Number,E-mail,Guardian,Guardian e-mail"


@pytest.fixture
def school(make: Builder) -> School:
    return make.school()


@pytest.fixture
def teacher(make: Builder, school: School) -> User:
    return make.teacher(school)


@pytest.fixture
def school_class(make: Builder, school: School, teacher: User) -> SchoolClass:
    return make.school_class(school, teacher, name="9B")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_ROWS", 2)
    monkeypatch.setattr(undoing, "MOST_ROWS", 2)
    monkeypatch.setattr(background, "REST", 0)


def listed(*rows: str) -> bytes:
    return "\n".join([HEADINGS, *rows]).encode()


NAMES = ["", "Ana", "Ben", "Cem", "Dan", "Eli"]


def of(number: int) -> str:
    return f"{NAMES[number]},Hill,N{number},,Parent {NAMES[number]},p{number}@families.example"


FIVE = [of(number) for number in range(1, 6)]


def names(school: School) -> list[str]:
    return sorted(one.given_name for one in known_students(school.id).values())


def student_of(school: School, number: str) -> int:
    return next(key for key, one in known_students(school.id).items() if one.number == f"N{number}")


def begin(batch: ImportBatch, now: datetime) -> BackgroundJob:
    """Press the button, and let the worker have it."""
    key = use_cases.start_import(batch.id, ImportChoices(), shown=str(batch.read_by), by_id=batch.by_id or 0, now=now)
    job = db.session.get_one(BackgroundJob, key)
    with transaction():
        job.due_at = now
    return job


def again(batch: ImportBatch) -> ImportBatch:
    return db.session.get_one(ImportBatch, batch.id, populate_existing=True)


class DeathError(BaseException):
    """Ends a worker as a signal would: nothing is written any more."""


def test_a_worker_killed_meanwhile_loses_one_chunk(
    school: School, school_class: SchoolClass, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = imports.look(school_class, listed(*FIVE), now=now)
    job = begin(batch, now)
    written = list[int]()

    def die_at_the_second(*args: object, **facts: object) -> object:
        written.append(1)
        done = apply_plan.write(*args, **facts)  # type: ignore[arg-type]
        if len(written) == 2:
            raise DeathError
        return done

    monkeypatch.setattr(importing, "write", die_at_the_second)
    with pytest.raises(DeathError):
        work_off(LIST_WORK, now=now)
    assert (len(names(school)), again(batch).added) == (2, 2)
    later = now + LEASE + SECOND
    assert work_off(LIST_WORK, now=later) == 3
    assert (names(school), again(batch).added) == (NAMES[1:], 5)
    assert db.session.get_one(BackgroundJob, job.id, populate_existing=True).words == "5 students added. 0 students updated."
    assert db.session.scalar(select(func.count(Letter.id)).where(Letter.kind == LetterKind.JOB)) == 1


@pytest.mark.empty_database
def test_two_workers_import_a_list_once(app: Flask, school: School, school_class: SchoolClass, now: datetime) -> None:
    begin(imports.look(school_class, listed(*FIVE), now=now), now)
    chunks = at_once(app, *[lambda: work_off(LIST_WORK, now=now)] * 2)
    assert set(chunks) == {0, 4}
    assert len(names(school)) == 5


def test_a_second_click_on_import_or_undo_does_nothing(school: School, school_class: SchoolClass, now: datetime) -> None:
    batch = imports.look(school_class, listed(*FIVE), now=now)
    begin(batch, now)
    with pytest.raises(Refusal, match="being done already"):
        begin(again(batch), now)
    work_off(LIST_WORK, now=now)
    with pytest.raises(Stale):
        begin(again(batch), now)
    use_cases.start_undo(batch.id, by_id=batch.by_id or 0, now=now)
    with pytest.raises(Refusal, match="being done already"):
        use_cases.start_undo(batch.id, by_id=batch.by_id or 0, now=now)
    work_off(LIST_WORK, now=now + timedelta(minutes=1))
    with pytest.raises(Refusal, match="can no longer be undone"):
        use_cases.start_undo(batch.id, by_id=batch.by_id or 0, now=now)
    assert names(school) == []


def test_an_older_review_imports_nothing(school_class: SchoolClass, now: datetime) -> None:
    """In another tab the columns were changed and the list read again."""
    batch = imports.look(school_class, listed(*FIVE), now=now)
    older = str(batch.read_by)
    imports.work(use_cases.choose(batch.id, ImportChoices(), by_id=batch.by_id or 0, now=now), now=now)
    with pytest.raises(Stale, match="Nothing was imported"):
        use_cases.start_import(batch.id, ImportChoices(), shown=older, by_id=batch.by_id or 0, now=now)


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(
    school: School, school_class: SchoolClass, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first chunk is written; then somebody corrects a student of the second, to what the review didn't show."""
    imports.bring_in(school_class, listed(*FIVE), now=now)
    batch = imports.look(school_class, listed(*[row.replace("Hill", "Hall") for row in FIVE]), now=now)
    begin(batch, now)
    monkeypatch.setattr(background, "SLICE", 0)
    assert work_off(LIST_WORK, now=now) == 1
    edit(student_of(school, "4"), school, family_name="Hull", now=now)
    assert work_off(LIST_WORK, now=now) == 0
    job = again(batch).job
    assert job is not None
    assert (job.state, job.words[-46:]) == (BackgroundJobState.FAILED, "The rest was not imported. Please check again.")
    assert [one.family_name for one in known_students(school.id).values()] == ["Hall", "Hall", "Hill", "Hull", "Hill"]


def test_a_change_that_concerns_no_row_stops_nothing(
    make: Builder, school: School, school_class: SchoolClass, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make.student(make.school_class(school), given_name="Other")
    batch = imports.look(school_class, listed(*FIVE), now=now)
    begin(batch, now)
    monkeypatch.setattr(background, "SLICE", 0)
    work_off(LIST_WORK, now=now)
    edit(other.id, school, year_group="10", now=now)
    while work_off(LIST_WORK, now=now) or again(batch).is_running:
        pass
    assert (again(batch).added, again(batch).state) == (5, ImportState.IMPORTED)


def test_one_correction_in_the_rows_of_siblings_is_made_once_whichever_chunk_it_is_in(
    school: School, school_class: SchoolClass, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{NAMES[number]},Hill,N{number},,Maria,maria@families.example" for number in range(1, 5)]
    imports.bring_in(school_class, listed(*rows), now=now)
    batch = imports.look(school_class, listed(*[row.replace("maria@", "m@") for row in rows]), now=now)
    begin(batch, now)
    monkeypatch.setattr(background, "SLICE", 0)
    work_off(LIST_WORK, now=now)
    with transaction():
        lock_school(school.id)
    while work_off(LIST_WORK, now=now) or again(batch).is_running:
        pass
    assert {one.guardians[0].email for one in known_students(school.id).values()} == {"m@families.example"}
    assert again(batch).state is ImportState.IMPORTED


def test_an_import_that_was_stopped_can_be_undone_or_taken_up_again(school: School, school_class: SchoolClass, now: datetime) -> None:
    batch = imports.look(school_class, listed(*FIVE), now=now)
    job = begin(batch, now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(background, "SLICE", 0)
        work_off(LIST_WORK, now=now)
    cancel_job(job.id, now=now)
    assert len(names(school)) == 2
    imports.work(use_cases.choose(batch.id, ImportChoices(), by_id=batch.by_id or 0, now=now), now=now)
    assert imports.commit(batch.id, now=now) == Imported(5, 0, 2)
    imports.undo(again(batch), now=now)
    assert names(school) == []


def test_undo_takes_back_all_of_it(make: Builder, school: School, school_class: SchoolClass, now: datetime) -> None:
    imports.bring_in(school_class, listed(*FIVE[:3]), now=now)
    other = make.student(make.school_class(school), given_name="Eva", family_name="Ash", number="N9")
    before = known_students(school.id)
    changed = [
        "Ana,Hall,N1,one@pupils.example,Parent Ana,new@families.example",
        "Ben,Hill,N2,,Second Parent,second@families.example",
        "Eva,Ash,N9,,,",
    ]
    batch = imports.look(school_class, listed(*changed, *FIVE[3:]), now=now)
    said = ImportChoices(guardians={(3, 0): GuardianAnswer(GuardianChoice.ADDS)})
    assert imports.commit(batch.id, said, now=now) == Imported(2, 3, 1)
    assert school_class.id in known_students(school.id)[other.id].class_ids
    preview = undoing.preview_undo(again(batch), now=now)
    assert (preview.removed, preview.restored, preview.kept, preview.corrected) == (2, 3, (), 0)
    imports.undo(batch, now=now)
    assert known_students(school.id) == before
    assert (again(batch).state, again(batch).added) == (ImportState.UNDONE, 2)
    gone = select(Mailbox.address).where(Mailbox.address.like("p4@%") | Mailbox.address.like("p5@%"))
    assert db.session.scalars(gone).all() == []
    assert db.session.scalar(select(func.count(Guardian.id)).where(Guardian.school_id == school.id)) == 3


def test_undo_leaves_what_somebody_changed_since_and_says_so(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    imports.bring_in(school_class, listed(FIVE[0]), now=now)
    batch = imports.look(school_class, listed("Ana,Hall,N1,one@pupils.example,,", *FIVE[1:]), now=now)
    imports.commit(batch.id, now=now)
    edit(student_of(school, "1"), school, email="other@pupils.example", now=now)
    edit(student_of(school, "2"), school, given_name="Corrected", now=now)
    removal.remove_student(student_of(school, "3"), now=now)
    register(make.outreach_session(make.clinician()), school_class, teacher, student_of(school, "4"), now=now)
    kept = {why for _who, why in undoing.preview_undo(again(batch), now=now).kept}
    assert kept == {KeptBecause.CHANGED, KeptBecause.REGISTERED}
    imports.undo(batch, now=now)
    assert names(school) == ["Ana", "Corrected", "Dan"]
    first = known_students(school.id)[student_of(school, "1")]
    assert (first.family_name, first.email) == ("Hill", "other@pupils.example")
    assert sorted(undoing.kept_students(batch.id)) == [
        ("Ana Hill", KeptBecause.CHANGED),
        ("Corrected Hill", KeptBecause.CHANGED),
        ("Dan Hill", KeptBecause.REGISTERED),
    ]


def test_undo_withdraws_what_has_not_left_and_corrects_what_has(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    imports.bring_in(school_class, listed(*FIVE[:2]), now=now)
    register(make.outreach_session(make.clinician()), school_class, teacher, student_of(school, "1"), student_of(school, "2"), now=now)
    send_all()
    batch = imports.look(school_class, listed(*[row.replace("families", "new") for row in FIVE[:2]]), now=now)
    imports.commit(batch.id, now=now)
    assert queued() == {
        ("p1@families.example", CANCELLED),
        ("p2@families.example", CANCELLED),
        ("p1@new.example", INVITED),
        ("p2@new.example", INVITED),
    }
    assert undoing.preview_undo(again(batch), now=now).corrected == 2
    imports.undo(batch, now=now)
    assert not [address for address, _what in queued() if address.endswith("@new.example")]
    send_all()
    batch = imports.look(school_class, listed(FIVE[0].replace("families", "new")), now=now)
    imports.commit(batch.id, now=now)
    send_all()
    imports.undo(batch, now=now)
    assert queued() == {("p1@new.example", CANCELLED), ("p1@families.example", INVITED)}


def test_an_upload_is_kept_for_a_day_and_what_was_done_for_a_month(school: School, school_class: SchoolClass, now: datetime) -> None:
    waits, done = imports.look(school_class, listed(FIVE[0]), now=now), imports.look(school_class, listed(FIVE[1]), now=now)
    imports.commit(done.id, now=now)
    assert db.session.scalar(select(ImportBatch.content).where(ImportBatch.id == done.id)) is None
    day, month = now + use_cases.KEPT_UPLOADS, now + use_cases.CAN_BE_UNDONE
    assert use_cases.forget_uploads(now=day) == 0
    assert use_cases.forget_uploads(now=day + SECOND) == 1
    assert db.session.scalars(select(ImportBatch.id)).all() == [done.id]
    assert db.session.scalar(select(func.count(ImportRow.id))) == 0
    with pytest.raises(Refusal, match="can no longer be undone"):
        use_cases.start_undo(done.id, by_id=done.by_id or 0, now=month)
    assert (use_cases.forget_uploads(now=month), db.session.scalar(select(func.count(ImportChange.id)))) == (0, 1)
    use_cases.forget_uploads(now=month + SECOND)
    assert db.session.scalar(select(func.count(ImportChange.id))) == 0
    assert names(school) == ["Ben"]
    assert waits.id != done.id


def test_what_an_import_did_to_a_student_goes_with_them(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    imports.bring_in(school_class, listed(*FIVE[:2]), now=now)
    outreach_session = make.outreach_session(make.clinician())
    register(outreach_session, school_class, teacher, student_of(school, "1"), now=now)
    for number in ("1", "2"):
        removal.remove_student(student_of(school, number), now=outreach_session.ends_at)
    assert db.session.scalar(select(func.count(ImportChange.id))) == 0
    assert db.session.scalar(select(func.count(Student.id)).where(Student.school_id == school.id)) == 1


def test_who_may_no_longer_change_the_school_imports_nothing(
    school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    batch = imports.look(school_class, listed(*FIVE), now=now)
    with transaction():
        teacher.active = False
    with pytest.raises(Refusal, match="may no longer change"):
        imports.commit(batch.id, now=now)
    assert names(school) == []


WHOLE = "Given name,Family name,Number,Class"


def of_school(*rows: str) -> bytes:
    return "\n".join([WHOLE, *rows]).encode()


def places(school: School) -> dict[str, list[str]]:
    """Say who is in which class."""
    mine = select(SchoolClass).where(SchoolClass.school_id == school.id)
    classes = {one.id: one.name for one in db.session.scalars(mine)}
    return {one.given_name: sorted(classes[key] for key in one.class_ids) for one in known_students(school.id).values()}


def test_a_list_of_several_classes_fills_those_there_are_and_makes_the_others(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    dan = make.student(make.school_class(school, name="8A"), given_name="Dan", family_name="Hill", number="N4")
    rows = ("Ana,Hill,N1,9b", "Ben,Hill,N2,9C", "Cem,Hill,N3,9C", "Dan,Hill,N4,9C", "Eli,Hill,N5,")
    batch = imports.look(school_class, of_school(*rows), now=now)
    assert [(one["name"], one["count"], one["stands_for"]) for one in batch.review["classes"]] == [("9b", 1, school_class.id), ("9C", 3, 0)]
    assert imports.commit(batch.id, now=now) == Imported(4, 1, 0)
    assert places(school) == {"Ana": ["9B"], "Ben": ["9C"], "Cem": ["9C"], "Dan": ["8A", "9C"], "Eli": ["9B"]}
    again_in_another_order = imports.look(school_class, of_school(*reversed(rows)), now=now)
    assert again_in_another_order.review["to_write"] == 0
    imports.undo(batch, now=now)
    assert places(school) == {"Dan": ["8A"]}
    assert "9C" not in db.session.scalars(select(SchoolClass.name).where(SchoolClass.school_id == school.id)).all()
    assert dan.id in known_students(school.id)


def test_a_name_can_stand_for_another_class_and_who_comes_there_can_leave_theirs(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    other = make.school_class(school, name="8A")
    make.student(other, given_name="Dan", family_name="Hill", number="N4")
    said = ImportChoices(classes={"Form 9": school_class.id, "Form 8": other.id}, moves=True)
    batch = imports.look(school_class, of_school("Dan,Hill,N4,Form 9", "Ana,Hill,N1,Form 8"), said, now=now)
    updated = db.session.scalars(select(ImportRow.shown).where(ImportRow.batch_id == batch.id, ImportRow.section == "updated")).one()
    assert updated["news"] == ["will join 9B", "will leave 8A"]
    imports.commit(batch.id, now=now)
    assert places(school) == {"Dan": ["9B"], "Ana": ["8A"]}
    imports.undo(batch, now=now)
    assert places(school) == {"Dan": ["8A"]}


def test_students_of_a_class_are_removed_together_but_those_with_a_place_to_come(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    imports.bring_in(school_class, listed(*FIVE), now=now)
    other = make.student(make.school_class(school), given_name="Other")
    register(make.outreach_session(make.clinician()), school_class, teacher, student_of(school, "1"), now=now)
    chosen = [student_of(school, number) for number in "123"] + [other.id]
    preview = removal.preview_removal(school_class.id, chosen, now=now)
    assert (list(preview.removed.values()), list(preview.stay.values())) == (["Ben Hill", "Cem Hill"], ["Ana Hill"])
    assert removal.remove_students(school_class.id, chosen, now=now) == 2
    assert names(school) == ["Ana", "Dan", "Eli", "Other"]
    assert removal.remove_students(school_class.id, chosen, now=now) == 0


WHOLE_CLASS = ImportChoices(scope=ListScope.CLASS)


def test_who_is_not_on_a_list_of_the_whole_class_leaves_it_when_confirmed_and_undo_brings_them_back(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    imports.bring_in(school_class, listed(*FIVE), now=now)
    other = make.school_class(school, name="Chess")
    make.student(other, given_name="Zoe")
    ben = student_of(school, "2")
    with transaction():
        lock_school(school.id)
        db.session.execute(insert(enrolment).values(class_id=other.id, student_id=ben))
    before = known_students(school.id)
    batch = imports.look(school_class, listed(FIVE[0], FIVE[2], FIVE[4]), WHOLE_CLASS, now=now)
    assert (batch.review["leavers"], batch.review["leaves_many"]) == (2, False)
    imports.commit(batch.id, replace(WHOLE_CLASS, leaves=True), now=now)
    after = known_students(school.id)
    gone = {one.given_name: one.class_ids for one in after.values() if school_class.id not in one.class_ids}
    assert gone == {"Zoe": {other.id}, "Ben": {other.id}, "Dan": frozenset()}
    assert again(batch).left == 2
    imports.undo(again(batch), now=now)
    assert known_students(school.id) == before


def test_nobody_leaves_unconfirmed_unseen_or_with_most_of_a_class_unasked(
    make: Builder, school: School, school_class: SchoolClass, now: datetime
) -> None:
    imports.bring_in(school_class, listed(*FIVE), now=now)
    leaves = replace(WHOLE_CLASS, leaves=True)
    unseen = imports.look(school_class, listed(FIVE[0]), now=now)
    with pytest.raises(Stale, match="isn't on the list"):
        imports.commit(unseen.id, leaves, now=now)
    most = imports.look(school_class, listed(FIVE[0]), WHOLE_CLASS, now=now)
    with pytest.raises(Refusal, match="More than half"):
        imports.commit(most.id, leaves, now=now)
    imports.commit(most.id, WHOLE_CLASS, now=now)
    bad = imports.look(school_class, listed(*FIVE[:4], "Eli,=1+1,N5,,,"), WHOLE_CLASS, now=now)
    assert (bad.review["may_leave"], bad.review["leavers"]) == (False, 0)
    stale = imports.look(school_class, listed(*FIVE[:4]), WHOLE_CLASS, now=now)
    make.student(school_class, given_name="Just", family_name="Joined")
    with transaction():
        lock_school(school.id)
    with pytest.raises(Refusal, match="Nothing was imported"):
        imports.commit(stale.id, leaves, now=now)
    assert sum(school_class.id in one.class_ids for one in known_students(school.id).values()) == 6


WHOLE_SCHOOL = ImportChoices(scope=ListScope.SCHOOL)
BORN = "Given name,Family name,Birth date,Class"


def test_who_is_not_on_a_list_of_the_school_leaves_with_their_seats_if_asked_and_can_come_back(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    everybody = [f"{NAMES[number]},Hill,N{number},{'9B' if number < 4 else '8A'}" for number in range(1, 6)]
    imports.bring_in(school_class, of_school(*everybody), now=now)
    ana, ben = student_of(school, "1"), student_of(school, "2")
    with transaction():
        lock_school(school.id)
        db.session.get_one(Student, ben).birth_date = date(2012, 4, 30)
    outreach_session = make.outreach_session(make.clinician())
    register(outreach_session, school_class, teacher, ana, now=now)
    before = known_students(school.id)
    here, leaves = of_school(*everybody[2:]), replace(WHOLE_SCHOOL, leaves=True)

    first = imports.look(school_class, here, WHOLE_SCHOOL, now=now)
    assert [(one["names"], one["told"]) for one in first.review["seats"]] == [(["Ana Hill"], 0)]
    imports.commit(first.id, leaves, now=now)
    assert places(school) == {"Ana": ["9B"], "Ben": [], "Cem": ["9B"], "Dan": ["8A"], "Eli": ["8A"]}
    assert known_students(school.id)[ben].left_on == now.date()
    returned = imports.look(school_class, f"{BORN}\nBen,Hill,2012-04-30,9B\n".encode(), now=now)
    shown = db.session.scalars(select(ImportRow.shown).where(ImportRow.batch_id == returned.id, ImportRow.section == "updated")).one()
    assert shown["news"] == ["comes back to the school", "will join 9B"]
    imports.commit(returned.id, now=now)
    assert known_students(school.id) == before

    second = imports.look(school_class, here, WHOLE_SCHOOL, now=now)
    imports.commit(second.id, replace(leaves, withdraws=True), now=now)
    state = select(Registration.state).where(Registration.student_id == ana)
    assert (again(second).left, db.session.scalar(state)) == (2, RegistrationState.WITHDRAWN)
    assert imports.look(school_class, here, WHOLE_SCHOOL, now=now).review["leavers"] == 0
    imports.undo(again(second), now=now)
    assert (known_students(school.id), db.session.scalar(state)) == (before, RegistrationState.WITHDRAWN)


def test_a_list_of_one_class_lets_nobody_leave_the_school_and_a_new_seat_keeps_a_student(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime
) -> None:
    rows = [f"{NAMES[number]},Hill,N{number},{'9B' if number < 4 else '8A'}" for number in range(1, 6)]
    imports.bring_in(school_class, of_school(*rows), now=now)
    assert imports.look(school_class, of_school(*rows[:3]), WHOLE_SCHOOL, now=now).review["leavers"] == 0
    batch = imports.look(school_class, of_school(*rows[1:]), WHOLE_SCHOOL, now=now)
    register(make.outreach_session(make.clinician()), school_class, teacher, student_of(school, "1"), now=now)
    imports.commit(batch.id, replace(WHOLE_SCHOOL, leaves=True, withdraws=True), now=now)
    assert (again(batch).left, places(school)["Ana"]) == (0, ["9B"])


def test_who_stays_for_a_seat_does_not_stop_the_others_from_leaving_after_a_change_elsewhere(
    make: Builder, school: School, school_class: SchoolClass, teacher: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        f"{NAMES[number % 5 + 1]},{'Hill' if number < 6 else 'Ash'},N{number},{'9B' if number < 5 else '8A'}" for number in range(1, 11)
    ]
    imports.bring_in(school_class, of_school(*rows), now=now)
    register(make.outreach_session(make.clinician()), school_class, teacher, student_of(school, "1"), now=now)
    said = replace(WHOLE_SCHOOL, leaves=True)
    batch = imports.look(school_class, of_school(*rows[3:]), WHOLE_SCHOOL, now=now)
    job_id = use_cases.start_import(batch.id, said, shown=str(batch.read_by), by_id=batch.by_id or 0, now=now)
    with transaction():
        db.session.get_one(BackgroundJob, job_id).due_at = now
    monkeypatch.setattr(background, "SLICE", 0)
    for _chunk in range(2):  # what the answers changed, then the first who leave
        work_off(LIST_WORK, now=now)
    with transaction():
        lock_school(school.id)
    for _chunk in range(5):
        work_off(LIST_WORK, now=now)
    left = {one.number for one in known_students(school.id).values() if one.left_on}
    assert (again(batch).state, left) == (ImportState.IMPORTED, {"N2", "N3"})
