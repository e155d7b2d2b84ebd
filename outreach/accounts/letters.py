"""Letters about accounts, and the addresses in them. Pure but for BASE_URL and the map of our pages."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from outreach.models import AccountSnapshot, LetterKind, User
from outreach.outbox import NewLetter
from outreach.web import settings


def page(endpoint: str, **values: str) -> str:
    """Give the absolute address of one of our pages: from BASE_URL, never from a request's Host header."""
    return settings().base_url + current_app.url_map.bind("").build(endpoint, values)


def confirm_letter(user: User, token: str, *, now: datetime) -> NewLetter:
    """Ask whether the address is theirs."""
    return _draft(user, "confirm", page("accounts.confirm", token=token), f"{user.fs_uniquifier}:{_every(120, now)}")


def reset_letter(user: User, token: str, *, now: datetime) -> NewLetter:
    """Give them the link under which they set a new password; asked for again within two minutes it's the same letter."""
    return _draft(user, "reset", page("security.reset_password", token=token), f"{user.fs_uniquifier}:{_every(120, now)}")


def password_changed_letter(user: User, *, now: datetime) -> NewLetter:
    """Tell them that their password is another one now."""
    return _draft(user, "password_changed", page("security.forgot_password"), f"{user.fs_uniquifier}:{now.isoformat()}")


def already_here_letter(user: User, *, now: datetime) -> NewLetter:
    """Tell them that somebody applied with their address: once an hour, or strangers could flood the mailbox."""
    return _draft(user, "already_here", page("security.login"), f"{user.id}:{_every(3600, now)}")


def _draft(user: User, purpose: str, link: str, once: str) -> NewLetter:
    # Until an address is confirmed, its reader may be a stranger to whoever typed the name.
    name = user.name if user.confirmed_at else ""
    snapshot = AccountSnapshot(purpose=purpose, reader_name=name, link=link)
    return NewLetter(
        mailbox_id=user.mailbox_id, kind=LetterKind.ACCOUNT, facts=snapshot.to_json(), dedupe_key=f"account:{purpose}:{once}", locale="en"
    )


def _every(seconds: int, now: datetime) -> int:
    return int(now.timestamp()) // seconds
