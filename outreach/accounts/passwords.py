"""Which passwords are too short, too long, or what an acquaintance would try first. Pure. (How easy one is to guess, zxcvbn says.)"""

from __future__ import annotations

import enum
from collections.abc import Iterable

SHORTEST, LONGEST = 10, 200


class Weakness(enum.StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_EASY = "too_easy"
    ABOUT_YOU = "about_you"


def weakness_of(password: str, *, about_you: Iterable[str] = ()) -> Weakness | None:
    """Say what is wrong with a password; None when nothing is.

    `about_you`: names and addresses an acquaintance would try first.
    """
    if len(password) < SHORTEST:
        return Weakness.TOO_SHORT
    if len(password) > LONGEST:
        return Weakness.TOO_LONG
    bare = password.casefold().rstrip("0123456789!?.#*-_ ")
    parts = {part for known in about_you for part in (known.casefold(), known.casefold().partition("@")[0]) if len(part) > 2}
    return Weakness.ABOUT_YOU if bare in parts or password.casefold() in parts else None
