"""What tests of letters share: letters in one line, and their lead, rows and button as a reader finds them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from outreach.models import Letter, LetterKind
from outreach.models.snapshots import Cause, Reader, SessionSnapshot
from tests.support.letter_cases import WRITTEN, entry, facts, letter, student, workshop
from tests.support.readable_letters import SeenPage
from tests.support.received_letters import received

ANA, BEN = student(), student("Ben", 2)
THEN = "“Power of a Stitch” on Thursday 18 March 2027 at 14:00 (New York)"
MAYBE_DECIDES = datetime(2027, 3, 16, 16, 0, tzinfo=UTC)
MAYBE: dict[str, Any] = {"is_provisional": True, "decides_at": MAYBE_DECIDES}
SECOND = timedelta(seconds=1)
FAMILIES = (Reader.STUDENT, Reader.GUARDIAN)
INVITATION, PROMOTED, UPDATED = LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED
CANCELLED, REMOVED, WAITING = LetterKind.CANCELLED, LetterKind.REMOVED, LetterKind.WAITING
DIGEST, ROSTER, NOTE, CONFIRM = LetterKind.DIGEST, LetterKind.ROSTER, LetterKind.NOTE, LetterKind.CONFIRM_ANSWER
STUDENT, GUARDIAN, TEACHER, HOST = Reader.STUDENT, Reader.GUARDIAN, Reader.TEACHER, Reader.HOST
GUS = student("Gus", 11, family_name="Hill")
AMY = student("Amy", 12, family_name="Diaz")
TITLED, AT = "“Power of a Stitch”", "on Thursday 18 March 2027 at 14:00 (New York)"
_PLAIN = (LetterKind.ACCOUNT, LetterKind.APPLICATION, LetterKind.BLOCKED, LetterKind.MESSAGE_ANSWER, LetterKind.JOB)
ABOUT_SESSIONS = [kind for kind in LetterKind if kind not in _PLAIN]


def about(kind: LetterKind, reader: Reader, cause: Cause, *, at: datetime = WRITTEN, **more: Any) -> Letter:
    return letter(kind, facts(reader, cause, **more), written_at=at)


def lines(one: Letter) -> list[str]:
    """Give what the HTML shows, line by line."""
    return SeenPage(received(one).html).lines


def lead(one: Letter) -> str:
    """Give the sentence on top: the same in text, HTML and preview."""
    [said] = [line.removeprefix("# ") for line in lines(one) if line.startswith("# ")]
    assert f"\n{said}\n" in received(one).text
    assert f"preview: {said}" in lines(one)
    return said


def row(one: Letter, label: str) -> str | None:
    """Give what the table says under a label; None where it has no such row."""
    found = [line.partition(" | ")[2] for line in lines(one) if line.partition(" | ")[0] in (label, f"{label} / changed")]
    assert len(found) <= 1
    assert bool(re.search(rf"^{label}(:| \(changed\)$)", received(one).text, re.MULTILINE)) == bool(found)
    return found[0] if found else None


def button(one: Letter) -> tuple[str, str]:
    """Give the words of the one button and where it leads; the text has both too."""
    [line] = [line for line in lines(one) if line.startswith("[ ")]
    words, _, url = line.removeprefix("[ ").partition(" ] -> ")
    assert f"\n{words}:\n{url}\n" in received(one).text
    return words, url


def moved(was: SessionSnapshot, *, now: SessionSnapshot | None = None, **more: Any) -> Letter:
    return about(UPDATED, STUDENT, Cause.MOVED, session=now or workshop(), was=was, seated=(ANA,), entry=entry(1), **more)
