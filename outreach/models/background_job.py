"""Long work that the worker does in the background, one row for each piece of it. The table is the queue."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base, Facts, Key, Line, Prose, Word
from outreach.models.user import User


class BackgroundJobState(enum.StrEnum):
    """Waiting for a worker, in the hands of one, or at its end."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (BackgroundJobState.QUEUED, BackgroundJobState.LEASED)


class BackgroundJob(Base):
    """Long work that somebody started. It is done in chunks; `done` says how many parts of `total` are written."""

    __tablename__ = "background_job"

    id: Mapped[Key]
    kind: Mapped[Word] = mapped_column(comment="Names who does it, in runtime/long_work.py")
    title: Mapped[Line] = mapped_column(comment="What it is, in the words of who started it")
    facts: Mapped[Facts] = mapped_column(comment="What it works on: ids, no personal data")
    page: Mapped[Line] = mapped_column(comment="Path of the page that shows what came of it")
    started_by_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    state: Mapped[BackgroundJobState] = mapped_column(default=BackgroundJobState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0, comment="0: not known yet")
    tries: Mapped[int] = mapped_column(default=0, comment="Failed ones since the last chunk that was written")
    words: Mapped[Prose] = mapped_column(default="", comment="What came of it, or why it failed")
    due_at: Mapped[datetime]
    lease_token: Mapped[Word | None]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    started_by: Mapped[User] = relationship()

    __table_args__ = (
        CheckConstraint("(state = 'leased') = (lease_token IS NOT NULL)", name="a_lease_has_a_token"),
        CheckConstraint("(state IN ('queued', 'leased')) = (finished_at IS NULL)", name="finished_says_when"),
        CheckConstraint("done >= 0 AND total >= 0 AND tries >= 0", name="progress_is_counted"),
        Index(
            "ix_background_job_due_at",
            "due_at",
            "id",
            sqlite_where=text("state IN ('queued', 'leased')"),
            postgresql_where=text("state IN ('queued', 'leased')"),
            info={"question": "What is due?"},
        ),
        Index("ix_background_job_finished_at", "finished_at", info={"question": "Which are old?"}),
    )

    @property
    def is_finished(self) -> bool:
        """No worker does any more of it."""
        return self.state not in UNFINISHED

    def finish(self, state: BackgroundJobState, words: str, *, now: datetime) -> None:
        """End it: done, failed or cancelled."""
        self.state, self.words, self.finished_at = state, words, now
        self.lease_token = self.leased_until = None
