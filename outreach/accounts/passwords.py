"""What makes a password too easy to guess. Pure: no list of leaked ones, no network."""

from __future__ import annotations

import enum
from collections.abc import Iterable

SHORTEST, LONGEST = 10, 200
FEWEST_CHARACTERS = 4
_FIRST_GUESSES = (
    "password",
    "passwort",
    "letmein",
    "welcome",
    "qwertyuiop",
    "qwerty",
    "1234567890",
    "0123456789",
    "outreach",
    "abcdefghij",
)


class Weakness(enum.StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_PLAIN = "too_plain"
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
    if len(set(password)) < FEWEST_CHARACTERS or bare in _FIRST_GUESSES or password.casefold() in _FIRST_GUESSES:
        return Weakness.TOO_PLAIN
    parts = {part for known in about_you for part in (known.casefold(), known.casefold().partition("@")[0]) if len(part) > 2}
    return Weakness.ABOUT_YOU if bare in parts or password.casefold() in parts else None
