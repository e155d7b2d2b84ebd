"""Calendar objects: iTIP, VTIMEZONE, entries."""
