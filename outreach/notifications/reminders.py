"""Reminders and rosters: recomputed from what is true now, never stored as plans.

Idempotent: run twice they add nothing, for each letter's key is (invitation, lead, start).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.db import db, locked, transaction
from outreach.models import (
    SEATED,
    Invitation,
    Letter,
    LetterKind,
    OutreachSession,
    Registration,
    SessionState,
    User,
)
from outreach.models.snapshots import Cause, LetterFacts, Reader, SessionFacts, StudentFacts
from outreach.notifications.invitation_store import Addressee, addressees
from outreach.notifications.reminded import to_remind
from outreach.notifications.reminder_times import Due, due_lead, roster_falls_due
from outreach.notifications.session_snapshot import session_facts
from outreach.outbox.queue import Draft, post
from outreach.people.name_privacy import for_host

HORIZON = timedelta(days=62)


def plan_reminders(*, now: datetime) -> int:
    """Write every reminder that has fallen due; gives how many sessions had one.

    Nobody is reminded who wants no reminders, declined, or whose invitation changed after the reminder fell due: they have
    just had a letter that says it all. Hosts get the roster instead.
    """
    return sum(_remind(key, starts_at, due, now=now) for key, starts_at, due in _due_sessions(now))


def plan_rosters(*, now: datetime) -> int:
    """Write hosts who comes, the evening before; gives how many sessions had one."""
    coming = (
        select(OutreachSession.id, OutreachSession.starts_at, OutreachSession.zone)
        .where(OutreachSession.state == SessionState.PUBLISHED, OutreachSession.seats_taken > 0)
        .where(OutreachSession.starts_at > now, OutreachSession.starts_at < now + timedelta(days=2))
    )
    rows = db.session.execute(coming).all()
    due = [row for row in rows if roster_falls_due(starts_at=row.starts_at, zone=row.zone) <= now]
    return sum(_send_roster(row.id, now=now) for row in due if not _has_letter(row.id, LetterKind.ROSTER, _roster_key(row.starts_at)))


def _due_sessions(now: datetime) -> list[tuple[int, datetime, Due]]:
    coming = select(OutreachSession.id, OutreachSession.starts_at, OutreachSession.zone, OutreachSession.reminder_leads).where(
        OutreachSession.state == SessionState.PUBLISHED, OutreachSession.starts_at > now, OutreachSession.starts_at < now + HORIZON
    )
    rows = db.session.execute(coming).all()
    dues = ((row.id, row.starts_at, due_lead(row.reminder_leads, starts_at=row.starts_at, zone=row.zone, now=now)) for row in rows)
    return [(key, starts_at, due) for key, starts_at, due in dues if due is not None]


def _remind(session_id: int, starts_at: datetime, due: Due, *, now: datetime) -> bool:
    which = to_remind(session_id, since=due.at, key=_reminder_key(due.lead, starts_at))
    if db.session.scalar(select(Invitation.id).where(*which).limit(1)) is None:
        return False
    with transaction():
        outreach_session = locked(OutreachSession, session_id)
        if outreach_session is None or not outreach_session.is_published or outreach_session.starts_at != starts_at:
            return False
        facts = session_facts(outreach_session)
        told = addressees(outreach_session, *which)
        post([_reminder(one, facts, due) for one in told], now=now)
    return bool(told)


def _reminder(to: Addressee, facts: SessionFacts, due: Due) -> Draft:
    letter = LetterFacts(
        reader=to.reader,
        reader_name=to.reader_name,
        reader_zone=to.zone,
        cause=Cause.TIME,
        session=facts,
        seated=tuple(to.students.values()),
        entry=to.entry,
        lead_minutes=due.lead,
    )
    return Draft(
        mailbox_id=to.mailbox_id,
        kind=LetterKind.REMINDER,
        facts=letter.to_json(),
        dedupe_key=f"reminder:{to.invitation_id}{_reminder_key(due.lead, facts.starts_at)}",
        locale=to.locale,
        session_id=facts.id,
        invitation_id=to.invitation_id,
    )


def _send_roster(session_id: int, *, now: datetime) -> bool:
    with transaction():
        outreach_session = locked(OutreachSession, session_id)
        if outreach_session is None or not outreach_session.is_published:
            return False
        facts, coming = session_facts(outreach_session), for_host(Registration.session_id == session_id, Registration.state.in_(SEATED))
        post([_roster(user, facts, coming) for user in (outreach_session.host, *outreach_session.co_hosts)], now=now)
    return True


def _roster(user: User, facts: SessionFacts, coming: tuple[StudentFacts, ...]) -> Draft:
    letter = LetterFacts(
        reader=Reader.HOST, reader_name=user.given_name, reader_zone=user.zone, cause=Cause.TIME, session=facts, seated=coming
    )
    return Draft(
        mailbox_id=user.mailbox_id,
        kind=LetterKind.ROSTER,
        facts=letter.to_json(),
        dedupe_key=f"roster:{facts.id}:{user.id}{_roster_key(facts.starts_at)}",
        locale=user.mailbox.locale,
        session_id=facts.id,
    )


def _has_letter(session_id: int, kind: LetterKind, key: str) -> bool:
    found = select(Letter.id).where(Letter.session_id == session_id, Letter.kind == kind, Letter.dedupe_key.endswith(key))
    return db.session.scalar(found.limit(1)) is not None


def _reminder_key(lead: int, starts_at: datetime) -> str:
    return f":{lead}:{starts_at.isoformat()}"


def _roster_key(starts_at: datetime) -> str:
    return f":{starts_at.isoformat()}"
