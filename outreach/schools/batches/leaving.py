"""Students who aren't on a list of the whole class or school leave it.

Who leaves a class stays at the school, with their seats. Who leaves the school is in no class any more, and has no seat in a session to
come; all else is kept, so that they can come back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, delete, false, select, update

from outreach.db import db
from outreach.errors import Refusal, Stale
from outreach.folding import name_key
from outreach.models import (
    ACTIVE,
    ImportBatch,
    ImportRow,
    ImportSection,
    OutreachSession,
    Registration,
    RegistrationState,
    Student,
    enrolment,
)
from outreach.notifications import lock_sessions_and_students, read_participants
from outreach.people import contact_counts
from outreach.registration import end_registrations, locked_session
from outreach.schools.batches.codec import read_choices
from outreach.schools.imports.choices import ImportChoices, ListScope
from outreach.web import formatting


def must_have_been_shown(batch: ImportBatch, choices: ImportChoices) -> None:
    """Raise Stale where a list is said to be whole and the review didn't show who leaves, Refusal where more than half would."""
    if choices.scope is ListScope.SOME:
        return
    if batch.review.get("scope") != choices.scope:
        raise Stale(_("Check first who isn't on the list. Nothing was imported."))
    if choices.leaves and not batch.review.get("leavers"):
        raise Stale(_("The list or the class has changed since you checked it. Nothing was imported. Please check again."))
    if choices.leaves and batch.review.get("leaves_many") and not choices.leaves_many:
        raise Refusal(_("More than half of them would leave. If that is right, tick that too and import again."))


def leavers_left(batch: ImportBatch) -> Select[ImportRow]:
    """Ask for the rows of those who leave and are still there; none unless a person said that they leave."""
    choices = read_choices(batch.choices)
    leaves = choices.leaves and choices.scope is not ListScope.SOME
    mine = ImportRow.batch_id == batch.id, ImportRow.section == ImportSection.ABSENT, ImportRow.is_written.is_(False)
    return select(ImportRow).where(*mine, *(() if leaves else (false(),)))


def seats_to_withdraw(school_id: int, student_ids: Collection[int], *, now: datetime) -> list[dict[str, Any]]:
    """Give the sessions to come in which these students have a seat or wait, the next first: who, and how many would get an e-mail."""
    rows = db.session.scalars(_active(now).join(Student).where(Student.school_id == school_id).order_by(Registration.id)).all()
    of_session: dict[OutreachSession, list[Registration]] = defaultdict(list)
    leaving = set(student_ids)
    for one in rows:
        if one.student_id in leaving:
            of_session[one.outreach_session].append(one)
    found = []
    for outreach_session, some in sorted(of_session.items(), key=lambda pair: pair[0].starts_at):
        ids = [one.id for one in some]
        told = contact_counts(read_participants(outreach_session, Registration.id.in_(ids)))
        when = formatting.when(outreach_session.starts_wall, outreach_session.ends_wall, outreach_session.zone, outreach_session.fold)
        names = sorted((one.student.name for one in some), key=name_key)
        found.append(
            {"title": outreach_session.title, "when": when, "names": names, "told": told.students + told.guardians, "registrations": ids}
        )
    return found


def locked_leavers(batch: ImportBatch, choices: ImportChoices, student_ids: Collection[int], *, now: datetime) -> list[int]:
    """Lock those who may leave the school, after withdrawing the seats a person was asked about.

    Who has another seat in a session to come stays. Joins the caller's transaction, which has locked the school.
    """
    lock_sessions_and_students(student_ids, now=now)
    active = db.session.scalars(_active(now).where(Registration.student_id.in_(student_ids))).all()
    shown = {key for one in batch.review.get("seats", ()) for key in one["registrations"]} if choices.withdraws else set()
    stay = {one.student_id for one in active if one.id not in shown or not one.outreach_session.is_to_come(now)}
    ends: dict[int, list[int]] = defaultdict(list)
    for one in active:
        if one.student_id not in stay:
            ends[one.session_id].append(one.id)
    for session_id, ids in sorted(ends.items()):
        end_registrations(locked_session(session_id), ids, RegistrationState.WITHDRAWN, now=now, by_id=batch.by_id)
    return [key for key in student_ids if key not in stay]


def take_out(batch: ImportBatch, choices: ImportChoices, student_ids: Sequence[int], *, now: datetime) -> None:
    """Take students out of the classes the list covers, or of all. Joins the caller's transaction, which has locked the school."""
    theirs = delete(enrolment).where(enrolment.c.student_id.in_(student_ids))
    if choices.scope is ListScope.CLASS:
        db.session.execute(theirs.where(enrolment.c.class_id.in_(batch.review["covered"])))
        return
    db.session.execute(theirs)
    left = update(Student).where(Student.id.in_(student_ids)).values(left_on=now.date())
    db.session.execute(left.execution_options(synchronize_session=False))


def _active(now: datetime) -> Select[Registration]:
    coming = select(Registration).join(OutreachSession, OutreachSession.id == Registration.session_id)
    active = coming.where(Registration.state.in_(ACTIVE), OutreachSession.is_current(now))
    return active.execution_options(populate_existing=True)
