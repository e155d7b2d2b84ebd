"""A coordinator sends invitations again as a new revision, for calendars that lost or never got them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from outreach.db import db, locked, transaction
from outreach.errors import NotThere, Refusal
from outreach.mail_admin.invitation_status import InvitationLine, invitation_lines
from outreach.mail_admin.status_rules import NOT_WRITTEN_TO, State
from outreach.models import Invitation, OutreachSession
from outreach.notifications import resend_as_update

_WHY_NOT = {
    State.STOPPED: _l(
        "The reader reported a wrong address, so we send nothing there. When the school corrects it, we invite the new address."
    ),
    State.UNDELIVERABLE: _l(
        "The mail server doesn't know this address, so we send nothing there. When the school corrects it, we invite the new address."
    ),
    State.BLOCKED: _l(
        "Its domain blocks our e-mails. When it accepts them again, everybody there automatically gets a current invitation."
    ),
}


def send_as_update(invitation_id: int, *, now: datetime) -> None:
    """Send one invitation again, as a revision of its own: REQUEST if it is live, else CANCEL. The answer stays.

    Raises NotThere; Refusal for a session over, an address that gets nothing, or an entry that was never there.
    """
    session_id = db.session.scalar(select(Invitation.session_id).where(Invitation.id == invitation_id))
    with transaction():
        outreach_session = _coming(session_id or 0, now)
        (line,) = invitation_lines(Invitation.id == invitation_id)
        _must_reach(line)
        if not resend_as_update(outreach_session, [invitation_id], now=now):
            raise Refusal(_("This entry was never sent and is no longer valid, so there is nothing to send."))


def send_lost_as_update(session_id: int, shown: Collection[int], *, now: datetime) -> int:
    """Send again what got lost of a session, as far as it was `shown` before; give how many letters were written.

    Who has got it meanwhile is left out. Raises NotThere, and Refusal for a session over.
    """
    with transaction():
        outreach_session = _coming(session_id, now)
        lost = [line.invitation.id for line in lost_of(session_id) if line.invitation.id in set(shown)]
        return resend_as_update(outreach_session, lost, now=now)


def lost_of(session_id: int) -> list[InvitationLine]:
    """Read the invitations of a session that don't get there by themselves, though letters do."""
    return [line for line in invitation_lines(Invitation.session_id == session_id) if line.is_lost]


def _coming(session_id: int, now: datetime) -> OutreachSession:
    outreach_session = locked(OutreachSession, session_id)
    if outreach_session is None:
        raise NotThere(_("This session no longer exists."))
    if outreach_session.ends_at <= now:
        raise Refusal(_("This session is over, so nobody needs its invitation now."))
    return outreach_session


def _must_reach(line: InvitationLine) -> None:
    mailbox = line.mailbox
    marks = zip(NOT_WRITTEN_TO, (mailbox.stopped_at, mailbox.undeliverable_at, mailbox.blocked_at), strict=True)
    blocked_by = next((state for state, since in marks if since is not None), None)
    if blocked_by is not None:
        raise Refusal(_WHY_NOT[blocked_by])
