"""What a coordinator sees of e-mails: mail log, received mail, undeliverable addresses, invitation status."""

from outreach.mail_admin.labels import PAUSE_REASONS
from outreach.mail_admin.undeliverable import is_undeliverable

__all__ = ["PAUSE_REASONS", "is_undeliverable"]
