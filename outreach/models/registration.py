"""Registrations: one student's place in one session, its history, and the consent behind it."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base, Key, Line, Numbers, Prose, Word
from outreach.models.outreach_session import OutreachSession
from outreach.models.school import Guardian, School, SchoolClass, Student
from outreach.models.user import User


class RegistrationState(enum.StrEnum):
    """The state of a registration."""

    WAITING = "waiting"
    OFFERED = "offered"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    RELEASED = "released"


SEATED = (RegistrationState.OFFERED, RegistrationState.PENDING, RegistrationState.CONFIRMED)
ACTIVE = (RegistrationState.WAITING, *SEATED)
HAVE_AN_ENTRY = (RegistrationState.PENDING, RegistrationState.CONFIRMED)


class WaitReason(enum.StrEnum):
    """Why a student waits."""

    FULL = "full"
    SCHOOL_LIMIT = "school_limit"


class Registration(Base):
    """One student's place in one session. Coming back after a withdrawal is a new row."""

    __tablename__ = "registration"

    id: Mapped[Key]
    session_id: Mapped[int] = mapped_column(ForeignKey("outreach_session.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    class_id: Mapped[int | None] = mapped_column(ForeignKey("school_class.id", ondelete="SET NULL"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True, comment="Who answers for this student and hears of changes")
    state: Mapped[RegistrationState]
    wait_reason: Mapped[WaitReason | None]
    queued_at: Mapped[datetime] = mapped_column(comment="The waiting list is ordered by (queued_at, id)")
    offered_until: Mapped[datetime | None]
    held_until: Mapped[datetime | None] = mapped_column(comment="A held seat is released then, unless somebody settles what is missing")
    changed_at: Mapped[datetime]
    kept_because: Mapped[Prose] = mapped_column(default="", server_default="", comment="Why the seat stays though an age rule is broken")
    kept_floor: Mapped[int | None] = mapped_column(comment="The age floor that was lifted for this student")
    kept_site_floor: Mapped[int | None] = mapped_column(comment="The area's own floor that a coordinator lifted")
    kept_age: Mapped[int | None] = mapped_column(comment="How old they were on the day then; none: unknown")

    outreach_session: Mapped[OutreachSession] = relationship()
    student: Mapped[Student] = relationship()
    school: Mapped[School] = relationship()
    school_class: Mapped[SchoolClass | None] = relationship()
    teacher: Mapped[User] = relationship()

    __table_args__ = (
        Index(
            "ix_registration_session_id_state_queued_at",
            "session_id",
            "state",
            "queued_at",
            "id",
            info={"question": "Who is seated, who is next?"},
        ),
        Index("ix_registration_school_id_session_id", "school_id", "session_id", info={"question": "Whom did this school register?"}),
        Index(
            "uq_registration_a_student_has_one_place_in_a_session",
            "session_id",
            "student_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'offered', 'pending', 'confirmed')"),
            postgresql_where=text("state IN ('waiting', 'offered', 'pending', 'confirmed')"),
        ),
    )

    @property
    def is_seated(self) -> bool:
        """They take a seat."""
        return self.state in SEATED

    @property
    def is_active(self) -> bool:
        """They take part or wait."""
        return self.state in ACTIVE


class RegistrationStep(Base):
    """One step in a registration's life: history is only ever added to."""

    __tablename__ = "registration_step"

    id: Mapped[Key]
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    state: Mapped[RegistrationState]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="Who signed in did it")
    by_mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), comment="Who did it through a link; neither: the service")
    note: Mapped[Prose] = mapped_column(default="")


class SeatDraw(Base):
    """The order in which a class gets the seats of a session, drawn once; who joins the class later comes after."""

    __tablename__ = "seat_draw"

    id: Mapped[Key]
    session_id: Mapped[int] = mapped_column(ForeignKey("outreach_session.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id", ondelete="CASCADE"), index=True)
    student_ids: Mapped[Numbers] = mapped_column(comment="The students of the class then, in the order drawn")
    drawn_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    drawn_at: Mapped[datetime]

    drawn_by: Mapped[User] = relationship()

    __table_args__ = (UniqueConstraint("session_id", "class_id"),)


class Purpose(enum.StrEnum):
    """What a consent is for."""

    ATTEND = "attend"
    PHOTO = "photo"
    CONTACT = "contact"
    MENTORING = "mentoring"
    RESPONSIBILITY = "responsibility"


class Arrangement(Base):
    """What a school tells the families of its students about the day of one session."""

    __tablename__ = "arrangement"

    session_id: Mapped[int] = mapped_column(ForeignKey("outreach_session.id", ondelete="CASCADE"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id", ondelete="CASCADE"), primary_key=True)
    looked_after_by: Mapped[Line] = mapped_column(default="")
    travel: Mapped[Line] = mapped_column(default="")
    day_contact: Mapped[Line] = mapped_column(default="", comment="Who families call on the day")


class Consent(Base):
    """The ledger: who allowed what, by which text, when and how; a revocation is a date, never a deletion.

    RESPONSIBILITY: a teacher is responsible in place of a guardian.
    """

    __tablename__ = "consent"

    id: Mapped[Key]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id", ondelete="SET NULL"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("outreach_session.id"), index=True)
    purpose: Mapped[Purpose]
    text_version: Mapped[Word]
    how: Mapped[Line]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    given_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    student: Mapped[Student] = relationship()
    guardian: Mapped[Guardian | None] = relationship()
    given_by: Mapped[User | None] = relationship()
