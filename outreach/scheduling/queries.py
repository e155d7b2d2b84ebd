"""What clinicians see: their own sessions, who comes to one, and who may host. Reads only."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from outreach.catalogue import CARD_ROWS, SessionCard, formats, session_cards
from outreach.db import db
from outreach.errors import Refusal
from outreach.folding import name_key
from outreach.models import (
    ACTIVE,
    SEATED,
    OutreachSession,
    Registration,
    RegistrationState,
    RoleName,
    School,
    SessionState,
    Student,
    User,
    co_host,
)
from outreach.people import HoldReason, hold_reasons, host_names
from outreach.registration import UNDO_FOR, By, Side, UndoLeft, undoable
from outreach.rsvp.queries import combined_rsvps
from outreach.rsvp.rules import CombinedRsvp, RsvpCounts, rsvp_counts
from outreach.web import Page, page_of

PAGE_SIZE = 50


class OwnSessionsFilter(enum.StrEnum):
    """The part of a host's list that a session is in."""

    UPCOMING = "upcoming"
    DRAFTS = "drafts"
    PAST = "past"


def own_sessions(user: User, shelf: OwnSessionsFilter, number: int, *, now: datetime) -> tuple[Page, list[SessionCard]]:
    """Give a page of the sessions this person hosts, co-hosts or posted, with how many wait."""
    order = OutreachSession.starts_at.desc() if shelf is OwnSessionsFilter.PAST else OutreachSession.starts_at
    page = page_of(CARD_ROWS.where(_own(user), _on(shelf, now)).order_by(order, OutreachSession.id), number, size=PAGE_SIZE)
    waiting = _waiting([row.id for row in page.rows])
    return page, [_for_its_host(card, waiting.get(card.id, 0)) for card in session_cards(page.rows, formats(), now=now)]


def _for_its_host(card: SessionCard, waiting: int) -> SessionCard:
    """Add how many wait, and where to decide about one that isn't certain."""
    return replace(card, waiting=waiting, decision_url=url_for("scheduling.decide", session_id=card.id) if card.certainty else "")


def filter_counts(user: User, *, now: datetime) -> dict[OwnSessionsFilter, int]:
    """Count the sessions of each part."""
    counts = [func.count().filter(_on(shelf, now)) for shelf in OwnSessionsFilter]
    row = db.session.execute(select(*counts).select_from(OutreachSession).where(_own(user))).one()
    return dict(zip(OwnSessionsFilter, row, strict=True))


