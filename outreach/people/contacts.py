"""Who gets the letters about a student: one function, one table.

Pure.

| the student | own address | a guardian's address | who gets letters |
|---|---|---|---|
| minor, or age unknown | yes | yes | student; each guardian, as their own mail |
| minor, or age unknown | no | yes | each guardian |
| minor, or age unknown | yes | no | student; the teacher stands in for the guardian |
| minor, or age unknown | no | no | the teacher stands in |
| of age | yes | any | student |
| of age | no | any | the teacher stands in |

An undeliverable address (its server refuses letters, or its domain is blocked) keeps its invitation and the reasons for it, and gets
the current state once letters arrive there again. Until then it counts as no address when we decide whether the teacher stands in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from outreach.models import ReasonKind, RegistrationState, StudentSnapshot


@dataclass(frozen=True, kw_only=True)
class Participant:
    """One registration with what decides who gets letters about it; mailboxes that asked us to stop are left out.

    `undeliverable_ids`: those of its mailboxes to which letters don't arrive at the moment. `held_for`: what is missing while the
    seat is held, or was when it was released (`HoldReason` values); `held_until`: when it is released.
    `preferred_name`: greets the student where no guardian reads.
    `told_apart_by`: class and year, where the school has another student of this name.
    `teacher_id`: who answers for the student now; `instead_of`: the name of the teacher for whom they stand in, else empty.
    """

    registration_id: int
    state: RegistrationState
    teacher_id: int
    given_name: str
    family_name: str
    preferred_name: str = ""
    told_apart_by: str = ""
    own_mailbox_id: int | None
    guardian_mailbox_ids: tuple[int, ...]
    is_minor: bool
    offered_until: datetime | None = None
    zone: str = ""
    undeliverable_ids: frozenset[int] = frozenset()
    held_for: tuple[str, ...] = ()
    held_until: datetime | None = None
    instead_of: str = ""


@dataclass(frozen=True)
class Recipient:
    """One mailbox, and whether it is written to as the student's or as a guardian's."""

    mailbox_id: int
    kind: ReasonKind


def recipients(participant: Participant) -> tuple[Recipient, ...]:
    """Give the mailboxes of the family that get letters about this registration; a minor's guardians always do."""
    own = (Recipient(participant.own_mailbox_id, ReasonKind.STUDENT),) if participant.own_mailbox_id is not None else ()
    guardians = tuple(Recipient(key, ReasonKind.GUARDIAN) for key in dict.fromkeys(participant.guardian_mailbox_ids))
    return own + (guardians if participant.is_minor else ())


def only_at(participant: Participant, mailbox_ids: Collection[int]) -> Participant:
    """Give the participant as if these mailboxes were the only ones of the family."""
    return replace(
        participant,
        own_mailbox_id=participant.own_mailbox_id if participant.own_mailbox_id in mailbox_ids else None,
        guardian_mailbox_ids=tuple(key for key in participant.guardian_mailbox_ids if key in mailbox_ids),
    )


def teacher_stands_in(participant: Participant) -> bool:
    """Nobody responsible can be reached by mail, so the teacher gets the letters for them."""
    responsible = participant.guardian_mailbox_ids if participant.is_minor else (participant.own_mailbox_id,)
    return {None, *responsible} <= {None, *participant.undeliverable_ids}


def stands_in_for_whom(participants: Collection[Participant]) -> str:
    """Name the teacher in whose place somebody answers for all of these students; empty where it isn't one for all."""
    names = {participant.instead_of for participant in participants}
    return names.pop() if len(names) == 1 else ""


@dataclass(frozen=True, kw_only=True)
class ContactCounts:
    """How many mailboxes get letters: students' own, and guardians'. `stood_in`: registrations for which the teacher gets them."""

    students: int
    guardians: int
    stood_in: int


def contact_counts(participants: Collection[Participant]) -> ContactCounts:
    """Count who gets letters about these registrations; a mailbox counts once."""
    found = [recipient for participant in participants for recipient in recipients(participant)]
    students = {recipient.mailbox_id for recipient in found if recipient.kind is ReasonKind.STUDENT}
    guardians = {recipient.mailbox_id for recipient in found} - students
    return ContactCounts(
        students=len(students), guardians=len(guardians), stood_in=sum(teacher_stands_in(participant) for participant in participants)
    )


def for_family(shown: Sequence[Participant], queue: Mapping[int, int] | None = None) -> tuple[StudentSnapshot, ...]:
    """Name students as their own family knows them: by the given name alone."""
    return tuple(
        StudentSnapshot(
            registration_id=participant.registration_id,
            given_name=participant.given_name,
            place_in_queue=(queue or {}).get(participant.registration_id),
            is_held=participant.state is RegistrationState.PENDING,
            held_for=participant.held_for,
            held_until=participant.held_until,
        )
        for participant in shown
    )


def for_school(shown: Sequence[Participant], queue: Mapping[int, int] | None = None) -> tuple[StudentSnapshot, ...]:
    """Name students as their teacher knows them."""
    return tuple(
        StudentSnapshot(
            registration_id=participant.registration_id,
            given_name=participant.given_name,
            family_name=participant.family_name,
            told_apart_by=participant.told_apart_by,
            place_in_queue=(queue or {}).get(participant.registration_id),
            is_held=participant.state is RegistrationState.PENDING,
            held_for=participant.held_for,
            held_until=participant.held_until,
        )
        for participant in shown
    )
