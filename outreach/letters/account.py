"""Letters that aren't about a session: somebody's account, and what became of an application."""

from __future__ import annotations

from collections.abc import Callable

from outreach.letters.compose import greeting
from outreach.letters.content import FactRow, LetterContent, Link
from outreach.letters.language import gettext as _
from outreach.models import AccountSnapshot, ApplicationSnapshot


def compose_account(facts: AccountSnapshot, *, base_url: str) -> LetterContent:
    """Give the content of a letter about signing in. Raises KeyError for a purpose there is no letter for."""
    subject, lead, button, note = _ACCOUNT[facts.purpose]()
    return LetterContent(
        subject=subject,
        lead=lead,
        greeting=greeting(facts.reader_name),
        button=Link(button, facts.link or base_url + "/login"),
        notes=(note,),
        why=_("You get this letter because of your account with us."),
    )


def compose_application(facts: ApplicationSnapshot, *, base_url: str) -> LetterContent:
    """Give the coordinator's decision."""
    words = {"role": facts.role, "place": facts.place}
    if facts.is_approved:
        lead = _("You are approved as %(role)s at %(place)s.", **words) if facts.place else _("You are approved as %(role)s.", **words)
        subject, button = _("You are approved"), Link(_("Sign in and begin"), base_url + "/login")
    else:
        lead = _("Your application as %(role)s at %(place)s was not approved.", **words)
        subject, button = _("About your application"), Link(_("Apply again"), base_url + "/apply")
    note = FactRow(label=_("Coordinator's note"), lines=tuple(line for line in facts.note.splitlines() if line))
    return LetterContent(
        subject=subject,
        lead=lead,
        greeting=greeting(facts.reader_name),
        rows=(note,) if note.lines else (),
        button=button,
        why=_("You get this letter because you applied."),
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
