"""Who does which long work: the kinds of background jobs."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.background import LongWork
from outreach.schools import LIST_WORK

LONG_WORK: Mapping[str, LongWork] = {**LIST_WORK}
