"""The letters that a calendar's message causes.

What a calendar asks for is passed on to those who can decide. An answer from another address than the invited one is confirmed:
the invited person is asked whether it is theirs, with a copy to whoever is copied on mail to a minor.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row. A minor and an adult never get
a private channel: what a family writes goes to the host and, in the same words, to the teacher who answers for the student.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from outreach.db import db
from outreach.inbound.parsing.message import Event
from outreach.inbound.rules import proposed
from outreach.models import (
    Answer,
    Cause,
    Invitation,
    InvitationReason,
    Letter,
    LetterKind,
    LetterSnapshot,
    OutreachSession,
    ProposalSnapshot,
    Reader,
    ReasonKind,
    Registration,
    StudentSnapshot,
    User,
)
from outreach.notifications import InvitationRecord, StaffContact, invitation_records, read_participants, snapshot_of, staff_contacts
from outreach.outbox import NewLetter, enqueue
from outreach.people import (
    Participant,
    for_family,
    for_host,
    for_school,
    open_hosts,
    recipients,
    responsible_hosts,
    stands_in_for_whom,
    teacher_stands_in,
)

PROPOSALS_AT_MOST = 3
_ADULTS = (Reader.HOST, Reader.TEACHER)


def notify_of_proposal(outreach_session: OutreachSession, invitation: Invitation, event: Event, *, now: datetime) -> bool:
    """Tell host and teacher what time is proposed. False where they know it already, or three other times were proposed."""
    time = proposed(event, length=outreach_session.ends_at - outreach_session.starts_at, now=now)
    prefix = f"note:{invitation.id}:{invitation.sequence}:proposal:"
    occasion = prefix + (f"{time[0].isoformat()}/{time[1].isoformat()}" if time else "none")
    known = {key.rpartition(":to:")[0] for key in _keys(LetterKind.NOTE, prefix)}
    if occasion in known or len(known) >= PROPOSALS_AT_MOST:
        return False
    starts_at, ends_at = time or (None, None)
    note = _Note(outreach_session, invitation, Cause.COUNTERED, occasion, starts_at, ends_at, event.comment)
    return _post(note, now=now)


def notify_of_forwarding(outreach_session: OutreachSession, invitation: Invitation, *, now: datetime) -> None:
    """Tell host and teacher that the invitation was delegated; once for each revision of it."""
    occasion = f"note:{invitation.id}:{invitation.sequence}:passed_on"
    _post(_Note(outreach_session, invitation, Cause.FORWARDED, occasion), now=now)


@dataclass(frozen=True)
class _Note:
    """What is passed on. `occasion` is the key of the news: nobody gets the same twice."""

    outreach_session: OutreachSession
    invitation: Invitation
    cause: Cause
    occasion: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    comment: str = ""


def _post(note: _Note, *, now: datetime) -> bool:
    drafts = list(_drafts(note))
    enqueue(drafts, now=now)
    return bool(drafts)


def _drafts(note: _Note) -> Iterator[NewLetter]:
    """One for each host, one for each teacher of a family's students; none for whoever asks."""
    outreach_session = note.outreach_session
    [asking] = invitation_records(outreach_session, Invitation.id == note.invitation.id)
    is_adult = asking.reader in _ADULTS
    hosts = staff_contacts({host.id for host in responsible_hosts(outreach_session)})
    absent = "" if open_hosts(outreach_session) else outreach_session.host.name
    about = () if is_adult else for_host(Registration.id.in_(asking.students))
    name = _name_of_adult(asking) if is_adult else ""
    notified = {asking.mailbox_id}
    for host in hosts.values():
        if host.mailbox_id not in notified:
            notified.add(host.mailbox_id)
            yield _draft(note, Reader.HOST, host, about, asking.reader, name, instead_of=absent)
    if is_adult:
        return
    concerned = read_participants(outreach_session, Registration.id.in_(asking.students))
    for teacher in staff_contacts({participant.teacher_id for participant in concerned}).values():
        if teacher.mailbox_id not in notified:
            notified.add(teacher.mailbox_id)
            mine = [participant for participant in concerned if participant.teacher_id == teacher.user_id]
            yield _draft(note, Reader.TEACHER, teacher, for_school(mine), asking.reader, name, instead_of=stands_in_for_whom(mine))


def _draft(
    note: _Note, reader: Reader, to: StaffContact, about: tuple[StudentSnapshot, ...], by: Reader, name: str, *, instead_of: str
) -> NewLetter:
    snapshot = LetterSnapshot(
        reader=reader,
        reader_name=to.name,
        reader_zone=to.zone,
        cause=note.cause,
        session=snapshot_of(note.outreach_session),
        seated=about,
        asked=ProposalSnapshot(by=by, name=name, starts_at=note.starts_at, ends_at=note.ends_at, comment=note.comment),
        instead_of=instead_of,
    )
    return NewLetter(
        mailbox_id=to.mailbox_id,
        kind=LetterKind.NOTE,
        facts=snapshot.to_json(),
        dedupe_key=f"{note.occasion}:to:{to.mailbox_id}",
        locale=to.locale,
        session_id=note.outreach_session.id,
    )


