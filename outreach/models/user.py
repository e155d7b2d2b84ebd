"""Users: people who sign in, their roles, and how they came by them.

Columns whose names Flask-Security dictates (tf_, mf_, fs_) are its own; second factor and passkeys need no later migration.
"""

from __future__ import annotations

import enum
from datetime import datetime

from flask_security import AsaList, RoleMixin, UserMixin, WebAuthnMixin
from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, text
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base, Key, Line, Prose, Word
from outreach.folding import full_name
from outreach.models.folded import Folded
from outreach.models.mailbox import Mailbox


class RoleName(enum.StrEnum):
    """What a user may be; one user may be several."""

    CLINICIAN = "clinician"
    TEACHER = "teacher"
    COORDINATOR = "coordinator"


user_role = Table(
    "user_role",
    Base.metadata,
    Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base, RoleMixin):
    """One of the three roles."""

    __tablename__ = "role"

    id: Mapped[Key]
    name: Mapped[Word] = mapped_column(unique=True)
    description: Mapped[Line | None]


class User(Folded, Base, UserMixin):
    """Somebody who signs in: clinician, teacher, coordinator, or an applicant with no role yet. A single name is the given name."""

    FOLDS = ("family_name", "given_name")

    __tablename__ = "user"

    id: Mapped[Key]
    email: Mapped[Line] = mapped_column(unique=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), unique=True)
    given_name: Mapped[Line]
    family_name: Mapped[Line]
    zone: Mapped[Word]
    password: Mapped[Line | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[Word] = mapped_column(unique=True)
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    tf_primary_method: Mapped[Word | None]
    tf_totp_secret: Mapped[Line | None]
    tf_phone_number: Mapped[Line | None]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(AsaList()))
    fs_webauthn_user_handle: Mapped[Word | None] = mapped_column(unique=True)  # type: ignore[assignment]  # UserMixin declares it without None

    mailbox: Mapped[Mailbox] = relationship()
    roles: Mapped[list[Role]] = relationship(secondary=user_role)  # type: ignore[assignment]  # UserMixin declares a plain list
    webauthn: Mapped[list[WebAuthn]] = relationship(  # type: ignore[assignment]  # UserMixin declares a plain list
        back_populates="user", cascade="all, delete-orphan"
    )

    @property
    def name(self) -> str:
        """Give the name colleagues know."""
        return full_name(self.given_name, self.family_name)

    @property
    def listed_name(self) -> str:
        """Give the name as lists have it: "Hall, Grace"."""
        return f"{self.family_name}, {self.given_name}" if self.family_name else self.given_name

    def is_a(self, role: RoleName) -> bool:
        """Say whether this role was given."""
        return any(given.name == role for given in self.roles)


class WebAuthn(Base, WebAuthnMixin):
    """A passkey."""

    __tablename__ = "webauthn"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(AsaList()))
    backup_state: Mapped[bool]
    device_type: Mapped[Word]
    extensions: Mapped[Line | None]
    lastuse_datetime: Mapped[datetime]
    name: Mapped[Word]
    usage: Mapped[Word]

    user: Mapped[User] = relationship(back_populates="webauthn")


class ApplicationState(enum.StrEnum):
    """How far an application has come."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"


class Application(Base):
    """Somebody asks to be a clinician or a teacher; a coordinator decides."""

    __tablename__ = "application"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[RoleName]
    place: Mapped[Line] = mapped_column(comment="The school or hospital proposed; the coordinator gives the real one")
    message: Mapped[Prose] = mapped_column(default="")
    state: Mapped[ApplicationState] = mapped_column(default=ApplicationState.PENDING)
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decision_note: Mapped[Prose] = mapped_column(default="")

    user: Mapped[User] = relationship(foreign_keys=user_id)
    decided_by: Mapped[User | None] = relationship(foreign_keys=decided_by_id)

    __table_args__ = (
        Index("ix_application_state_created_at", "state", "created_at", info={"question": "Who waits for a coordinator, oldest first?"}),
        Index(
            "uq_application_one_pending_per_role",
            "user_id",
            "role",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    def decide(self, state: ApplicationState, *, by: User, note: str, now: datetime) -> None:
        """Record the coordinator's decision."""
        self.state, self.decided_by_id, self.decision_note, self.decided_at = state, by.id, note, now
