"""What a family answered, in a word or two for staff."""

from __future__ import annotations

from flask_babel import gettext as _

from outreach.models import Answer
from outreach.rsvp.rules import CombinedRsvp


def rsvp_words(rsvp: CombinedRsvp | None) -> str:
    """Say what was answered; nothing where nobody was asked yet."""
    if rsvp is None:
        return ""
    if rsvp.differs:
        return _("unsure: answers differ")
    words = {Answer.ACCEPTED: _("coming"), Answer.TENTATIVE: _("not sure"), Answer.DECLINED: _("can't come")}
    return words.get(rsvp.answer, _("no answer"))
