"""Flask-Security, told who our users are and what time it is."""

from __future__ import annotations

from flask import Flask
from flask_security import SQLAlchemyUserDatastore

from outreach.extensions import db, security
from outreach.models import Role, User, WebAuthn


def guard_sign_in(app: Flask) -> None:
    """Let people sign in."""
    security.init_app(app, SQLAlchemyUserDatastore(db, User, Role, WebAuthn))
