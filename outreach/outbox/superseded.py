"""When a letter that failed is no news any more. Reads only."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from outreach.models import Letter, LetterState


def is_overtaken() -> ColumnElement[bool]:
    """Say of a letter that a later one about the session has left for the same address, or is about to."""
    later = aliased(Letter)
    same_stream = (later.mailbox_id == Letter.mailbox_id, later.session_id == Letter.session_id, later.id > Letter.id)
    leaves = later.state.not_in((LetterState.FAILED, LetterState.DROPPED))
    return select(later.id).where(*same_stream, leaves).correlate(Letter).exists()
