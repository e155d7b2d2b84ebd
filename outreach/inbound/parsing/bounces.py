"""What mail servers report of our letters: delivery status, complaints, and the bounces of servers older than both.

Pure. RFC 3464 and 3463 (delivery status), RFC 5965 (complaints).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message

from outreach.inbound.parsing.automatic import has_null_sender
from outreach.inbound.parsing.bounce_classification import ENHANCED, kind_of, words_of
from outreach.inbound.parsing.message import Failure
from outreach.inbound.parsing.mime import Part, Parts, first, headers_of, message_id_of
from outreach.inbound.parsing.old_bounces import old_failures
from outreach.models import BounceKind

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
