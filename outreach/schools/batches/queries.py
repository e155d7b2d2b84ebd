"""What pages show of imports: a list of them, and the rows of a review, page by page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from outreach.db import db
from outreach.models import ImportBatch, ImportRow, ImportSection, User
from outreach.schools.batches.codec import read_choices
from outreach.schools.batches.planning import answers_of
from outreach.schools.queries import kept
from outreach.web import Page, page_of

PAGE = 50
# Of these the first page shows so many; all others have pages of their own.
FIRST = {ImportSection.NEW: 50, ImportSection.UPDATED: 50, ImportSection.UNCHANGED: 200, ImportSection.ABSENT: 200, ImportSection.BAD: 100}


def batches(user: User, number: int) -> Page:
    """Read one page of the imports into the schools a user keeps, newest first."""
    mine = kept(ImportBatch.school_id, user)
    wanted = select(ImportBatch).where(mine).order_by(ImportBatch.uploaded_at.desc(), ImportBatch.id.desc())
    whose = joinedload(ImportBatch.by), joinedload(ImportBatch.school), joinedload(ImportBatch.job)
    return page_of(wanted.options(*whose), number, size=PAGE)


def section_of(batch_id: int, section: ImportSection, number: int) -> Page:
    """Read one page of one part of a review."""
    return page_of(_shown(batch_id, section), number, size=PAGE)


def review_of_batch(batch: ImportBatch) -> dict[str, list[Any]]:
    """Read what the first page of a review shows: every question with the answer so far, and the beginning of all other parts."""
    found: dict[str, list[Any]] = {
        section.value: list(db.session.scalars(_shown(batch.id, section).limit(FIRST.get(section)))) for section in ImportSection
    }
    answers = answers_of(read_choices(batch.choices))
    found["asked"] = [row | {"chosen": answers.get(row["line"], "")} for row in found["asked"]]
    return found


def _shown(batch_id: int, section: ImportSection) -> Any:
    return select(ImportRow.shown).where(ImportRow.batch_id == batch_id, ImportRow.section == section).order_by(ImportRow.id)
