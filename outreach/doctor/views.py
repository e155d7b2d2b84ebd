"""What a load balancer and a monitor ask."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from outreach.models import UNSETTLED, Letter
from outreach.time import clock
from outreach.web import db, limiter

health = Blueprint("health", __name__)
limiter.exempt(health)


@health.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers; how long has the oldest due letter been waiting, in seconds? 503 while it doesn't."""
    now = clock.now()
    try:
        oldest = db.session.scalar(select(func.min(Letter.due_at)).where(Letter.state.in_(UNSETTLED), Letter.due_at <= now))
    except SQLAlchemyError:
        return jsonify(status="database away"), 503
    return jsonify(status="ok", oldest_due_letter_seconds=int((now - oldest).total_seconds()) if oldest else 0)
