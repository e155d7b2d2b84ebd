"""What docs/calendar.md and docs/locks.md say is proven, is: every test and module they name is there."""

from __future__ import annotations

import re

from outreach.settings import ROOT

TOLD = "\n".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("calendar.md", "locks.md"))
PROOFS = [
    (proof["file"], "_".join(name.split()))
    for proof in re.finditer(r"`(?P<file>test_\w+)` (?P<names>\*[^*`|]+\*(?:(?: \([^)]*\))?, \*[^*`|]+\*)*)", TOLD)
    for name in re.findall(r"\*([^*]+)\*", proof["names"])
]


def test_each_proof_is_a_test() -> None:
    tests = {file.stem: "" for file in (ROOT / "tests").rglob("test_*.py")}
    for file in (ROOT / "tests").rglob("test_*.py"):
        tests[file.stem] += file.read_text(encoding="utf-8")
    assert len(PROOFS) > 100
    assert [proof for proof in PROOFS if f"def test_{proof[1]}(" not in tests.get(proof[0], "")] == []


def test_each_place_is_there() -> None:
    places = set(re.findall(r"`([\w/]+\.py|[\w/]+/)`", TOLD))
    assert len(places) > 30
    assert [place for place in places if not (ROOT / "outreach" / place).exists() and not (ROOT / place).exists()] == []
