"""What a coordinator may do about letters that don't leave."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update

from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal
from outreach.letters import KINDS
from outreach.models import Letter, LetterState, OutboxPause
from outreach.outbox.queue import is_superseded


def retry_letter(letter_id: int, *, now: datetime) -> None:
    """Try a failed letter again, from the first attempt.

    Raises NotThere; Refusal for one that hasn't failed, whose link was wiped, or which later news has overtaken.
    """
    with transaction():
        letter = locked(Letter, letter_id)
        if letter is None:
            raise NotThere(_("This e-mail doesn't exist."))
        _require_failed(letter)
        letter.state, letter.settled_at = LetterState.QUEUED, None
        letter.attempts, letter.due_at = 0, now


def end_pause(*, now: datetime) -> None:
    """End the pause of the whole queue: the worker tries at once."""
    with transaction():
        db.session.execute(update(OutboxPause).where(OutboxPause.until > now).values(until=now))


def _require_failed(letter: Letter) -> None:
    if letter.state is not LetterState.FAILED:
        raise Refusal(_("Only a failed e-mail can be sent again."))
    if KINDS[letter.kind].opens_account:
        raise Refusal(_("We no longer have the link in this e-mail. The person can ask for a new one on the sign-in page."))
    if _is_overtaken(letter):
        raise Refusal(_("A later e-mail about this session went to the same address, so this one would be out of date."))


def _is_overtaken(letter: Letter) -> bool:
    """Sent now, it would come after a later letter of its stream, in the wrong order."""
    return db.session.scalar(select(Letter.id).where(Letter.id == letter.id, is_superseded())) is not None
