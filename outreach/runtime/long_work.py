"""Who does which long work: the kinds of background jobs."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.background import LongWork

LONG_WORK: Mapping[str, LongWork] = {}
