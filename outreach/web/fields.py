"""Form fields that several features share: they say in words what is wrong, and keep what was typed."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, SelectField, StringField, TextAreaField
from wtforms import SelectChoice as SelectChoice  # type: ignore[attr-defined]  # noqa: PLC0414 (exported; types of 3.3 are not published)
from wtforms.validators import InputRequired, Length, StopValidation

from outreach.folding import name_key
from outreach.mail import has_direction_mark, has_link, prose
from outreach.people import typed_address
from outreach.time import clock, to_wall_time, zones_by_country
from outreach.web.formatting import clock_time

T = TypeVar("T")
_MISSING = _l("Please fill this in.")
LINE_BREAKERS = {"Cc", "Zl", "Zp"}
_SHOW_NOTHING = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))


def required(sentence: str | None = None) -> Any:
    """Something must be there; the sentence says what to do."""
    return _Filled(sentence or _MISSING)


class _Filled(InputRequired):
    """More than blanks."""

    message: str

    def __call__(self, form: Any, field: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse what is empty once blanks are taken off."""
        if not (field.data.strip() if isinstance(field.data, str) else field.data):
            field.errors[:] = []
            raise StopValidation(self.message)


class LineField(StringField):
    """One line of text: a line break or control character in it could add a header to a mail, and is refused."""

    data: str

    def __init__(self, label: Any = None, validators: tuple[Any, ...] = (), *, longest: int = 255, **settings: Any) -> None:
        """Allow up to `longest` characters."""
        too_long = Length(max=longest, message=_("Please use %(max)d characters at most."))
        super().__init__(label, [*validators, too_long], filters=[_stripped], **settings)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse what doesn't stay on one line."""
        if any(unicodedata.category(character) in LINE_BREAKERS for character in self.data or ""):
            raise StopValidation(_("Please enter this on one line, without control characters."))


class NameField(LineField):
    """What somebody or something is called: it goes out in e-mails to people who don't know who typed it."""

    def pre_validate(self, form: Any) -> None:
        """Refuse links, and marks that turn the reading direction."""
        super().pre_validate(form)
        if has_link(self.data or ""):
            raise StopValidation(_("Please leave out web and e-mail addresses here."))
        if has_direction_mark(self.data or ""):
            raise StopValidation(_("There is a hidden mark in this that turns the reading direction. Please type it again."))


class ProseField(TextAreaField):
    """Several lines of text; control characters become blanks."""

    data: str

    def __init__(self, label: Any = None, validators: tuple[Any, ...] = (), *, longest: int = 4000, **settings: Any) -> None:
        """Allow up to `longest` characters."""
        too_long = Length(max=longest, message=_("Please use %(max)d characters at most."))
        super().__init__(label, [*validators, too_long], filters=[lambda text: prose(text or "")], **settings)


class AddressField(EmailField):
    """An e-mail address, as a mailbox keeps it."""

    data: Any

    def __init__(self, label: Any = None, validators: tuple[Any, ...] = (), **settings: Any) -> None:
        """Take the blanks off first."""
        super().__init__(label, validators, filters=[_stripped], **settings)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Normalise, or say that it isn't one."""
        if self.data:
            try:
                self.data = typed_address(self.data)
            except ValueError:
                raise StopValidation(_("That doesn't look like an e-mail address. Write it like name@school.org.")) from None


class ZoneField(SelectField):
    """An IANA zone, chosen by country and city."""

    choices: Any

    def __init__(self, label: Any = None, validators: tuple[Any, ...] = (), *, may_be_open: bool = False, **settings: Any) -> None:
        """Offer every zone. `may_be_open`: nothing need be chosen."""
        self.may_be_open = may_be_open
        super().__init__(label, validators, choices=(), **settings)  # process_data gives them

    def process_data(self, value: Any) -> None:
        """Keep a zone selectable that was stored under an older name; none is chosen for somebody who hasn't chosen."""
        self.choices = zones(value or "")
        if not value:
            self.choices = [SelectChoice("", _("Choose a time zone")), *self.choices]
        super().process_data(value)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse what isn't a zone."""
        if self.data not in {choice.value for choice in self.choices} or not (self.data or self.may_be_open):
            raise StopValidation(_("Please choose a time zone from the list."))


class CountryField(SelectField):
    """A country by its ISO 3166-1 code, named in the reader's language."""

    choices: Any

    def __init__(self, label: Any = None, validators: tuple[Any, ...] = (), *, may_be_open: bool = False, **settings: Any) -> None:
        """Offer every country. `may_be_open`: nothing need be chosen."""
        self.may_be_open = may_be_open
        super().__init__(label, validators, choices=(), **settings)  # process_data gives them

    def process_data(self, value: Any) -> None:
        """Choose none for somebody who hasn't chosen."""
        self.choices = countries() if value else [SelectChoice("", _("Choose a country")), *countries()]
        super().process_data(value)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse what isn't a country."""
        if not self.data and self.may_be_open:
            return
        if not self.data or all(self.data != choice.value for choice in self.choices):
            raise StopValidation(_("Please choose a country from the list."))


def zones(also: str = "") -> list[SelectChoice]:
    """Give every zone under its country, with what its clocks show now; `also` stays selectable though it be an alias."""
    return list(_zones_at(clock.now().replace(second=0, microsecond=0), _language(), also))


@lru_cache(maxsize=8)
def _zones_at(minute: datetime, language: str, also: str) -> list[SelectChoice]:
    """Read the rules of more than 400 zones: once a minute, not for each form."""
    return [
        SelectChoice(zone, _("%(city)s, now %(time)s", city=city, time=clock_time(to_wall_time(minute, zone))), optgroup=country)
        for country, found in zones_by_country(language, also).items()
        for zone, city in found
    ]


def countries() -> list[SelectChoice]:
    """Give every country, by name."""
    return list(_countries_in(_language()))


@lru_cache(maxsize=8)
def _countries_in(language: str) -> list[SelectChoice]:
    names = Locale.parse(language).territories
    beside_countries = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    found = [SelectChoice(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in beside_countries]
    return sorted(found, key=lambda country: name_key(str(country.label)))


def validated(value: T | None) -> T:
    """Give the value of a field that was validated, and so is there."""
    if value is None:
        raise ValueError("the field was read before it was validated")
    return value


def _language() -> str:
    return str(get_locale() or "en")


def _stripped(text: str | None) -> str:
    return (text or "").translate(_SHOW_NOTHING).strip(" \t\u00a0")
