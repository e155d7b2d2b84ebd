"""The texts of public pages: read, changed, and put back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from outreach.about.defaults import default_text
from outreach.db import db, transaction
from outreach.models import PageName, PageText


def text_of(name: PageName) -> str:
    """Give a page's text: the coordinator's, or the one that comes with the service."""
    return db.session.scalar(select(PageText.text).where(PageText.name == name)) or default_text(name)


def changed_texts() -> dict[PageName, PageText]:
    """Read the texts that a coordinator has changed."""
    return {one.name: one for one in db.session.scalars(select(PageText))}


def change_text(name: PageName, text: str, *, by_id: int, now: datetime) -> None:
    """Put a text in place of a page's; an empty one puts back the text that comes with the service."""
    with transaction():
        known = db.session.get(PageText, name, populate_existing=True)
        if known is not None:
            db.session.delete(known)
            db.session.flush()
        if text:
            db.session.add(PageText(name=name, text=text, changed_at=now, changed_by_id=by_id))
