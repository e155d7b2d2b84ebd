"""So many letters a minute to one domain: never more, hardly fewer, and nobody overtakes."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.outbox.domain_limit import AT_ONCE, DomainLimit

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FRESH = {"has_waited": False}
Times = list[datetime]


def sent(per_minute: int, written: Times, *, look_every: timedelta = SECOND) -> tuple[Times, int]:
    """Let a worker look as often as this, until all letters to one domain have left.

    Gives when each left, in the order in which they were written, and how often one was put off.
    """
    limit, put_off = DomainLimit(per_minute), 0
    queue = [(at, number) for number, at in enumerate(sorted(written))]
    heapify(queue)
    left: dict[int, datetime] = {}
    now = NOW
    while queue:
        while queue and queue[0][0] <= now:
            due_at, number = heappop(queue)
            moment = limit.put_off("school.example", has_waited=due_at > sorted(written)[number], now=now)
            if moment is None:
                left[number] = now
            else:
                assert moment > now
                put_off += 1
                heappush(queue, (moment, number))
        now += look_every
    return [left[number] for number in sorted(left)], put_off


def at_once(per_minute: int) -> int:
    return max(1, AT_ONCE * per_minute // MINUTE)


def test_a_few_leave_at_once_and_the_rest_evenly() -> None:
    times, put_off = sent(60, [NOW] * 12)
    assert times == [NOW] * 5 + [NOW + SECOND * number for number in range(1, 8)]
    assert put_off == 7


def test_a_domain_has_room_again_after_a_rest() -> None:
    limit = DomainLimit(60)
    assert [limit.put_off("school.example", now=NOW, **FRESH) for _ in range(5)] == [None] * 5
    assert limit.put_off("school.example", now=NOW, **FRESH) == NOW + SECOND
    assert [limit.put_off("school.example", now=NOW + MINUTE, **FRESH) for _ in range(5)] == [None] * 5


def test_the_first_that_waits_leaves_as_soon_as_there_is_room() -> None:
    limit = DomainLimit(60)
    for _ in range(5):
        limit.put_off("school.example", now=NOW, **FRESH)
    assert limit.put_off("school.example", now=NOW + SECOND / 2, **FRESH) == NOW + SECOND
    assert limit.put_off("school.example", now=NOW + SECOND / 2, **FRESH) == NOW + 2 * SECOND


def test_domains_do_not_wait_for_each_other() -> None:
    limit = DomainLimit(1)
    assert limit.put_off("one.example", now=NOW, **FRESH) is None
    assert limit.put_off("one.example", now=NOW, **FRESH) == NOW + MINUTE
    assert limit.put_off("two.example", now=NOW, **FRESH) is None


def test_what_is_written_later_queues_behind_those_that_wait() -> None:
    limit = DomainLimit(60)
    waiting = [moment for _ in range(8) if (moment := limit.put_off("school.example", now=NOW, **FRESH))]
    assert waiting == [NOW + SECOND, NOW + 2 * SECOND, NOW + 3 * SECOND]
    assert limit.put_off("school.example", now=NOW + SECOND, **FRESH) == NOW + 4 * SECOND
    assert limit.put_off("school.example", has_waited=True, now=NOW + SECOND) is None


def test_a_long_queue_is_put_off_once_each_and_leaves_as_fast_as_it_may() -> None:
    times, put_off = sent(600, [NOW] * 1000)
    assert put_off == 950
    assert times == sorted(times)
    assert times[-1] - NOW == 95 * SECOND


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([1, 7, 30, 60, 600]),
    st.lists(st.integers(0, 90).map(lambda seconds: NOW + SECOND * seconds), min_size=1, max_size=60),
    st.sampled_from([SECOND / 4, SECOND, 3 * SECOND]),
)
def test_no_minute_sees_more_than_the_limit_and_what_may_leave_at_once(per_minute: int, written: Times, look_every: timedelta) -> None:
    times, _put_off = sent(per_minute, written, look_every=look_every)
    assert len(times) == len(written)
    ordered = sorted(times)
    in_a_minute = [bisect_right(ordered, at + MINUTE - timedelta.resolution) - index for index, at in enumerate(ordered)]
    assert max(in_a_minute) <= per_minute + at_once(per_minute)
