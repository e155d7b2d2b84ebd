"""Mail that a program wrote of its own accord: out of office, lists, bounces. It is never answered.

Pure. RFC 3834 and the headers that programs older than it set.
"""

from __future__ import annotations

import re
from email.message import Message

from outreach.inbound.parsing.mime import first, values

_PRECEDENCE = {"bulk", "junk", "auto_reply", "list"}
_MARKS = ("X-Autoreply", "X-Autorespond")
_COMMENT = re.compile(r"\(.*?\)")


def is_automatic(headers: Message) -> bool:
    """Say whether a program wrote this. X-Auto-Response-Suppress alone says nothing of it: Exchange sets it on people's mail too."""
    return (
        _was_submitted_by_a_program(headers)
        or any(mark in headers for mark in _MARKS)
        or any(value.lower() in _PRECEDENCE for value in values(headers, "Precedence"))
        or has_null_sender(headers)
    )


def has_null_sender(headers: Message) -> bool:
    """Say whether nobody wants to hear what becomes of this message: `Return-Path: <>` (RFC 5321 4.5.5)."""
    return any(re.fullmatch(r"<\s*>", value) for value in values(headers, "Return-Path"))


def _was_submitted_by_a_program(headers: Message) -> bool:
    """Auto-Submitted: a keyword, perhaps with parameters and comments behind it (RFC 3834 5); anything but `no` is a program."""
    keyword = _COMMENT.sub("", first(headers, "Auto-Submitted")).partition(";")[0].strip().lower()
    return keyword not in {"", "no"}
