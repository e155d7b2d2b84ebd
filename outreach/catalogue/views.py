"""Pages for everyone: the list of sessions, one session, its calendar file.

The calendar file is not an invitation: it names nobody invited, has a UID of its own, so that people with both lose neither,
and never holds the video link.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload, load_only

from outreach import policy
from outreach.calendars import CalendarEntry, Method, compose
from outreach.catalogue.cards import drawing, session_cards
from outreach.catalogue.forms import SessionSearchForm
from outreach.catalogue.search import find, formats
from outreach.db import db
from outreach.families import may_ask
from outreach.models import Area, Format, OutreachSession, RoleName, SessionState, Site, User
from outreach.people import age_rule
from outreach.registration.queries import host_summary, own_seats
from outreach.settings import Settings
from outreach.time import clock, to_wall_time
from outreach.web import SelectChoice, formatting, limiter, me, page_number, settings

catalogue = Blueprint("catalogue", __name__)
limiter.exempt(catalogue)

SHARED_FOR = 30
# One query with no more than the page shows. Composed once: that takes as long as running it.
SHOWN = (
    select(OutreachSession)
    .where(OutreachSession.id == bindparam("session_id"))
    .options(
        joinedload(OutreachSession.host).options(load_only(User.given_name, User.family_name)),
        joinedload(OutreachSession.format).load_only(Format.name),
        joinedload(OutreachSession.site).load_only(Site.name, Site.address),
        joinedload(OutreachSession.area).load_only(Area.name),
    )
)


@catalogue.get("/")
def index() -> ResponseReturnValue:
    """List the sessions to come."""
    now, names = clock.now(), formats()
    form = SessionSearchForm(request.args)
    form.format.choices = [SelectChoice("", _("All kinds")), *(SelectChoice(key, name) for key, name in names.items())]
    status = 200 if form.validate() else 422
    search = form.search()
    page = find(search, page_number(request.args.get("page")), names, now=now)
    listed = session_cards(page.rows, names, now=now)
    is_front = search.is_empty and status == 200 and page.page == 1 and not me().is_authenticated
    shown = {"form": form, "page": page, "cards": listed, "draw": drawing(4 if is_front else 3), "search": search, "is_front": is_front}
    return _fresh(render_template("catalogue/index.html", **shown), status)


@catalogue.get("/sessions/<int:session_id>")
def show(session_id: int) -> ResponseReturnValue:
    """Show one session; a draft to its hosts alone."""
    outreach_session, now = _visible(session_id), clock.now()
    user = me()
    hosts = user.is_authenticated and policy.hosts(user, outreach_session)
    phone = outreach_session.day_phone if policy.sees_day_phone(user, outreach_session) else ""
    register_url = _register_url(outreach_session) if outreach_session.is_open(now) and not hosts else ""
    own = own_seats(outreach_session, user) if user.is_authenticated and user.is_a(RoleName.TEACHER) else (0, 0)
    summary = host_summary(outreach_session) if hosts and outreach_session.is_published else None
    as_coordinator = hosts and not policy.hosts_it_themselves(user, outreach_session)
    page = {
        "can_ask_for_link": not hosts and may_ask(outreach_session, now=now),
        "hosts": hosts,
        "summary": summary,
        "as_coordinator": as_coordinator,
        "phone": phone,
        "register_url": register_url,
        "own": own,
        "age_floor": age_rule(outreach_session).floor,
        "moment_words": _moment_words(outreach_session.zone),
    }
    return _fresh(render_template("catalogue/show.html", outreach_session=outreach_session, now=now, **page))


@catalogue.get("/sessions/<int:session_id>.ics")
def calendar(session_id: int) -> ResponseReturnValue:
    """Give a published session as a calendar file."""
    outreach_session = _visible(session_id)
    if not outreach_session.is_published:
        abort(410 if outreach_session.state == SessionState.CANCELLED else 404)
    url = settings().base_url + url_for("catalogue.show", session_id=session_id)
    response = Response(calendar_file(outreach_session, settings(), url=url), content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response.headers["Content-Disposition"] = f'attachment; filename="session-{session_id}.ics"'
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response.make_conditional(request)


def _visible(session_id: int) -> OutreachSession:
    """Load a session with all that its page shows, in one query."""
    found = db.session.scalar(SHOWN, {"session_id": session_id})
    if found is None or not policy.sees_session(me(), found):
        abort(404)
    return found


def _moment_words(zone: str) -> Callable[[datetime], str]:
    """Say moments on the session's own clock."""

    def words(moment: datetime) -> str:
        wall = to_wall_time(moment, zone)
        return f"{formatting.day(wall)}, {formatting.clock_time(wall)}"

    return words


def _register_url(outreach_session: OutreachSession) -> str:
    """Give teachers the page to register on, and whoever hasn't signed in may be one."""
    user = me()
    if "registration.register" not in current_app.view_functions or (user.is_authenticated and not policy.registers_classes(user)):
        return ""
    return url_for("registration.register", session_id=outreach_session.id)


def _fresh(page: str, status: int = 200) -> ResponseReturnValue:
    """Let whoever has no cookie share a copy for half a minute; everybody else asks again, and gets 304 when nothing changed."""
    response = make_response(page, status)
    response.headers["Cache-Control"] = "private, no-cache" if request.cookies else f"public, max-age={SHARED_FOR}"
    response.vary.add("Cookie")
    response.add_etag()
    return response.make_conditional(request)


def calendar_file(outreach_session: OutreachSession, settings: Settings, *, url: str) -> bytes:
    """Write a published session as METHOD:PUBLISH (RFC 5546 3.2.1); the same bytes as long as the session is the same."""
    entry = CalendarEntry(
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

    Where the token is the whole local part there is no such mailbox; `outreach` is used instead.
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
    return _("Provisional, to be decided by %(until)s", until=formatting.moment(outreach_session.decides_at, outreach_session.zone))


def _location(outreach_session: OutreachSession) -> str:
    site, area = outreach_session.site, outreach_session.area
    if site is None:
        return _("Online")
    parts = (site.name, area.name if area else "", ", ".join(site.address.splitlines()), outreach_session.meeting_point)
    return ", ".join(part for part in parts if part)
