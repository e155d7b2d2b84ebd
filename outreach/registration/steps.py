"""The state of registrations, each step written into their history.

Joins the caller's transaction, never commits. The caller holds the lock on the session.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update

from outreach.db import db, insert_in_order
from outreach.models import Registration, RegistrationState, RegistrationStep


def set_state(
    registration_ids: Collection[int],
    state: RegistrationState,
    *,
    now: datetime,
    offered_until: datetime | None = None,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
) -> None:
    """Move registrations on and write the step into their history."""
    if not registration_ids:
        return
    change: dict[str, object] = {"state": state, "changed_at": now}
    if state is not RegistrationState.WAITING:
        change["wait_reason"] = None
    if state is not RegistrationState.PENDING:
        change["held_until"] = None
    if offered_until is not None:
        change["offered_until"] = offered_until
    db.session.execute(update(Registration).where(Registration.id.in_(registration_ids)).values(**change))
    write_steps(registration_ids, state, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id, note=note)


def write_steps(
    registration_ids: Collection[int],
    state: RegistrationState,
    *,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
) -> None:
    """Add to the history of registrations."""
    if not registration_ids:
        return
    step = {"state": state, "at": now, "by_id": by_id, "by_mailbox_id": by_mailbox_id, "note": note}
    insert_in_order(RegistrationStep, [{"registration_id": key, **step} for key in registration_ids])
