"""A teacher is asked to have our letters accepted by the school's mail server; also what its IT team must allow."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContent, Link
from outreach.letters.kind import PlainKind
from outreach.letters.language import gettext as _
from outreach.letters.language import ngettext
from outreach.letters.out_of_date import UNREACHABLE
from outreach.letters.phrases import greeting
from outreach.models import BlockedDomainSnapshot, LetterKind
from outreach.settings import Settings


def senders_to_allow(settings: Settings) -> tuple[str, ...]:
    """Give the addresses our letters come from, in From and in the envelope, with a * for the part that differs in each letter."""
    patterns = (settings.reply_address, settings.bounce_address or settings.reply_address)
    return tuple(dict.fromkeys(pattern.replace("{token}", "*") for pattern in patterns))


def domains_to_allow(settings: Settings) -> tuple[str, ...]:
    """Give the domains of these addresses."""
    return tuple(dict.fromkeys(sender.rpartition("@")[2] for sender in senders_to_allow(settings)))


def _content(plain: dict[str, Any], settings: Settings) -> LetterContent:
    """Give the content of the letter."""
    snapshot = BlockedDomainSnapshot.from_json(plain)
    return LetterContent(
        subject=_("Your school's mail server blocks our e-mails"),
        lead=_lead(snapshot),
        greeting=greeting(snapshot.reader_name),
        rows=(
            FactRow(label=_("Mail server's reason"), lines=(snapshot.server_words or _("Not given"),)),
            FactRow(label=_("Senders to allow"), lines=senders_to_allow(settings)),
            FactRow(label=_("Domains to allow"), lines=domains_to_allow(settings)),
        ),
        button=Link(_("Get the text for your IT team"), f"{settings.base_url}/blocked-domains/{quote(snapshot.domain)}"),
        notes=(
            _("Please send the text on that page to the people who look after your school's e-mail. It tells them all they need to know."),
            _("Until this is fixed, we won't send e-mails to these addresses. Guardians with other addresses still get their e-mails."),
            _("If nobody responsible for a student can be reached, our summaries ask you to tell the student yourself."),
            _("When your school no longer blocks us, say so on the same page. We'll then send everyone the current details."),
        ),
        why=_("You are receiving this e-mail because some of your students have addresses there."),
    )


def _lead(snapshot: BlockedDomainSnapshot) -> str:
    return ngettext(
        "The mail server of %(domain)s blocks our e-mails, so %(num)s of your students doesn't get them.",
        "The mail server of %(domain)s blocks our e-mails, so %(num)s of your students don't get them.",
        snapshot.students,
        domain=snapshot.domain,
    )


KIND = PlainKind(
    kind=LetterKind.BLOCKED,
    label=_l("A domain blocks e-mails"),
    content=_content,
    for_teachers=True,
    out_of_date=UNREACHABLE,
)