def _name_of_adult(asking: InvitationRecord) -> str:
    kind = ReasonKind(asking.reader.value)
    return (
        db.session.scalar(
            select(func.trim(User.given_name + " " + User.family_name))
            .join(InvitationReason, InvitationReason.user_id == User.id)
            .where(InvitationReason.invitation_id == asking.invitation_id, InvitationReason.kind == kind)
            .order_by(User.id)
            .limit(1)
        )
        or ""
    )


def _keys(kind: LetterKind, prefix: str) -> Sequence[str]:
    """Give the keys of the letters of this kind written so far."""
    keys = select(Letter.dedupe_key).where(Letter.kind == kind, Letter.dedupe_key.startswith(prefix, autoescape=True))
    return db.session.scalars(keys).all()


def ask_to_confirm(outreach_session: OutreachSession, invitation: Invitation, rsvp: Answer, *, now: datetime) -> None:
    """Ask the invited person whether the answer from another address is theirs; once for each revision of the invitation."""
    [asked] = invitation_records(outreach_session, Invitation.id == invitation.id)
    proposal = ProposalSnapshot(by=asked.reader, answer=rsvp.value)
    _ask(outreach_session, asked, proposal, f"confirm_answer:{invitation.id}:{invitation.sequence}", now=now)


def ask_to_withdraw(outreach_session: OutreachSession, invitation: Invitation, *, now: datetime) -> None:
    """Ask a family that can't come whether to withdraw; once for each student, until a change asks for answers anew."""
    [asked] = invitation_records(outreach_session, Invitation.id == invitation.id)
    if asked.reader in _ADULTS or not asked.students:
        return
    prefix = f"ask_withdrawal:{invitation.id}:{invitation.answers_since}:"
    known = {key for asked_before in _keys(LetterKind.CONFIRM_ANSWER, prefix) for key in asked_before.split(":")[3].split("+")}
    if set(map(str, asked.students)) <= known:
        return
    proposal = ProposalSnapshot(by=asked.reader, answer=Answer.DECLINED.value)
    _ask(outreach_session, asked, proposal, prefix + "+".join(map(str, asked.students)), cause=Cause.DECLINED, now=now)


def _ask(
    outreach_session: OutreachSession,
    asked: InvitationRecord,
    proposal: ProposalSnapshot,
    occasion: str,
    *,
    cause: Cause = Cause.FORWARDED,
    now: datetime,
) -> None:
    copied = _copied(outreach_session, asked) if asked.reader is Reader.STUDENT else {}
    readers = invitation_records(outreach_session, Invitation.mailbox_id.in_(copied), Invitation.is_live.is_(True))
    copies = [_copy(outreach_session, to, copied[to.mailbox_id], proposal, f"{occasion}:copy:{to.mailbox_id}", cause) for to in readers]
    question = _question(outreach_session, asked, proposal, occasion, cause, seated=tuple(asked.students.values()))
    enqueue([question, *copies], now=now)


def _copied(outreach_session: OutreachSession, asked: InvitationRecord) -> dict[int, list[Participant]]:
    """Give, by mailbox, the minors it is a contact of, besides themselves."""
    minors = [
        participant for participant in read_participants(outreach_session, Registration.id.in_(asked.students)) if participant.is_minor
    ]
    teachers = staff_contacts({participant.teacher_id for participant in minors})
    copied: dict[int, list[Participant]] = defaultdict(list)
    for participant in minors:
        if teacher_stands_in(participant):
            copied[teachers[participant.teacher_id].mailbox_id].append(participant)
        for recipient in recipients(participant):
            if recipient.kind is ReasonKind.GUARDIAN and recipient.mailbox_id != asked.mailbox_id:
                copied[recipient.mailbox_id].append(participant)
    return copied


def _copy(
    outreach_session: OutreachSession, to: InvitationRecord, about: Sequence[Participant], asked: ProposalSnapshot, key: str, cause: Cause
) -> NewLetter:
    if to.reader is Reader.GUARDIAN:
        return _question(outreach_session, to, asked, key, cause, seated=for_family(about))
    return _question(outreach_session, to, asked, key, cause, stands_in_for=for_school(about))


def _question(
    outreach_session: OutreachSession,
    to: InvitationRecord,
    asked: ProposalSnapshot,
    key: str,
    cause: Cause,
    *,
    seated: tuple[StudentSnapshot, ...] = (),
    stands_in_for: tuple[StudentSnapshot, ...] = (),
) -> NewLetter:
    snapshot = LetterSnapshot(
        reader=to.reader,
        reader_name=to.reader_name,
        reader_zone=to.zone,
        cause=cause,
        session=snapshot_of(outreach_session),
        seated=seated,
        stands_in_for=stands_in_for,
        entry=to.entry,
        asked=asked,
    )
    return NewLetter(
        mailbox_id=to.mailbox_id,
        kind=LetterKind.CONFIRM_ANSWER,
        facts=snapshot.to_json(),
        dedupe_key=key,
        locale=to.locale,
        session_id=outreach_session.id,
        invitation_id=to.invitation_id,
    )
