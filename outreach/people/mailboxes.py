"""E-mail addresses and their mailboxes.

`mailbox_of` and `mailboxes_of` join the caller's transaction, never commit.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from outreach.db import db, insert_or_skip
from outreach.models import Mailbox, new_token


def mailbox_of(address: str) -> Mailbox:
    """Find or make the mailbox of a normal address, and lock it: rivals with the same address come one after the other."""
    db.session.execute(insert_or_skip(Mailbox, "address").values(_new_mailbox(address)))
    return db.session.scalars(select(Mailbox).where(Mailbox.address == address).with_for_update()).one()


def mailboxes_of(addresses: Collection[str]) -> dict[str, int]:
    """Find or make the mailboxes of normal addresses, in as many statements as for one; gives their ids by address.

    Sorted, so that rivals with the same addresses wait for each other instead of blocking each other. A mailbox
    that is being deleted just now is made again.
    """
    found: dict[str, int] = {}
    while missing := sorted(set(addresses) - found.keys()):
        db.session.execute(insert_or_skip(Mailbox, "address"), [_new_mailbox(address) for address in missing])
        kept = select(Mailbox.address, Mailbox.id).where(Mailbox.address.in_(missing)).order_by(Mailbox.address)
        rows_kept = db.session.execute(kept.with_for_update(read=True, key_share=True))
        found |= {address: key for address, key in rows_kept}  # noqa: C416 (dict() of rows isn't typed)
    return found


def _new_mailbox(address: str) -> dict[str, Any]:
    return {"address": address, "token": new_token(), "locale": "en", "link_version": 1}
