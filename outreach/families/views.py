"""The pages behind the links in e-mails to families. Opening one changes nothing: mail scanners open links.

"Stop reminders" asks for no cookie, sign-in or CSRF token: mail programs press that button themselves (RFC 8058).
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from outreach.db import db
from outreach.errors import NotThere, OutreachError
from outreach.families import use_cases
from outreach.families.forms import ANSWERS, AnswerForm, FamilyWithdrawalForm, LinkForm
from outreach.families.link_again import may_ask, request_link
from outreach.families.pages import FamilyPage, FamilyRegistration, open_link, open_page
from outreach.families.rsvp import RsvpQuestion, named, question
from outreach.models import Answer, Mailbox, OutreachSession
from outreach.registration import By, Side, undoable, what_a_withdrawal_says
from outreach.time import clock
from outreach.tokens import LinkBroken, LinkExpired, LinkPurpose
from outreach.web import Form, csrf, limiter, settings, shown

families = Blueprint("families", __name__)
limiter.limit("120/minute")(families)


@families.get("/i/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show the session and the registrations of this family's own students."""
    return _shown(token, AnswerForm())


@families.post("/i/<token>/answer")
def answer(token: str) -> ResponseReturnValue:
    """Take the answer of this mailbox to its invitation; "can't come" leads to the question whether to withdraw."""
    page = _opened(token)
    form = AnswerForm()
    if not form.validate():
        return _shown(token, form), 422
    ids = {"mailbox_id": page.mailbox.id, "session_id": page.outreach_session.id}
    try:
        use_cases.answer(form.given(), sequence=form.sequence.data, now=clock.now(), **ids)
    except OutreachError as refusal:
        form.refuse(refusal)
        return _shown(token, form), refusal.status
    flash(_("Thank you. The school and the host can see your answer."), "success")
    then = "families.ask_to_withdraw" if form.given() is Answer.DECLINED else "families.show"
    return redirect(url_for(then, token=token), code=303)


@families.get("/i/<token>/withdrawal")
def ask_to_withdraw(token: str) -> ResponseReturnValue:
    """After "can't come": ask once, for each student with a seat, whether to withdraw."""
    page = _opened(token)
    asked = question(page, now=clock.now())
    if asked is None:
        return redirect(url_for("families.show", token=token), code=303)
    return _leaving(token, page, asked.about, FamilyWithdrawalForm(), asked)


@families.post("/i/<token>/withdrawal")
def withdraw_ticked(token: str) -> ResponseReturnValue:
    """Withdraw the students that were ticked."""
    page, form = _opened(token), FamilyWithdrawalForm()
    asked = question(page, now=clock.now())
    if form.validate():
        return _withdrawn(token, page, [page.registration(key) for key in form.chosen()], form)
    about = asked.about if asked else tuple(one for one in page.registrations if one.registration.is_active)
    return _leaving(token, page, about, form, asked), 422


@families.route("/i/<token>/withdrawal/<int:registration_id>", methods=["GET", "POST"])
def withdraw(token: str, registration_id: int) -> ResponseReturnValue:
    """Ask about one student, then withdraw."""
    page = _opened(token)
    one = page.registration(registration_id)
    form = Form()
    if form.validate_on_submit():
        return _withdrawn(token, page, [one], form)
    return _leaving(token, page, (one,), form), 422 if form.is_submitted() else 200


@families.post("/i/<token>/withdrawal/<int:registration_id>/undo")
def undo(token: str, registration_id: int) -> ResponseReturnValue:
    """Undo a withdrawal."""
    page = _opened(token)
    one = page.registration(registration_id)
    try:
        use_cases.undo_withdrawal(registration_id, mailbox_id=page.mailbox.id, now=clock.now(), may_wait="waits" in request.form)
    except OutreachError as refusal:
        form = AnswerForm(formdata=None)
        form.refuse(refusal)
        return _shown(token, form), refusal.status
    flash(_("The withdrawal of %(name)s is undone. Everyone we told about it will be told.", name=one.given_name), "success")
    return redirect(url_for("families.show", token=token), code=303)


def _withdrawn(token: str, page: FamilyPage, chosen: Sequence[FamilyRegistration], form: Form) -> ResponseReturnValue:
    try:
        ids = [one.registration.id for one in chosen]
        use_cases.withdraw(*ids, mailbox_id=page.mailbox.id, now=clock.now(), shown=shown())
    except OutreachError as refusal:
        form.refuse(refusal)
        return _leaving(token, page, chosen, form), refusal.status
    names = named([one.given_name for one in chosen])
    told = ngettext(
        "%(names)s is withdrawn. We'll tell the school.", "%(names)s are withdrawn. We'll tell the school.", len(chosen), names=names
    )
    flash(told, "success")
    return redirect(url_for("families.show", token=token), code=303)


def _leaving(token: str, page: FamilyPage, about: Sequence[FamilyRegistration], form: Form, asked: RsvpQuestion | None = None) -> str:
    facts = what_a_withdrawal_says(*(one.registration for one in about))
    found = {"page": page, "about": about, "question": asked, "facts": facts, "named": named}
    return render_template("families/withdraw.html", token=token, form=form, **found)


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
    lost = use_cases.lost_seats(mailbox.id, now=clock.now()) if state == "ask" else []
    return render_template("families/undo.html", state=state, mailbox=mailbox, form=form, lost=lost), status


def _address_in_form() -> str:
    """Count tries by the address they are about, known or not."""
    return f"link:{request.form.get('email', '').strip().casefold()[:254]}"


@families.route("/sessions/<int:session_id>/link", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
@limiter.limit("5 per hour", key_func=_address_in_form, methods=["POST"])
def ask_for_link(session_id: int) -> ResponseReturnValue:
    """Let somebody who was invited have their own link sent again; the answer is the same for any address."""
    outreach_session, form = _with_links(session_id), LinkForm()
    if form.validate_on_submit():
        request_link(session_id, form.email.data, now=clock.now())
        return redirect(url_for("families.link_sent", session_id=session_id), code=303)
    return render_template("families/ask_for_link.html", form=form, one=outreach_session), 422 if form.errors else 200


@families.get("/sessions/<int:session_id>/link/sent")
def link_sent(session_id: int) -> ResponseReturnValue:
    """Say that an e-mail is on its way if the address was invited."""
    return render_template("families/link_sent.html", session_id=_with_links(session_id).id)


def _with_links(session_id: int) -> OutreachSession:
    outreach_session = db.session.get(OutreachSession, session_id)
    if outreach_session is None or not may_ask(outreach_session, now=clock.now()):
        raise NotThere
    return outreach_session


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
    ended = [one.registration for one in page.registrations]
    undo_left = undoable(page.outreach_session, ended, By(Side.FAMILY, mailbox_id=page.mailbox.id), now=now)
    found = {"page": page, "question": asked, "answers": ANSWERS, "undo_left": undo_left, "now": now, "named": named}
    return render_template("families/show.html", token=token, form=form, **found)


def _opened(token: str, purpose: LinkPurpose = LinkPurpose.FAMILY) -> FamilyPage:
    return open_page(token, purpose, secret_key=settings().secret_key, now=clock.now())


def _mailbox(token: str) -> Mailbox:
    mailbox, _session = open_link(token, LinkPurpose.REMINDERS, secret_key=settings().secret_key, now=clock.now())
    return mailbox
