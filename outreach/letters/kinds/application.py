"""A coordinator decided on an application."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContent, Link
from outreach.letters.kind import PlainKind
from outreach.letters.language import gettext as _
from outreach.letters.phrases import greeting
from outreach.models import ApplicationSnapshot, LetterKind, RoleName
from outreach.settings import Settings


def _content(plain: dict[str, Any], settings: Settings) -> LetterContent:
    """Give the coordinator's decision."""
    snapshot, base_url = ApplicationSnapshot.from_json(plain), settings.base_url
    if snapshot.is_approved:
        lead, subject, button = _approved(snapshot), _("Your application was approved"), Link(_("Sign in and start"), base_url + "/login")
    else:
        lead, subject, button = _declined(snapshot), _("About your application"), Link(_("Apply again"), base_url + "/apply")
    note = FactRow(label=_("Coordinator's note"), lines=tuple(line for line in snapshot.note.splitlines() if line))
    return LetterContent(
        subject=subject,
        lead=lead,
        greeting=greeting(snapshot.reader_name),
        rows=(note,) if note.lines else (),
        button=button,
        why=_("You are receiving this e-mail because you applied for an Outreach account."),
    )


def _approved(snapshot: ApplicationSnapshot) -> str:
    if snapshot.role == RoleName.TEACHER and snapshot.place:
        return _("Your application to be a teacher at %(school)s was approved.", school=snapshot.place)
    if snapshot.role == RoleName.CLINICIAN and snapshot.place:
        return _("Your application to be a clinician at %(site)s was approved.", site=snapshot.place)
    return _("Your application was approved.")


def _declined(snapshot: ApplicationSnapshot) -> str:
    if snapshot.role == RoleName.TEACHER and snapshot.place:
        return _("Your application to be a teacher at %(school)s was not approved.", school=snapshot.place)
    if snapshot.role == RoleName.CLINICIAN and snapshot.place:
        return _("Your application to be a clinician at %(site)s was not approved.", site=snapshot.place)
    return _("Your application was not approved.")


KIND = PlainKind(
    kind=LetterKind.APPLICATION,
    label=_l("Application decided"),
    content=_content,
    out_of_date=(),
)
