"""Mailboxes: one normalised e-mail address each, whoever reads it."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base, Key, Line, Prose, Word


def new_token() -> str:
    """Draw 80 random bits in lower-case base32: fits a local part, survives any change of case."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


class Mailbox(Base):
    """An address, unique in the service: a teacher, a guardian and two siblings may share it."""

    __tablename__ = "mailbox"

    id: Mapped[Key]
    address: Mapped[Line] = mapped_column(unique=True)
    token: Mapped[Word] = mapped_column(unique=True, default=new_token, comment="Stands for this mailbox in the reply address, for life")
    locale: Mapped[Word] = mapped_column(default="en")
    link_version: Mapped[int] = mapped_column(default=1, comment="One more, and every link sent so far is void")
    stopped_at: Mapped[datetime | None] = mapped_column(comment="Its reader said: not my child, wrong address")
    undeliverable_at: Mapped[datetime | None] = mapped_column(comment="A mail server said there is no such mailbox")
    undeliverable_words: Mapped[Prose | None]
    blocked_at: Mapped[datetime | None] = mapped_column(comment="Its domain turns our letters away by policy")
    reminders_stopped_at: Mapped[datetime | None] = mapped_column(comment="Its reader wants no reminders, or called one unwanted")

    __table_args__ = (CheckConstraint("address = lower(address)", name="address_is_lower_case"),)

    @property
    def is_open(self) -> bool:
        """Letters about sessions may go there."""
        return self.stopped_at is None

    @property
    def is_reached(self) -> bool:
        """Letters go there and nothing says that they don't arrive."""
        return self.is_open and self.undeliverable_at is None and self.blocked_at is None

    @property
    def domain(self) -> str:
        """The part behind the @."""
        return self.address.rpartition("@")[2]

    def stop(self, *, now: datetime) -> None:
        """Send nothing about sessions there any more, and make its links void."""
        self.stopped_at = now
        self.link_version += 1
