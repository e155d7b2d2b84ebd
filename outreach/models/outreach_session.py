"""Outreach sessions, and the formats they are made from."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, exists, false, or_
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from outreach.db import Base, Key, Line, Numbers, Prose, Wall, Word
from outreach.models.folded import Folded
from outreach.models.site import Area, Site
from outreach.models.user import RoleName, User
from outreach.time import instant


class Format(Base):
    """What kind of session, and the defaults that kind brings."""

    __tablename__ = "format"

    key: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[Line]
    position: Mapped[int] = mapped_column(comment="Order on the page")
    is_online: Mapped[bool]
    length_minutes: Mapped[int]
    capacity: Mapped[int]
    age_floor: Mapped[int | None]
    bring: Mapped[Prose] = mapped_column(default="")
    wear: Mapped[Prose] = mapped_column(default="")
    kit: Mapped[Prose] = mapped_column(default="", comment="What each student gets to work with")
    reminder_leads: Mapped[Numbers] = mapped_column(comment="Minutes before the start")


class SessionState(enum.StrEnum):
    """Only its hosts see a draft; everybody sees a published session; of a cancelled one everybody is informed."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


co_host = Table(
    "co_host",
    Base.metadata,
    Column("session_id", ForeignKey("outreach_session.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True),
)


def higher_floor(*floors: int | None) -> int | None:
    """Give the highest age floor: an area's own rule applies even where the session asks for less."""
    return max((floor for floor in floors if floor is not None), default=None)


class OutreachSession(Folded, Base):
    """One dated offer by a clinician. Wall time and zone are the truth; the instants are derived from them."""

    FOLDS = ("title", "specialty")

    __tablename__ = "outreach_session"

    id: Mapped[Key] = mapped_column()
    format_key: Mapped[str] = mapped_column(ForeignKey("format.key"))
    host_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    posted_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    title: Mapped[Line]
    description: Mapped[Prose] = mapped_column(default="", comment="Markdown")
    specialty: Mapped[Line] = mapped_column(default="")

    starts_wall: Mapped[Wall]
    ends_wall: Mapped[Wall]
    zone: Mapped[Word]
    fold: Mapped[int] = mapped_column(default=0, comment="Which of two, where the clock goes back (PEP 495)")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    tzdata_version: Mapped[Word] = mapped_column(comment="The zone data the instants were derived with")

    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    meeting_point: Mapped[Line] = mapped_column(default="")
    video_url: Mapped[Prose] = mapped_column(default="")

    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)
    seats_over: Mapped[int] = mapped_column(default=0, server_default="0", comment="Taken beyond capacity: a host kept them knowingly")
    per_school_limit: Mapped[int | None]
    age_floor: Mapped[int | None]
    opens_at: Mapped[datetime | None] = mapped_column(comment="Registration opens; at publication when empty")
    closes_at: Mapped[datetime | None] = mapped_column(comment="Registration closes; at the start when empty")
    promotion_stops: Mapped[int] = mapped_column(default=1440, comment="Minutes before the start; from then on nobody is promoted unasked")
    bring: Mapped[Prose] = mapped_column(default="")
    wear: Mapped[Prose] = mapped_column(default="")
    kit: Mapped[Prose] = mapped_column(default="")
    day_phone: Mapped[Word] = mapped_column(default="", comment="For host and teachers, signed in; never mailed")
    reminder_leads: Mapped[Numbers] = mapped_column(comment="Minutes before the start")

    is_provisional: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="Subject to a decision (the operating list), due by decides_at"
    )
    decides_at: Mapped[datetime | None]
    frees_declined_seats: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="A declined invitation gives the seat back by itself"
    )

    state: Mapped[SessionState] = mapped_column(default=SessionState.DRAFT)
    revision: Mapped[int] = mapped_column(default=0, comment="Grows with every change people are told of")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None] = mapped_column(comment="Its time or place changed last, once it was published")
    cancel_reason: Mapped[Prose] = mapped_column(default="")

    format: Mapped[Format] = relationship()
    host: Mapped[User] = relationship(foreign_keys=host_id)
    # Read with the session: its host or a co-host has an open account and is a clinician. None: the session isn't in the database yet.
    has_host: Mapped[bool | None] = column_property(
        exists()
        .where(
            or_(
                User.id == host_id,
                exists().where(co_host.c.user_id == User.id, co_host.c.session_id == id).correlate_except(co_host),  # noqa: A003 (above)
            )
        )
        .where(User.active, User.roles.any(name=RoleName.CLINICIAN))
        .correlate_except(User)
    )
    co_hosts: Mapped[list[User]] = relationship(secondary=co_host)
    site: Mapped[Site | None] = relationship()
    area: Mapped[Area | None] = relationship()

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        CheckConstraint("fold IN (0, 1)", name="fold_is_0_or_1"),
        CheckConstraint("capacity BETWEEN 1 AND 5000", name="capacity_is_plausible"),
        CheckConstraint("seats_taken BETWEEN 0 AND capacity + seats_over", name="no_more_seats_taken_than_there_are"),
        CheckConstraint("seats_over >= 0", name="seats_over_are_counted"),
        CheckConstraint("per_school_limit >= 1", name="a_school_may_send_at_least_one"),
        CheckConstraint("age_floor BETWEEN 0 AND 99", name="age_floor_is_plausible"),
        CheckConstraint("site_id IS NOT NULL OR video_url <> ''", name="has_a_place_or_a_link"),
        CheckConstraint("area_id IS NULL OR site_id IS NOT NULL", name="an_area_lies_in_a_site"),
        CheckConstraint("decides_at IS NOT NULL OR NOT is_provisional", name="provisional_says_until_when"),
        CheckConstraint("decides_at <= starts_at", name="it_is_decided_before_it_starts"),
        Index(
            "ix_outreach_session_state_starts_at", "state", "starts_at", "id", info={"question": "What is coming up? Which reminders near?"}
        ),
    )

    @property
    def is_online(self) -> bool:
        """It happens behind a link, not at a site."""
        return self.site_id is None

    @property
    def seats_left(self) -> int:
        """How many more fit."""
        return self.capacity - self.seats_taken

    @property
    def is_published(self) -> bool:
        """Everybody sees it and it takes place."""
        return self.state == SessionState.PUBLISHED

    @property
    def last_moment_to_register(self) -> datetime:
        """Registration closes then."""
        return self.closes_at or self.starts_at

    @property
    def awaits_decision(self) -> bool:
        """Everybody sees it, and whether it takes place isn't certain yet."""
        return self.is_published and self.is_provisional

    @hybrid_method
    def is_to_come(self, now: datetime) -> bool:
        """It takes place and has not begun. Of the class: the same as a condition of a query."""
        return (self.state == SessionState.PUBLISHED) & (self.starts_at > now)

    @hybrid_method
    def is_current(self, now: datetime) -> bool:
        """It takes place and is not over. Of the class: the same as a condition of a query."""
        return (self.state == SessionState.PUBLISHED) & (self.ends_at > now)

    def is_open(self, now: datetime) -> bool:
        """Schools may register at this moment; not as long as nobody hosts it."""
        return (
            self.has_host is not False
            and self.is_published
            and (self.opens_at is None or self.opens_at <= now)
            and now < self.last_moment_to_register
        )

    def promotes_unasked(self, now: datetime) -> bool:
        """Whoever waits may still be given a free seat without being asked."""
        return self.is_published and now < self.starts_at - timedelta(minutes=self.promotion_stops)

    def set_time(self, *, starts_wall: datetime, ends_wall: datetime, zone: str, fold: int, tzdata_version: str) -> None:
        """Take place then; the instants follow from wall time, zone and fold. What is open is decided at the start at the latest."""
        self.starts_wall, self.ends_wall, self.zone, self.fold = starts_wall, ends_wall, zone, fold
        self.starts_at = instant(starts_wall, zone, fold)
        self.ends_at = instant(ends_wall, zone, fold)
        self.tzdata_version = tzdata_version
        if self.decides_at is not None:
            self.decides_at = min(self.decides_at, self.starts_at)

    def leave_open_until(self, decides_at: datetime | None) -> None:
        """Whether it takes place is decided by then; None: it is certain."""
        self.is_provisional, self.decides_at = decides_at is not None, decides_at

    def publish(self, *, now: datetime) -> None:
        """Show it to everybody."""
        self.state, self.published_at, self.updated_at = SessionState.PUBLISHED, now, now

    def cancel(self, reason: str, *, now: datetime) -> None:
        """It won't take place."""
        self.state, self.cancelled_at, self.cancel_reason, self.updated_at = SessionState.CANCELLED, now, reason, now

    def note_change(self, *, now: datetime) -> None:
        """Count a change that people are informed of."""
        self.revision += 1
        self.updated_at = now
