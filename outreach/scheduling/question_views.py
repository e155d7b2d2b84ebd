"""What is shown before a session is changed: who gets which letter, and who no longer fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from flask import request
from flask_babel import gettext as _

from outreach import policy
from outreach.errors import Stale
from outreach.registration import ChoiceForm, Doubts, NobodyDecided, SeatChoices, choice_form, is_a_choice
from outreach.web import me


class PlannedChange(Protocol):
    """What a change would do. `asks`: somebody must see it first."""

    @property
    def doubts(self) -> Doubts:
        """Give who would no longer fit."""

    @property
    def asks(self) -> bool:
        """Say whether it is shown first."""


@dataclass(frozen=True)
class HeldSeats:
    """No change: seats that are held until somebody decides."""

    doubts: Doubts
    asks: bool = True


P = TypeVar("P", bound=PlannedChange)


@dataclass(frozen=True)
class Question(Generic[P]):
    """The page to show instead of acting, with its status."""

    plan: P
    form: ChoiceForm
    status: int

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Give what was typed on the pages before, to be sent along with the answer."""
        own = {*self.form._fields, "csrf_token", "form_key", "confirm", "back"}
        return [(name, value) for name, value in request.form.items(multi=True) if name not in own]


def decided() -> list[tuple[str, str]]:
    """Give what was decided about those who no longer fit, to be sent along by the page that whoever decided goes back to."""
    return [(name, value) for name, value in request.form.items(multi=True) if is_a_choice(name)]


def ask_or_act(make_plan: Callable[[], P], act: Callable[[SeatChoices | None], object]) -> Question[P] | None:
    """Act once it was confirmed, or where nothing needs to be asked; otherwise give the question.

    It is asked again, with what was chosen, if those who no longer fit aren't those on the page (409), or a choice can't be (422).
    """
    plan = make_plan()
    form = _form(plan)
    if plan.asks and not request.form.get("confirm"):
        return Question(plan, form, 200)
    if not form.is_as_shown:
        return _again(plan)
    if not form.validate():
        return Question(plan, form, 422)
    try:
        act(form.choices() if plan.doubts.seats else None)
    except NobodyDecided:
        return _again(make_plan())
    return None


def _form(plan: PlannedChange) -> ChoiceForm:
    return choice_form(plan.doubts, by_id=me().id, is_coordinator=policy.coordinates(me()))


def _again(plan: P) -> Question[P]:
    form = _form(plan)
    form.show_again()
    sentence = _("Who no longer fits has changed since you opened the page. What you chose is still here. Check the list again.")
    form.form_errors.append(sentence)
    return Question(plan, form, Stale.status)
