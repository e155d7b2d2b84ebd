"""What a coordinator sees of e-mails: mail log, received mail, undeliverable addresses, invitation status."""

from outreach.mail_admin.forms import NOT_ARRIVED
from outreach.mail_admin.labels import PAUSE_REASONS
from outreach.mail_admin.undeliverable import MailboxFilter, filter_counts

__all__ = ["NOT_ARRIVED", "PAUSE_REASONS", "MailboxFilter", "filter_counts"]
