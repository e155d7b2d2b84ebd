"""Invitation health: how each invitation of a session fares, and the letters of the whole programme."""

from __future__ import annotations

from functools import partial

from babel.dates import format_timedelta
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from outreach import policy
from outreach.errors import OutreachError
from outreach.families import ANSWERS
from outreach.mail_admin import resend
from outreach.mail_admin.blueprint import mail_admin
from outreach.mail_admin.forms import NOT_ARRIVED, SendAgainForm
from outreach.mail_admin.invitation_labels import BOUNCE_KINDS, SIGNS, SOURCES, STATES, readers, why
from outreach.mail_admin.invitation_status import InvitationLine, counts_of, invitation_lines
from outreach.mail_admin.labels import LETTER_KINDS, LETTER_STATES
from outreach.mail_admin.mail_statistics import LOOKS_BACK, mail_statistics
from outreach.mail_admin.queries import history
from outreach.mail_admin.status_rules import State
from outreach.models import Invitation, OutreachSession
from outreach.time import clock
from outreach.web import Form, formatting, load, me, one_of, page_among, page_number, signed_in, table_moment

PAGE_SIZE = 100


@mail_admin.get("/invitations")
@signed_in(policy.coordinates)
def invitations() -> ResponseReturnValue:
    """Show how the letters of the programme fare."""
    now = clock.now()
    seen = mail_statistics(now=now)
    late = format_timedelta(now - seen.oldest_due, locale=formatting.locale()) if seen.oldest_due else ""
    return render_template("mail_admin/invitations.html", seen=seen, late=late, days=LOOKS_BACK.days, **_labels())


@mail_admin.get("/sessions/<int:session_id>/invitations")
@signed_in(policy.coordinates)
def session_invitations(session_id: int) -> ResponseReturnValue:
    """Show how each invitation of a session fares."""
    outreach_session = load(OutreachSession, session_id, policy.coordinates)
    asked = request.args.get("state")
    lines, chosen = invitation_lines(Invitation.session_id == session_id), one_of(State, asked)
    missing = [line for line in lines if line.does_not_arrive]
    shown = missing if asked == NOT_ARRIVED else [line for line in lines if chosen in (None, line.state)]
    page = page_among(shown, page_number(request.args.get("page")), size=PAGE_SIZE)
    found = {
        "outreach_session": outreach_session,
        "page": page,
        "chosen": NOT_ARRIVED if asked == NOT_ARRIVED else chosen,
        "missing": len(missing),
        "counts": counts_of(lines),
        "total": len(lines),
        "lost": sum(line.is_lost for line in lines) if outreach_session.ends_at > clock.now() else 0,
    }
    return render_template("mail_admin/session_invitations.html", **found, **_labels())


@mail_admin.route("/sessions/<int:session_id>/invitations/resend", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def resend_invitations(session_id: int) -> ResponseReturnValue:
    """Show who gets what, then send again what got lost."""
    outreach_session = load(OutreachSession, session_id, policy.coordinates)
    form = SendAgainForm()
    if form.validate_on_submit():
        try:
            sent = resend.send_lost_as_update(session_id, form.invitation_ids.data or (), now=clock.now())
        except OutreachError as refusal:
            form.refuse(refusal)
            return _question(outreach_session, form), refusal.status
        flash(ngettext("%(num)s e-mail is on its way.", "%(num)s e-mails are on their way.", sent), "success")
        return redirect(url_for("mail_admin.session_invitations", session_id=session_id), code=303)
    return _question(outreach_session, form), 422 if form.is_submitted() else 200


@mail_admin.get("/invitations/<int:invitation_id>")
@signed_in(policy.coordinates)
def invitation(invitation_id: int) -> ResponseReturnValue:
    """Show all that is known of one invitation."""
    return _one(load(Invitation, invitation_id, policy.coordinates), Form())


@mail_admin.post("/invitations/<int:invitation_id>/resend")
@signed_in(policy.coordinates)
def resend_invitation(invitation_id: int) -> ResponseReturnValue:
    """Send it again as a new revision."""
    found = load(Invitation, invitation_id, policy.coordinates)
    form = Form()
    if not form.validate():
        return _one(found, form), 422
    try:
        resend.send_as_update(invitation_id, now=clock.now())
    except OutreachError as refusal:
        form.refuse(refusal)
        return _one(found, form), refusal.status
    flash(_("The invitation is on its way as a new version."), "success")
    return redirect(url_for("mail_admin.invitation", invitation_id=invitation_id), code=303)


def _question(outreach_session: OutreachSession, form: SendAgainForm) -> str:
    lost = resend.lost_of(outreach_session.id)
    return render_template("mail_admin/resend.html", outreach_session=outreach_session, lost=lost, form=form, **_labels())


def _one(found: Invitation, form: Form) -> str:
    lines: list[InvitationLine] = invitation_lines(Invitation.id == found.id)
    line = lines[0] if lines else abort(404)
    page = {"line": line, "outreach_session": found.outreach_session, "form": form, "history": history(found), "now": clock.now()}
    return render_template("mail_admin/invitation.html", **page, **_labels())


def _labels() -> dict[str, object]:
    on_her_clock = partial(table_moment, zone=me().zone)
    return {
        "moment": on_her_clock,
        "states": STATES,
        "signs": SIGNS,
        "readers": readers,
        "why": lambda line: why(line, on_her_clock),
        "answers": ANSWERS,
        "sources": SOURCES,
        "letter_kinds": LETTER_KINDS,
        "letter_states": LETTER_STATES,
        "bounce_kinds": BOUNCE_KINDS,
    }
