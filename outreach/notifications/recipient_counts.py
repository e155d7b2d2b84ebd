"""Who would be told of a change, counted before it is made, by the same rules that write the letters.

Reads only; takes part in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from outreach.models import ACTIVE, HAVE_AN_ENTRY, Invitation, OutreachSession, ReasonKind, Registration
from outreach.notifications.participants import read_participants
from outreach.notifications.read import invitation_records
from outreach.people import recipients


@dataclass(frozen=True, kw_only=True)
class RecipientCounts:
    """How many letters of which kind: the first four change an entry in a calendar.

    `lists`: to teachers, with the names of their students. `waiting`: to families whose student has no entry.
    """

    students: int
    guardians: int
    teachers: int
    hosts: int
    lists: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """How many letters that makes."""
        return self.students + self.guardians + self.teachers + self.hosts + self.lists + self.waiting


def count_everybody(outreach_session: OutreachSession) -> RecipientCounts:
    """Count who would be told that the session is moved, cancelled, or certain now."""
    concerned = read_participants(outreach_session, Registration.state.in_(ACTIVE))
    waiting = [participant for participant in concerned if participant.state not in HAVE_AN_ENTRY]
    return _counts(
        outreach_session,
        lists=len({participant.teacher_id for participant in concerned}),
        waiting=len({recipient.mailbox_id for participant in waiting for recipient in recipients(participant)}),
    )


def count_with_entry(outreach_session: OutreachSession) -> RecipientCounts:
    """Count who would be told of new words: whoever has the session in the calendar."""
    return _counts(outreach_session)


def _counts(outreach_session: OutreachSession, *, lists: int = 0, waiting: int = 0) -> RecipientCounts:
    readers = [addressee.reader.value for addressee in invitation_records(outreach_session, Invitation.is_live.is_(True))]
    return RecipientCounts(
        students=readers.count(ReasonKind.STUDENT),
        guardians=readers.count(ReasonKind.GUARDIAN),
        teachers=readers.count(ReasonKind.TEACHER),
        hosts=readers.count(ReasonKind.HOST),
        lists=lists,
        waiting=waiting,
    )
