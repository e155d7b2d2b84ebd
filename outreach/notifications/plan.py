"""What is to be written: reasons that begin and end, new revisions of invitations, letters.

Pure. `decide` and `letters` make plans, `write` carries one out.
"""

from __future__ import annotations

from dataclasses import dataclass

from outreach.models import LetterKind, LetterSnapshot, SessionSnapshot
from outreach.notifications.facts import InvitationRecord, StandingReason


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happened to a session. `old`: the session before, where that is news; `reason`: in the words of whoever decided.

    `note`: what the host adds about a move, for everybody who knew of it. `key`: tells apart letters that say the same once more.
    """

    old: SessionSnapshot | None = None
    reason: str = ""
    note: str = ""
    has_new_description: bool = False
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One revision more of an invitation. `asks_again`: an answer to an older one no longer counts."""

    invitation_id: int
    is_live: bool
    asks_again: bool


@dataclass(frozen=True, kw_only=True)
class PlannedLetter:
    """A letter to one mailbox. `key`: the same for the same news; of a calendar letter the part after its invitation."""

    mailbox_id: int
    kind: LetterKind
    snapshot: LetterSnapshot
    locale: str
    key: str
    sequence: int | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that one change writes, in the order in which the letters leave.

    `restored`: invitations that are again as they were last sent. `dropped`: letters that aren't to be sent any more.
    """

    new_invitations: tuple[InvitationRecord, ...] = ()
    new_reasons: tuple[StandingReason, ...] = ()
    ended_reasons: tuple[int, ...] = ()
    revisions: tuple[Revision, ...] = ()
    restored: tuple[int, ...] = ()
    dropped: frozenset[int] = frozenset()
    letters: tuple[PlannedLetter, ...] = ()

    def __add__(self, other: Plan) -> Plan:
        """Give both, this one first."""
        return Plan(
            new_invitations=self.new_invitations + other.new_invitations,
            new_reasons=self.new_reasons + other.new_reasons,
            ended_reasons=self.ended_reasons + other.ended_reasons,
            revisions=self.revisions + other.revisions,
            restored=self.restored + other.restored,
            dropped=self.dropped | other.dropped,
            letters=self.letters + other.letters,
        )
