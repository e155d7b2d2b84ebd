"""What should stand in whose calendar, worked out from the people and their places, past the code that tells them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from outreach.db import db
from outreach.models import (
    SEATED,
    Answer,
    Bounce,
    BounceKind,
    Invitation,
    Letter,
    LetterState,
    Mailbox,
    OutreachSession,
    ReasonKind,
    Registration,
    RegistrationState,
    SessionState,
    Student,
)

FOR_GOOD = {RegistrationState.PENDING, RegistrationState.CONFIRMED}
Key = tuple[str, int]


@dataclass(frozen=True)
class Shown:
    """One entry as its owner sees it."""

    starts_at: datetime
    ends_at: datetime
    place: str
    status: str
    is_busy: bool


def miscounted_seats() -> list[int]:
    """Give the sessions that count other seats than are taken."""
    taken = select(func.count()).where(Registration.session_id == OutreachSession.id, Registration.state.in_(SEATED)).scalar_subquery()
    return list(db.session.scalars(select(OutreachSession.id).where(OutreachSession.seats_taken != taken)))


def who_should_know(now: datetime) -> dict[Key, Shown]:
    """Give every entry that should stand, by address and session."""
    entries: dict[Key, Shown] = {}
    coming = select(OutreachSession).where(OutreachSession.state == SessionState.PUBLISHED, OutreachSession.ends_at > now)
    for outreach_session in db.session.scalars(coming):
        for mailbox, kinds in _reasons(outreach_session).items():
            entries[mailbox.address, outreach_session.id] = _shown(outreach_session, is_busy=kinds != {ReasonKind.GUARDIAN})
    return entries


def _reasons(outreach_session: OutreachSession) -> dict[Mailbox, set[ReasonKind]]:
    found: dict[Mailbox, set[ReasonKind]] = defaultdict(set)
    for host in (outreach_session.host, *outreach_session.co_hosts):
        found[host.mailbox].add(ReasonKind.HOST)
    for registration in db.session.scalars(select(Registration).where(Registration.session_id == outreach_session.id)):
        if registration.state in FOR_GOOD:
            found[registration.teacher.mailbox].add(ReasonKind.TEACHER)
            for mailbox, kind in _family(registration.student, outreach_session):
                found[mailbox].add(kind)
    return found


def _family(student: Student, outreach_session: OutreachSession) -> list[tuple[Mailbox, ReasonKind]]:
    own = [(student.mailbox, ReasonKind.STUDENT)]
    if student.is_minor_on(outreach_session.starts_wall.date(), student.school.majority_age):
        own += [(guardian.mailbox, ReasonKind.GUARDIAN) for guardian in student.guardians]
    return [(mailbox, kind) for mailbox, kind in own if mailbox is not None and mailbox.is_open]


def _shown(outreach_session: OutreachSession, *, is_busy: bool) -> Shown:
    return Shown(
        starts_at=outreach_session.starts_at,
        ends_at=outreach_session.ends_at,
        place=outreach_session.site.name if outreach_session.site else "Online",
        status="TENTATIVE" if outreach_session.is_provisional else "CONFIRMED",
        is_busy=is_busy,
    )


@dataclass(frozen=True)
class Held:
    """What the database holds of one invitation."""

    uid: str
    sequence: int
    is_live: bool
    is_over: bool
    is_frozen: bool
    answer: Answer


def what_is_held(now: datetime) -> dict[Key, Held]:
    """Give every invitation, by address and session.

    Frozen: what is true now can't reach its owner, for no letters go there, or the newest failed or came back.
    """
    rows: Any = db.session.execute(
        select(Invitation, Mailbox, OutreachSession.ends_at)
        .join(Mailbox, Mailbox.id == Invitation.mailbox_id)
        .join(OutreachSession, OutreachSession.id == Invitation.session_id)
    )
    newest = _newest_failed()
    return {
        (mailbox.address, invitation.session_id): Held(
            uid=invitation.uid,
            sequence=invitation.sequence,
            is_live=invitation.is_live,
            is_over=ends_at <= now,
            is_frozen=not mailbox.is_reached or newest.get(invitation.id, False),
            answer=invitation.answer,
        )
        for invitation, mailbox, ends_at in rows
    }


def _newest_failed() -> dict[int, bool]:
    """Say of each invitation whether its newest calendar letter failed or came back."""
    came_back = exists().where(Bounce.letter_id == Letter.id, Bounce.kind != BounceKind.COMPLAINT)
    rows = db.session.execute(
        select(Letter.invitation_id, Letter.state, came_back)
        .where(Letter.invitation_id.is_not(None), Letter.sequence.is_not(None), Letter.state != LetterState.DROPPED)
        .order_by(Letter.id)
    )
    return {key: state is LetterState.FAILED or is_back for key, state, is_back in rows if key is not None}
