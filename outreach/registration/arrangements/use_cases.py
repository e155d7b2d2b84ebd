"""What a school tells the families of its students about the day of a session: who looks after them, how they get there, whom to call."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.db import db, transaction
from outreach.models import Arrangement

ARRANGED = ("looked_after_by", "travel", "day_contact")


def arrangement(session_id: int, school_id: int) -> dict[str, str]:
    """Give what was said, by column; empty where nothing was."""
    found = db.session.get(Arrangement, (session_id, school_id))
    return {name: getattr(found, name) if found is not None else "" for name in ARRANGED}


def arrange(session_id: int, school_id: int, said: Mapping[str, str]) -> None:
    """Change it; the next e-mail to each family has it, and their page at once."""
    with transaction():
        note_arrangement(session_id, school_id, said)


def note_arrangement(session_id: int, school_id: int, said: Mapping[str, str]) -> None:
    """Write it down. Joins the caller's transaction."""
    db.session.merge(Arrangement(session_id=session_id, school_id=school_id, **said))
    db.session.flush()
