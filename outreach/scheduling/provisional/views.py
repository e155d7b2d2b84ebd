"""Pages on which a host who has signed in decides whether a provisional session takes place."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.db import db
from outreach.errors import Stale
from outreach.models import OutreachSession, SessionState
from outreach.registration import what_a_school_confirms
from outreach.scheduling import form_defaults
from outreach.scheduling.change_views import scheduling
from outreach.scheduling.form_parts import SeenForm
from outreach.scheduling.forms import DecisionTimeForm
from outreach.scheduling.inputs import DecisionInput
from outreach.scheduling.preview import recipients
from outreach.scheduling.provisional import use_cases as provisional
from outreach.scheduling.views import DONE, tried
from outreach.time import clock
from outreach.web import load, shown, signed_in

__all__ = ["scheduling"]


@scheduling.get("/sessions/<int:session_id>/decision")
@signed_in(policy.posts_sessions)
def decide(session_id: int) -> ResponseReturnValue:
    """Ask whether it takes place, and show who gets which letter."""
    outreach_session = load(OutreachSession, session_id, policy.hosts)
    if outreach_session.state == SessionState.DRAFT:
        return redirect(url_for("scheduling.edit", session_id=session_id), code=303)
    return _question(outreach_session, SeenForm(data={"seen_at": outreach_session.updated_at.isoformat()}))


@scheduling.post("/sessions/<int:session_id>/confirmation")
@signed_in(policy.posts_sessions)
def confirm(session_id: int) -> ResponseReturnValue:
    """Let it take place."""
    load(OutreachSession, session_id, policy.hosts)
    form = SeenForm()
    status = tried(form, lambda: provisional.confirm(session_id, seen=form.seen, now=clock.now(), shown=shown()))
    if status == DONE:
        flash(_("Confirmed. We are telling everybody."), "success")
        return redirect(url_for("catalogue.show", session_id=session_id), code=303)
    return _question(look_again(session_id, form), form), status


@scheduling.route("/sessions/<int:session_id>/decision-time", methods=["GET", "POST"])
@signed_in(policy.posts_sessions)
def leave_open(session_id: int) -> ResponseReturnValue:
    """Ask until when it is open, and show who gets which letter; a session that was certain becomes provisional."""
    outreach_session = load(OutreachSession, session_id, policy.hosts)
    if not outreach_session.is_published:
        return redirect(url_for("scheduling.decide", session_id=session_id), code=303)
    beginning = form_defaults.for_another_time(outreach_session, now=clock.now())
    form = DecisionTimeForm(data={name: beginning[name] for name in ("decides", "seen_at")})
    status = tried(form, lambda: _leave_open(session_id, form))
    if status == DONE:
        flash(_("It is provisional. We are telling everybody."), "success")
        return redirect(url_for("catalogue.show", session_id=session_id), code=303)
    if status == Stale.status:
        outreach_session = look_again(session_id, form)
    rows = recipients(outreach_session, _("an e-mail that changes the entry in their calendar"))
    page = {"form": form, "recipients": rows, "facts": what_a_school_confirms(outreach_session)}
    return render_template("scheduling/decide_later.html", outreach_session=outreach_session, **page), status


def _leave_open(session_id: int, form: DecisionTimeForm) -> None:
    decision = DecisionInput(is_provisional=True, wall=form.decides.data)
    provisional.leave_open(session_id, decision, seen=form.seen, now=clock.now(), shown=shown())


def _question(outreach_session: OutreachSession, form: SeenForm) -> str:
    rows = recipients(outreach_session, _("an e-mail that changes the entry in their calendar"))
    page = {"form": form, "recipients": rows, "facts": what_a_school_confirms(outreach_session), "now": clock.now()}
    return render_template("scheduling/decide.html", outreach_session=outreach_session, **page)


def look_again(session_id: int, form: SeenForm) -> OutreachSession:
    """Read the session as it is now; the form has seen it from now on."""
    outreach_session = db.session.get_one(OutreachSession, session_id, populate_existing=True)
    form.seen_at.data = outreach_session.updated_at.isoformat()
    return outreach_session
