"""The doctor looks at the service itself: somebody coordinates, letters leave. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.db import db
from outreach.doctor.findings import Finding, attention, fails, ok
from outreach.models import UNSETTLED, Letter, OutboxPause, RoleName, User

LONG = timedelta(minutes=10)
_REASONS = {
    "unreachable": "the mail server can't be reached",
    "insecure": "the mail server can't prove who it is, or offers no encryption",
    "sign_in": "the mail server doesn't let us sign in",
    "sender": "the mail server won't send for our address",
}


def check_service(*, now: datetime) -> Iterator[Finding]:
    """Look at people and letters. Wants the app's context and tables of the present shape."""
    yield _coordinator()
    yield _letters(now)


def _coordinator() -> Finding:
    coordinators = select(func.count(User.id)).where(User.active, User.roles.any(name=RoleName.COORDINATOR))
    if db.session.scalar(coordinators):
        return ok("Coordinator", "somebody can approve people")
    return attention("Coordinator", "there is none: nobody can approve people", "Run `outreach create-coordinator EMAIL`.")


def _letters(now: datetime) -> Finding:
    pause = db.session.scalar(select(OutboxPause))
    if pause is not None:
        text = f"all wait since {pause.since:%Y-%m-%d %H:%M} UTC: {_REASONS.get(pause.reason, pause.reason)} ({pause.server_words})"
        return fails("Letters", text, "Mend what is said about the mail server; they leave by themselves then.")
    due = Letter.state.in_(UNSETTLED), Letter.due_at <= now
    oldest, number = db.session.execute(select(func.min(Letter.due_at), func.count()).where(*due)).one()
    if not number or now - oldest < LONG:
        return ok("Letters", f"{number} due")
    text = f"{number} due, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"
    return attention("Letters", text, "See that `outreach worker` is running.")
