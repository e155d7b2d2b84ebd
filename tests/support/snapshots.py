"""Snapshots: what a letter or a calendar object looked like when somebody last read it, byte for byte.

OUTREACH_REWRITE_SNAPSHOTS=1 writes them anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
from difflib import unified_diff
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "snapshots"


def assert_matches_snapshot(name: str, data: bytes | str) -> None:
    """Compare with `tests/snapshots/<name>`, such as "mail/invitation.eml"; line ends count too."""
    path, seen = FOLDER / name, data.encode() if isinstance(data, str) else data
    if os.environ.get("OUTREACH_REWRITE_SNAPSHOTS") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(seen)
    kept = path.read_bytes() if path.exists() else b""
    if seen != kept:
        diff = unified_diff(_lines(kept), _lines(seen), f"snapshots/{name}", "seen now", lineterm="")
        pytest.fail("\n".join((f"{name} is not what it was; OUTREACH_REWRITE_SNAPSHOTS=1 writes it anew", *diff)), pytrace=False)


def _lines(data: bytes) -> list[str]:
    return [line.replace("\r", "\\r") for line in data.decode(errors="backslashreplace").split("\n")]
