"""A class as a table that can be imported again, and the empty table to fill in."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from outreach.class_lists import MAX_GUARDIANS, KnownStudent


def list_headings(guardians: int = 2) -> list[str]:
    """Give the headings, which the import knows again."""
    fixed = [_("Given name"), _("Family name"), _("Student number"), _("E-mail"), _("Year group"), _("Birth date"), _("Needs")]
    return fixed + [heading for n in range(1, guardians + 1) for heading in (_("Guardian %(n)s", n=n), _("Guardian %(n)s e-mail", n=n))]


def list_table(students: Sequence[KnownStudent]) -> tuple[list[str], list[list[str]]]:
    """Give headings and rows, with as many guardians as somebody has, two at least."""
    most = min(MAX_GUARDIANS, max((len(one.guardians) for one in students), default=0))
    most = max(2, most)
    return list_headings(most), [_row(one, most) for one in students]


def _row(one: KnownStudent, most: int) -> list[str]:
    born = one.birth_date.isoformat() if one.birth_date else ""
    cells = [one.given_name, one.family_name, one.number or "", one.email or "", one.year_group or "", born, one.needs or ""]
    guardians = [(guardian.name or "", guardian.email or "") for guardian in one.guardians[:most]]
    return cells + [cell for pair in [*guardians, *[("", "")] * (most - len(guardians))] for cell in pair]
