"""Filters above a list, read from the address of the page."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import SearchField

from outreach.mail import one_line
from outreach.web.fields import SelectChoice
from outreach.web.pages import Form

E = TypeVar("E", bound=enum.StrEnum)
_ALL = _l("All")


class Filter(Form):
    """Narrows a list; read from the address, so that it can be kept and shared."""

    class Meta:
        """Nothing is changed, so no token is needed."""

        csrf = False

    q = SearchField(filters=[lambda typed: one_line(typed or "")[:100]])


def filter_from(form: type[Filter], address: MultiDict[str, str], words_for_q: str) -> Any:
    """Read a filter from an address; what it doesn't know it leaves out."""
    read = form(formdata=address)
    read.q.label.text = words_for_q
    return read


def one_of(members: type[E], typed: str | None) -> E | None:
    """Give the member that was chosen; None for all of them."""
    return next((member for member in members if member.value == typed), None)


def choices(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    """Give the choices of a filter: all, and one for each label."""
    return [SelectChoice("", _ALL), *(SelectChoice(member.value, text) for member, text in labels.items())]
