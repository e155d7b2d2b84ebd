"""People's names: which spelling says more, whether two may be one person's, how a full name splits.

Pure. When two names are the same is said in `people/normal_form.py`.
"""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher

from outreach.people import name_key


def richer(new: str, old: str) -> bool:
    """Say whether a spelling of the same name has more accents, or else proper capitals instead of none or only."""
    return _richness(new) > _richness(old)


def akin(one: str, other: str) -> bool:
    """Say whether two names may well be one person's: a part of the other, its beginning, or one typing error away from it."""
    first, second = name_key(one), name_key(other)
    words, others = set(first.split()), set(second.split())
    if words <= others or others <= words or first.startswith(second) or second.startswith(first):
        return True
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= 0.8


def split_full_name(name: str, *, family_first: bool = False) -> tuple[str, str, bool]:
    """Give (given name, family name, whether that is certain); the family name is empty when there is one word.

    'Garcia, Maria' is certain. Otherwise words all in capitals are the family name, else the last word is (the
    first, where the heading says so), and a person should look.
    """
    family, comma, given = (part.strip() for part in name.partition(","))
    if comma:
        return given, family, "," not in given
    words = name.split()
    if len(words) < 2:
        return name, "", False
    cut = _capitals_at_the_end(words)
    if cut:
        return " ".join(words[:cut]), " ".join(words[cut:]), False
    cut = _capitals_at_the_start(words) or (1 if family_first else 0)
    if cut:
        return " ".join(words[cut:]), " ".join(words[:cut]), False
    return " ".join(words[:-1]), words[-1], False


def _richness(name: str) -> tuple[int, bool]:
    letters = [sign for sign in unicodedata.normalize("NFC", name) if sign.isalpha()]
    return sum(not sign.isascii() for sign in letters), name != name.upper() and name != name.lower()


def _capitals_at_the_end(words: list[str]) -> int:
    """Give where the capitals begin that end the name, 0 if there are none or nothing else."""
    cut = len(words)
    while cut and _is_capitals(words[cut - 1]):
        cut -= 1
    return cut if any(len(word) > 2 for word in words[cut:]) else 0


def _capitals_at_the_start(words: list[str]) -> int:
    """Give where the capitals end that begin the name, 0 if there are none or nothing else."""
    cut = 0
    while cut < len(words) and _is_capitals(words[cut]):
        cut += 1
    return cut if cut < len(words) and any(len(word) > 2 for word in words[:cut]) else 0


def _is_capitals(word: str) -> bool:
    """Say whether a word is written as family names are; an initial isn't."""
    return word.isupper() and sum(map(str.isalpha, word)) > 1
