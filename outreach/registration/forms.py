"""The forms of registration."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectMultipleField

from outreach.web import Form, LineField, required


class RegistrationForm(Form):
    """Who is registered, who should be seated first, and that their guardians allow it."""

    student_ids = SelectMultipleField(_l("Students"), coerce=int, validate_choice=False)
    first_ids = SelectMultipleField(_l("Prioritise"), coerce=int, validate_choice=False)
    permission_attested = BooleanField(_l("The guardians of all these students have given permission for them to take part."))

    def order(self) -> tuple[int, ...]:
        """Give the students ticked, those to be seated first in front."""
        ticked = list(dict.fromkeys(self.student_ids.data or []))
        first = [key for key in self.first_ids.data or [] if key in ticked]
        return tuple(dict.fromkeys([*first, *ticked]))


class WithdrawalForm(Form):
    """Withdrawing a registration."""

    note = LineField(_l("Reason (optional, only the school sees it)"))


class RemovalForm(Form):
    """Withdrawing a student as host."""

    reason = LineField(_l("Why"), (required(_l("Please say why. The family will read it.")),))


class OfferForm(Form):
    """Answering an offered seat."""

    answer = HiddenField()
