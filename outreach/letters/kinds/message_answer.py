"""A coordinator answers what somebody wrote to us; of an answer to a minor an adult of theirs gets a copy."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContent
from outreach.letters.kind import PlainKind
from outreach.letters.language import gettext as _
from outreach.letters.phrases import greeting
from outreach.letters.rows import paragraphs
from outreach.models import LetterKind, MessageAnswerSnapshot
from outreach.settings import Settings


def _content(plain: dict[str, Any], _settings: Settings) -> LetterContent:
    """Give the content of the letter."""
    facts = MessageAnswerSnapshot.from_json(plain)
    name = facts.student_name
    return LetterContent(
        subject=_("Copy of an answer to %(name)s", name=name) if name else _("An answer to your message"),
        lead=_("%(name)s wrote to us. This is a copy of our answer.", name=name)
        if name
        else _("Thank you for your message. Here is our answer."),
        greeting=greeting(facts.reader_name),
        rows=(FactRow(label=_("Our answer"), lines=paragraphs(facts.comment)),),
        notes=(_("You can reply to this e-mail: a coordinator reads it."),),
        why=_("You are receiving this e-mail because we never write to a student under age without a copy to an adult.")
        if name
        else _("You are receiving this e-mail because you wrote to us."),
    )


KIND = PlainKind(
    kind=LetterKind.MESSAGE_ANSWER,
    label=_l("Answer to a message"),
    content=_content,
    out_of_date=(),
)
