"""A coordinator decided on an application."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContent, Link
from outreach.letters.kind import PlainKind
from outreach.letters.language import gettext as _
from outreach.letters.phrases import greeting
from outreach.models import ApplicationSnapshot, LetterKind
from outreach.settings import Settings


def _content(plain: dict[str, Any], settings: Settings) -> LetterContent:
    """Give the coordinator's decision."""
    facts, base_url = ApplicationSnapshot.from_json(plain), settings.base_url
    words = {"role": facts.role, "place": facts.place}
    if facts.is_approved:
        lead = _("You are approved as %(role)s at %(place)s.", **words) if facts.place else _("You are approved as %(role)s.", **words)
        subject, button = _("You are approved"), Link(_("Sign in and begin"), base_url + "/login")
    else:
        lead = _("Your application as %(role)s at %(place)s was not approved.", **words)
        subject, button = _("About your application"), Link(_("Apply again"), base_url + "/apply")
    note = FactRow(label=_("Coordinator's note"), lines=tuple(line for line in facts.note.splitlines() if line))
    return LetterContent(
        subject=subject,
        lead=lead,
        greeting=greeting(facts.reader_name),
        rows=(note,) if note.lines else (),
        button=button,
        why=_("You get this letter because you applied."),
    )


KIND = PlainKind(
    kind=LetterKind.APPLICATION,
    label=_l("Application decided"),
    content=_content,
    out_of_date=(),
)
