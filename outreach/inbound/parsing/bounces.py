"""What mail servers report about our e-mails: delivery status, complaints, and bounces in older forms.

Pure. A status code (RFC 3463) decides, else the server's words. Old forms are read by flufl.bounce, and only in the first
lines: its patterns are quadratic in the length of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message

from flufl.bounce import all_failures

from outreach.inbound.parsing.message import Failure
from outreach.inbound.parsing.mime import Part, Parts, first, has_null_sender, headers_of, message_id_of
from outreach.mail import ABOUT_US, one_line
from outreach.mail import kind_of as kind_of_status
from outreach.models import BounceKind

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b", re.ASCII)
_MAX_WORDS = 500

# Exim says "5.0.0" of everything and leaves the reason to the words: 550 and its neighbours, and nobody there of that name.
_REFUSED = re.compile(r"\b(?:550|551|553)\b", re.ASCII)
_NOBODY = re.compile(
    r"\b(?:unknown|no such|invalid|nonexistent) (?:user|mailbox|recipient|address|account|person|local)\b"
    r"|(?<!sender )\b(?:user|mailbox|recipient|address|account)\b.{0,40}?\b(?:unknown|not found|not exist|n't exist|disabled|inactive)\b",
    re.IGNORECASE,
)

_LINES, _WIDTH = 100, 160
_SHOWN = ("Subject", "X-Mailer", "X-Failed-Recipients")
_SPOKEN = re.compile(r"\b[45]\d\d[ -].*", re.ASCII)
_RETURNED_ID = re.compile(r"^message-id:.*", re.IGNORECASE | re.MULTILINE)

_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
_COMPLAINT_TYPES = {"message/feedback-report"}
_REPORT_TYPES = {*_STATUS_TYPES, *_COMPLAINT_TYPES, "message/disposition-notification", "message/global-disposition-notification"}
_RETURNED_TYPES = {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}

_MAX_GROUPS = 50
_DAEMONS = {"mailer-daemon", "postmaster", "mail-daemon", "mdaemon"}
_GAP = re.compile(rb"\n(?:[ \t\r]*+\n)++")


def is_report(message: Parts) -> bool:
    """Say whether this is a report of any outcome (RFC 6522): delivered, delayed, read, refused, unwanted."""
    return message.headers.get_content_type() == "multipart/report" or any(leaf.type in _REPORT_TYPES for leaf in message.leaves)


def failures_of(message: Parts, sender: str) -> list[Failure]:
    """Give the letters that didn't arrive, and complaints. What is delayed, relayed, delivered or read is none.

    `sender`: the address in From. Where no standard report is found, flufl.bounce looks at what a mail server wrote.
    """
    about = returned_message_id(message.leaves)
    if any(leaf.type in _REPORT_TYPES for leaf in message.leaves):
        return list(dict.fromkeys(failure for leaf in message.leaves for failure in _failures_in(leaf, about)))
    if has_null_sender(message.headers) or sender.partition("@")[0] in _DAEMONS:
        return old_failures(message, about)
    return []


def returned_message_id(leaves: Sequence[Part]) -> str | None:
    """Give the Message-ID of the letter that a report brings back, whole or its headers only."""
    returned = (headers_of(leaf.content.lstrip()) for leaf in leaves if leaf.type in _RETURNED_TYPES)
    return next(filter(None, map(message_id_of, returned)), None)


def _failures_in(leaf: Part, about: str | None) -> Iterator[Failure]:
    if leaf.type in _STATUS_TYPES:
        for group in _groups(leaf.content):
            if _has_failed(group):
                yield _failure(group, about)
    elif leaf.type in _COMPLAINT_TYPES:
        report = headers_of(leaf.content.lstrip())
        # "not-spam" is praise, "auth-failure" is about signatures; "fraud" and "virus" are for whoever runs the mail server.
        if first(report, "Feedback-Type").lower() == "abuse":
            words = words_of(f"abuse: {first(report, 'User-Agent')}")
            yield Failure(kind=BounceKind.COMPLAINT, status="", words=words, message_id=about)


def _groups(content: bytes) -> list[Message]:
    """Give the groups of fields, one for each recipient behind one for the message (RFC 3464 2.1)."""
    return [headers_of(block.lstrip()) for block in _GAP.split(content, maxsplit=_MAX_GROUPS)[:_MAX_GROUPS]]


def _has_failed(group: Message) -> bool:
    """Say whether delivery has failed for good (RFC 3464 2.3.3). Some servers write "failure" or "error", or nothing at all."""
    action = first(group, "Action").lower()
    if not action and "Final-Recipient" in group:
        return first(group, "Status").startswith("5")
    return action.startswith(("fail", "error"))


def _failure(group: Message, about: str | None) -> Failure:
    """Read one group. A status that says nothing ("5.0.0") gives way to the code the server spoke, where there is one."""
    words = words_of(re.sub(r"^\s*[A-Za-z0-9-]+\s*;", "", first(group, "Diagnostic-Code")))
    given, spoken = ENHANCED.search(first(group, "Status")), ENHANCED.search(words)
    status = given[1] if given else ""
    if spoken and (not status or status.endswith(".0.0")):
        status = spoken[1]
    return Failure(kind=kind_of(status, words), status=status, words=words, message_id=about)


def old_failures(message: Parts, about: str | None) -> list[Failure]:
    """Ask flufl.bounce. If a stranger's message makes it fail, it finds nothing.

    It says whether a letter failed; what kind of failure it was, the server's own words say better where they hold a code.
    """
    texts = _first_lines(message.leaves)
    try:
        temporary, permanent = all_failures(_shown(message.headers, texts))
    except Exception:  # noqa: BLE001 (its patterns may fail on text that nobody foresaw)
        return []
    if not (temporary or permanent):
        return []
    text = "\n".join(lines for _, lines in texts)
    spoken, returned = _SPOKEN.search(text), _RETURNED_ID.search(text)
    about = about or (message_id_of(headers_of(returned[0].encode())) if returned else None)
    words = words_of(spoken[0]) if spoken else ""
    status = ENHANCED.search(words)
    kind = kind_of(status[1], words) if status else BounceKind.HARD if permanent else BounceKind.SOFT
    return [Failure(kind=kind, status=status[1] if status else "", words=words, message_id=about)]


def _first_lines(leaves: Sequence[Part]) -> list[tuple[Part, str]]:
    """Give the texts with their first lines, cut."""
    left, found = _LINES, []
    for leaf in leaves:
        if leaf.type.startswith("text/"):
            lines = leaf.content[: left * _WIDTH].decode("utf-8", "replace").splitlines()[:left]
            left -= len(lines)
            found.append((leaf, "\n".join(line[:_WIDTH] for line in lines)))
    return found


def _shown(headers: Message, texts: Sequence[tuple[Part, str]]) -> Message:
    """Give the message as flufl.bounce may see it: flat, and with the headers it knows."""
    is_multipart = headers.get_content_maintype() == "multipart"
    shown = Message()
    shown["From"] = first(headers, "From")[:_WIDTH] or "mailer-daemon"  # without one, some of its patterns fail
    for name in _SHOWN:
        if value := first(headers, name):
            shown[name] = value[:_WIDTH]
    shown["Content-Type"] = headers.get_content_type() if is_multipart else "text/plain"
    if not is_multipart:
        shown.set_payload("".join(lines for _, lines in texts))
        return shown
    for leaf, lines in texts:
        part = Message()
        part["Content-Type"] = leaf.type
        part["Content-Description"] = first(leaf.headers, "Content-Description")[:_WIDTH]
        part.set_payload(lines)
        shown.attach(part)
    return shown


def kind_of(status: str, words: str) -> BounceKind:
    """Say what a failed delivery with this status ("5.1.1", "" without one) and these words means.

    No such mailbox or no way to it (5.1, 5.2.1, 5.4) is HARD; 5.7 is POLICY; 4.x.x, a full mailbox (5.2.2) and all that
    is about this letter or this moment (5.2, 5.3, 5.5, 5.6) is SOFT. So is what says nothing (5.0.0, no code) but that
    there is nobody of that name: SOFT is counted, so one unclear refusal cuts nobody off, and several are seen.
    """
    if status in ABOUT_US:
        return BounceKind.POLICY
    if kind := kind_of_status(status):
        return kind
    is_unclear = not status or status.endswith(".0.0")
    if is_unclear and _REFUSED.search(words) and _NOBODY.search(words):
        return BounceKind.HARD
    return BounceKind.SOFT


def words_of(text: str) -> str:
    """Give what a server said as one line of at most 500 characters."""
    return one_line(text[:_MAX_WORDS])
