"""When a letter is tried again, and how long the whole queue pauses.

Pure. `jitter` is drawn by the caller, from 0 up to 1: it keeps letters that failed together from coming back together.
"""

from __future__ import annotations

from datetime import timedelta

TRY_AGAIN_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
    timedelta(hours=48),
)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)


def next_try(attempts: int, *, jitter: float) -> timedelta | None:
    """Give the time until the next try after this many (1 or more), a tenth more or less; None: it has failed.

    The first ones serve greylisting, the last an outage at the recipient's over several days (RFC 5321 4.5.4.1).
    """
    if attempts > len(TRY_AGAIN_AFTER):
        return None
    return TRY_AGAIN_AFTER[attempts - 1] * (0.9 + 0.2 * jitter)


def pause_length(times: int) -> timedelta:
    """Give the length of the nth pause in a row: 30 s, doubled each time, 15 minutes at most."""
    return min(FIRST_PAUSE * (1 << min(times - 1, 10)), LONGEST_PAUSE)
