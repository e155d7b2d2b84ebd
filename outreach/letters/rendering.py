"""A letter as the bytes for SMTP, which depend only on its row, its mailbox and the settings.

Pure but for the translations. Rendered twice, the bytes are the same, because after a crash a letter may be sent again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from outreach.letters.calendar_part import calendar_object
from outreach.letters.content import LetterContent, LetterContext
from outreach.letters.kind import Kind, PlainKind, SessionKind
from outreach.letters.kinds import KINDS
from outreach.letters.language import gettext as _
from outreach.letters.language import in_language
from outreach.letters.templates import as_html, as_text
from outreach.letters.threads import message_ids
from outreach.mail import Mail, build, one_line, prose
from outreach.models import EntrySnapshot, Letter, LetterSnapshot, Reader
from outreach.settings import Settings

_PROSE = frozenset({"address", "bring", "wear", "kit", "cancel_reason", "reason", "note", "comment"})


def render(letter: Letter, *, settings: Settings) -> bytes:
    """Write a letter in its reader's language.

    `letter.mailbox` must be loaded; inside an app context, or else in English. Same Message-ID, Date, UID, SEQUENCE
    and DTSTAMP however often it is rendered. Raises ValueError for an invalid snapshot.
    """
    with in_language(letter.locale):
        return build(_mail(letter, settings))


def _mail(letter: Letter, settings: Settings) -> Mail:
    kind, plain = KINDS[letter.kind], _cleaned(letter.facts)
    match kind:
        case PlainKind():
            return _written(letter, kind, kind.content(plain, settings), plain["reader_name"], settings)
        case SessionKind():
            return _about_session(letter, kind, LetterSnapshot.from_json(plain), settings)
    raise TypeError(f"{letter.kind} is a kind nobody can compose")


def _about_session(letter: Letter, kind: SessionKind, snapshot: LetterSnapshot, settings: Settings) -> Mail:
    method = kind.calendar_method if snapshot.entry else None
    context = LetterContext(snapshot=snapshot, letter=letter, settings=settings, method=method)
    mail = _written(letter, kind, kind.compose(context), snapshot.reader_name, settings, snapshot.entry)
    calendar = calendar_object(context, snapshot.entry, method, kind.calendar_news(context)) if snapshot.entry and method else None
    return replace(
        mail,
        from_name=_from_name(snapshot),
        calendar=calendar,
        method=method.value if method else None,
        list_unsubscribe=kind.list_unsubscribe(context),
    )


def _from_name(snapshot: LetterSnapshot) -> str:
    """Name the school to guardians and teachers, who may not know us; empty where there isn't one, or several.

    Subjects and calendar entries name no school: they show on locked screens and in shared calendars.
    """
    schools = {school.name for school in snapshot.schools}
    if snapshot.reader not in (Reader.GUARDIAN, Reader.TEACHER) or len(schools) != 1:
        return ""
    return _("%(school)s via Outreach", school=schools.pop())


def _written(
    letter: Letter,
    kind: Kind,
    content: LetterContent,
    to_name: str,
    settings: Settings,
    entry: EntrySnapshot | None = None,
) -> Mail:
    sender = settings.reply_address_of(letter.mailbox.token)
    domain = sender.rpartition("@")[2]
    message_id, references = message_ids(letter.key, entry, begins_thread=kind.begins_thread, domain=domain)
    return Mail(
        sender_name=_("Outreach"),
        sender_address=sender,
        to_name=to_name or None,
        to_address=letter.mailbox.address,
        subject=content.subject,
        text=as_text(content, base_url=settings.base_url),
        html=as_html(content, locale=letter.locale, base_url=settings.base_url),
        message_id=message_id,
        date=letter.created_at,
        references=references,
    )


def _cleaned(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Clean every string: prose keeps its paragraphs, everything else becomes one line.

    So no name that somebody typed can start a new line in a text or a header.
    """
    return {key: _cleaned_value(value, is_prose=key in _PROSE) for key, value in snapshot.items()}


def _cleaned_value(value: Any, *, is_prose: bool) -> Any:
    if isinstance(value, str):
        return prose(value) if is_prose else one_line(value)
    if isinstance(value, dict):
        return _cleaned(value)
    return [_cleaned_value(item, is_prose=is_prose) for item in value] if isinstance(value, list) else value
