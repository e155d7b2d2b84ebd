"""What may come next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.journeys.sequences.acts import Act
from tests.journeys.sequences.fates import Fate


@dataclass(frozen=True)
class Round:
    """A worker comes round; the first letters have these fates, and somebody acts while the one at `place` is on its way."""

    fates: tuple[Fate, ...] = ()
    act: Act | None = None
    place: int = 0


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    time: timedelta


@dataclass(frozen=True)
class Jobs:
    """All that is done from time to time is done."""


@dataclass(frozen=True)
class AllArrives:
    """Everything that waits is delivered, and calendars are looked at."""


Step = Act | Round | Wait | Jobs | AllArrives
