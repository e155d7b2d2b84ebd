"""Forms that were sent: whoever presses a button twice finds what the first time made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base, Key, Line, Word


class FormUse(Base):
    """One page's form, sent by one person, that wrote something. Kept for some days."""

    __tablename__ = "form_use"

    id: Mapped[Key]
    key: Mapped[Word] = mapped_column(unique=True, comment="Of who sent it, where to, and the key in the form (SHA-256)")
    led_to: Mapped[Line] = mapped_column(default="", comment="The page shown afterwards")
    used_at: Mapped[datetime]

    __table_args__ = (Index("ix_form_use_used_at", "used_at", info={"question": "Which are old?"}),)
