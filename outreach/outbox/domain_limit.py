"""How many letters go to one domain: so many a minute, evenly, a few of them at once.

Pure: the time is an argument. Each worker counts for itself, in memory; what it counted is gone when it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

AT_ONCE = timedelta(seconds=5)


@dataclass
class DomainLimit:
    """At most `per_minute` letters a minute to each domain in the long run, and what five seconds allow (one at least) at once.

    A bucket for each domain that fills evenly: kept is the moment at which it would be full again (GCRA, ITU-T I.371).
    Letters that must wait are promised moments one after the other, so that each comes back once, in order.
    """

    per_minute: int
    _full_at: dict[str, datetime] = field(default_factory=dict)
    _promised: dict[str, datetime] = field(default_factory=dict)

    def put_off(self, domain: str, *, has_waited: bool, now: datetime) -> datetime | None:
        """Count a letter that may leave now (None), or give the moment at which it may.

        `has_waited`: it comes back at the moment it was given; what has just been written queues behind those that wait.
        """
        gap = timedelta(minutes=1) / self.per_minute
        full_at = max(self._full_at.get(domain, now), now)
        free_at = full_at - max(AT_ONCE - gap, timedelta(0))
        queue_ends = self._promised.get(domain, now)
        if free_at <= now and (has_waited or queue_ends <= now):
            self._full_at[domain] = full_at + gap
            return None
        self._promised[domain] = max(queue_ends + gap, free_at) if queue_ends > now else free_at
        return self._promised[domain]
