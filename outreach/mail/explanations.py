"""What mail servers say of an address, in plain words: teachers know no codes."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

_CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_NO_SUCH_DOMAIN = _l("The part after the @ doesn't receive e-mail. Check it for typing mistakes.")
_CLOSED = _l("The mailbox was closed.")
_FULL = _l("The mailbox is full.")
_MEANINGS = {
    "5.1.2": _NO_SUCH_DOMAIN,
    "5.4.4": _NO_SUCH_DOMAIN,
    "5.1.3": _l("It isn't a valid e-mail address. Check it for typing mistakes."),
    "5.1.6": _l("The mailbox has moved, and its server doesn't say where."),
    "5.2.1": _CLOSED,
    "5.2.2": _FULL,
    "4.2.2": _FULL,
}


def explain_rejection(words: str | None) -> str:
    """Say what a refusal means, by the enhanced code in the server's words (RFC 3463); without one, that there is no such mailbox."""
    found = _CODE.search(words or "")
    code = found.group() if found else ""
    if code.startswith("5.7."):
        return explain_blocked()
    return str(_MEANINGS.get(code) or _("There is no such mailbox."))


def explain_blocked() -> str:
    """Say that it isn't about the address."""
    return _("Its mail server blocks our e-mails.")
