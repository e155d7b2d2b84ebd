"""Form fields for when and where, how long before a reminder goes out, and which version of the session was seen."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
    URLField,
    ValidationError,
)
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from outreach.errors import OutreachError
from outreach.scheduling.inputs import DecisionInput, WhenInput, WhereInput
from outreach.scheduling.schedule_rules import AskWhich, offset_label
from outreach.time import country_of_zones, zone_of_place
from outreach.web import CountryField, Form, NameField, ProseField, SelectChoice, ZoneField, validated

USUAL = (20160, 10080, 4320, 1440, 120, 60)
LONGEST = 60 * 24 * 60
MOST = 6


class LeadUnit(enum.StrEnum):
    """What a length is counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


_BETWEEN = _l("Choose a number from %(min)s to %(max)s.")
_TELEPHONE = _l("Enter a telephone number in figures, such as +44 20 7946 0000.")
_MINUTES_IN = {LeadUnit.DAYS: 1440, LeadUnit.HOURS: 60, LeadUnit.MINUTES: 1}


class _Worded:
    """Says `unreadable` instead of what WTForms would."""

    unreadable: LazyString

    def process_formdata(self, values: list[str]) -> None:
        try:
            super().process_formdata(values)  # type: ignore[misc]  # of the field it is mixed into
        except (ValueError, OverflowError):
            raise ValueError(str(self.unreadable)) from None


class NumberField(_Worded, IntegerField):
    """A whole number."""

    unreadable = _l("Enter a whole number, such as 12.")


class DayField(_Worded, DateField):
    """A date."""

    unreadable = _l("Enter a date, such as 2027-03-18.")


class ClockField(_Worded, TimeField):
    """A time of day; some browsers send seconds too."""

    unreadable = _l("Enter a time, such as 14:00.")

    def __init__(self, label: Any = None, validators: Any = None, **settings: Any) -> None:
        super().__init__(label, validators, format=["%H:%M", "%H:%M:%S"], **settings)


class DayAndTimeField(_Worded, DateTimeLocalField):
    """A date with a time of day."""

    unreadable = _l("Enter a date and a time, such as 2027-03-18 14:00.")


class TicksField(SelectMultipleField):
    """Boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def between(low: int, high: int) -> NumberRange:
    """Take a number from `low` to `high`."""
    return NumberRange(low, high, message=_BETWEEN)


def telephone() -> Regexp:
    """Take what looks like a telephone number."""
    return Regexp(r"\+?[0-9 ()./x-]{3,40}\Z", message=_TELEPHONE)


def https_address(_form: object, field: StringField) -> None:
    """Take https alone: other links could do harm in somebody's calendar."""
    link = field.data or ""
    try:
        parts = urlsplit(link)
        is_good = parts.scheme == "https" and bool(parts.hostname) and not _NEVER_IN_A_LINK.search(link) and len(link) <= 2000
    except ValueError:
        is_good = False
    if not is_good:
        raise ValidationError(_("Give the whole link, beginning with https://."))


OPTIONAL = Optional()
_NEVER_IN_A_LINK = re.compile(r'[\x00-\x20\x7f<>"\\^`{|}]')


def in_minutes(amount: int, unit: LeadUnit) -> int:
    """Give the length in minutes."""
    return amount * _MINUTES_IN[unit]


def in_largest_unit(minutes: int) -> tuple[int, LeadUnit]:
    """Give the length in the largest unit that says it exactly: 1440 is 1 day, 90 is 90 minutes."""
    for unit, size in _MINUTES_IN.items():
        if minutes and minutes % size == 0:
            return minutes // size, unit
    return minutes, LeadUnit.MINUTES


def in_order(leads: Iterable[int]) -> list[int]:
    """Give each lead once, the longest first."""
    return sorted(set(leads), reverse=True)


NEVER = datetime.min.replace(tzinfo=UTC)


class SeenForm(Form):
    """Remembers which state of the session was on the page when it was opened."""

    seen_at = HiddenField()

    @property
    def seen(self) -> datetime:
        """Give the moment of the last change that was seen; what isn't one was never seen."""
        try:
            moment = datetime.fromisoformat(self.seen_at.data or "")
        except ValueError:
            moment = NEVER
        return moment if moment.tzinfo else NEVER


