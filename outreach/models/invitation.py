"""Invitations: the calendar object one mailbox gets for one session, and the reasons it is there."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base, Key, Line, Prose, Word
from outreach.models.mailbox import Mailbox
from outreach.models.outreach_session import OutreachSession
from outreach.models.registration import Registration
from outreach.models.user import User


class Answer(enum.StrEnum):
    """What the calendar's owner answered."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class AnswerSource(enum.StrEnum):
    """How an answer came: by a reply of a calendar program, or on our page."""

    CALENDAR = "calendar"
    PAGE = "page"


class ReasonKind(enum.StrEnum):
    """Why a session is in somebody's calendar."""

    STUDENT = "student"
    GUARDIAN = "guardian"
    TEACHER = "teacher"
    HOST = "host"


class Invitation(Base):
    """One mailbox, one session, one UID for life. Cancelled when its last reason ends, updated otherwise."""

    __tablename__ = "invitation"

    id: Mapped[Key]
    session_id: Mapped[int] = mapped_column(ForeignKey("outreach_session.id"))
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), index=True)
    uid: Mapped[Line] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(default=0, comment="One more for every revision (RFC 5546 2.1.4)")
    answers_since: Mapped[int] = mapped_column(
        default=0,
        server_default=text("0"),
        comment="SEQUENCE of the last revision that asks anew: an answer to an older one is of another time",
    )
    sent_sequence: Mapped[int | None] = mapped_column(comment="The last one a mail server accepted; none: nothing ever left")
    thread: Mapped[Word] = mapped_column(
        default="", server_default="", comment="Key of the letter whose thread the next one joins; empty: of the first that left"
    )
    answer: Mapped[Answer] = mapped_column(default=Answer.NEEDS_ACTION)
    answered_at: Mapped[datetime | None] = mapped_column(comment="When the answer that holds came; none: nobody has answered")
    answer_stamp: Mapped[datetime | None] = mapped_column(
        comment="DTSTAMP of the last reply: an older one changes nothing (RFC 5546 2.1.5)"
    )
    answer_is_verified: Mapped[bool] = mapped_column(
        default=True, server_default=true(), comment="The mail that brought it proved where it came from"
    )
    is_live: Mapped[bool] = mapped_column(default=True, comment="It stands in the calendar, or will once its letter is there")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    outreach_session: Mapped[OutreachSession] = relationship()
    mailbox: Mapped[Mailbox] = relationship()
    reasons: Mapped[list[InvitationReason]] = relationship(back_populates="invitation", order_by="InvitationReason.id")

    __table_args__ = (
        UniqueConstraint("session_id", "mailbox_id"),
        CheckConstraint("sent_sequence <= sequence", name="nothing_is_sent_before_it_is_written"),
    )

    @property
    def has_left(self) -> bool:
        """Some revision reached a mail server."""
        return self.sent_sequence is not None


class InvitationReason(Base):
    """One reason: this registration, or this adult's part in the session. A reason that ends is deleted."""

    __tablename__ = "invitation_reason"

    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"))
    kind: Mapped[ReasonKind]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))

    invitation: Mapped[Invitation] = relationship(back_populates="reasons")
    registration: Mapped[Registration | None] = relationship()
    user: Mapped[User | None] = relationship()

    __table_args__ = (
        UniqueConstraint("invitation_id", "kind", "registration_id"),
        UniqueConstraint("invitation_id", "kind", "user_id"),
        CheckConstraint("(registration_id IS NULL) <> (user_id IS NULL)", name="is_about_a_student_or_an_adult"),
    )


class InvitationAnswer(Base):
    """One answer as it came, also one that didn't count: history is only ever added to."""

    __tablename__ = "invitation_answer"

    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"), index=True)
    answer: Mapped[Answer]
    source: Mapped[AnswerSource]
    at: Mapped[datetime]
    stamp: Mapped[datetime | None] = mapped_column(comment="DTSTAMP of the reply")
    sequence: Mapped[int | None] = mapped_column(comment="Of the invitation it answers")
    counts: Mapped[bool] = mapped_column(comment="It set the answer; else it came for an old time, or too late")
    is_verified: Mapped[bool] = mapped_column(default=True)
    comment: Mapped[Prose] = mapped_column(default="")

    invitation: Mapped[Invitation] = relationship()
