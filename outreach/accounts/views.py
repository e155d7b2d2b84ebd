"""Applying, confirming an address, and one's own account."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user, hash_password, login_user, verify_password
from flask_security.confirmable import confirm_email_token_status
from sqlalchemy import select

from outreach import policy
from outreach.accounts import use_cases
from outreach.accounts.forms import AccountForm, AddressForm, ApplyForm, ConfirmForm, WishForm
from outreach.accounts.security import address_in_form
from outreach.accounts.use_cases import Person, Wish
from outreach.db import db
from outreach.errors import OutreachError, Refusals
from outreach.models import Application, RoleName, User
from outreach.time import clock
from outreach.web import limiter, me, security, signed_in, validated

accounts = Blueprint("accounts", __name__)


@accounts.get("/start")
@signed_in()
def start() -> ResponseReturnValue:
    """Go to the page this person uses most."""
    user = me()
    places = (
        (policy.coordinates(user), "coordination.home"),
        (user.is_a(RoleName.TEACHER), "schools.index"),
        (user.is_a(RoleName.CLINICIAN), "scheduling.mine"),
    )
    here = (endpoint for holds, endpoint in places if holds and endpoint in current_app.view_functions)
    return redirect(url_for(next(here, "accounts.home")))


@accounts.route("/apply", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def apply() -> ResponseReturnValue:
    """Ask to be a clinician or a teacher."""
    return _apply_again() if current_user.is_authenticated else _apply_first()


@accounts.get("/apply/thanks")
def applied() -> ResponseReturnValue:
    """Say that a letter is on its way, whoever asked."""
    return render_template("accounts/applied.html")


@accounts.route("/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("10 per minute", methods=["POST"])
def confirm(token: str) -> ResponseReturnValue:
    """Show whose address this would confirm; the POST does it, and signs them in."""
    expired, invalid, user = confirm_email_token_status(token)  # type: ignore[no-untyped-call]  # it has no annotations
    if user is None or expired or invalid or not user.active:
        return render_template("accounts/link_expired.html"), 410
    if user.confirmed_at is not None:
        flash(_("Your address is confirmed. Please sign in."), "success")
        return redirect(url_for("security.login"), code=303)
    form = ConfirmForm()
    if form.validate_on_submit() and _password_is_right(form, user):
        use_cases.confirm_address(user.id, user.fs_uniquifier, now=clock.now())
        login_user(user, authn_via=["confirm"])
        flash(_("Thank you, your address is confirmed. A coordinator will look at your application next."), "success")
        return redirect(url_for("accounts.home"), code=303)
    return render_template("accounts/confirm.html", form=form, person=user, applications=_applications(user)), _status(form)


@accounts.route("/confirm", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"])
@limiter.limit("5 per hour", key_func=address_in_form, methods=["POST"])
def confirm_again() -> ResponseReturnValue:
    """Send the confirmation letter once more; the answer is the same for any address."""
    form = AddressForm()
    if form.validate_on_submit():
        use_cases.ask_again(form.email.data, now=clock.now())
        return redirect(url_for("accounts.applied"), code=303)
    return render_template("accounts/confirm_again.html", form=form), _status(form)


@accounts.route("/account", methods=["GET", "POST"])
@signed_in()
def home() -> ResponseReturnValue:
    """Show one's own account: applications, roles, name, clock."""
    user = me()
    form, now = AccountForm(obj=user), clock.now()
    if form.validate_on_submit():
        names = {"given_name": form.given_name.data, "family_name": form.family_name.data}
        use_cases.edit_profile(user.id, zone=form.zone.data, **names, now=now, sends_name=form.sends_name.data)
        flash(_("Saved. We are sending your name to everyone invited.") if form.sends_name.data else _("Saved."), "success")
        return redirect(url_for("accounts.home"), code=303)
    page = {"form": form, "applications": _applications(user), "hosted": use_cases.hosted_to_come(user.id, now=now)}
    return render_template("accounts/home.html", **page), _status(form)


def _apply_first() -> ResponseReturnValue:
    form = ApplyForm()
    if form.validate_on_submit():
        person = Person(
            given_name=form.given_name.data,
            family_name=form.family_name.data,
            email=form.email.data,
            password_hash=hash_password(validated(form.password.data)),
            zone=form.zone.data,
        )
        use_cases.apply(person, _wish(form), now=clock.now())
        return redirect(url_for("accounts.applied"), code=303)
    return render_template("accounts/apply.html", form=form), _status(form)


def _apply_again() -> ResponseReturnValue:
    form = WishForm()
    if form.validate_on_submit():
        try:
            use_cases.apply_again(me().id, _wish(form), now=clock.now())
        except OutreachError as refusal:
            form.refuse(refusal)
        else:
            flash(_("Thank you. A coordinator will look at your application, and we'll e-mail you the decision."), "success")
            return redirect(url_for("accounts.home"), code=303)
    elif form.is_submitted():
        for reason in _why_not(form):
            form.refuse(reason)
    return render_template("accounts/apply_again.html", form=form), _status(form)


def _why_not(form: WishForm) -> Refusals:
    """Give what applying would refuse, also while something else in the form is wrong."""
    reasons = Refusals()
    reasons.unless(lambda: use_cases.must_not_wait(me().id, form.role.data))
    return reasons


def _wish(form: WishForm) -> Wish:
    return Wish(role=RoleName(form.role.data), place=form.place.data, message=form.message.data)


def _password_is_right(form: ConfirmForm, user: User) -> bool:
    if user.password and verify_password(security.password_util.normalize(form.password.data), user.password):
        return True
    form.password.errors = [_("That isn't the password you chose for this application. If you don't know it, apply again with a new one.")]
    return False


def _applications(user: User) -> list[Application]:
    return list(db.session.scalars(select(Application).where(Application.user_id == user.id).order_by(Application.id.desc())))


def _status(form: WishForm | AccountForm | ConfirmForm | AddressForm) -> int:
    return 422 if form.errors else 200
