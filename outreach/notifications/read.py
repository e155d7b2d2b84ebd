"""The first of three steps: read once what decides who gets which letter about a session.

Takes part in the caller's transaction, which holds the lock on the session's row. Locks the letters that haven't left, so
that no worker sends one while the change is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import current_app
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true

from outreach.db import db
from outreach.models import (
    ACTIVE,
    Guardian,
    Invitation,
    InvitationReason,
    Letter,
    LetterSnapshot,
    LetterState,
    Mailbox,
    OutreachSession,
    ReasonKind,
    Registration,
    RegistrationState,
    School,
    SessionSnapshot,
    SessionState,
    Student,
    User,
)
from outreach.notifications.facts import Facts, InvitationRecord, MailboxReader, NamedReason, StandingReason, UnsentLetter
from outreach.notifications.participants import read_participants, seated_by_teacher, staff_contacts, waiting_list_positions
from outreach.outbox import belongs_to_entry, is_waiting_notice, queued_letters
from outreach.people import HoldReason, Participant, hold_reasons, recipients


def read_registrations(
    outreach_session: OutreachSession, registration_ids: Collection[int], *more: ColumnElement[bool], now: datetime
) -> Facts:
    """Read what a change of these registrations needs: their families and teachers, and `more` invitations."""
    concerned = read_participants(outreach_session, Registration.id.in_(registration_ids))
    of_these = select(InvitationReason.invitation_id).where(InvitationReason.registration_id.in_(registration_ids))
    return _facts(outreach_session, concerned, or_(Invitation.id.in_(of_these), *more), now=now)


def read_everybody(outreach_session: OutreachSession, *, now: datetime) -> Facts:
    """Read everybody who takes part or waits, and every invitation that is in a calendar."""
    return _facts(outreach_session, read_participants(outreach_session, Registration.state.in_(ACTIVE)), true(), now=now)


def read_entries(outreach_session: OutreachSession, *which: ColumnElement[bool], now: datetime) -> Facts:
    """Read these invitations, without the people who have none."""
    return _facts(outreach_session, (), *which, now=now)


def read_hosts(outreach_session: OutreachSession, hosts: Collection[User], *, now: datetime) -> Facts:
    """Read the invitations of the hosts there were, and of those there are now."""
    is_hosts = exists().where(InvitationReason.invitation_id == Invitation.id, InvitationReason.kind == ReasonKind.HOST)
    return _facts(outreach_session, (), is_hosts, mailboxes={host.mailbox_id for host in hosts}, now=now)


def invitation_records(outreach_session: OutreachSession, *which: ColumnElement[bool]) -> list[InvitationRecord]:
    """Read invitations of a session with their reasons and the names to use, ordered by id."""
    known = _invitations(outreach_session.id, *which)
    return list(_records(outreach_session, known, _readers({invitation.mailbox_id for invitation in known})).values())


def _facts(
    outreach_session: OutreachSession,
    concerned: Collection[Participant],
    *which: ColumnElement[bool],
    mailboxes: Collection[int] = (),
    now: datetime,
) -> Facts:
    """Read letters before invitations: what is sent in between is then known to have been sent."""
    teachers = staff_contacts({one.teacher_id for one in concerned}) if concerned else {}
    theirs = {*mailboxes, *_mailboxes(concerned), *(teacher.mailbox_id for teacher in teachers.values())}
    wanted = or_(and_(*which), Invitation.mailbox_id.in_(theirs))
    unsent, in_flight = _letters(outreach_session.id, wanted, theirs)
    known = _invitations(outreach_session.id, wanted)
    readers = _readers(theirs | {invitation.mailbox_id for invitation in known})
    records = _records(outreach_session, known, readers)
    missing = {key: _no_invitation_yet(key, readers[key], now) for key in sorted(theirs - records.keys())}
    return Facts(
        session=snapshot_of(outreach_session),
        revision=outreach_session.revision,
        now=now,
        participants=tuple(concerned),
        positions=waiting_list_positions(outreach_session.id) if _somebody_waits(concerned) else {},
        teachers=teachers,
        seated_by_teacher=seated_by_teacher(outreach_session.id, teachers) if teachers else {},
        invitations=records | missing,
        unsent=unsent,
        in_flight=in_flight,
        readers=readers,
        student_of=_students(concerned, records.values()) if any(one.belongs_to_entry for one in unsent) else {},
    )


def _mailboxes(concerned: Collection[Participant]) -> set[int]:
    return {recipient.mailbox_id for one in concerned for recipient in recipients(one)}


def _somebody_waits(concerned: Collection[Participant]) -> bool:
    return any(one.state is RegistrationState.WAITING for one in concerned)


def _letters(session_id: int, wanted: ColumnElement[bool], mailboxes: Collection[int]) -> tuple[tuple[UnsentLetter, ...], frozenset[int]]:
    """Lock and read what the queue has; then, in this order, which invitations have a letter that may be leaving right now."""
    invitations = select(Invitation.id).where(Invitation.session_id == session_id, wanted)
    of_these = Letter.invitation_id.in_(invitations)
    unsent = queued_letters(Letter.session_id == session_id, or_(of_these, Letter.mailbox_id.in_(mailboxes)))
    in_flight = select(Letter.invitation_id).where(of_these, Letter.session_id == session_id, Letter.state == LetterState.LEASED)
    return tuple(map(_unsent, unsent)), frozenset(key for key in db.session.scalars(in_flight) if key is not None)


def _unsent(letter: Letter) -> UnsentLetter:
    return UnsentLetter(
        letter_id=letter.id,
        kind=letter.kind,
        mailbox_id=letter.mailbox_id,
        invitation_id=letter.invitation_id,
        belongs_to_entry=belongs_to_entry(letter),
        is_waiting_notice=is_waiting_notice(letter),
        snapshot=LetterSnapshot.from_json(letter.facts),
    )


def _invitations(session_id: int, *which: ColumnElement[bool]) -> list[Invitation]:
    found = select(Invitation).where(Invitation.session_id == session_id, *which).order_by(Invitation.id)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def _records(
    outreach_session: OutreachSession, known: Collection[Invitation], readers: Mapping[int, MailboxReader]
) -> dict[int, InvitationRecord]:
    """Give the invitations by mailbox."""
    reasons = _reasons(outreach_session, {invitation.id: invitation.mailbox_id for invitation in known})
    return {
        invitation.mailbox_id: InvitationRecord(
            invitation_id=invitation.id,
            mailbox_id=invitation.mailbox_id,
            uid=invitation.uid,
            sequence=invitation.sequence,
            sent_sequence=invitation.sent_sequence,
            is_live=invitation.is_live,
            answer=invitation.answer.value,
            created_at=invitation.created_at,
            locale=readers[invitation.mailbox_id].locale,
            guardian_name=readers[invitation.mailbox_id].guardian_name,
            thread=invitation.thread,
            reasons=tuple(reasons[invitation.id]),
        )
        for invitation in known
    }


def _no_invitation_yet(mailbox_id: int, reader: MailboxReader, now: datetime) -> InvitationRecord:
    """Give the invitation a mailbox would get, with a lasting UID (RFC 5545 3.8.4.7), unique by the domain of our own address."""
    reply_address: str = current_app.extensions["outreach"].reply_address
    return InvitationRecord(
        invitation_id=None,
        mailbox_id=mailbox_id,
        uid=f"{uuid4()}@{reply_address.rpartition('@')[2]}",
        sequence=0,
        sent_sequence=None,
        is_live=False,
        answer="needs_action",
        created_at=now,
        locale=reader.locale,
        guardian_name=reader.guardian_name,
    )


def _reasons(outreach_session: OutreachSession, mailbox_of: Mapping[int, int]) -> dict[int, list[NamedReason]]:
    """Read the reasons of these invitations, each with the person behind it. `mailbox_of`: by invitation."""
    found: dict[int, list[NamedReason]] = defaultdict(list)
    if not mailbox_of:
        return found
    rows = db.session.execute(
        select(
            InvitationReason,
            Registration.state,
            Registration.held_until,
            Registration.student_id,
            func.coalesce(User.given_name, Student.given_name).label("name"),
            func.coalesce(Student.preferred_name, "").label("called"),
            func.coalesce(User.zone, School.zone).label("zone"),
        )
        .outerjoin(Registration, Registration.id == InvitationReason.registration_id)
        .outerjoin(Student, Student.id == Registration.student_id)
        .outerjoin(School, School.id == Registration.school_id)
        .outerjoin(User, User.id == InvitationReason.user_id)
        .where(InvitationReason.invitation_id.in_(mailbox_of))
        .order_by(InvitationReason.id)
    ).all()
    held = hold_reasons(outreach_session, {row.student_id for row in rows if row.state is RegistrationState.PENDING})
    for row in rows:
        found[row.InvitationReason.invitation_id].append(_named(row, mailbox_of, held.get(row.student_id, frozenset())))
    return found


def _named(row: Any, mailbox_of: Mapping[int, int], held_for: Collection[HoldReason]) -> NamedReason:
    one = row.InvitationReason
    return NamedReason(
        reason=StandingReason(mailbox_of[one.invitation_id], one.kind, one.registration_id, one.user_id),
        name=row.name,
        called=row.called,
        zone=row.zone,
        row_id=one.id,
        is_held=row.state is RegistrationState.PENDING,
        held_for=tuple(sorted(held_for)),
        held_until=row.held_until,
    )


def _readers(mailbox_ids: Collection[int]) -> dict[int, MailboxReader]:
    """Read who reads at these mailboxes; two guardians who share one are greeted without a name."""
    if not mailbox_ids:
        return {}
    rows = db.session.execute(
        select(Mailbox.id, Mailbox.locale, func.trim(Guardian.name).label("name"))
        .outerjoin(Guardian, Guardian.mailbox_id == Mailbox.id)
        .where(Mailbox.id.in_(mailbox_ids))
    ).all()
    names: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        names[row.id] |= {row.name} - {None}
    return {row.id: MailboxReader(locale=row.locale, guardian_name=_the_only(names[row.id])) for row in rows}


def _the_only(names: Collection[str]) -> str:
    return next(iter(names)) if len(names) == 1 else ""


def _students(concerned: Collection[Participant], records: Iterable[InvitationRecord]) -> dict[int, int]:
    """Read the students of these registrations and of all others of theirs: coming back is a new registration."""
    ids = {one.registration_id for one in concerned} | {key for record in records for key in record.students}
    these = select(Registration.student_id).where(Registration.id.in_(ids))
    rows = db.session.execute(select(Registration.id, Registration.student_id).where(Registration.student_id.in_(these)))
    return {key: student_id for key, student_id in rows}  # noqa: C416 (dict() of rows isn't typed)


def snapshot_of(outreach_session: OutreachSession) -> SessionSnapshot:
    """Write down a session as it is now."""
    site, area = outreach_session.site, outreach_session.area
    return SessionSnapshot(
        id=outreach_session.id,
        title=outreach_session.title,
        format_key=outreach_session.format_key,
        format_name=outreach_session.format.name,
        host_name=outreach_session.host.name,
        starts_wall=outreach_session.starts_wall,
        ends_wall=outreach_session.ends_wall,
        zone=outreach_session.zone,
        fold=outreach_session.fold,
        starts_at=outreach_session.starts_at,
        ends_at=outreach_session.ends_at,
        site_name=site.name if site else "",
        area_name=area.name if area else "",
        address=site.address if site else "",
        meeting_point=outreach_session.meeting_point,
        video_url=outreach_session.video_url,
        bring=outreach_session.bring,
        wear=outreach_session.wear,
        kit=outreach_session.kit,
        is_cancelled=outreach_session.state == SessionState.CANCELLED,
        cancel_reason=outreach_session.cancel_reason,
        is_provisional=outreach_session.awaits_decision,
        decides_at=outreach_session.decides_at if outreach_session.awaits_decision else None,
        frees_declined_seats=outreach_session.frees_declined_seats,
    )