@dataclass(frozen=True, kw_only=True)
class RosterStudent:
    """A student as their host knows them: no family name, no address.

    `name`: the given name, and what tells namesakes apart. `rsvp`: what the family answered; None: not asked yet.
    `awaits_host`: a host withdrew them before, so a host decides.
    """

    registration_id: int
    name: str
    needs: str
    school_name: str
    state: RegistrationState
    rsvp: CombinedRsvp | None = None
    awaits_host: bool = False


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Who has a seat, by school, and who waits, in the order of the queue."""

    schools: list[tuple[str, list[RosterStudent]]]
    waiting: list[RosterStudent]

    @property
    def seated(self) -> list[RosterStudent]:
        """Everybody who has a seat."""
        return [guest for _school, guests in self.schools for guest in guests]

    @property
    def answers(self) -> RsvpCounts:
        """How many of them say that they come."""
        return rsvp_counts(guest.rsvp for guest in self.seated if guest.rsvp)


def roster(session_id: int) -> Roster:
    """Read who has a seat and what they answered, and who waits: six queries, however many they are."""
    rows = db.session.execute(
        select(
            Registration.id.label("registration_id"),
            Registration.state,
            Registration.student_id,
            Student.needs,
            School.name.label("school_name"),
        )
        .join(Student, Student.id == Registration.student_id)
        .join(School, School.id == Registration.school_id)
        .where(Registration.session_id == session_id, Registration.state.in_(ACTIVE))
        .order_by(Registration.queued_at, Registration.id)
    ).all()
    names = host_names(and_(Registration.session_id == session_id, Registration.state.in_(ACTIVE)))
    rsvps = combined_rsvps(Registration.session_id == session_id)
    awaited = _await_host(session_id, {row.student_id for row in rows if row.state is RegistrationState.PENDING})
    guests = [
        RosterStudent(
            registration_id=row.registration_id,
            name=names[row.registration_id],
            needs=row.needs,
            school_name=row.school_name,
            state=row.state,
            rsvp=rsvps.get(row.registration_id),
            awaits_host=row.state is RegistrationState.PENDING and row.student_id in awaited,
        )
        for row in rows
    ]
    by_name = sorted((guest for guest in guests if guest.state in SEATED), key=lambda guest: name_key(guest.name))
    seated = sorted(by_name, key=lambda guest: (name_key(guest.school_name), guest.school_name))
    schools = [(school, list(members)) for school, members in groupby(seated, key=lambda guest: guest.school_name)]
    return Roster(schools=schools, waiting=[guest for guest in guests if guest.state == RegistrationState.WAITING])


def _await_host(session_id: int, student_ids: set[int]) -> set[int]:
    outreach_session = db.session.get_one(OutreachSession, session_id)
    return {key for key, reasons in hold_reasons(outreach_session, student_ids).items() if HoldReason.REMOVED_BEFORE in reasons}


def removed_lately(outreach_session: OutreachSession, *, now: datetime) -> list[tuple[Registration, UndoLeft]]:
    """Give whom a host withdrew and can still take back."""
    lately = (Registration.state == RegistrationState.REMOVED, Registration.changed_at > now - UNDO_FOR)
    found = select(Registration).where(Registration.session_id == outreach_session.id, *lately).order_by(Registration.id)
    removed = db.session.scalars(found.options(joinedload(Registration.student), joinedload(Registration.school))).all()
    left = undoable(outreach_session, removed, By(Side.HOST), now=now)
    return [(one, left[one.id]) for one in removed if one.id in left]


def _own(user: User) -> ColumnElement[bool]:
    co_hosted = select(co_host.c.session_id).where(co_host.c.user_id == user.id)
    return or_(OutreachSession.host_id == user.id, OutreachSession.posted_by_id == user.id, OutreachSession.id.in_(co_hosted))


def _on(shelf: OwnSessionsFilter, now: datetime) -> ColumnElement[bool]:
    if shelf is OwnSessionsFilter.DRAFTS:
        return OutreachSession.state == SessionState.DRAFT
    if shelf is OwnSessionsFilter.UPCOMING:
        return and_(OutreachSession.is_current(now))
    over = and_(OutreachSession.state == SessionState.PUBLISHED, OutreachSession.ends_at <= now)
    return or_(OutreachSession.state == SessionState.CANCELLED, over)


def _waiting(session_ids: Collection[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Registration.session_id, func.count())
        .where(Registration.session_id.in_(session_ids), Registration.state == RegistrationState.WAITING)
        .group_by(Registration.session_id)
    )
    return {session_id: number for session_id, number in rows}  # noqa: C416 (dict() of rows isn't typed)


def host(user_id: int | None, *, default_id: int, is_theirs: bool = False) -> User:
    """Give the host. Raises Refusal when it isn't an approved clinician.

    `is_theirs`: the default is the session's host already, and may stay it while a co-host looks after it.
    """
    user = db.session.get(User, default_id if user_id is None else user_id)
    stays = is_theirs and user_id is None
    if user is None or not (stays or _hosts_sessions(user)):
        raise Refusal(_("Choose the clinician who hosts it."), field="host")
    return user


def co_hosts(emails: Sequence[str], *, but: User | None, present: Collection[User] = ()) -> list[User]:
    """Give the clinicians with these addresses, each once, without the host. Raises Refusal naming an address that isn't one's.

    `present`: who is a co-host already may stay one, though their account was closed.
    """
    wanted = list(dict.fromkeys(email.lower() for email in emails))
    users = db.session.scalars(select(User).where(User.email.in_(wanted)))
    found = {user.email.lower(): user for user in users if user in present or _hosts_sessions(user)}
    unknown = [email for email in wanted if email not in found]
    if len(unknown) > 1:
        raise Refusal(_("These aren't addresses of approved clinicians here: %(emails)s.", emails=", ".join(unknown)), field="co_hosts")
    if unknown:
        raise Refusal(_("%(email)s isn't the address of an approved clinician here.", email=unknown[0]), field="co_hosts")
    return [found[email] for email in wanted if but is None or found[email].id != but.id]


def clinicians() -> list[User]:
    """List those who may host, by name."""
    users = db.session.scalars(select(User).where(User.active, User.roles.any(name=RoleName.CLINICIAN)).order_by(User.folded, User.id))
    return list(users)


def _hosts_sessions(user: User) -> bool:
    return user.active and user.is_a(RoleName.CLINICIAN)
