"""Form fields of the posting page that say in our own words why they can't read what was typed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, DateTimeLocalField, IntegerField, SelectMultipleField, StringField, TimeField, ValidationError
from wtforms.validators import NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget


class _Worded:
    """Says `unreadable` instead of what WTForms would."""

    unreadable: LazyString

    def process_formdata(self, values: list[str]) -> None:
        try:
            super().process_formdata(values)  # type: ignore[misc]  # of the field it is mixed into
        except (ValueError, OverflowError):
            raise ValueError(str(self.unreadable)) from None


class NumberField(_Worded, IntegerField):  # type: ignore[misc]  # WTForms is untyped
    """A whole number."""

    unreadable = _l("Write a whole number, such as 12.")


class DayField(_Worded, DateField):  # type: ignore[misc]  # WTForms is untyped
    """A date."""

    unreadable = _l("Write a date, such as 2027-03-18.")


class ClockField(_Worded, TimeField):  # type: ignore[misc]  # WTForms is untyped
    """A time of day; some browsers send seconds too."""

    unreadable = _l("Write a time, such as 14:00.")

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, format=["%H:%M", "%H:%M:%S"], **settings)


class DayAndTimeField(_Worded, DateTimeLocalField):  # type: ignore[misc]  # WTForms is untyped
    """A date with a time of day."""

    unreadable = _l("Write a date and a time, such as 2027-03-18 14:00.")


class TicksField(SelectMultipleField):  # type: ignore[misc]  # WTForms is untyped
    """Boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def between(low: int, high: int) -> NumberRange:
    """Take a number from `low` to `high`."""
    return NumberRange(low, high, message=_l("Choose a number from %(low)s to %(high)s.", low=low, high=high))


def telephone() -> Regexp:
    """Take what looks like a telephone number."""
    return Regexp(r"\+?[0-9 ()./x-]{3,40}\Z", message=_l("Write a telephone number in figures, such as +44 20 7946 0000."))


def https_address(_form: object, field: StringField) -> None:
    """Take https alone: other links could do harm in somebody's calendar."""
    try:
        parts = urlsplit(field.data)
        is_good = parts.scheme == "https" and bool(parts.hostname) and not _NEVER_IN_A_LINK.search(field.data) and len(field.data) <= 2000
    except ValueError:
        is_good = False
    if not is_good:
        raise ValidationError(_("Give the whole link, beginning with https://."))


OPTIONAL = Optional()
_NEVER_IN_A_LINK = re.compile(r'[\x00-\x20\x7f<>"\\^`{|}]')
