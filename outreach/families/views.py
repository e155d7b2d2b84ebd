"""The pages behind the links in e-mails to families. Opening one changes nothing: mail scanners open links.

"Stop reminders" asks for no cookie, sign-in or CSRF token: mail programs press that button themselves (RFC 8058).
"""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach.errors import NotThere, OutreachError
from outreach.families import use_cases
from outreach.families.forms import ANSWERS, AnswerForm
from outreach.families.pages import FamilyPage, open_link, open_page
from outreach.families.rsvp import named, question
from outreach.models import Mailbox
from outreach.time import clock
from outreach.tokens import LinkBroken, LinkExpired, LinkPurpose
from outreach.web import Form, csrf, limiter, settings

families = Blueprint("families", __name__)
limiter.limit("120/minute")(families)


@families.get("/i/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show the session and the registrations of this family's own students."""
    return _shown(token, AnswerForm())


@families.post("/i/<token>/answer")
def answer(token: str) -> ResponseReturnValue:
    """Take the answer of this mailbox to its invitation."""
    page = _opened(token)
    form = AnswerForm()
    if not form.validate():
        return _shown(token, form), 422
    ids = {"mailbox_id": page.mailbox.id, "session_id": page.outreach_session.id}
    try:
        freed = use_cases.answer(form.given(), sequence=form.sequence.data, now=clock.now(), **ids)
    except OutreachError as refusal:
        form.refuse(refusal)
        return _shown(token, form), refusal.status
    if freed:
        names = named([page.registration(key).given_name for key in freed])
        flash(_("Thank you for telling us. We have withdrawn %(names)s, and we'll tell the school.", names=names), "success")
    else:
        flash(_("Thank you. The school and the host can see your answer."), "success")
    return redirect(url_for("families.show", token=token), code=303)


@families.route("/i/<token>/withdrawal/<int:registration_id>", methods=["GET", "POST"])
def withdraw(token: str, registration_id: int) -> ResponseReturnValue:
    """Ask, then withdraw."""
    page = _opened(token)
    registration = page.registration(registration_id)
    form = Form()
    if form.validate_on_submit():
        try:
            use_cases.withdraw(registration_id, mailbox_id=page.mailbox.id, now=clock.now())
        except OutreachError as refusal:
            form.refuse(refusal)
            return render_template("families/withdraw.html", page=page, row=registration, token=token, form=form), refusal.status
        flash(_("%(name)s is withdrawn. We'll tell the school.", name=registration.given_name), "success")
        return redirect(url_for("families.show", token=token), code=303)
    return render_template(
        "families/withdraw.html", page=page, row=registration, token=token, form=form
    ), 422 if form.is_submitted() else 200


@families.route("/i/<token>/not-mine", methods=["GET", "POST"])
def not_mine(token: str) -> ResponseReturnValue:
    """Ask, ask once more saying what follows, then stop writing to this mailbox and tell the teacher."""
    page = _opened(token, LinkPurpose.NOT_MINE)
    form = Form()
    is_valid, is_sure = form.validate_on_submit(), "sure" in request.form
    if is_valid and is_sure:
        use_cases.not_mine(page.mailbox.id, session_id=page.outreach_session.id, now=clock.now())
        return redirect(url_for("families.stopped"), code=303)
    status = 422 if form.is_submitted() and not is_valid else 200
    return render_template("families/not_mine.html", page=page, form=form, token=token, asks_again=form.is_submitted()), status


@families.route("/i/<token>/undo", methods=["GET", "POST"])
def undo_not_mine(token: str) -> ResponseReturnValue:
    """Ask, then write to this mailbox again as before; say plainly when it is too late, or done already."""
    try:
        mailbox, outreach_session = open_link(token, LinkPurpose.UNDO, secret_key=settings().secret_key, now=clock.now())
    except LinkExpired:
        return render_template("families/undo.html", state="late", form=Form()), 410
    form = Form()
    state, status = "ask" if use_cases.can_undo_not_mine(mailbox.id, now=clock.now()) else "done", 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            use_cases.undo_not_mine(mailbox.id, session_id=outreach_session.id, now=clock.now())
        except OutreachError as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            flash(_("Thank you. We send e-mails to %(address)s again.", address=mailbox.address), "success")
            return redirect(url_for("families.undo_not_mine", token=token), code=303)
    return render_template("families/undo.html", state=state, mailbox=mailbox, form=form), status


@families.get("/stopped")
def stopped() -> ResponseReturnValue:
    """Say thank you: no more e-mails go there."""
    return render_template("families/stopped.html")


@families.errorhandler(LinkBroken)
@families.errorhandler(LinkExpired)
def link_is_void(refusal: NotThere) -> ResponseReturnValue:
    """Say kindly that this link opens nothing any more."""
    expired = isinstance(refusal, LinkExpired)
    return render_template("families/link_expired.html", expired=expired), 410 if expired else 404


@families.after_request
def keep_private(response: Response) -> Response:
    """Let nobody store or index these pages, or send their address to other sites."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@families.route("/i/<token>/reminders", methods=["GET", "POST"])
def reminders(token: str) -> ResponseReturnValue:
    """Say what stops and what doesn't; a POST stops it.

    A mail program is answered at once: it needn't follow where a browser is sent (RFC 8058 3.1).
    """
    mailbox = _mailbox(token)
    if request.method == "POST":
        use_cases.stop_reminders(mailbox.id, now=clock.now())
        if request.form.get("List-Unsubscribe") != "One-Click":
            return redirect(url_for("families.reminders", token=token), code=303)
    return render_template("families/reminders.html", mailbox=mailbox, token=token)


csrf.exempt(reminders)


@families.post("/i/<token>/reminders/restart")
def restart_reminders(token: str) -> ResponseReturnValue:
    """Take it back."""
    mailbox = _mailbox(token)
    use_cases.remind_again(mailbox.id)
    flash(_("We'll send reminders to %(address)s again.", address=mailbox.address), "success")
    return redirect(url_for("families.reminders", token=token), code=303)


def _shown(token: str, form: AnswerForm) -> str:
    page, now = _opened(token), clock.now()
    asked = question(page, now=now)
    return render_template("families/show.html", page=page, question=asked, answers=ANSWERS, token=token, form=form, now=now, named=named)


def _opened(token: str, purpose: LinkPurpose = LinkPurpose.FAMILY) -> FamilyPage:
    return open_page(token, purpose, secret_key=settings().secret_key, now=clock.now())


def _mailbox(token: str) -> Mailbox:
    mailbox, _session = open_link(token, LinkPurpose.REMINDERS, secret_key=settings().secret_key, now=clock.now())
    return mailbox
