"""A letter as the bytes that go over SMTP: a function of its row, its mailbox and the settings.

Pure but for the translations. Rendered twice, it is the same to the byte: a worker that died may send it again.
"""

from __future__ import annotations

from dataclasses import replace

from outreach.calendars import Method
from outreach.letters.account import compose_account, compose_application
from outreach.letters.blocked import compose_blocked
from outreach.letters.calendar_part import calendar_object, method_of
from outreach.letters.cleaning import cleaned
from outreach.letters.compose import compose
from outreach.letters.content import LetterContent
from outreach.letters.language import gettext as _
from outreach.letters.language import in_language
from outreach.letters.links import stop_link
from outreach.letters.templates import as_html, as_text
from outreach.letters.threads import message_ids
from outreach.mail import Mail, build
from outreach.models import AccountSnapshot, ApplicationSnapshot, BlockedDomainSnapshot, EntrySnapshot, Letter, LetterKind, LetterSnapshot
from outreach.settings import Settings


def render(letter: Letter, *, settings: Settings) -> bytes:
    """Write a letter in its reader's language.

    `letter.mailbox` must be loaded; inside an app context, or else in English. Same Message-ID, Date, UID, SEQUENCE
    and DTSTAMP however often it is rendered. Raises ValueError for facts no letter can be made of.
    """
    with in_language(letter.locale):
        return build(_mail(letter, settings))


def _mail(letter: Letter, settings: Settings) -> Mail:
    plain = cleaned(letter.facts)
    if letter.kind is LetterKind.ACCOUNT:
        account = AccountSnapshot.from_json(plain)
        return _written(letter, compose_account(account, base_url=settings.base_url), account.reader_name, settings)
    if letter.kind is LetterKind.APPLICATION:
        application = ApplicationSnapshot.from_json(plain)
        return _written(letter, compose_application(application, base_url=settings.base_url), application.reader_name, settings)
    if letter.kind is LetterKind.BLOCKED:
        blocked = BlockedDomainSnapshot.from_json(plain)
        return _written(letter, compose_blocked(blocked, settings), blocked.reader_name, settings)
    facts = LetterSnapshot.from_json(plain)
    method = method_of(letter.kind, facts)
    calendar = _calendar(letter, facts, method, settings) if method else None
    mail = _written(letter, compose(letter, facts, method, settings), facts.reader_name, settings, facts.entry)
    stop = stop_link(letter, facts, settings)
    return replace(mail, calendar=calendar, method=method.value if method else None, list_unsubscribe=stop)


def _written(
    letter: Letter,
    story: LetterContent,
    to_name: str,
    settings: Settings,
    entry: EntrySnapshot | None = None,
) -> Mail:
    sender = settings.reply_address_of(letter.mailbox.token)
    message_id, references = message_ids(letter.kind, letter.key, entry, domain=sender.rpartition("@")[2])
    return Mail(
        sender_name=_("Outreach"),
        sender_address=sender,
        to_name=to_name or None,
        to_address=letter.mailbox.address,
        subject=story.subject,
        text=as_text(story, base_url=settings.base_url),
        html=as_html(story, locale=letter.locale, base_url=settings.base_url),
        message_id=message_id,
        date=letter.created_at,
        references=references,
    )


def _calendar(letter: Letter, facts: LetterSnapshot, method: Method, settings: Settings) -> bytes | None:
    if facts.entry is None:
        return None
    organizer, attendee = settings.reply_address_of(letter.mailbox.token), letter.mailbox.address
    return calendar_object(
        facts, facts.entry, method, organizer=organizer, attendee=attendee, stamp=letter.created_at, base_url=settings.base_url
    )
