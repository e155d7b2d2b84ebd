"""Somebody's account: confirm an address, choose a password, and what became of either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l

from outreach.letters.content import LetterContent, Link
from outreach.letters.kind import PlainKind
from outreach.letters.language import gettext as _
from outreach.letters.phrases import greeting
from outreach.models import AccountSnapshot, LetterKind
from outreach.settings import Settings


def _content(plain: dict[str, Any], settings: Settings) -> LetterContent:
    """Give the content of a letter about signing in. Raises KeyError for a purpose there is no letter for."""
    facts = AccountSnapshot.from_json(plain)
    subject, lead, button, note = _ACCOUNT[facts.purpose]()
    return LetterContent(
        subject=subject,
        lead=lead,
        greeting=greeting(facts.reader_name),
        button=Link(button, facts.link or f"{settings.base_url}/login"),
        notes=(note,),
        why=_("You get this letter because of your account with us."),
    )


def _confirm() -> tuple[str, str, str, str]:
    return (
        _("Please confirm your address"),
        _("One step is left: confirm that this address is yours."),
        _("Confirm the address"),
        _("If you didn't apply, do nothing: without your confirmation the account stays closed."),
    )


def _reset() -> tuple[str, str, str, str]:
    return (
        _("Choose a new password"),
        _("Here is the link to choose a new password."),
        _("Choose a new password"),
        _("If you didn't ask for it, do nothing: your password stays as it is."),
    )


def _password_changed() -> tuple[str, str, str, str]:
    return (
        _("Your password was changed"),
        _("Your password was changed just now."),
        _("It wasn't me: set another password"),
        _("If it was you, there is nothing to do. If it wasn't, set another password at once and tell the coordinator."),
    )


def _already_here() -> tuple[str, str, str, str]:
    return (
        _("You already have an account"),
        _("Somebody applied with this address, and it already has an account."),
        _("Sign in"),
        _("If it was you, just sign in; “Forgotten password” helps if need be. If it wasn't, there is nothing to do."),
    )


def _welcome() -> tuple[str, str, str, str]:
    return (
        _("Welcome to Outreach"),
        _("Your address is confirmed. Welcome to Outreach."),
        _("Sign in"),
        _("A coordinator looks at your application next. We'll write as soon as it is decided."),
    )


_ACCOUNT: dict[str, Callable[[], tuple[str, str, str, str]]] = {
    "confirm": _confirm,
    "reset": _reset,
    "password_changed": _password_changed,
    "already_here": _already_here,
    "welcome": _welcome,
}

KIND = PlainKind(
    kind=LetterKind.ACCOUNT,
    label=_l("Account"),
    content=_content,
    opens_account=True,
    out_of_date=(),
)
