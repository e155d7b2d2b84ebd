"""The features, in the order the story runs."""

from __future__ import annotations

from flask import Blueprint

from outreach.accounts.views import accounts
from outreach.catalogue.views import catalogue
from outreach.config import Settings
from outreach.health.views import health
from outreach.mailbox_page.views import mailbox
from outreach.scheduling.change_views import scheduling


def blueprints(settings: Settings) -> list[Blueprint]:
    """Give every blueprint; the mailbox page exists in demo mode only."""
    always = [accounts, scheduling, catalogue, health]
    demo_only = [mailbox]
    return always + (demo_only if settings.has_local_mailbox else [])
