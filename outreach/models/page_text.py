"""Texts of public pages that a coordinator has changed."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base, Prose
from outreach.models.user import User


class PageName(enum.StrEnum):
    """The public pages whose text a coordinator may change; also their address."""

    ABOUT = "about"
    CONTACT = "contact"
    PRIVACY = "privacy"
    SAFEGUARDING = "safeguarding"


class PageText(Base):
    """The text of one page, in place of the one that comes with the service."""

    __tablename__ = "page_text"

    name: Mapped[PageName] = mapped_column(primary_key=True)
    text: Mapped[Prose] = mapped_column(comment="Markdown")
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    changed_by: Mapped[User] = relationship()
