"""The list of who no longer fits, as a form: keep, with a reason, or release."""

from __future__ import annotations

import enum
from typing import Any

from flask_babel import gettext as _
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from outreach.registration.tightening.doubts import (
    OVER_BECAUSE,
    RELEASED_FOR,
    DoubtfulSeat,
    Doubts,
    SeatChoices,
    because_field,
    fate_field,
    refusals,
)
from outreach.web import Form, LineField, SelectChoice


class Fate(enum.StrEnum):
    """What becomes of a seat."""

    KEEP = "keep"
    RELEASE = "release"


class ChoiceForm(Form):
    """What becomes of each student who no longer fits; see `choice_form`, which adds their fields.

    `listed`: whom the page showed, so that a list that has changed meanwhile is shown again. `usual`: the words proposed for
    `released_for`: as long as nobody changes them, they follow the rule.
    """

    listed = HiddenField()
    usual = HiddenField()
    over_because: LineField
    released_for: LineField
    found: Doubts
    by_id: int
    is_coordinator: bool

    @property
    def is_as_shown(self) -> bool:
        """The page showed exactly those who don't fit now."""
        return self.listed.data == _listed(self.found)

    def show_again(self) -> None:
        """Note that the page shows those who don't fit now; what was typed stays."""
        self.listed.data = _listed(self.found)

    def choices(self) -> SeatChoices:
        """Give what was decided."""
        fates = {one.registration_id: self[fate_field(one.registration_id)].data for one in self.found.seats}
        reasons = {one.registration_id: self[because_field(one.registration_id)].data or "" for one in self.found.seats}
        return SeatChoices(
            by_id=self.by_id,
            is_coordinator=self.is_coordinator,
            kept={key: reasons[key] for key, fate in fates.items() if fate == Fate.KEEP},
            released=frozenset(key for key, fate in fates.items() if fate == Fate.RELEASE),
            over_because=self.over_because.data or "",
            released_for=self.released_for.data or "",
        )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Say of each field what is missing, all at once."""
        valid: bool = super().validate(*args, **kwargs)
        for name, sentence in refusals(self.found, self.choices()):
            self[name].errors = [*self[name].errors, sentence]
            valid = False
        return valid

    def rows(self) -> list[tuple[DoubtfulSeat, Any, Any]]:
        """Give each student with the two fields about them."""
        return [(one, self[fate_field(one.registration_id)], self[because_field(one.registration_id)]) for one in self.found.seats]


def choice_form(found: Doubts, *, by_id: int, is_coordinator: bool) -> ChoiceForm:
    """Make the form for these students."""
    fields: dict[str, Any] = {}
    for one in found.seats:
        fields[fate_field(one.registration_id)] = _fate(one, is_coordinator=is_coordinator)
        fields[because_field(one.registration_id)] = LineField(_("Why %(name)s may keep the seat", name=one.given_name))
    fields["over_because"] = LineField(_("Why more may come than there are seats"))
    fields["released_for"] = LineField(_("What we tell the families and teachers of those you release"))
    kind: type[ChoiceForm] = type("ChoicesOfSeats", (ChoiceForm,), fields)
    kind.found, kind.by_id, kind.is_coordinator = found, by_id, is_coordinator
    usual = _usual_reason(found)
    form = kind(data={"listed": _listed(found), "usual": usual, "released_for": usual})
    if form.released_for.data == form.usual.data:
        form.released_for.data = form.usual.data = usual
    return form


def is_a_choice(name: str) -> bool:
    """Say of the name of a field that it holds what was decided, for whomever."""
    return name in (RELEASED_FOR, OVER_BECAUSE, "usual") or name.startswith((fate_field(0)[:-1], because_field(0)[:-1]))


def _fate(one: DoubtfulSeat, *, is_coordinator: bool) -> RadioField:
    choices = [SelectChoice(Fate.KEEP.value, _("Keep")), SelectChoice(Fate.RELEASE.value, _("Release"))]
    hint = one.why
    if one.needs_coordinator and not is_coordinator:
        choices, hint = choices[1:], _("%(why)s This is the site's own rule: only a coordinator can keep them.", why=one.why)
    usual = None if one.why else Fate.RELEASE.value if one.is_preselected else Fate.KEEP.value
    label = _("%(name)s, %(school)s", name=one.given_name, school=one.school_name)
    needed = InputRequired(message=_("Choose what becomes of %(name)s.", name=one.given_name))
    return RadioField(label, [needed], choices=choices, default=usual, description=hint)


def _listed(found: Doubts) -> str:
    return " ".join(str(key) for key in sorted(found.ids))


def _usual_reason(found: Doubts) -> str:
    if any(one.why for one in found.seats):
        return _("The session is for students who are %(floor)s or over on the day.", floor=found.rule.floor)
    return _("There are fewer seats than before.") if found.seats else ""
