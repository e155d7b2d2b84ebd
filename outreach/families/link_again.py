"""Somebody who was invited has their own link sent again, to the invited address and nowhere else.

A page must not say whose address we know, neither in words nor by the time it takes. So the request only writes down what was
typed; the worker looks the address up a moment later.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from outreach.db import db, end_reading, locked, transaction
from outreach.errors import NotThere
from outreach.families.pages import family_page
from outreach.models import (
    HAVE_AN_ENTRY,
    Cause,
    Invitation,
    LetterKind,
    LetterSnapshot,
    LinkRequest,
    Mailbox,
    OutreachSession,
    Reader,
    Registration,
    SessionState,
)
from outreach.notifications import IN_LINE, invitation_records, read_participants, snapshot_of, waiting_list_positions
from outreach.outbox import NewLetter, enqueue
from outreach.people import for_family
from outreach.tokens import LASTS

_AT_ONCE = 100


def may_ask(outreach_session: OutreachSession, *, now: datetime) -> bool:
    """Families have had links to it, and they still open."""
    return outreach_session.state != SessionState.DRAFT and now < outreach_session.ends_at + LASTS


def request_link(session_id: int, address: str, *, now: datetime) -> None:
    """Write down what was typed (in normal form), whoever's it is. Raises NotThere where there are no links."""
    with transaction():
        outreach_session = db.session.get(OutreachSession, session_id)
        if outreach_session is None or not may_ask(outreach_session, now=now):
            raise NotThere
        db.session.add(LinkRequest(session_id=session_id, address=address, asked_at=now))


def send_links(*, now: datetime) -> int:
    """Send the links that were asked for; gives how many requests there were. A mailbox gets one an hour for each session."""
    is_any_due = db.session.scalar(select(LinkRequest.id).limit(1)) is not None
    end_reading()
    if not is_any_due:
        return 0
    asked = db.session.execute(
        select(LinkRequest.id, LinkRequest.session_id, LinkRequest.address).order_by(LinkRequest.id).limit(_AT_ONCE)
    ).all()
    end_reading()
    for row in asked:
        with transaction():
            outreach_session = locked(OutreachSession, row.session_id)
            is_ours = db.session.scalar(delete(LinkRequest).where(LinkRequest.id == row.id).returning(LinkRequest.id)) is not None
            if is_ours and outreach_session is not None and may_ask(outreach_session, now=now):
                _send(outreach_session, row.address, now=now)
    return len(asked)


def _send(outreach_session: OutreachSession, address: str, *, now: datetime) -> None:
    mailbox = db.session.scalar(select(Mailbox).where(Mailbox.address == address))
    if mailbox is None or any((mailbox.stopped_at, mailbox.undeliverable_at, mailbox.blocked_at)):
        return
    page = family_page(mailbox, outreach_session)
    if not page.registrations:
        return
    is_own = any(one.registration.student.mailbox_id == mailbox.id for one in page.registrations)
    record = next(iter(invitation_records(outreach_session, Invitation.mailbox_id == mailbox.id)), None)
    about = read_participants(outreach_session, Registration.id.in_([one.registration.id for one in page.registrations]))
    letter = LetterSnapshot(
        reader=Reader.STUDENT if is_own else Reader.GUARDIAN,
        reader_name=record.reader_name if record else "",
        reader_zone=about[0].zone,
        cause=Cause.AGAIN,
        session=snapshot_of(outreach_session),
        seated=for_family([one for one in about if one.state in HAVE_AN_ENTRY]),
        waiting=for_family([one for one in about if one.state in IN_LINE], waiting_list_positions(outreach_session.id)),
        gone=for_family([one for one in about if one.state not in HAVE_AN_ENTRY and one.state not in IN_LINE]),
        entry=record.entry if record else None,
    )
    news = NewLetter(
        mailbox_id=mailbox.id,
        kind=LetterKind.LINK,
        facts=letter.to_json(),
        dedupe_key=f"link:{mailbox.id}:{outreach_session.id}:{now:%Y%m%dT%H}",
        locale=mailbox.locale,
        session_id=outreach_session.id,
        invitation_id=record.invitation_id if record else None,
    )
    enqueue([news], now=now)
