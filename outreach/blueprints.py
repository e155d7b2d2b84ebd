"""The features, in the order the story runs."""

from __future__ import annotations

from flask import Blueprint

from outreach.about.views import about
from outreach.accounts.views import accounts
from outreach.background.views import background
from outreach.catalogue.views import catalogue
from outreach.coordination.views import coordination
from outreach.demo_mailbox.views import mailbox
from outreach.doctor.views import health
from outreach.families.views import families
from outreach.mail_admin.views import mail_admin
from outreach.registration.arrangements.views import arrangements
from outreach.registration.views import registration
from outreach.scheduling.provisional.link_views import decisions
from outreach.scheduling.provisional.views import scheduling
from outreach.schools.views import schools
from outreach.settings import Settings


def blueprints(settings: Settings) -> list[Blueprint]:
    """Give every blueprint; the mailbox page exists in demo mode only."""
    always = [
        about,
        accounts,
        coordination,
        mail_admin,
        schools,
        scheduling,
        decisions,
        catalogue,
        registration,
        arrangements,
        families,
        background,
        health,
    ]
    demo_only = [mailbox]
    return always + (demo_only if settings.has_local_mailbox else [])
