"""The page behind the link in an e-mail that asks for a decision: works on a phone, without signing in."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from outreach import policy
from outreach.db import db
from outreach.errors import NotThere
from outreach.families import keep_private
from outreach.models import OutreachSession, User
from outreach.registration import what_a_school_confirms
from outreach.scheduling.form_parts import SeenForm
from outreach.scheduling.forms import CallOffForm
from outreach.scheduling.preview import recipients
from outreach.scheduling.provisional import use_cases as provisional
from outreach.scheduling.provisional.views import look_again
from outreach.scheduling.views import DONE, tried
from outreach.time import clock
from outreach.tokens import LinkBroken, LinkExpired, LinkPurpose, read
from outreach.web import limiter, settings, shown

decisions = Blueprint("decisions", __name__)
limiter.limit("120/minute")(decisions)
decisions.after_request(keep_private)


@decisions.get("/d/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show the session and ask whether it takes place; once that is decided, what became of it."""
    outreach_session = _opened(token)
    return _page(token, outreach_session, CallOffForm(data={"seen_at": outreach_session.updated_at.isoformat()}))


@decisions.post("/d/<token>/confirmation")
def confirm(token: str) -> ResponseReturnValue:
    """Let it take place."""
    session_id, form = _opened(token).id, SeenForm()
    status = tried(form, lambda: provisional.confirm(session_id, seen=form.seen, now=clock.now(), shown=shown()))
    return _after(status, token, session_id, form)


@decisions.post("/d/<token>/cancellation")
def call_off(token: str) -> ResponseReturnValue:
    """Cancel it, for a reason everybody reads."""
    session_id, form = _opened(token).id, CallOffForm()
    status = tried(form, lambda: provisional.call_off(session_id, form.reason.data, seen=form.seen, now=clock.now(), shown=shown()))
    return _after(status, token, session_id, form)


@decisions.errorhandler(LinkBroken)
@decisions.errorhandler(LinkExpired)
def link_is_void(refusal: NotThere) -> ResponseReturnValue:
    """Say kindly that this link decides nothing any more."""
    expired = isinstance(refusal, LinkExpired)
    return render_template("scheduling/link_expired.html", expired=expired), 410 if expired else 404


def _after(status: int, token: str, session_id: int, form: SeenForm) -> ResponseReturnValue:
    """Show what is decided, by this button or by somebody else's; else ask again, with what was typed."""
    outreach_session = look_again(session_id, form)
    if status == DONE or not outreach_session.awaits_decision:
        return redirect(url_for("decisions.show", token=token), code=303)
    whole = form if isinstance(form, CallOffForm) else CallOffForm(formdata=None, data={"seen_at": form.seen_at.data})
    whole.form_errors, whole.changes = form.form_errors, form.changes
    return _page(token, outreach_session, whole), status


def _page(token: str, outreach_session: OutreachSession, form: CallOffForm) -> str:
    rows = recipients(outreach_session, _("an e-mail that changes the entry in their calendar"))
    facts = what_a_school_confirms(outreach_session)
    page = {"form": form, "recipients": rows, "facts": facts, "now": clock.now(), "token": token}
    return render_template("scheduling/decide.html", outreach_session=outreach_session, **page)


def _opened(token: str) -> OutreachSession:
    return open_decision(token, secret_key=settings().secret_key, now=clock.now())


def open_decision(token: str, *, secret_key: str, now: datetime) -> OutreachSession:
    """Open a link from a letter; checked at each request.

    Raises LinkBroken for what isn't signed, or was made void, or belongs to somebody who hosts it no longer; LinkExpired once the
    session has begun.
    """
    ticket = read(token, LinkPurpose.DECIDE, secret_key, now)
    outreach_session = db.session.get(OutreachSession, ticket.session_id)
    user = db.session.scalar(select(User).where(User.mailbox_id == ticket.mailbox_id))
    if outreach_session is None or user is None or user.mailbox.link_version != ticket.link_version:
        raise LinkBroken
    if not policy.decides(user, outreach_session):
        raise LinkBroken
    return outreach_session
