"""What a school said about its lists before: columns for one set of headings, and what another guardian means."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from outreach.class_lists import GuardianChoice, ListColumns, ListField, ListTable, guess_columns
from outreach.db import db
from outreach.models import ListLayout, School


def remembered_columns(school: School, headings: Sequence[str]) -> dict[int, ListField | None]:
    """Give what somebody chose for a list with the same headings; nothing where nobody did."""
    layout = db.session.get(ListLayout, (school.id, _sign(headings))) if headings else None
    fields = json.loads(layout.fields) if layout else []
    return {place: ListField(field) if field in list(ListField) else None for place, field in enumerate(fields)}


def layout_of(table: ListTable, columns: ListColumns) -> dict[str, Any] | None:
    """Give a list's headings and the fields somebody chose, as plain values; None where they are what we would guess."""
    if not columns.headings or dict(columns.fields) == dict(guess_columns(table).fields):
        return None
    fields = [columns.fields[place].value if place in columns.fields else "" for place in range(len(columns.headings))]
    return {"headings": list(columns.headings), "fields": fields}


def remember(school: School, layout: Mapping[str, Any] | None, default: str | None) -> None:
    """Keep what was chosen for the next list, in the caller's transaction. `default`: empty to ask each time, None: nothing was said."""
    if layout:
        db.session.merge(ListLayout(school_id=school.id, headings=_sign(layout["headings"]), fields=json.dumps(layout["fields"])))
    if default is not None:
        school.guardian_default = default or None


def guardian_default(school: School) -> GuardianChoice | None:
    """Give what a guardian who isn't known means at a school, unless a person says otherwise."""
    return GuardianChoice(school.guardian_default) if school.guardian_default in list(GuardianChoice) else None


def _sign(headings: Sequence[str]) -> str:
    return hashlib.blake2b("\x1f".join(headings).encode(), digest_size=24).hexdigest()
