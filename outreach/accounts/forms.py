"""Forms about the account. The first four are Flask-Security's own with our labels and words."""

from __future__ import annotations

from typing import Any

import flask_security.forms as theirs
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import PasswordUtil, current_user, verify_password
from flask_security.utils import get_message, password_complexity_validator
from wtforms import BooleanField, PasswordField, RadioField
from wtforms.validators import Optional, ValidationError

from outreach.accounts.passwords import Weakness, weakness_of
from outreach.models import RoleName, User
from outreach.people import typed_address
from outreach.web import AddressField, Form, NameField, ProseField, SelectChoice, ZoneField, required, security

WEAKNESS = {
    Weakness.TOO_SHORT: _l("Please use at least 10 characters; a few words in a row are easy to remember and hard to guess."),
    Weakness.TOO_LONG: _l("Please use 200 characters at most."),
    Weakness.TOO_EASY: _l("This password is easy to guess. Please use a few words that don't belong together."),
    Weakness.ABOUT_YOU: _l("That is your name or address, which others would try first. A few words in a row are better."),
}
_FIRST_GUESSES = ("outreach", "passwort")  # beside those zxcvbn knows
_JUDGED = 20  # characters: zxcvbn needs seconds for long odd passwords, and a strong beginning is enough
PASSWORD_HINT = _l("At least 10 characters. A few words in a row are good.")


class PasswordRules(PasswordUtil):
    """What we ask of a new password, wherever one is set."""

    def validate(self, password: str, is_register: bool, *, user: User | None = None, **typed: Any) -> tuple[list[str] | None, str]:  # noqa: ARG002, FBT001 (Flask-Security's signature)
        """Give what is wrong with it, and its normal form (NFKD)."""
        normal = str(self.normalize(password))
        about_you = [user.given_name, user.family_name, user.name, user.email] if user else [str(value or "") for value in typed.values()]
        weakness = weakness_of(normal, about_you=about_you) or _easy(normal, about_you)
        return ([str(WEAKNESS[weakness])] if weakness else None), normal


def _easy(password: str, about_you: list[str]) -> Weakness | None:
    """Ask zxcvbn, by Flask-Security; its English reasons give way to our own sentence."""
    known = {str(number): word for number, word in enumerate((*about_you, *_FIRST_GUESSES))}
    reasons = password_complexity_validator(password[:_JUDGED], is_register=True, **known)
    return Weakness.TOO_EASY if reasons else None


class SignInForm(theirs.LoginForm):
    """E-mail and password. Only somebody who knows the password learns why they can't sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Use our labels."""
        super().__init__(*args, **kwargs)
        _relabel(self, email=_("E-mail"), password=_("Password"), remember=_("Keep me signed in on this device"))
        self.password.description = ""

    def validate(self, **kwargs: Any) -> bool:
        """Keep the reason out of the way of the generic answer once the password was right."""
        if super().validate(**kwargs):
            return True
        if self.user_authenticated:
            self.form_errors.extend(self.email.errors)
            self.email.errors = []
        return False


class ForgottenPasswordForm(theirs.ForgotPasswordForm):
    """Where the link goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Use our labels."""
        super().__init__(*args, **kwargs)
        _relabel(self, email=_("E-mail"))

    def validate(self, **kwargs: Any) -> bool:
        """Say openly what isn't an address at all; whether one is known stays unsaid."""
        valid: bool = super().validate(**kwargs)
        try:
            typed_address(self.email.data or "")
        except ValueError:
            self.form_errors.append(_("That doesn't look like an e-mail address. Write it like name@school.org."))
        return valid


