"""The ceiling of a page: the plainest Flask application that asks the same database for one thing in the same way."""

from __future__ import annotations

import os

from flask import Flask
from markupsafe import escape
from sqlalchemy import select

from outreach.db import db
from outreach.models import OutreachSession


def create_app() -> Flask:
    """Make an application with one page, one SELECT, one line of HTML."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["OUTREACH_DATABASE_URL"]
    db.init_app(app)

    @app.get("/<int:session_id>")
    def title(session_id: int) -> str:
        found = db.session.scalar(select(OutreachSession.title).where(OutreachSession.id == session_id))
        return f"<!doctype html><title>{escape(found)}</title>"

    return app
