"""Who gets a seat and who waits: no seat too many, no seat wasted, no turn lost."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from outreach.models import WaitReason
from outreach.registration.allocation import Waiting, allocate, next_waiting

students = st.lists(st.integers(1, 500), unique=True, max_size=60)
queues = st.lists(st.integers(1, 4), max_size=40).map(lambda schools: [Waiting(key, school) for key, school in enumerate(schools, start=1)])
counts = st.dictionaries(st.integers(1, 4), st.integers(0, 6))


@given(order=students, seats_left=st.integers(-3, 50), school_seats_left=st.none() | st.integers(-3, 50))
def test_seats_are_given_in_order_and_to_the_last(order: list[int], seats_left: int, school_seats_left: int | None) -> None:
    seating = allocate(order, seats_left=seats_left, school_seats_left=school_seats_left)
    room = max(min(seats_left, seats_left if school_seats_left is None else school_seats_left), 0)
    assert len(seating.seated) == min(room, len(order))
    assert [*seating.seated, *(key for key, _reason in seating.waiting)] == order


def test_the_reason_for_waiting_is_what_ran_out() -> None:
    assert allocate([1, 2], seats_left=1, school_seats_left=None).waiting == ((2, WaitReason.FULL),)
    assert allocate([1, 2], seats_left=9, school_seats_left=1).waiting == ((2, WaitReason.SCHOOL_LIMIT),)
    assert allocate([1, 2], seats_left=0, school_seats_left=0).waiting == ((1, WaitReason.FULL), (2, WaitReason.FULL))


@given(queue=queues, seats_left=st.integers(-2, 20), limit=st.none() | st.integers(1, 6), seated=counts)
def test_the_first_who_may_gets_the_seat(queue: list[Waiting], seats_left: int, limit: int | None, seated: dict[int, int]) -> None:
    chosen = next_waiting(queue, seats_left=seats_left, limit=limit, seated_by_school=seated)
    assert len(chosen) <= max(seats_left, 0)
    assert list(chosen) == [one for one in queue if one in chosen]
    after = Counter(seated) + Counter(one.school_id for one in chosen)
    for one in set(queue) - set(chosen):
        out_of_seats = len(chosen) >= seats_left
        at_its_limit = limit is not None and after[one.school_id] >= limit
        assert out_of_seats or at_its_limit


@given(queue=queues, limit=st.integers(1, 6), seated=counts)
def test_no_school_is_given_more_than_its_limit(queue: list[Waiting], limit: int, seated: dict[int, int]) -> None:
    chosen = next_waiting(queue, seats_left=100, limit=limit, seated_by_school=seated)
    given_now = Counter(one.school_id for one in chosen)
    assert all(seated.get(school, 0) + number <= limit for school, number in given_now.items())


@given(queue=queues, seats_left=st.integers(0, 20), limit=st.none() | st.integers(1, 6), seated=counts)
def test_whoever_is_passed_over_is_next_when_room_is_made(
    queue: list[Waiting], seats_left: int, limit: int | None, seated: dict[int, int]
) -> None:
    chosen = next_waiting(queue, seats_left=seats_left, limit=limit, seated_by_school=seated)
    left = [one for one in queue if one not in chosen]
    if left:
        assert next_waiting(left, seats_left=1, limit=None, seated_by_school={}) == (left[0],)