class ResetPasswordForm(theirs.ResetPasswordForm):
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Use our labels."""
        super().__init__(*args, **kwargs)
        _relabel(self, password=_("New password"), password_confirm=_("Repeat the new password"))
        self.password.description = PASSWORD_HINT

    def validate(self, **kwargs: Any) -> bool:
        """Say everything at once: a weak password too where the two differ."""
        valid: bool = super().validate(**kwargs)
        if not valid:
            _say_what_is_weak(self.password, self.user)
        return valid


class ChangePasswordForm(theirs.ChangePasswordForm):
    """The present password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Use our labels."""
        super().__init__(*args, **kwargs)
        _relabel(self, password=_("Current password"), new_password=_("New password"), new_password_confirm=_("Repeat the new password"))
        self.new_password.description = PASSWORD_HINT

    def validate(self, **kwargs: Any) -> bool:
        """Say everything at once: what is wrong with the present password, and with the new one."""
        valid: bool = super().validate(**kwargs)
        if valid:
            return True
        present = self.password.data or ""
        if not self.password.errors and current_user.password and not verify_password(present, current_user.password):
            name = "INVALID_PASSWORD" if present.strip() else "PASSWORD_NOT_PROVIDED"
            self.password.errors = [get_message(name)[0]]
        _say_what_is_weak(self.new_password, current_user)
        return False


class WishForm(Form):
    """What somebody asks to be, and where."""

    role = RadioField(
        _l("I am a"),
        choices=[
            SelectChoice(RoleName.TEACHER.value, _l("Teacher: I register classes for sessions")),
            SelectChoice(RoleName.CLINICIAN.value, _l("Clinician: I offer sessions")),
        ],
        validate_choice=False,
    )
    place = NameField(
        _l("School or hospital"),
        (required(_l("Please say where you work.")),),
        description=_l("Include the town, so that the coordinator finds the right one."),
    )
    message = ProseField(
        _l("Anything else the coordinator should know"),
        (Optional(),),
        description=_l("Your subject or specialty, and who can vouch for you."),
    )

    def validate_role(self, field: RadioField) -> None:
        """Coordinators are made, not applied for."""
        if field.data not in {RoleName.TEACHER, RoleName.CLINICIAN}:
            raise ValidationError(_("Please choose one."))


class ProfileForm(Form):
    """What somebody is called, and which clock they read."""

    given_name = NameField(_l("Given name"), (required(_l("Please enter your given name.")),), longest=100)
    family_name = NameField(_l("Family name"), (Optional(),), longest=100, description=_l("Leave it empty if you have one name only."))
    zone = ZoneField(_l("Time zone"), description=_l("We show you times in this time zone."), render_kw={"data-suggest": "zone"})


class AccountForm(ProfileForm):
    """The same, and whether calendars hear of a new name at once."""

    sends_name = BooleanField(
        _l("Send my name to everyone invited to my sessions now"),
        description=_l("Otherwise calendars show a new name after the next change to each session."),
    )


class ApplyForm(ProfileForm, WishForm):
    """A first application: who, what, and a password."""

    email = AddressField(
        _l("E-mail"),
        (required(_l("Please enter your e-mail address.")),),
        description=_l("Your work address, if you can: it helps the coordinator to check who you are."),
    )
    password = PasswordField(_l("Password"), (required(_l("Please choose a password.")),), description=PASSWORD_HINT)

    def validate_password(self, field: PasswordField) -> None:
        """Refuse one that is easily guessed; keep it in its normal form."""
        about = {"email": self.email.data, "given_name": self.given_name.data, "family_name": self.family_name.data}
        wrong, field.data = security.password_util.validate(field.data or "", True, **about)  # noqa: FBT003 (Flask-Security's signature)
        if wrong:
            raise ValidationError(wrong[0])


class ConfirmForm(Form):
    """The password chosen when applying: whoever merely reads the mailbox can't confirm a stranger's application."""

    password = PasswordField(_l("Password"), (required(_l("Please enter the password you chose when you applied.")),))


class AddressForm(Form):
    """Where the confirmation letter goes again."""

    email = AddressField(_l("E-mail"), (required(_l("Please enter your e-mail address.")),))


def _say_what_is_weak(field: Any, user: Any) -> None:
    if field.data and not field.errors:
        field.errors = security.password_util.validate(field.data, False, user=user)[0] or []  # noqa: FBT003 (Flask-Security's signature)


def _relabel(form: Any, **labels: str) -> None:
    for name, label in labels.items():
        form[name].label.text = label
