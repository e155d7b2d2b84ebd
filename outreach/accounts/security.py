"""Configures Flask-Security: our users, our clock, our sentences, and how often one may try.

What it changes and the letters it sends reach the database in one transaction of ours. Its own way, changing what a view has
read and committing after the request, fails on SQLite whenever a rival has committed in between: a read can't become a write
there. And hashing in between makes the gap 0.2 s wide.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from flask_security import MailUtil, Security, SQLAlchemyUserDatastore, views
from flask_security.mail_util import EmailValidateException
from flask_security.utils import uia_email_mapper
from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

from outreach.accounts import demo_sign_ins, expired_views
from outreach.accounts.forms import ChangePasswordForm, ForgottenPasswordForm, PasswordRules, ResetPasswordForm, SignInForm
from outreach.accounts.letters import password_changed_letter, reset_letter
from outreach.accounts.use_cases import keep_account_changes
from outreach.models import Role, User, WebAuthn
from outreach.people import typed_address
from outreach.time import clock
from outreach.web import db, limiter, security, settings


class UserStore(SQLAlchemyUserDatastore):
    """Notes what was changed instead of leaving it to a flush; `commit` or the letter about it writes it down."""

    def put(self, model: User) -> User:
        """Note the changed columns; the object keeps its new values, the session stays clean."""
        state: Any = inspect(model)
        changed = {c.key: getattr(model, c.key) for c in state.mapper.column_attrs if state.attrs[c.key].history.has_changes()}
        if changed:
            _noted_changes().setdefault(model.id, {}).update(changed)
            db.session.expire(model)
            for name, value in changed.items():
                set_committed_value(model, name, value)
        return model

    def commit(self) -> None:
        """Write down what no letter has taken along."""
        if changes := g.pop("account_changes", {}):
            keep_account_changes(changes, [], now=security.datetime_factory())


class OutboxMail(MailUtil):
    """Puts into the outbox what Flask-Security would send inside the request; addresses look as in mailboxes."""

    def normalize(self, email: str) -> str:
        """Give the address as a mailbox keeps it."""
        try:
            return typed_address(email)
        except ValueError:
            raise EmailValidateException(_("That doesn't look like an e-mail address. Write it like name@school.org.")) from None

    validate = normalize

    def send_mail(self, template: str, *_rendered: Any, **context: Any) -> None:
        """Write the letter, in one transaction with the change it is about."""
        now, user = security.datetime_factory(), context["user"]
        if template == "security/email/reset_instructions":
            letter = reset_letter(user, context["reset_token"], now=now)
        elif template in {"security/email/reset_notice", "security/email/change_notice"}:
            letter = password_changed_letter(user, now=now)
        else:
            raise ValueError(f"There is no letter for {template}")
        keep_account_changes(g.pop("account_changes", {}), [letter], now=now)


def _noted_changes() -> dict[int, dict[str, Any]]:
    if "account_changes" not in g:
        g.account_changes = {}
    changes: dict[int, dict[str, Any]] = g.account_changes
    return changes


def marked(sentence: str) -> str:
    """Mark a sentence for the catalogue: Flask-Security translates it when it is shown."""
    return sentence


MESSAGES: dict[str, tuple[str, str]] = {
    "UNAUTHENTICATED": (marked("Please sign in to see that page."), "info"),
    "GENERIC_AUTHN_FAILED": (marked("The e-mail address or the password is wrong. Please check both."), "error"),
    "EMAIL_NOT_PROVIDED": (marked("Please enter your e-mail address."), "error"),
    "INVALID_EMAIL_ADDRESS": (marked("That doesn't look like an e-mail address. Write it like name@school.org."), "error"),
    "PASSWORD_NOT_PROVIDED": (marked("Please enter your password."), "error"),
    "INVALID_PASSWORD": (marked("That isn't your current password."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (marked("The two passwords aren't the same."), "error"),
    "PASSWORD_IS_THE_SAME": (marked("That is the password you have now. Please choose another."), "error"),
    "PASSWORD_CHANGE": (marked("Your password has been changed. Other devices are signed out."), "success"),
    "PASSWORD_RESET_NO_LOGIN": (marked("Your new password is set. Please sign in with it."), "success"),
    "PASSWORD_RESET_REQUEST": (
        marked("If there is an account for %(email)s, we have sent an e-mail with a link to it. It can take a few minutes."),
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": (marked("That link was valid for %(within)s. Ask for a new one here."), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (marked("That link has been used or replaced. Ask for a new one here."), "error"),
    "DISABLED_ACCOUNT": (marked("This account is closed. Please ask your coordinator."), "error"),
    "CONFIRMATION_REQUIRED": (
        marked("Your address isn't confirmed yet. Please open the link in our e-mail, or ask for a new e-mail below."),
        "error",
    ),
    "INVALID_REDIRECT": (marked("That link leads to another site, so we didn't open it."), "error"),
}


def init_app(app: Flask) -> None:
    """Let people sign in, out, and set a new password."""
    app.config.update({f"SECURITY_MSG_{name}": words for name, words in MESSAGES.items()})
    app.config["SECURITY_USER_IDENTITY_ATTRIBUTES"] = [{"email": {"mapper": uia_email_mapper, "case_insensitive": False}}]
    app.config["SECURITY_DATETIME_FACTORY"] = clock.now
    guard = Security(app, UserStore(db, User, Role, WebAuthn), **_ours())
    _leave_out_what_we_do_ourselves(guard)
    guard.unauthn_handler(expired_views.not_signed_in)
    expired_views.init_app(app)
    for endpoint, view in LIMITED.items():
        app.view_functions[endpoint] = view


def _ours() -> dict[str, Any]:
    return {
        "mail_util_cls": OutboxMail,
        "password_util_cls": PasswordRules,
        "login_form": SignInForm,
        "forgot_password_form": ForgottenPasswordForm,
        "reset_password_form": ResetPasswordForm,
        "change_password_form": ChangePasswordForm,
        "render_template": _render,
    }


def _leave_out_what_we_do_ourselves(guard: Security) -> None:
    """Addresses are confirmed on our own page: `GET /confirm/<token>` of Flask-Security would change state.

    Set once its routes are made, this only means that nobody unconfirmed signs in. We accept no JSON and no tokens.
    """
    guard.confirmable = True
    guard.want_json(lambda _request: False)
    guard.login_manager.request_loader(None)


def _render(template: str, **context: Any) -> Response:
    """Render a page of Flask-Security; a form that was refused answers 422."""
    forms = [form for name, form in context.items() if name.endswith("_form")]
    for form in forms:
        form.form_errors = list(dict.fromkeys(form.form_errors))
    if settings().is_demo and template == current_app.config["SECURITY_LOGIN_USER_TEMPLATE"]:
        context |= {"demo_sign_ins": demo_sign_ins.sign_ins_there(), "demo_password": demo_sign_ins.PASSWORD}
    refused = request.method == "POST" and any(form.errors for form in forms)
    return make_response(render_template(template, **context), 422 if refused else 200)


def address_in_form() -> str:
    """Count tries by the address they are about."""
    typed = request.form.get("email", "")[:500]
    try:
        return f"address:{typed_address(typed)}"
    except ValueError:
        return f"address:{typed.strip().casefold()[:254]}"


def address_and_place() -> str:
    """Count tries by who tries and the address they are about, so that strangers lock nobody out."""
    return f"{get_remote_address()} {address_in_form()}"


# Wrapped once: each wrapping adds a limit to the limiter that all apps share. Many teachers sit behind one school address.
LIMITED = {
    "security.login": limiter.limit("10 per 5 minutes", key_func=address_and_place, methods=["POST"])(
        limiter.limit("200 per hour", key_func=address_in_form, methods=["POST"])(
            limiter.limit("60 per minute", methods=["POST"])(expired_views.sign_in),
        )
    ),
    "security.forgot_password": limiter.limit("5 per hour", key_func=address_in_form, methods=["POST"])(
        limiter.limit("20 per minute", methods=["POST"])(views.forgot_password),
    ),
    "security.reset_password": limiter.limit("20 per minute", methods=["POST"])(views.reset_password),
    "security.change_password": limiter.limit("20 per minute", methods=["POST"])(views.change_password),
}
