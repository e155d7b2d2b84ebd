"""Imports of class lists: what was uploaded, what it would do, and what it did, so that it can be undone."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from outreach.db import Base, Facts, Key, Line, Word
from outreach.models.background_job import BackgroundJob
from outreach.models.school import School, SchoolClass
from outreach.models.user import User


class ImportState(enum.StrEnum):
    """How far an import has come; its job says whether a worker is at it."""

    READING = "reading"
    REVIEW = "review"
    IMPORTING = "importing"
    IMPORTED = "imported"
    UNDOING = "undoing"
    UNDONE = "undone"


class ImportSection(enum.StrEnum):
    """In which part of the review a row is."""

    BAD = "bad"
    ASKED = "asked"
    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ABSENT = "absent"


class ImportBatch(Base):
    """One uploaded list. The list itself and its rows are kept for a day, or until it is imported; the counts for good."""

    __tablename__ = "import_batch"

    id: Mapped[Key]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id", ondelete="CASCADE"))
    class_id: Mapped[int | None] = mapped_column(ForeignKey("school_class.id", ondelete="SET NULL"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("background_job.id", ondelete="SET NULL"), index=True)
    file_name: Mapped[Line] = mapped_column(default="", comment="Empty: it was pasted")
    uploaded_at: Mapped[datetime]
    state: Mapped[ImportState] = mapped_column(default=ImportState.READING)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    choices: Mapped[Facts] = mapped_column(default=dict, comment="What a person said about the list")
    review: Mapped[Facts] = mapped_column(default=dict, comment="What the review says above its rows")
    read_by: Mapped[int] = mapped_column(default=0, comment="The job that made the review, by id")
    is_planned: Mapped[bool] = mapped_column(default=False, comment="The rows are as the choices say")
    people_version: Mapped[int] = mapped_column(default=0, comment="That of the school when the rows were planned")
    added: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0, server_default="0", comment="Students who left a class as they weren't on its list")
    finished_at: Mapped[datetime | None] = mapped_column(comment="When it was imported, or as far as it came")
    undone_at: Mapped[datetime | None]

    school: Mapped[School] = relationship()
    school_class: Mapped[SchoolClass | None] = relationship()
    by: Mapped[User | None] = relationship()
    job: Mapped[BackgroundJob | None] = relationship()

    __table_args__ = (
        CheckConstraint("(state IN ('reading', 'review', 'importing')) = (finished_at IS NULL)", name="finished_says_when"),
        Index("ix_import_batch_school_id_uploaded_at", "school_id", "uploaded_at", info={"question": "A school's imports, newest first"}),
        Index("ix_import_batch_uploaded_at", "uploaded_at", info={"question": "Which are old?"}),
    )

    @property
    def written(self) -> int:
        """Count the students it has changed."""
        return self.added + self.updated + self.left

    @property
    def is_running(self) -> bool:
        """A worker is at it, or will be in a moment."""
        return self.job is not None and not self.job.is_finished


class ImportRow(Base):
    """One row of a list: what the review says of it, and what is to be done."""

    __tablename__ = "import_row"

    id: Mapped[Key]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"))
    section: Mapped[ImportSection]
    line: Mapped[int]
    shown: Mapped[Facts]
    act: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql"))
    is_written: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_import_row_batch_id_section_id", "batch_id", "section", "id", info={"question": "One page of a section"}),)


class ImportChange(Base):
    """What an import did to one student: before and after. Kept for a month, and no longer than the student."""

    __tablename__ = "import_change"

    id: Mapped[Key]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql"), comment="None: the import added them"
    )
    after: Mapped[Facts]
    is_settled: Mapped[bool] = mapped_column(default=False, comment="Undone, or found to be impossible to undo")
    kept: Mapped[Word] = mapped_column(default="", comment="Why it can't be undone; empty: it can, or is")
