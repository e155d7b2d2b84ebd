"""The search form of the catalogue."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SearchField, SelectField
from wtforms.validators import Length, Optional

from outreach.catalogue.search import Search, Where
from outreach.folding import search_words
from outreach.web import Form, SelectChoice


class SearchDateField(DateField):
    """A date; what isn't one is said in our own words."""

    def process_formdata(self, values: list[str]) -> None:
        """Read a date."""
        try:
            super().process_formdata(values)
        except ValueError:
            raise ValueError(_("Enter a date, such as 2027-03-18.")) from None


class SessionSearchForm(Form):
    """Words and filters; it only reads, so it needs no token."""

    class Meta:
        """Filters are in the address."""

        csrf = False

    q = SearchField(_l("Search"), [Length(max=100, message=_l("Please use %(max)d characters at most."))])
    format = SelectField(_l("Kind"), default="")
    where = SelectField(
        _l("Where"),
        default="",
        choices=[SelectChoice("", _l("Anywhere")), SelectChoice(Where.PLACE, _l("In person")), SelectChoice(Where.ONLINE, _l("Online"))],
    )
    since = SearchDateField(_l("From"), [Optional()])

    def search(self) -> Search:
        """Give what was asked for; a filter that can't be read is left out."""
        wrong: dict[str, Any] = self.errors
        return Search(
            words=() if "q" in wrong else search_words(self.q.data or ""),
            format_key="" if "format" in wrong else self.format.data or "",
            where="" if "where" in wrong else self.where.data or "",
            from_day=None if "since" in wrong else self.since.data,
        )
