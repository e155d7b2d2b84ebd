"""Pages on which teachers register students, see their registrations and withdraw them; and hosts take somebody off the list."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.db import db
from outreach.errors import OutreachError
from outreach.models import OutreachSession, Registration, RegistrationState
from outreach.people import host_name, school_names
from outreach.registration import undo, use_cases
from outreach.registration.attested import what_a_withdrawal_says
from outreach.registration.blueprint import registration
from outreach.registration.candidates import free_for
from outreach.registration.checks import must_await_host
from outreach.registration.forms import OfferForm, RemovalForm, WithdrawalForm
from outreach.registration.preview import preview_accepting, preview_leaving
from outreach.registration.queries import RegistrationRow, answers, registration_rows, school_ids, session_lines
from outreach.registration.sheet import views as sheet_views
from outreach.registration.undo import Side
from outreach.rsvp import rsvp_words
from outreach.time import clock
from outreach.web import Form, TableFormat, load, me, one_of, shown, signed_in, table_file

__all__ = ["registration", "sheet_views"]
_OFFER_ANSWERS = {"accept": use_cases.accept_offer, "decline": use_cases.decline_offer, "take": use_cases.take_free_seat}


@registration.get("/registrations")
@signed_in(policy.registers_classes)
def index() -> ResponseReturnValue:
    """List the sessions for which one's students are registered."""
    past, now = request.args.get("show") == "past", clock.now()
    return render_template("registration/index.html", lines=session_lines(me(), now=now, past=past), past=past, now=now)


@registration.get("/sessions/<int:session_id>/seats")
@signed_in(policy.registers_classes)
def seats(session_id: int) -> ResponseReturnValue:
    """Show one's students' registrations for a session."""
    outreach_session = load(OutreachSession, session_id, policy.sees_session)
    rows = registration_rows(outreach_session, school_ids(me()))
    offered = [row.registration.id for row in rows if row.registration.state == RegistrationState.OFFERED]
    free = free_for(outreach_session, [row.registration for row in rows], now=clock.now())
    taking = preview_accepting(outreach_session, [*offered, *free]) if offered or free else {}
    page = {
        "outreach_session": outreach_session,
        "rows": rows,
        "answered": answers(rows),
        "taking": taking,
        "free": free,
        "undo_left": undo.undoable(outreach_session, [row.registration for row in rows], undo.By(Side.SCHOOL), now=clock.now()),
        "now": clock.now(),
    }
    return render_template("registration/seats.html", **page)


@registration.get("/sessions/<int:session_id>/seats/file")
@signed_in(policy.registers_classes)
def download_seats(session_id: int) -> ResponseReturnValue:
    """Give one's students' registrations for a session as a table."""
    outreach_session = load(OutreachSession, session_id, policy.sees_session)
    rows = [
        [row.name, row.registration.school_class.name if row.registration.school_class else "", _seat_words(row), rsvp_words(row.rsvp)]
        for row in registration_rows(outreach_session, school_ids(me()))
    ]
    kind = one_of(TableFormat, request.args.get("format")) or TableFormat.XLSX
    return table_file((_("Student"), _("Class"), _("Seat"), _("Answer")), rows, name=outreach_session.title, kind=kind)


def _seat_words(row: RegistrationRow) -> str:
    words = {
        RegistrationState.CONFIRMED: _("has a seat"),
        RegistrationState.PENDING: _("seat held"),
        RegistrationState.OFFERED: _("seat offered"),
        RegistrationState.WAITING: _("on the waiting list"),
        RegistrationState.WITHDRAWN: _("withdrawn"),
        RegistrationState.REMOVED: _("withdrawn by the host"),
        RegistrationState.RELEASED: _("seat released"),
    }
    return words[row.registration.state]


