"""Reports of the standard: delivery status (RFC 3464), receipts (RFC 8098) and complaints (RFC 5965).

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message

from outreach.inbound.parsing.bounce_texts import ENHANCED, spoken_in, words_of
from outreach.inbound.parsing.bounce_words import kind_of, kind_said
from outreach.inbound.parsing.message import Failure
from outreach.inbound.parsing.mime import Part, Parts, first, headers_of, message_id_of
from outreach.models import BounceKind

_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
_COMPLAINT_TYPES = {"message/feedback-report"}
_RECEIPT_TYPES = {"message/disposition-notification", "message/global-disposition-notification"}
_REPORT_TYPES = {*_STATUS_TYPES, *_COMPLAINT_TYPES, *_RECEIPT_TYPES}
_RETURNED_TYPES = {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}

_MAX_GROUPS = 50
_GAP = re.compile(rb"\n(?:[ \t\r]*+\n)++")
_FIELDS = re.compile(r"^(?:action|status|diagnostic-code|final-recipient)\s*:", re.IGNORECASE | re.MULTILINE)
_ESCAPES = (b"\x1b$B", b"\x1b$@")  # Japanese servers write ISO-2022-JP where ASCII should be

_FAILED = ("fail", "error", "expired", "undeliver", "reject")
_NOT_FAILED = ("delay", "deliver", "relay", "expand")
_UNWANTED = {"abuse", "opt-out", "opt-out-list"}
_NO_COMPLAINT = {"not-spam", "auth-failure", "dmarc"}


def is_report(message: Parts) -> bool:
    """Say whether this is a report of any outcome (RFC 6522): delivered, delayed, read, refused, unwanted."""
    return message.headers.get_content_type() == "multipart/report" or any(leaf.type in _REPORT_TYPES for leaf in message.leaves)


def failures_in_parts(leaves: Sequence[Part], about: str | None, text: str) -> tuple[Failure, ...]:
    """Give the failures and complaints of all parts, each once. `text`: what is written for people beside them."""
    return tuple(dict.fromkeys(failure for leaf in leaves for failure in _failures_in(leaf, about, text)))


def failures_in_words(text: str, about: str | None) -> tuple[Failure, ...]:
    """Give the failures of a delivery status that stands in a text: WorkMail writes it so, others lose a boundary."""
    return tuple(dict.fromkeys(_failures_of_groups([headers_of(block.encode()) for block in _blocks(text)], about, text)))


def returned_message_id(leaves: Sequence[Part]) -> str | None:
    """Give the Message-ID of the letter that a report brings back, whole or its headers only."""
    returned = (headers_of(leaf.content.lstrip()) for leaf in leaves if leaf.type in _RETURNED_TYPES)
    return next(filter(None, map(message_id_of, returned)), None)


def _failures_in(leaf: Part, about: str | None, text: str) -> Iterator[Failure]:
    if leaf.type in _STATUS_TYPES:
        yield from _failures_of_groups(_groups(leaf.content), about, text)
    elif leaf.type in _COMPLAINT_TYPES:
        report = headers_of(leaf.content.lstrip())
        # "not-spam" is praise, "auth-failure" is about signatures; "fraud" and "virus" are for a person to look at.
        if _feedback(report) in _UNWANTED:
            words = words_of(f"{_feedback(report)}: {first(report, 'User-Agent')}")
            yield Failure(kind=BounceKind.COMPLAINT, status="", words=words, message_id=about)


def is_harmless(leaf: Part) -> bool:
    """Say whether this part says that nothing failed."""
    if leaf.type in _RECEIPT_TYPES:
        return True
    if leaf.type in _COMPLAINT_TYPES:
        return _feedback(headers_of(leaf.content.lstrip())) in _NO_COMPLAINT
    return leaf.type in _STATUS_TYPES and any(_action(group).startswith(_NOT_FAILED) for group in _groups(leaf.content))


def _feedback(report: Message) -> str:
    return first(report, "Feedback-Type").lower()


def _groups(content: bytes) -> list[Message]:
    """Give the groups of fields, one for each recipient behind one for the message (RFC 3464 2.1)."""
    if any(escape in content for escape in _ESCAPES):
        content = content.decode("iso-2022-jp", "replace").encode()
    return [headers_of(block.lstrip()) for block in _GAP.split(content, maxsplit=_MAX_GROUPS)[:_MAX_GROUPS]]


def _blocks(text: str) -> Iterator[str]:
    """Give the fields of a delivery status that somebody wrote into a text, such as WorkMail, or a report with a lost boundary."""
    for block in re.split(r"\n[ \t]*\n", text)[:_MAX_GROUPS]:
        if found := _FIELDS.search(block):
            yield block[found.start() :]


def _failures_of_groups(groups: Sequence[Message], about: str | None, text: str) -> Iterator[Failure]:
    return (_failure(group, about, text) for group in groups if _has_failed(group))


def _action(group: Message) -> str:
    return first(group, "Action").lower()


def _has_failed(group: Message) -> bool:
    """Say whether delivery has failed for good (RFC 3464 2.3.3). Some servers write another word for "failed", or nothing at all."""
    action = _action(group)
    if not action and ("Final-Recipient" in group or "Diagnostic-Code" in group):
        return first(group, "Status").startswith("5")
    return action.startswith(_FAILED)


def _failure(group: Message, about: str | None, text: str) -> Failure:
    """Read one group. A status that says nothing ("5.0.0") gives way to the code the server spoke, where there is one.

    Where neither the status nor the server's words say what it is, the text for people may.
    """
    words = words_of(re.sub(r"^\s*[A-Za-z0-9-]+\s*;", "", first(group, "Diagnostic-Code")))
    given, spoken = ENHANCED.search(first(group, "Status")), ENHANCED.search(words)
    status = given[1] if given else ""
    if spoken and (not status or status.endswith(".0.0")):
        status = spoken[1]
    kind = kind_of(status, words)
    if is_unclear(status) and kind_said(words) is None:
        kind = kind_said(spoken_in(text)) or kind_said(text) or kind
    return Failure(kind=kind, status=status, words=words, message_id=about)


def is_unclear(status: str) -> bool:
    """Say whether a status says nothing of its own: none, "5.0.0", "5.3.0", "5.5.0"."""
    return not status or status.endswith(".0") or status.startswith(("5.5.", "5.0.", "4.0."))
