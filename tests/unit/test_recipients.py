"""Who hears about a student: the table in the module, line by line."""

from __future__ import annotations

import pytest

from outreach.models import ReasonKind, RegistrationState
from outreach.people.contacts import Participant, Recipient, recipients, teacher_stands_in

STUDENT, GUARDIAN = ReasonKind.STUDENT, ReasonKind.GUARDIAN


def participant(
    *, minor: bool, own: int | None, guardians: tuple[int, ...], undeliverable_ids: frozenset[int] = frozenset()
) -> Participant:
    return Participant(
        registration_id=1,
        state=RegistrationState.CONFIRMED,
        teacher_id=1,
        given_name="Ana",
        family_name="Cruz",
        own_mailbox_id=own,
        guardian_mailbox_ids=guardians,
        is_minor=minor,
        undeliverable_ids=undeliverable_ids,
    )


@pytest.mark.parametrize(
    ("minor", "own", "guardians", "expected", "stands_in"),
    [
        (True, 1, (2, 3), [(1, STUDENT), (2, GUARDIAN), (3, GUARDIAN)], False),
        (True, None, (2,), [(2, GUARDIAN)], False),
        (True, 1, (), [(1, STUDENT)], True),
        (True, None, (), [], True),
        (False, 1, (2,), [(1, STUDENT)], False),
        (False, None, (2,), [], True),
        (True, 2, (2, 2), [(2, STUDENT), (2, GUARDIAN)], False),
    ],
)
def test_the_table(
    *, minor: bool, own: int | None, guardians: tuple[int, ...], expected: list[tuple[int, ReasonKind]], stands_in: bool
) -> None:
    student = participant(minor=minor, own=own, guardians=guardians)
    assert recipients(student) == tuple(Recipient(key, kind) for key, kind in expected)
    assert teacher_stands_in(student) is stands_in


@pytest.mark.parametrize(
    ("minor", "own", "guardians", "undeliverable_ids", "stands_in"),
    [
        (True, 1, (2, 3), {2}, False),
        (True, 1, (2, 3), {2, 3}, True),
        (True, 1, (2,), {1}, False),
        (True, 2, (2,), {2}, True),
        (False, 1, (2,), {1}, True),
        (False, 1, (2,), {2}, False),
    ],
)
def test_where_letters_do_not_arrive_the_invitation_stays_and_the_teacher_may_have_to_speak(
    *, minor: bool, own: int, guardians: tuple[int, ...], undeliverable_ids: set[int], stands_in: bool
) -> None:
    student = participant(minor=minor, own=own, guardians=guardians, undeliverable_ids=frozenset(undeliverable_ids))
    assert recipients(student) == recipients(participant(minor=minor, own=own, guardians=guardians))
    assert teacher_stands_in(student) is stands_in
