"""Places that end: their seats are free, the next in line get them, and everybody concerned is told.

Joins the caller's transaction, never commits. The caller holds the lock on the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from outreach.models import OutreachSession, Registration, RegistrationState
from outreach.models.snapshots import Cause
from outreach.notifications.notify import tell_places
from outreach.registration.seats import fill_free_seats, set_state

_CAUSES = {RegistrationState.WITHDRAWN: Cause.WITHDRAWN, RegistrationState.REMOVED: Cause.REMOVED}


def end_places(
    outreach_session: OutreachSession,
    ended: Sequence[Registration],
    state: RegistrationState,
    *,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
    cause: Cause | None = None,
) -> None:
    """Let active places end as WITHDRAWN or REMOVED; why somebody was taken off the list stands in the letters.

    `cause`: what the letters say happened, where the state doesn't say it all.
    """
    outreach_session.seats_taken -= sum(registration.is_seated for registration in ended)
    ids = [registration.id for registration in ended]
    set_state(ids, state, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id, note=note)
    causes = dict.fromkeys(ids, cause or _CAUSES[state]) | fill_free_seats(outreach_session, now=now)
    tell_places(outreach_session, causes, now=now, by_id=by_id, reason=note if state is RegistrationState.REMOVED else "")
