"""Requests on a session's page to have one's own link sent again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from outreach.db import Base, Key, Line


class LinkRequest(Base):
    """One address somebody typed, known or not. The worker looks it up and deletes the row, so that every answer takes the same time."""

    __tablename__ = "link_request"

    id: Mapped[Key]
    session_id: Mapped[int] = mapped_column(ForeignKey("outreach_session.id", ondelete="CASCADE"))
    address: Mapped[Line] = mapped_column(comment="In normal form, as mailboxes keep it")
    asked_at: Mapped[datetime]
