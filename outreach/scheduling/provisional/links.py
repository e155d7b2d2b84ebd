"""What the link in a letter that asks for a decision opens: the session, for whoever still decides about it.

Reads only.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from outreach import policy
from outreach.db import db
from outreach.models import OutreachSession, User
from outreach.tokens import LinkBroken, Purpose, read


def open_decision(token: str, *, secret_key: str, now: datetime) -> OutreachSession:
    """Open a link from a letter; asked anew at each request.

    Raises LinkBroken for what isn't signed, or was made void, or belongs to somebody who hosts it no longer; LinkExpired once the
    session has begun.
    """
    ticket = read(token, Purpose.DECIDE, secret_key, now)
    outreach_session = db.session.get(OutreachSession, ticket.session_id)
    user = db.session.scalar(select(User).where(User.mailbox_id == ticket.mailbox_id))
    if outreach_session is None or user is None or user.mailbox.link_version != ticket.link_version:
        raise LinkBroken
    if not policy.decides(user, outreach_session):
        raise LinkBroken
    return outreach_session
