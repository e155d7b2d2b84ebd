"""Pages for everyone: the list of sessions, one session, its calendar file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload, lazyload, load_only
from wtforms import SelectChoice

from outreach import policy
from outreach.catalogue.calendar_file import calendar_file
from outreach.catalogue.cards import cards, drawing
from outreach.catalogue.forms import SearchForm
from outreach.catalogue.search import find, formats
from outreach.db import db
from outreach.models import Area, Format, OutreachSession, SessionState, Site, User
from outreach.time import clock
from outreach.web import formatting
from outreach.web.extensions import limiter
from outreach.web.pages import me, settings
from outreach.web.paging import page_number

catalogue = Blueprint("catalogue", __name__)
limiter.exempt(catalogue)

SHARED_FOR = 30
# One query with no more than the page shows; a host's roles would cost a second one. Composed once: that takes as long as running it.
SHOWN = (
    select(OutreachSession)
    .where(OutreachSession.id == bindparam("session_id"))
    .options(
        joinedload(OutreachSession.host).options(load_only(User.given_name, User.family_name), lazyload(User.roles)),
        joinedload(OutreachSession.format).load_only(Format.name),
        joinedload(OutreachSession.site).load_only(Site.name, Site.address),
        joinedload(OutreachSession.area).load_only(Area.name),
    )
)


@catalogue.get("/")
def index() -> ResponseReturnValue:
    """List the sessions to come."""
    now, names = clock.now(), formats()
    form = SearchForm(request.args)
    form.format.choices = [SelectChoice("", _("All kinds")), *(SelectChoice(key, name) for key, name in names.items())]
    status = 200 if form.validate() else 422
    search = form.search()
    page = find(search, page_number(request.args.get("page")), names, now=now)
    listed = cards(page.rows, names, now=now)
    return _fresh(render_template("catalogue/index.html", form=form, page=page, cards=listed, draw=drawing(3), search=search), status)


@catalogue.get("/sessions/<int:session_id>")
def show(session_id: int) -> ResponseReturnValue:
    """Show one session; a draft to its hosts alone."""
    outreach_session, now = _visible(session_id), clock.now()
    user = me()
    hosts = user.is_authenticated and policy.hosts(user, outreach_session)
    phone = outreach_session.day_phone if policy.sees_day_phone(user, outreach_session) else ""
    register_url = _register_url(outreach_session) if outreach_session.is_open(now) and not hosts else ""
    page = {"hosts": hosts, "phone": phone, "register_url": register_url, "moment_words": _moment_words(outreach_session.zone)}
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
        wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
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
