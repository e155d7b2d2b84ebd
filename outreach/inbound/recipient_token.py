"""The letter or the mailbox that a message belongs to, by the token in its recipient's address.

Pure. The token in an address is the secret. The first address in the shape of ours counts, valid or not: we never guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.mail import bounced_letter, token_in


@dataclass(frozen=True, kw_only=True)
class TokenRecipient:
    """A letter, by its envelope sender; or a mailbox's token, which may be anybody's invention."""

    letter_id: int | None = None
    mailbox_token: str | None = None


def recipient_of_token(recipients: Sequence[str], *, reply_address: str, bounce_address: str, secret_key: str) -> TokenRecipient | None:
    """Give the letter or mailbox of the first of our addresses; None where none is ours.

    `recipients`: the envelope's first. Both patterns have `{token}` in them and may be the same.
    """
    found = (_in(recipient, reply_address, bounce_address, secret_key) for recipient in recipients)
    return next((one for one in found if one is not None), None)


def is_our_own(sender: str, *, reply_address: str) -> bool:
    """Say whether a letter of ours came back to us: nobody else writes from such an address."""
    return token_in(sender, reply_address) is not None


def _in(recipient: str, reply_address: str, bounce_address: str, secret_key: str) -> TokenRecipient | None:
    signed = token_in(recipient, bounce_address)
    letter_id = bounced_letter(signed, secret_key) if signed else None
    if letter_id is not None:
        return TokenRecipient(letter_id=letter_id)
    token = token_in(recipient, reply_address) or signed
    return TokenRecipient(mailbox_token=token) if token else None