@registration.route("/registrations/<int:registration_id>/withdrawal", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def withdraw(registration_id: int) -> ResponseReturnValue:
    """Ask, then withdraw."""
    registration = load(Registration, registration_id, policy.keeps_registration)
    form = WithdrawalForm()
    if form.validate_on_submit():
        try:
            use_cases.withdraw(registration.id, now=clock.now(), by_id=me().id, note=form.note.data, shown=shown())
        except OutreachError as refusal:
            form.refuse(refusal)
            return _leaving("registration/withdraw.html", registration, form), refusal.status
        flash(_("%(name)s is withdrawn. We'll tell the family.", name=_school_name(registration)), "success")
        return redirect(url_for("registration.seats", session_id=registration.session_id), code=303)
    return _leaving("registration/withdraw.html", registration, form), 422 if form.is_submitted() else 200


@registration.post("/registrations/<int:registration_id>/withdrawal/undo")
@signed_in(policy.registers_classes)
def undo_withdrawal(registration_id: int) -> ResponseReturnValue:
    """Undo a withdrawal of the school."""
    _undo(load(Registration, registration_id, policy.keeps_registration), Side.SCHOOL)
    return redirect(url_for("registration.seats", session_id=_session_of(registration_id)), code=303)


@registration.post("/registrations/<int:registration_id>/removal/undo")
@signed_in(policy.posts_sessions)
def undo_removal(registration_id: int) -> ResponseReturnValue:
    """Undo a withdrawal by a host."""
    _undo(load(Registration, registration_id, policy.removes_registration), Side.HOST)
    return redirect(url_for("scheduling.show_roster", session_id=_session_of(registration_id)), code=303)


@registration.route("/registrations/<int:registration_id>/acceptance", methods=["GET", "POST"])
@signed_in(policy.posts_sessions)
def accept_again(registration_id: int) -> ResponseReturnValue:
    """Accept somebody whom a host withdrew before, and whom a school registered again."""
    one = load(Registration, registration_id, policy.removes_registration)
    name = host_name(one)
    try:
        if request.method == "GET":
            must_await_host(one.outreach_session, one, clock.now())
            return render_template("registration/accept.html", registration=one, name=name)
        use_cases.accept_again(one.id, by_id=me().id, now=clock.now())
    except OutreachError as refusal:
        flash(str(refusal), "error")
    else:
        flash(_("%(name)s is accepted. We'll tell the family and the school.", name=name), "success")
    return redirect(url_for("scheduling.show_roster", session_id=_session_of(registration_id)), code=303)


def _undo(one: Registration, side: Side) -> None:
    name = host_name(one) if side is Side.HOST else _school_name(one)
    try:
        use_cases.undo_withdrawal(one.id, undo.By(side, user_id=me().id), now=clock.now(), may_wait="waits" in request.form)
    except OutreachError as refusal:
        flash(str(refusal), "error")
    else:
        flash(_("The withdrawal of %(name)s is undone. Everyone we told about it will be told.", name=name), "success")


def _session_of(registration_id: int) -> int:
    return db.session.get_one(Registration, registration_id).session_id


@registration.post("/registrations/<int:registration_id>/offer")
@signed_in(policy.registers_classes)
def answer_offer(registration_id: int) -> ResponseReturnValue:
    """Accept or decline a seat that was offered, or take one that is free."""
    registration = load(Registration, registration_id, policy.keeps_registration)
    form = OfferForm()
    answer = _OFFER_ANSWERS.get(form.answer.data or "") if form.validate() else None
    if answer is None:
        abort(400)
    try:
        answer(registration.id, by_id=me().id, now=clock.now())
    except OutreachError as refusal:
        flash(str(refusal), "error")
    else:
        flash(_("Thank you, your answer is saved."), "success")
    return redirect(url_for("registration.seats", session_id=registration.session_id), code=303)


@registration.route("/registrations/<int:registration_id>/removal", methods=["GET", "POST"])
@signed_in(policy.posts_sessions)
def remove(registration_id: int) -> ResponseReturnValue:
    """Ask why, then take a student off the list."""
    registration = load(Registration, registration_id, policy.removes_registration)
    form = RemovalForm()
    if form.validate_on_submit():
        try:
            use_cases.remove(registration.id, by_id=me().id, reason=form.reason.data, now=clock.now(), shown=shown())
        except OutreachError as refusal:
            form.refuse(refusal)
            return _leaving("registration/remove.html", registration, form), refusal.status
        flash(_("%(name)s is withdrawn. We'll tell the family and the school.", name=host_name(registration)), "success")
        return redirect(url_for("scheduling.show_roster", session_id=registration.session_id), code=303)
    return _leaving("registration/remove.html", registration, form), 422 if form.is_submitted() else 200


def _school_name(registration: Registration) -> str:
    return school_names([registration.student_id])[registration.student_id]


def _leaving(page: str, registration: Registration, form: Form) -> str:
    recipients = preview_leaving(registration, by_id=me().id, now=clock.now()) if registration.is_active else []
    facts = what_a_withdrawal_says(registration)
    name = host_name(registration) if page == "registration/remove.html" else _school_name(registration)
    return render_template(page, registration=registration, name=name, form=form, recipients=recipients, facts=facts)
