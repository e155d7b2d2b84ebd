"""Who gets a seat and who waits.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from outreach.models import WaitReason


@dataclass(frozen=True)
class Allocation:
    """Students in the order chosen: those with a seat, and those who wait, with the reason; None: something is missing first."""

    seated: tuple[int, ...]
    waiting: tuple[tuple[int, WaitReason | None], ...]


@dataclass(frozen=True)
class Waiting:
    """Somebody on the waiting list."""

    registration_id: int
    school_id: int


def allocate(order: Sequence[int], *, seats_left: int, school_seats_left: int | None, passed_over: Collection[int] = ()) -> Allocation:
    """Seat students of one school in the order chosen.

    `seats_left`: seats nobody on the waiting list has a claim to. `school_seats_left`: how many more this school may have, None
    without a limit. `passed_over`: may not be given a seat now, and wait. So does whoever doesn't fit: for want of a seat first,
    for the school's limit otherwise.
    """
    room = max(seats_left, 0)
    allowed = room if school_seats_left is None else min(room, max(school_seats_left, 0))
    reason = WaitReason.FULL if allowed == room else WaitReason.SCHOOL_LIMIT
    seated = tuple(student for student in order if student not in passed_over)[:allowed]
    waiting = (student for student in order if student not in seated)
    return Allocation(seated, tuple((student, None if student in passed_over else reason) for student in waiting))


def next_waiting(
    queue: Iterable[Waiting], *, seats_left: int, limit: int | None, seated_by_school: Mapping[int, int]
) -> tuple[Waiting, ...]:
    """Choose who gets the free seats, first come first; whoever's school has reached its limit is passed over and keeps waiting."""
    seated = dict(seated_by_school)
    chosen: list[Waiting] = []
    for waiting in queue:
        if len(chosen) >= seats_left:
            break
        if limit is None or seated.get(waiting.school_id, 0) < limit:
            seated[waiting.school_id] = seated.get(waiting.school_id, 0) + 1
            chosen.append(waiting)
    return tuple(chosen)
