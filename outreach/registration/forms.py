"""The forms of registration."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectMultipleField
from wtforms.validators import Optional

from outreach.registration.arrangements.use_cases import ARRANGED
from outreach.web import Form, LineField, required


class ArrangementForm(Form):
    """What families are told about the day."""

    looked_after_by = LineField(
        _l("Who looks after the students"),
        (Optional(),),
        description=_l("Such as: Ms Hale goes with them and stays until the end."),
        longest=200,
    )
    travel = LineField(
        _l("How they get there and back"),
        (Optional(),),
        description=_l("Such as: by bus from the school at 13:15, back at 17:00."),
        longest=200,
    )
    day_contact = LineField(
        _l("Who families call on the day"), (Optional(),), description=_l("A name and a telephone number."), longest=200
    )

    def arranged(self) -> dict[str, str]:
        """Give it by column."""
        return {name: self[name].data or "" for name in ARRANGED}


class RegistrationForm(ArrangementForm):
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
