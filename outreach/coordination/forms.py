"""The coordinator's forms."""

from __future__ import annotations

import enum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from outreach.coordination.labels import ROLES, SESSION_STATES
from outreach.coordination.use_cases import SchoolInput, SiteInput
from outreach.models import Site
from outreach.people import NamedPlace
from outreach.time import zone_of_place
from outreach.web import CountryField, Filter, Form, LineField, NameField, ProseField, SelectChoice, ZoneField, choices, required, validated

NEW = 0


class TimeFilter(enum.StrEnum):
    """Which sessions of a list."""

    COMING = "coming"
    PAST = "past"
    ALL = "all"
    UNDECIDED = "undecided"


class OrganisationForm(Form):
    """What schools and sites have in common. `says_where`: the field with the words that say where in the country it is."""

    says_where = "address"
    alike: tuple[NamedPlace, ...] = ()

    name = NameField(_l("Name"), (required(_l("Please give it a name.")),))
    country = CountryField(_l("Country"))
    zone = ZoneField(
        _l("Time zone"),
        may_be_open=True,
        description=_l("If you leave it empty, we use the time zone of the place. If we can't tell, we ask."),
    )
    is_another = BooleanField(_l("It is another one: add it too"))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Take the zone of the place where none was chosen."""
        valid: bool = super().validate(*args, **kwargs)
        if not self.zone.data and self.country.data and not self.zone.errors:
            self.zone.data = zone_of_place(self.country.data, self[self.says_where].data or "")
            if self.zone.data is None:
                self.zone.errors = [_("Clocks differ within this country. Please choose the time zone of this place.")]
                return False
        return valid

    def is_new_beside(self, alike: list[NamedPlace], *, must_ask: bool = True) -> bool:
        """Say whether it may be added: none is like it, or it is another one. Else the form shows those that are."""
        self.alike = tuple(alike) if must_ask and self.is_submitted() else ()
        return not self.alike or bool(self.is_another.data)


class SchoolForm(OrganisationForm):
    """A school."""

    says_where = "town"

    town = NameField(_l("Town"), (Optional(),))
    majority_age = IntegerField(
        _l("Age of majority"),
        (NumberRange(16, 21, message=_l("Please enter a number from 16 to 21.")),),
        default=18,
        description=_l(
            "Guardians of students under this age get every e-mail too. It is 18 nearly everywhere, and 19 or 21 in some states."
        ),
    )

    phone = LineField(
        _l("Telephone"), (Optional(),), longest=40, description=_l("The school office. E-mails to families show it, so that they can call.")
    )

    def typed(self) -> SchoolInput:
        """Give what was typed."""
        return SchoolInput(
            name=self.name.data,
            town=self.town.data,
            country=self.country.data,
            zone=self.zone.data,
            majority_age=validated(self.majority_age.data),
            phone=self.phone.data or "",
        )


class SiteForm(OrganisationForm):
    """A hospital or venue."""

    address = ProseField(_l("Address"), (Optional(),), description=_l("The full postal address. It appears in every invitation."))

    area_ids: tuple[int, ...] = ()

    @property
    def floor_fields(self) -> list[Any]:
        """Give the field of each area."""
        return [self[f"floor_{key}"] for key in self.area_ids]

    def floors(self) -> dict[int, int | None]:
        """Give the age floor of each area, as typed."""
        return {key: self[f"floor_{key}"].data for key in self.area_ids}

    def typed(self) -> SiteInput:
        """Give what was typed."""
        return SiteInput(name=self.name.data, address=self.address.data, country=self.country.data, zone=self.zone.data)


def site_form(site: Site) -> SiteForm:
    """Make the form of a site that is there, with the age floor of each of its areas."""
    plausible = NumberRange(0, 99, message=_("Please enter a number from 0 to 99."))
    fields = {
        f"floor_{area.id}": IntegerField(_("Minimum age in %(area)s", area=area.name), (Optional(), plausible), default=area.age_floor)
        for area in site.areas
    }
    kind: type[SiteForm] = type("SiteWithAreas", (SiteForm,), fields)
    kind.area_ids = tuple(area.id for area in site.areas)
    return kind(obj=site)


class Approval(Form):
    """Which school or site is given: a known one, or a new one described below."""

    place = SelectField(_l("Where they work"), coerce=int, default=NEW)
    note = ProseField(_l("Message to them"), (Optional(),), description=_l("It appears in the e-mail."))

    def offer(self, places: list[NamedPlace], alike: list[NamedPlace], new: str) -> None:
        """Offer these places, first those that are like the one in the application, and a new one."""
        likely = [SelectChoice(place.id, place.title, optgroup=_("These look like it")) for place in alike]
        others = [SelectChoice(place.id, place.title, optgroup=_("All others")) for place in places if place not in alike]
        self.place.choices = [SelectChoice(NEW, new, optgroup=_("New")), *likely, *others]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Look at the facts of a new place only when it is one."""
        valid: bool = super().validate(*args, **kwargs)
        if self.place.errors or self.place.data == NEW:
            return valid
        for name in ("name", "town", "address", "country", "zone", "majority_age"):
            if name in self:
                self[name].errors = []
        return not self.errors

    def chosen(self) -> Any:
        """Give the id of a known place, or the facts of a new one."""
        return self.place.data or self.typed()


class TeacherApproval(Approval, SchoolForm):
    """Give a teacher their school."""


class ClinicianApproval(Approval, SiteForm):
    """Give a clinician their site."""


class DeclineForm(Form):
    """Why not."""

    reason = ProseField(
        _l("Why"),
        (required(_l("Please say why. Your reason appears in the e-mail.")),),
        description=_l("They will read this. Say what would have to change."),
    )


class PeopleFilter(Filter):
    """People by name or address, and role."""

    role = SelectField(_l("Role"), choices=lambda: choices(ROLES))


class SessionFilter(Filter):
    """Sessions by title or host, time and state."""

    time = SelectField(
        _l("When"),
        choices=[
            SelectChoice(TimeFilter.COMING, _l("Upcoming")),
            SelectChoice(TimeFilter.PAST, _l("Past")),
            SelectChoice(TimeFilter.ALL, _l("All")),
            SelectChoice(TimeFilter.UNDECIDED, _l("Upcoming, decision overdue")),
        ],
        default=TimeFilter.COMING,
    )
    state = SelectField(_l("State"), choices=lambda: choices(SESSION_STATES))
