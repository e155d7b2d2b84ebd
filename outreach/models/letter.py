"""The outbox: letters waiting to be sent, and what became of them. The table is the queue."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base, Facts, Key, Line, Prose, Word
from outreach.models.invitation import Invitation
from outreach.models.mailbox import Mailbox
from outreach.models.outreach_session import OutreachSession


class LetterKind(enum.StrEnum):
    """What a letter is about. All that a kind decides is in the module of its name in `letters/kinds/`; here is only the column's CHECK."""

    INVITATION = "invitation"
    PROMOTED = "promoted"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    REMOVED = "removed"
    WAITING = "waiting"
    REMINDER = "reminder"
    DIGEST = "digest"
    ROSTER = "roster"
    WRONG_ADDRESS = "wrong_address"
    BLOCKED = "blocked"
    NOTE = "note"
    DECISION = "decision"
    CONFIRM_ANSWER = "confirm_answer"
    APPLICATION = "application"
    ACCOUNT = "account"
    THANKS = "thanks"
    MESSAGE_ANSWER = "message_answer"
    NOT_MINE = "not_mine"
    KEEP_OR_RELEASE = "keep_or_release"
    JOB = "job"
    LINK = "link"


class LetterState(enum.StrEnum):
    """Queued, out with a worker, or settled one way or another."""

    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


UNSETTLED = (LetterState.QUEUED, LetterState.LEASED)


class Letter(Base):
    """A mail of a given kind to one mailbox, with the facts as they were when it was written."""

    __tablename__ = "letter"

    id: Mapped[Key]
    key: Mapped[Word] = mapped_column(unique=True, default=lambda: uuid4().hex, comment="Stands for this letter in its Message-ID")
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("outreach_session.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), index=True)
    sequence: Mapped[int | None] = mapped_column(comment="Of the calendar object it carries")
    kind: Mapped[LetterKind]
    locale: Mapped[Word] = mapped_column(default="en")
    facts: Mapped[Facts]
    dedupe_key: Mapped[Line] = mapped_column(unique=True, comment="The same news is never written twice")
    state: Mapped[LetterState] = mapped_column(default=LetterState.QUEUED)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[Word | None]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    server_words: Mapped[Prose] = mapped_column(default="", comment="What the mail server said last")

    mailbox: Mapped[Mailbox] = relationship()
    outreach_session: Mapped[OutreachSession | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship()

    __table_args__ = (
        CheckConstraint("(state = 'leased') = (lease_token IS NOT NULL)", name="a_lease_has_a_token"),
        CheckConstraint("(state IN ('queued', 'leased')) = (settled_at IS NULL)", name="settled_says_when"),
        CheckConstraint("attempts >= 0", name="attempts_are_counted"),
        Index(
            "ix_letter_due_at",
            "due_at",
            "id",
            sqlite_where=text("state IN ('queued', 'leased')"),
            postgresql_where=text("state IN ('queued', 'leased')"),
            info={"question": "What is due?"},
        ),
        Index(
            "ix_letter_stream",
            "mailbox_id",
            "session_id",
            "id",
            sqlite_where=text("state IN ('queued', 'leased')"),
            postgresql_where=text("state IN ('queued', 'leased')"),
            info={"question": "Is an earlier letter of this stream still under way?"},
        ),
        Index("ix_letter_state_created_at", "state", "created_at", info={"question": "The mail log, newest first"}),
    )

    def drop(self, *, now: datetime) -> None:
        """Don't send it: what it says isn't true any more. The same news may be written again."""
        self.state, self.settled_at = LetterState.DROPPED, now
        self.dedupe_key = f"{self.dedupe_key}:dropped:{self.id}"


class OutboxPause(Base):
    """The one row that holds the whole queue back while the mail server is away or refuses us."""

    __tablename__ = "outbox_pause"

    id: Mapped[Key]
    since: Mapped[datetime]
    until: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1, comment="Pauses in a row: each is longer")
    reason: Mapped[Line]
    server_words: Mapped[Prose] = mapped_column(default="")

    __table_args__ = (CheckConstraint("id = 1", name="there_is_only_one"),)
