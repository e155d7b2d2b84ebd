"""Message-IDs: all letters about one invitation refer to the first, so that mail programs show them together.

Pure.
"""

from __future__ import annotations

from outreach.models import EntrySnapshot


def message_ids(key: str, entry: EntrySnapshot | None, *, begins_thread: bool, domain: str) -> tuple[str, tuple[str, ...]]:
    """Give the letter's Message-ID and those it refers to (RFC 5322 3.6.4).

    Only the first letter ever sent for an invitation begins the thread: two letters with one Message-ID would count as one.
    """
    own = f"<{key}@{domain}>"
    if entry is None:
        return own, ()
    first = f"<{entry.uid.partition('@')[0]}.first@{domain}>"
    return (first, ()) if entry.is_first and begins_thread else (own, (first,))
