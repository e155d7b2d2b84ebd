"""Long work that its reader started has ended: a class list was imported, for example, or couldn't be."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from outreach.letters.content import LetterContent, Link
from outreach.letters.kind import PlainKind
from outreach.letters.language import gettext as _
from outreach.letters.phrases import greeting
from outreach.models import JobSnapshot, LetterKind
from outreach.settings import Settings


def _content(plain: dict[str, Any], settings: Settings) -> LetterContent:
    """Say what came of it."""
    snapshot = JobSnapshot.from_json(plain)
    done, failed = _("Done: %(what)s", what=snapshot.title), _("Not done: %(what)s", what=snapshot.title)
    return LetterContent(
        subject=done if snapshot.is_done else failed,
        lead=snapshot.words,
        greeting=greeting(snapshot.reader_name),
        button=Link(_("See the result"), settings.base_url + snapshot.page),
        why=_("You are receiving this e-mail because you started this work, which took a while."),
    )


KIND = PlainKind(
    kind=LetterKind.JOB,
    label=_l("Background work finished"),
    content=_content,
    out_of_date=(),
)
