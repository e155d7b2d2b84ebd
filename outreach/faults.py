"""What a log may say of an error: its kind and where it happened. Its message may hold what a person typed.

Pure.
"""

from __future__ import annotations

import traceback


def place_of(error: BaseException) -> str:
    """Give the function and line that raised, such as "settle, line 30"."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else ""
