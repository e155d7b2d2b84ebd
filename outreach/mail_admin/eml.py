"""A letter as it goes over the wire, for a coordinator who must see what somebody was sent.

Rendered from its row, as the worker does: the same bytes, as long as the settings and the links the mailbox holds are the same.
"""

from __future__ import annotations

from functools import partial

from flask_babel import gettext as _

from outreach.errors import Refused
from outreach.letters import render
from outreach.mail.dkim_signing import Signer
from outreach.models import Letter, LetterKind
from outreach.settings import Settings


def can_be_read(letter: Letter) -> bool:
    """What was written about a session may be read; no other letter: links in account letters open accounts."""
    return letter.session_id is not None and letter.kind is not LetterKind.ACCOUNT


def as_sent(letter: Letter, settings: Settings) -> bytes:
    """Give the message. Raises Refused where none can be made, or our key can't be read."""
    try:
        plain, signer = partial(render, settings=settings), Signer.of(settings)
        return signer.signing(plain)(letter) if signer else plain(letter)
    except (ValueError, OSError) as fault:
        raise Refused(_("No message can be made of this letter: %(fault)s", fault=type(fault).__name__)) from fault
