"""The form of a family's page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, IntegerField, ValidationError
from wtforms.widgets import HiddenInput

from outreach.models import Answer
from outreach.web import Form

ANSWERS = {Answer.ACCEPTED: _("Coming"), Answer.TENTATIVE: _("Not sure"), Answer.DECLINED: _("Can't come")}


class AnswerForm(Form):
    """One of three buttons, and which invitation it answers."""

    answer = HiddenField()
    sequence = IntegerField(widget=HiddenInput())

    def validate_answer(self, field: HiddenField) -> None:
        """Take one of the three."""
        if field.data not in list(ANSWERS):
            raise ValidationError(_("Choose one of the three answers."))

    def given(self) -> Answer:
        """Give the answer."""
        return Answer(self.answer.data)
