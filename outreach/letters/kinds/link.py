"""Somebody who was invited asked for their own link again, on the session's page. It has no calendar object: nothing is new."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from outreach.letters.content import FactRow, LetterContext
from outreach.letters.kind import SessionKind, no_groups
from outreach.letters.language import gettext as _
from outreach.letters.leads import cancelled_lead, gone_lead, part_lead, subject_with_time
from outreach.letters.links import family_or_session_link, not_mine_link
from outreach.letters.notes import why_by_reader
from outreach.letters.out_of_date import UNREACHABLE
from outreach.letters.phrases import is_about_you, session_phrase
from outreach.letters.rows import fact_rows
from outreach.models import LetterKind


def _subject(context: LetterContext) -> str:
    return subject_with_time(_("Your link"), context.snapshot, says_if_provisional=True)


def _lead(context: LetterContext) -> str:
    snapshot = context.snapshot
    phrase = session_phrase(snapshot.session)
    if snapshot.session.is_cancelled:
        return cancelled_lead(snapshot)
    if snapshot.seated or snapshot.waiting:
        return part_lead(snapshot)
    return _("You are no longer registered for %(session)s.", session=phrase) if is_about_you(snapshot) else gone_lead(snapshot, phrase)


def _rows(context: LetterContext) -> tuple[FactRow, ...]:
    snapshot = context.snapshot
    return fact_rows(snapshot, takes_part=bool(snapshot.seated) and not snapshot.session.is_cancelled, has_link=False)


def _notes(_context: LetterContext) -> Iterator[str]:
    yield _("The link is only for you. Please don't forward this e-mail.")
    yield _(
        "Somebody typed your address on the page of this session. If it wasn't you, you don't need to do anything: only you get the link."
    )


KIND = SessionKind(
    kind=LetterKind.LINK,
    label=_l("Link sent again"),
    subject=_subject,
    lead=_lead,
    says_if_provisional=True,
    shows_day=True,
    rows=_rows,
    groups=no_groups,
    button=family_or_session_link,
    notes=_notes,
    links=not_mine_link,
    stop_label=None,
    why=why_by_reader,
    out_of_date=UNREACHABLE,
)
