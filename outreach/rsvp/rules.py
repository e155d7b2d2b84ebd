"""Who speaks for a student, and what their answers come to.

Pure.

| the one who declines | others of the family | the place |
|---|---|---|
| the student | nobody says they come | given back, where the session says so |
| a minor's only guardian | the student is silent, or declines too | given back, where the session says so |
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
    """The mailboxes that speak for one student: their own, and a minor's guardians' that letters reach.

    `said`: by mailbox, the answers that stand. Whoever hasn't answered is left out.
    """

    own: int | None
    guardians: frozenset[int] = frozenset()
    said: Mapping[int, RsvpState]


@dataclass(frozen=True)
class CombinedRsvp:
    """What a family's answers come to. `differs`: they contradict each other, so nobody can be sure."""

    answer: Answer
    is_verified: bool = True
    differs: bool = False


@dataclass(frozen=True)
class RsvpCounts:
    """How many students come, don't know, can't come, haven't said."""

    coming: int = 0
    unsure: int = 0
    not_coming: int = 0
    silent: int = 0


def decides_alone(mailbox_id: int, voices: FamilyRsvps) -> bool:
    """They may say for themselves that the place is free: the student, or a minor's only guardian."""
    return mailbox_id == voices.own or voices.guardians == {mailbox_id}


def gives_seat_back(mailbox_id: int, voices: FamilyRsvps) -> bool:
    """Their "can't come" is enough to give the place back; it never overrides what somebody else of the family said."""
    others = (said.answer for key, said in voices.said.items() if key != mailbox_id)
    return decides_alone(mailbox_id, voices) and all(answer is Answer.DECLINED for answer in others)


def combined(voices: FamilyRsvps) -> CombinedRsvp:
    """Give what to show for this student: their own answer, else the guardians'; where two say the opposite, neither."""
    own = voices.said.get(voices.own) if voices.own is not None else None
    guardians = [said for key, said in sorted(voices.said.items()) if key != voices.own]
    answers = {said.answer for said in guardians}
    if own is not None:
        return (
            CombinedRsvp(Answer.TENTATIVE, differs=True)
            if _OPPOSITE.get(own.answer) in answers
            else CombinedRsvp(own.answer, own.is_verified)
        )
    if len(answers) > 1:
        return CombinedRsvp(Answer.TENTATIVE, differs=True)
    return CombinedRsvp(answers.pop(), any(said.is_verified for said in guardians)) if answers else CombinedRsvp(Answer.NEEDS_ACTION)


def rsvp_counts(verdicts: Iterable[CombinedRsvp]) -> RsvpCounts:
    """Count what is shown; whose family disagrees is unsure."""
    counts = Counter(one.answer for one in verdicts)
    return RsvpCounts(*(counts[answer] for answer in (Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED, Answer.NEEDS_ACTION)))
