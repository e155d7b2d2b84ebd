"""Properties of a calendar object as lines of bytes.

Pure. A hundred letters about one session share most of them: they are written once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from icalendar import Event, vDatetime, vText

_OCTETS = 74  # in a line, so that one that goes on has 75 with its space
_ANY = Event()


@lru_cache(maxsize=1024)
def text_line(name: str, text: str) -> bytes:
    """Write a property whose value is TEXT."""
    return content_line(name, Text(text))


@lru_cache(maxsize=1024)
def time_line(name: str, moment: datetime, zone: str = "") -> bytes:
    """Write a moment on the clock of the zone; in UTC without one."""
    if not zone:
        return content_line(name, vDatetime(moment.astimezone(UTC)))
    # Without its tzinfo: icalendar would write Ghana's or Iceland's time as UTC, beside a VTIMEZONE nobody names.
    value = vDatetime(moment.replace(tzinfo=None))
    value.params["TZID"] = zone
    return content_line(name, value)


def content_line(name: str, value: Any) -> bytes:
    """Write a property from icalendar's value: CRLF, folded at 75 octets.

    Folded where icalendar folds, which looks at every character: no character and no escape is cut in two (RFC 5545 3.1).
    """
    rest: bytes = _ANY.content_line(name, value).encode()
    folded = b""
    while len(rest) > _OCTETS:
        end = _OCTETS
        while rest[end] & 0xC0 == 0x80:
            end -= 1
        end -= rest[end - 1] in b"\\^"
        folded += rest[:end] + b"\r\n "
        rest = rest[end:]
    return folded + rest + b"\r\n"


class Text(vText):
    r"""TEXT as RFC 5545 3.3.11 escapes it; icalendar's own takes a typed `\N`, as in "yes\No", for a line break."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()
