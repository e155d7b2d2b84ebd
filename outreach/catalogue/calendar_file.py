"""The calendar file anybody may take from a session's page.

Pure but for the words, which are in the reader's language. Not an invitation: it names nobody invited, it has
a UID of its own so that people with both don't lose either, and it never holds the video link.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask_babel import gettext as _

from outreach.calendars.entry import Entry
from outreach.calendars.itip import Method, compose
from outreach.models import OutreachSession
from outreach.settings import Settings
from outreach.web import formatting


def calendar_file(outreach_session: OutreachSession, settings: Settings, *, url: str) -> bytes:
    """Write a published session as METHOD:PUBLISH (RFC 5546 3.2.1); the same bytes as long as the session is the same."""
    entry = Entry(
        uid=f"feed-session-{outreach_session.id}@{urlsplit(settings.base_url).hostname}",
        sequence=outreach_session.revision,
        stamp=outreach_session.updated_at,
        created=outreach_session.created_at,
        last_modified=outreach_session.updated_at,
        summary=outreach_session.title,
        description=_description(outreach_session, url),
        location=_location(outreach_session),
        starts_wall=outreach_session.starts_wall,
        ends_wall=outreach_session.ends_wall,
        zone=outreach_session.zone,
        fold=outreach_session.fold,
        tentative=outreach_session.is_provisional,
        organizer_name=_("Outreach"),
        organizer_email=plain_mailbox(settings.reply_address),
        url=url,
    )
    return compose(entry, Method.PUBLISH)


def plain_mailbox(reply_address: str) -> str:
    """Give the address behind all tokens: rsvp+{token}@example.org is rsvp@example.org.

    Where the token is the whole local part there is no such mailbox; `outreach` then stands in its place.
    """
    local, _at, domain = reply_address.rpartition("@")
    plain = re.sub(r"[+=._-]?\{token\}", "", local).strip("+=._-")
    return f"{plain or 'outreach'}@{domain}"


def _description(outreach_session: OutreachSession, url: str) -> str:
    lines = [
        _("%(format)s with %(host)s", format=outreach_session.format.name, host=outreach_session.host.name),
        _provisional(outreach_session),
        _("The video link comes with the invitation.") if outreach_session.video_url else "",
        outreach_session.bring and _("Bring: %(bring)s", bring=outreach_session.bring),
        outreach_session.wear and _("Wear: %(wear)s", wear=outreach_session.wear),
        url,
    ]
    return "\n".join(line for line in lines if line)


def _provisional(outreach_session: OutreachSession) -> str:
    if outreach_session.decides_at is None:
        return ""
    return str(_("Provisional: decided by %(until)s", until=formatting.moment(outreach_session.decides_at, outreach_session.zone)))


def _location(outreach_session: OutreachSession) -> str:
    site, area = outreach_session.site, outreach_session.area
    if site is None:
        return str(_("Online"))
    parts = (site.name, area.name if area else "", ", ".join(site.address.splitlines()), outreach_session.meeting_point)
    return ", ".join(part for part in parts if part)
