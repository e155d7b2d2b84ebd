"""The form of a family's page."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectMultipleField
from wtforms.widgets import HiddenInput

from outreach.models import Answer
from outreach.web import AddressField, Form, required, validated

ANSWERS = {Answer.ACCEPTED: _l("Coming"), Answer.TENTATIVE: _l("Not sure"), Answer.DECLINED: _l("Can't come")}


class AnswerForm(Form):
    """One of three buttons, and which invitation it answers."""

    answer = HiddenField()
    sequence = IntegerField(widget=HiddenInput())

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Take one of the three."""
        valid: bool = super().validate(*args, **kwargs)
        if self.answer.data in list(ANSWERS):
            return valid
        self.form_errors.append(_("Choose one of the three answers."))
        return False

    def given(self) -> Answer:
        """Give the answer."""
        return Answer(validated(self.answer.data))


class LinkForm(Form):
    """Where one's own link was sent before."""

    email = AddressField(_l("E-mail"), (required(_l("Please enter your e-mail address.")),))


class FamilyWithdrawalForm(Form):
    """Who is withdrawn."""

    registration_ids = SelectMultipleField(_l("Withdraw"), coerce=int, validate_choice=False)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Somebody must be ticked."""
        valid: bool = super().validate(*args, **kwargs)
        if self.chosen():
            return valid
        self.form_errors.append(_("Tick who you want to withdraw, or keep the seats."))
        return False

    def chosen(self) -> tuple[int, ...]:
        """Give the registrations that were ticked."""
        return tuple(dict.fromkeys(self.registration_ids.data or []))
