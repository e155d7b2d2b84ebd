"""What comes back by mail: each message once, what was made of it, and what mail servers said of our letters."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, and_, false, or_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base, Key, Line, Prose, Word
from outreach.models.invitation import Invitation
from outreach.models.letter import Letter
from outreach.models.mailbox import Mailbox


class InboundKind(enum.StrEnum):
    """What a message is."""

    REPLY = "reply"
    COUNTER = "counter"
    REFRESH = "refresh"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    OTHER = "other"


class InboundOutcome(enum.StrEnum):
    """What was made of it: it changed something, is kept as history, means nothing, or a person must look."""

    APPLIED = "applied"
    HISTORY = "history"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


class InboundMessage(Base):
    """A message that came in. Its Message-ID and its hash are unique: what comes twice counts once."""

    __tablename__ = "inbound_message"

    id: Mapped[Key]
    digest: Mapped[Word] = mapped_column(unique=True, comment="SHA-256 of the message")
    message_id: Mapped[Line | None] = mapped_column(unique=True, comment="As the sender gave it; none where it gave none")
    received_at: Mapped[datetime]
    size: Mapped[int] = mapped_column(comment="Bytes")
    kind: Mapped[InboundKind]
    outcome: Mapped[InboundOutcome]
    reason: Mapped[Line] = mapped_column(default="", comment="Why, as a word of ours")
    sender: Mapped[Line] = mapped_column(default="")
    subject: Mapped[Line] = mapped_column(default="")
    raw: Mapped[bytes | None] = mapped_column(LargeBinary, comment="Kept 30 days")
    has_words: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="A calendar's message that holds what a person wrote, so somebody must read it"
    )
    reviewed_at: Mapped[datetime | None] = mapped_column(comment="A coordinator has looked")
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))

    mailbox: Mapped[Mailbox | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship()
    letter: Mapped[Letter | None] = relationship()

    @classmethod
    def needs_a_look(cls) -> ColumnElement[bool]:
        """Say that a coordinator must read it, and has not."""
        return and_(or_(cls.outcome == InboundOutcome.QUARANTINED, cls.has_words), cls.reviewed_at.is_(None))

    __table_args__ = (
        Index(
            "ix_inbound_message_outcome_received_at", "outcome", "received_at", info={"question": "What is in quarantine, newest first?"}
        ),
        Index(
            "ix_inbound_message_raw_received_at",
            "received_at",
            sqlite_where=text("raw IS NOT NULL"),
            postgresql_where=text("raw IS NOT NULL"),
            info={"question": "Which raw messages are past their time?"},
        ),
    )


class BounceKind(enum.StrEnum):
    """What a refusal says: no such mailbox, not now, not from you, or the reader calls us unwanted."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"


class Bounce(Base):
    """A letter that didn't arrive or wasn't wanted, according to a mail server or a report."""

    __tablename__ = "bounce"

    id: Mapped[Key]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    domain: Mapped[Line] = mapped_column(comment="Of the mailbox")
    kind: Mapped[BounceKind]
    status: Mapped[Word] = mapped_column(default="", comment="Enhanced code, such as 5.1.1 (RFC 3463)")
    words: Mapped[Prose] = mapped_column(default="", comment="What the server said")
    at: Mapped[datetime]

    mailbox: Mapped[Mailbox] = relationship()
    letter: Mapped[Letter | None] = relationship()

    __table_args__ = (
        Index("ix_bounce_mailbox_id_at", "mailbox_id", "at", info={"question": "How often has this mailbox bounced?"}),
        Index("ix_bounce_domain_kind_at", "domain", "kind", "at", info={"question": "Does this domain turn us away?"}),
    )


class BlockedDomain(Base):
    """A domain whose servers turn our letters away by policy, until somebody says that we are let in."""

    __tablename__ = "blocked_domain"

    domain: Mapped[Line] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    words: Mapped[Prose] = mapped_column(default="", comment="What its server said last")
    lifted_at: Mapped[datetime | None] = mapped_column(comment="We write there again from then on")
