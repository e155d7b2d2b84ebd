"""Mail as it goes over the wire: MIME, headers, SMTP, DKIM, bounce addresses, and the local folder of a demo."""

from outreach.mail.dkim_signing import Signer
from outreach.mail.explanations import explain_blocked, explain_rejection
from outreach.mail.mime import Mail, build
from outreach.mail.organisational_domain import organisational_domain
from outreach.mail.sanitize import has_direction_mark, has_link, one_line, plain_address, prose, uri
from outreach.mail.smtp import TLS_FROM_THE_FIRST_WORD, NotSecure, SmtpServer, SmtpTransport, connect
from outreach.mail.smtp_responses import ABOUT_US, Accepted, Delayed, Outcome, PauseReason, Rejected, Unavailable, kind_of, status_in
from outreach.mail.transport import Envelope, LocalMailbox, Transport, local_folder
from outreach.mail.verp import bounce_address, bounced_letter, token_in

__all__ = [
    "ABOUT_US",
    "TLS_FROM_THE_FIRST_WORD",
    "Accepted",
    "Delayed",
    "Envelope",
    "LocalMailbox",
    "Mail",
    "NotSecure",
    "Outcome",
    "PauseReason",
    "Rejected",
    "Signer",
    "SmtpServer",
    "SmtpTransport",
    "Transport",
    "Unavailable",
    "bounce_address",
    "bounced_letter",
    "build",
    "connect",
    "explain_blocked",
    "explain_rejection",
    "has_direction_mark",
    "has_link",
    "kind_of",
    "local_folder",
    "one_line",
    "organisational_domain",
    "plain_address",
    "prose",
    "status_in",
    "token_in",
    "uri",
]
