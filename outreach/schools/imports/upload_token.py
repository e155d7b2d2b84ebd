"""How an uploaded list travels from the dry run to the import: in the form itself, so that nothing of it stays with us.

Pure. Packed, because a browser would change line breaks and drop signs; it isn't signed: who may post it back may
as well upload anything else.
"""

from __future__ import annotations

import base64
import binascii
import zlib

from outreach.class_lists.text import MAX_BYTES


def pack(content: bytes) -> str:
    """Give the content as letters and digits a form field keeps."""
    return base64.urlsafe_b64encode(zlib.compress(content, 6)).decode()


def unpack(packed: str) -> bytes:
    """Give the content back. Raises ValueError for what `pack` didn't make of at most MAX_BYTES."""
    unzip = zlib.decompressobj()
    try:
        content = unzip.decompress(base64.b64decode(packed.encode("ascii"), altchars=b"-_", validate=True), MAX_BYTES + 1)
    except (binascii.Error, zlib.error, UnicodeEncodeError):
        raise ValueError("this isn't a packed list") from None
    if len(content) > MAX_BYTES or not unzip.eof:
        raise ValueError("this list is cut off or too big")
    return content


def write_sights(sights: dict[int, str]) -> str:
    """Give row -> sign as one line."""
    return ",".join(f"{line}:{sight}" for line, sight in sights.items())


def read_sights(written: str) -> dict[int, str]:
    """Read what `write_sights` wrote; what doesn't look like it is left out."""
    pairs = (pair.partition(":") for pair in written.split(","))
    return {int(line): sight for line, _colon, sight in pairs if line.isascii() and line.isdigit() and len(line) < 8}
