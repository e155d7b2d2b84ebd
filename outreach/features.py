"""The features, in the order the story runs."""

from __future__ import annotations

from flask import Blueprint

from outreach.config import Settings
from outreach.health.views import health


def blueprints(settings: Settings) -> list[Blueprint]:
    """Give every blueprint; the mailbox page exists in demo mode only."""
    always = [health]
    demo_only: list[Blueprint] = []
    return always + (demo_only if settings.has_local_mailbox else [])
