"""Message-IDs: the letters about one invitation refer to the one that began their thread, so that mail programs show them together.

A list of threads shows the first subject for ever. So a letter about another time, a cancellation and a new invitation after it each
begin a thread of their own, and later letters refer to that one.

Pure.
"""

from __future__ import annotations

from outreach.models import EntrySnapshot


def message_ids(key: str, entry: EntrySnapshot | None, *, begins_thread: bool, domain: str) -> tuple[str, tuple[str, ...]]:
    """Give the letter's Message-ID and those it refers to (RFC 5322 3.6.4).

    The first letter ever sent for an invitation is named after it: two letters with one Message-ID would count as one.
    """
    own = f"<{key}@{domain}>"
    if entry is None or entry.begins_thread:
        return own, ()
    first = f"<{entry.uid.partition('@')[0]}.first@{domain}>"
    if entry.is_first and begins_thread:
        return first, ()
    return own, (f"<{entry.thread}@{domain}>" if entry.thread else first,)
