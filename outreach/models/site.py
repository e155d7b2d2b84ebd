"""Sites, the areas in them, and who works at a site."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.db import Base, Key, Line, Prose, Word
from outreach.models.folded import Folded
from outreach.models.user import User


class Site(Folded, Base):
    """A hospital or venue; its zone is the zone of what happens there."""

    FOLDS = ("name",)

    __tablename__ = "site"

    id: Mapped[Key]
    name: Mapped[Line] = mapped_column(unique=True)
    address: Mapped[Prose] = mapped_column(default="")
    country: Mapped[Word] = mapped_column(comment="ISO 3166-1 alpha-2")
    zone: Mapped[Word]

    areas: Mapped[list[Area]] = relationship(back_populates="site", order_by="Area.folded")


class Area(Folded, Base):
    """A ward, theatre or room in a site, with rules of its own."""

    FOLDS = ("name",)

    __tablename__ = "area"

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    name: Mapped[Line]
    age_floor: Mapped[int | None]

    site: Mapped[Site] = relationship(back_populates="areas")

    __table_args__ = (
        UniqueConstraint("site_id", "name"),
        CheckConstraint("age_floor BETWEEN 0 AND 99", name="age_floor_is_plausible"),
    )


class Appointment(Base):
    """A clinician works at a site, because a coordinator said so."""

    __tablename__ = "appointment"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True, index=True)
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    approved_at: Mapped[datetime]

    user: Mapped[User] = relationship(foreign_keys=user_id)
    site: Mapped[Site] = relationship()
