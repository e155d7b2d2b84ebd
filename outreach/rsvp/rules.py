"""Combine the RSVPs of one family, and decide whether a decline gives the seat back.

Pure.

| the one who declines | others of the family | the place |
|---|---|---|
| the student | nobody says they come | given back, where the session says so |
| a minor's only guardian | the student hasn't answered, or declines too | given back, where the session says so |
| the student, or a minor's only guardian | one says they come, or isn't sure | stays |
| one guardian of several | whatever they say | stays |
| a guardian of a student of age | whatever they say | stays |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outreach.models import Answer

_OPPOSITE = {Answer.ACCEPTED: Answer.DECLINED, Answer.DECLINED: Answer.ACCEPTED}


@dataclass(frozen=True)
class RsvpState:
    """What one mailbox answered last, and whether the mail that brought it proved where it came from."""

    answer: Answer
    is_verified: bool = True


@dataclass(frozen=True, kw_only=True)
class FamilyRsvps:
    """The mailboxes whose RSVPs count for one student: their own, and those of a minor's guardians to which letters arrive.

    `rsvps`: the current one of each mailbox. Whoever hasn't answered is left out.
    """

    own: int | None
    guardians: frozenset[int] = frozenset()
    rsvps: Mapping[int, RsvpState]


@dataclass(frozen=True)
class CombinedRsvp:
    """The RSVPs of a family combined. `differs`: they contradict each other."""

    answer: Answer
    is_verified: bool = True
    differs: bool = False


@dataclass(frozen=True)
class RsvpCounts:
    """How many students come, are unsure, can't come, haven't answered."""

    coming: int = 0
    unsure: int = 0
    not_coming: int = 0
    unanswered: int = 0


def decides_alone(mailbox_id: int, family: FamilyRsvps) -> bool:
    """This mailbox's decline is enough: the student's, or that of a minor's only guardian."""
    return mailbox_id == family.own or family.guardians == {mailbox_id}


def gives_seat_back(mailbox_id: int, family: FamilyRsvps) -> bool:
    """Their "can't come" gives the seat back; it never overrides what somebody else of the family answered."""
    others = (rsvp.answer for key, rsvp in family.rsvps.items() if key != mailbox_id)
    return decides_alone(mailbox_id, family) and all(answer is Answer.DECLINED for answer in others)


def combined(family: FamilyRsvps) -> CombinedRsvp:
    """Give what to show for this student: their own answer, else the guardians'; where two say the opposite, neither."""
    own = family.rsvps.get(family.own) if family.own is not None else None
    guardians = [rsvp for key, rsvp in sorted(family.rsvps.items()) if key != family.own]
    answers = {rsvp.answer for rsvp in guardians}
    if own is not None:
        return (
            CombinedRsvp(Answer.TENTATIVE, differs=True)
            if _OPPOSITE.get(own.answer) in answers
            else CombinedRsvp(own.answer, own.is_verified)
        )
    if len(answers) > 1:
        return CombinedRsvp(Answer.TENTATIVE, differs=True)
    return CombinedRsvp(answers.pop(), any(rsvp.is_verified for rsvp in guardians)) if answers else CombinedRsvp(Answer.NEEDS_ACTION)


def rsvp_counts(students: Iterable[CombinedRsvp]) -> RsvpCounts:
    """Count what is shown; whose family disagrees is unsure."""
    counts = Counter(one.answer for one in students)
    return RsvpCounts(*(counts[answer] for answer in (Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED, Answer.NEEDS_ACTION)))
