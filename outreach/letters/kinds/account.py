"""An account: confirm an address, choose a password, and the result of each."""

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
    """Give the content of a letter about signing in. Raises KeyError for an unknown purpose."""
    snapshot = AccountSnapshot.from_json(plain)
    subject, lead, button, *notes = _TEXTS[snapshot.purpose]()
    return LetterContent(
        subject=subject,
        lead=lead,
        greeting=greeting(snapshot.reader_name),
        button=Link(button, snapshot.link or f"{settings.base_url}/login"),
        notes=tuple(notes),
        why=_("You are receiving this e-mail because an Outreach account uses your address."),
    )


def _confirm() -> tuple[str, ...]:
    return (
        _("Confirm your e-mail address"),
        _("Please confirm that this e-mail address is yours."),
        _("Confirm my address"),
        _("If you didn't apply for an account, you can ignore this e-mail. Nobody can use the account until the address is confirmed."),
    )


def _reset() -> tuple[str, ...]:
    return (
        _("Choose a new password"),
        _("Use the link below to choose a new password."),
        _("Choose a new password"),
        _("If you didn't ask for this, you can ignore this e-mail. Your password stays the same."),
    )


def _password_changed() -> tuple[str, ...]:
    return (
        _("Your password was changed"),
        _("Your password has just been changed."),
        _("Choose a new password"),
        _("If it was you, you don't need to do anything. If it wasn't, choose a new password at once and tell the coordinator."),
    )


def _already_here() -> tuple[str, ...]:
    return (
        _("You already have an account"),
        _("Someone applied for an account with your e-mail address, which already has one."),
        _("Sign in"),
        _("If it was you, please sign in. If you have forgotten your password, you can choose a new one on the sign-in page."),
        _("If it wasn't you, you don't need to do anything."),
    )


def _welcome() -> tuple[str, ...]:
    return (
        _("Welcome to Outreach"),
        _("Your e-mail address is confirmed. Welcome to Outreach."),
        _("Sign in"),
        _("A coordinator will now look at your application. We'll e-mail you when there is a decision."),
    )


_TEXTS: dict[str, Callable[[], tuple[str, ...]]] = {
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