class WhenFields:
    """Date, start and end, on the clock of the place; and whether that is certain."""

    day = DayField(_l("Date"), [InputRequired(message=_l("Choose a date."))])
    start = ClockField(_l("Starts"), [InputRequired(message=_l("Say when it starts."))])
    end = ClockField(_l("Ends"), [InputRequired(message=_l("Say when it ends."))])
    ends_next_day = BooleanField(_l("It ends the next day"))
    fold = RadioField(
        _l("Which of the two"), choices=[SelectChoice("0", _l("The first")), SelectChoice("1", _l("The second"))], validate_choice=False
    )
    provisional = BooleanField(
        _l("Provisional: subject to the operating list"),
        description=_l("Everybody is told that it isn't confirmed yet. We'll remind you the day before the decision."),
    )
    decides = DayAndTimeField(_l("Decision due"), (OPTIONAL,), description=_l("If empty, 48 hours before it starts."))

    @property
    def asks_for_the_next_day(self) -> bool:
        """Show the box only where it is needed."""
        return bool(self.ends_next_day.data or self.end.errors)

    @property
    def asks_which(self) -> bool:
        """Show the question only where the clock goes back."""
        return bool(self.fold.data in {"0", "1"} or self.fold.errors)

    def refuse(self, refusal: OutreachError) -> None:
        """Show why a use case declined; an hour that comes twice is asked about, with both UTC offsets."""
        if isinstance(refusal, AskWhich):
            labels = _("The first (%(offset)s)"), _("The second (%(offset)s)")
            self.fold.choices = [
                SelectChoice(str(n), labels[n] % {"offset": offset_label(offset)}) for n, offset in enumerate(refusal.offsets)
            ]
        super().refuse(refusal)  # type: ignore[misc]  # of the form these fields are mixed into

    def when(self) -> WhenInput:
        """Give the time as typed."""
        fold = int(self.fold.data) if self.fold.data in {"0", "1"} else None
        decision = DecisionInput(is_provisional=self.provisional.data, wall=self.decides.data)
        return WhenInput(
            day=validated(self.day.data),
            start=validated(self.start.data),
            end=validated(self.end.data),
            ends_next_day=self.ends_next_day.data,
            fold=fold,
            decision=decision,
        )


class WhereFields:
    """A place from the list or a new one, a link, or both."""

    where = SelectField(_l("Site"), validate_choice=False, description=_l("Session times are in the time zone of the site."))
    new_site = NameField(_l("Name"), (OPTIONAL,), longest=200, description=_l("As on its sign, such as Mercy General Hospital."))
    new_address = ProseField(_l("Address"), (OPTIONAL,), longest=1000)
    new_country = CountryField(_l("Country"), may_be_open=True)
    new_area = NameField(_l("Room or ward"), (OPTIONAL,), longest=200, description=_l("If it isn't in the list of sites."))
    zone = ZoneField(
        _l("Time zone"),
        may_be_open=True,
        description=_l(
            "A site from the list has its own. If you leave it empty, we use that of the new site, or yours for an online session."
        ),
    )
    meeting_point = NameField(_l("Where to meet"), (OPTIONAL,), description=_l("Such as main entrance, by the lifts."))
    video_url = URLField(
        _l("Video link"),
        (OPTIONAL, https_address),
        filters=[lambda typed: (typed or "").strip()],
        description=_l("Only the invitations contain it. The public page doesn't show it."),
    )

    is_online_first = False
    own_zone = ""

    def validate_new_country(self, field: Any) -> None:
        """Ask in which country a new site is, unless its zone was chosen."""
        if self.new_site.data and not field.data and not self.settled_zone:
            raise ValidationError(_("Please choose a country from the list."))

    def validate_zone(self, _field: Any) -> None:
        """Ask for the zone where the country has several and the address names none."""
        if self.new_site.data and self.new_country.data and not self.settled_zone:
            raise ValidationError(_("Clocks differ within this country. Please choose the time zone of this place."))

    @property
    def settled_zone(self) -> str:
        """Give the zone that was chosen, or the one of the new site; online the host's own. Empty: it isn't known."""
        chosen, country = self.zone.data or "", self.new_country.data or ""
        if not self.new_site.data:
            return chosen or self.own_zone
        is_chosen = chosen and (country_of_zones().get(chosen) == country if country else chosen != self.zone.object_data)
        if is_chosen:
            return chosen
        return zone_of_place(country, f"{self.new_site.data}\n{self.new_address.data}") or ""

    def refuse(self, refusal: OutreachError) -> None:
        """Show a missing place where this format asks for it: at the link."""
        if refusal.field == "where" and self.is_online_first and not self.where.data:
            refusal.field = "video_url"
        super().refuse(refusal)  # type: ignore[misc]  # of the form these fields are mixed into

    def place(self) -> WhereInput:
        """Give the place as typed."""
        kind, _dash, key = (self.where.data or "").partition("-")
        chosen = int(key) if key.isascii() and key.isdigit() and len(key) < 10 else None
        return WhereInput(
            site_id=chosen if kind == "site" else None,
            area_id=chosen if kind == "area" else None,
            new_site=self.new_site.data,
            new_address=self.new_address.data,
            new_area=self.new_area.data,
            country=self.new_country.data or "",
            zone=self.settled_zone,
            meeting_point=self.meeting_point.data,
            video_url=self.video_url.data or "",
        )
