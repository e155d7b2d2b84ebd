"""What a change would tell whom, in words: what the pages show before anything is sent.

Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from outreach.models import OutreachSession
from outreach.models.snapshots import SessionFacts
from outreach.notifications.recipient_counts import Audience, everybody
from outreach.web import formatting

Row = tuple[int, str, str]


@dataclass(frozen=True)
class Change:
    """One line of what was and what will be."""

    label: str
    was: str
    becomes: str


def recipients(outreach_session: OutreachSession, entry: str) -> list[Row]:
    """Say who hears when everybody does: (how many, who, what they get). `entry`: for those who have it in their calendar."""
    return in_words(everybody(outreach_session), entry)


def in_words(told: Audience, entry: str) -> list[Row]:
    """Say who hears: (how many, who, what they get). Nobody is left out, and who gets nothing isn't named."""
    lists_with_entry = told.lists if told.lists == told.teachers else 0
    rows = [
        (told.students, ngettext("student", "students", told.students), entry),
        (told.guardians, ngettext("guardian", "guardians", told.guardians), entry),
        (
            told.teachers,
            ngettext("teacher", "teachers", told.teachers),
            _("the same, and a list of their students") if lists_with_entry else entry,
        ),
        (told.lists - lists_with_entry, ngettext("teacher", "teachers", told.lists), _("a list of their students")),
        (told.hosts, ngettext("host", "hosts", told.hosts), entry),
        (told.waiting, ngettext("student or guardian who waits", "students and guardians who wait", told.waiting), _("a letter")),
    ]
    return [row for row in rows if row[0]]


def changes(was: SessionFacts, becomes: SessionFacts) -> list[Change]:
    """List what changes, old beside new."""
    lines = zip(_lines(was), _lines(becomes), strict=True)
    return [Change(label, before, after) for (label, before), (_same, after) in lines if before != after]


def _lines(facts: SessionFacts) -> list[tuple[str, str]]:
    place = ", ".join(part for part in (facts.site_name, facts.area_name) if part)
    return [
        (_("Title"), facts.title),
        (_("Host"), facts.host_name),
        (_("When"), formatting.when(facts.starts_wall, facts.ends_wall, facts.zone, facts.fold)),
        (_("Status"), _status(facts)),
        (_("Where"), place or _("Online")),
        (_("Address"), ", ".join(facts.address.splitlines())),
        (_("Where to meet"), facts.meeting_point),
        (_("Video link"), facts.video_url),
        (_("What to bring"), facts.bring),
        (_("What to wear"), facts.wear),
        (_("Kit for each student"), facts.kit),
        (
            _("A declined invitation"),
            _("gives the place back") if facts.frees_declined_seats else _("keeps the place until the family gives it back"),
        ),
    ]


def _status(facts: SessionFacts) -> str:
    if facts.decides_at is None:
        return str(_("It takes place"))
    return str(_("Provisional: decided by %(until)s", until=formatting.moment(facts.decides_at, facts.zone)))
