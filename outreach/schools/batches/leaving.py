"""Taking students who aren't on a list of the whole class out of it. They stay at the school, with their seats."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import Select, delete, false, select

from outreach.db import db
from outreach.errors import Refusal, Stale
from outreach.models import ImportBatch, ImportRow, ImportSection, enrolment
from outreach.schools.batches.codec import read_choices
from outreach.schools.imports.choices import ImportChoices, ListScope


def must_have_been_shown(batch: ImportBatch, choices: ImportChoices) -> None:
    """Raise Stale where a list is said to be the whole class and the review didn't show who leaves, Refusal where more than half would."""
    if choices.scope is ListScope.SOME:
        return
    if batch.review.get("scope") != choices.scope:
        raise Stale(_("Check first who isn't on the list. Nothing was imported."))
    if choices.leaves and not batch.review.get("leavers"):
        raise Stale(_("The list or the class has changed since you checked it. Nothing was imported. Please check again."))
    if choices.leaves and batch.review.get("leaves_many") and not choices.leaves_many:
        raise Refusal(_("More than half of a class would leave it. If that is right, tick both boxes and import again."))


def leavers_left(batch: ImportBatch) -> Select[ImportRow]:
    """Ask for the rows of those who leave and are still there; none unless a person said that they leave."""
    choices = read_choices(batch.choices)
    leaves = choices.leaves and choices.scope is ListScope.CLASS
    mine = ImportRow.batch_id == batch.id, ImportRow.section == ImportSection.ABSENT, ImportRow.is_written.is_(False)
    return select(ImportRow).where(*mine, *(() if leaves else (false(),)))


def take_out(batch: ImportBatch, student_ids: Sequence[int]) -> None:
    """Take students out of the classes the list covers. Joins the caller's transaction, which has locked the school."""
    covered = enrolment.c.class_id.in_(batch.review["covered"])
    db.session.execute(delete(enrolment).where(enrolment.c.student_id.in_(student_ids), covered))
