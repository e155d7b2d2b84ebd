"""Gathers the pages that register with the blueprint."""

from outreach.mail_admin import inbound_views, invitation_views, letter_views, mailbox_views
from outreach.mail_admin.blueprint import mail_admin

__all__ = ["inbound_views", "invitation_views", "letter_views", "mail_admin", "mailbox_views"]
