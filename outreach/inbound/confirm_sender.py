"""An answer from another address than the invited one: the letter that asks the invited person whether it is theirs.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row. Whoever is copied on mail to a
minor gets this letter too: the guardians, or the teacher where none is reached (product.md, "Minors").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from outreach.models import (
    Answer,
    Cause,
    Invitation,
    LetterKind,
    LetterSnapshot,
    OutreachSession,
    ProposalSnapshot,
    Reader,
    ReasonKind,
    Registration,
    StudentSnapshot,
)
from outreach.notifications import InvitationRecord, invitation_records, read_participants, snapshot_of, staff_contacts
from outreach.outbox import NewLetter, enqueue
from outreach.people import Participant, for_family, for_school, recipients, teacher_stands_in


def ask_to_confirm(outreach_session: OutreachSession, invitation: Invitation, rsvp: Answer, *, now: datetime) -> None:
    """Ask the invited person whether the answer from another address is theirs; once for each revision of the invitation."""
    [asked] = invitation_records(outreach_session, Invitation.id == invitation.id)
    proposal = ProposalSnapshot(by=asked.reader, answer=rsvp.value)
    occasion = f"confirm_answer:{invitation.id}:{invitation.sequence}"
    copied = _copied(outreach_session, asked) if asked.reader is Reader.STUDENT else {}
    readers = invitation_records(outreach_session, Invitation.mailbox_id.in_(copied), Invitation.is_live.is_(True))
    copies = [_copy(outreach_session, to, copied[to.mailbox_id], proposal, f"{occasion}:copy:{to.mailbox_id}") for to in readers]
    enqueue([_draft(outreach_session, asked, proposal, occasion, seated=tuple(asked.students.values())), *copies], now=now)


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
    outreach_session: OutreachSession, to: InvitationRecord, about: Sequence[Participant], asked: ProposalSnapshot, key: str
) -> NewLetter:
    if to.reader is Reader.GUARDIAN:
        return _draft(outreach_session, to, asked, key, seated=for_family(about))
    return _draft(outreach_session, to, asked, key, stands_in_for=for_school(about))


def _draft(
    outreach_session: OutreachSession,
    to: InvitationRecord,
    asked: ProposalSnapshot,
    key: str,
    *,
    seated: tuple[StudentSnapshot, ...] = (),
    stands_in_for: tuple[StudentSnapshot, ...] = (),
) -> NewLetter:
    snapshot = LetterSnapshot(
        reader=to.reader,
        reader_name=to.reader_name,
        reader_zone=to.zone,
        cause=Cause.FORWARDED,
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
