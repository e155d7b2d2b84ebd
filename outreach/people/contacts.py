"""Who receives what is told about a student: one function, one table.

Pure.

| the student | own address | a guardian's address | who hears |
|---|---|---|---|
| minor, or age unknown | yes | yes | student; each guardian, as their own mail |
| minor, or age unknown | no | yes | each guardian |
| minor, or age unknown | yes | no | student; the teacher stands in for the guardian |
| minor, or age unknown | no | no | the teacher stands in |
| of age | yes | any | student |
| of age | no | any | the teacher stands in |

An address to which letters don't arrive (refused by its server, or blocked with its domain) keeps its reasons and its
invitation: they are told as soon as it is reached again. Nobody hears there meanwhile, so to whom the teacher is to speak
it counts as none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.models import ReasonKind, RegistrationState, StudentSnapshot


@dataclass(frozen=True, kw_only=True)
class Participant:
    """One registration with what decides who hears about it; mailboxes that stopped us don't count.

    `unreached`: those of its mailboxes to which letters don't arrive at the moment. `held_for`: what is missing while the seat is
    held (`HoldReason` values).
    """

    registration_id: int
    state: RegistrationState
    teacher_id: int
    given_name: str
    family_name: str
    own_mailbox_id: int | None
    guardian_mailbox_ids: tuple[int, ...]
    is_minor: bool
    offered_until: datetime | None = None
    zone: str = ""
    unreached: frozenset[int] = frozenset()
    held_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipient:
    """One mailbox, and as whose it hears."""

    mailbox_id: int
    kind: ReasonKind


def recipients(place: Participant) -> tuple[Recipient, ...]:
    """Give the mailboxes of the family that hear of this place; a minor's guardians always do."""
    own = (Recipient(place.own_mailbox_id, ReasonKind.STUDENT),) if place.own_mailbox_id is not None else ()
    guardians = tuple(Recipient(key, ReasonKind.GUARDIAN) for key in dict.fromkeys(place.guardian_mailbox_ids))
    return own + (guardians if place.is_minor else ())


def only_at(place: Participant, mailbox_ids: Collection[int]) -> Participant:
    """Give the participant as if these mailboxes were the only ones of the family."""
    return replace(
        place,
        own_mailbox_id=place.own_mailbox_id if place.own_mailbox_id in mailbox_ids else None,
        guardian_mailbox_ids=tuple(key for key in place.guardian_mailbox_ids if key in mailbox_ids),
    )


def teacher_stands_in(place: Participant) -> bool:
    """Nobody responsible can be reached by mail, so the teacher hears in their place."""
    responsible = place.guardian_mailbox_ids if place.is_minor else (place.own_mailbox_id,)
    return {None, *responsible} <= {None, *place.unreached}


@dataclass(frozen=True, kw_only=True)
class ContactCounts:
    """How many mailboxes hear of some places: students' own, and guardians'. For `stood_in` places the teacher hears instead."""

    students: int
    guardians: int
    stood_in: int


def contact_counts(places: Collection[Participant]) -> ContactCounts:
    """Count who hears of these places; a mailbox that hears of several, or in two ways, counts once."""
    found = [recipient for place in places for recipient in recipients(place)]
    students = {recipient.mailbox_id for recipient in found if recipient.kind is ReasonKind.STUDENT}
    guardians = {recipient.mailbox_id for recipient in found} - students
    return ContactCounts(students=len(students), guardians=len(guardians), stood_in=sum(teacher_stands_in(place) for place in places))


def for_family(shown: Sequence[Participant], queue: Mapping[int, int] | None = None) -> tuple[StudentSnapshot, ...]:
    """Name students as their own family knows them: by the given name alone."""
    return tuple(
        StudentSnapshot(
            registration_id=place.registration_id,
            given_name=place.given_name,
            place_in_queue=(queue or {}).get(place.registration_id),
            is_held=place.state is RegistrationState.PENDING,
            held_for=place.held_for,
        )
        for place in shown
    )


def for_school(shown: Sequence[Participant], queue: Mapping[int, int] | None = None) -> tuple[StudentSnapshot, ...]:
    """Name students as their teacher knows them."""
    return tuple(
        StudentSnapshot(
            registration_id=place.registration_id,
            given_name=place.given_name,
            family_name=place.family_name,
            place_in_queue=(queue or {}).get(place.registration_id),
            is_held=place.state is RegistrationState.PENDING,
            held_for=place.held_for,
        )
        for place in shown
    )
