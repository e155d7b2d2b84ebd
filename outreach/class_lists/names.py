"""People's names: which spelling says more, whether two may be one person's, how a full name splits.

Pure. When two names are the same is said in `people/normal_form.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum

from outreach.people import name_key

_PARTICLES = frozenset(
    ("de la le les du des del della di da das dos do d van von der den ter ten el al bin ben abu st san santa y e zu zur").split()  # noqa: SIM905 (prose is easier to read)
)


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


class NameOrder(StrEnum):
    """Which part of a full name comes first."""

    GIVEN_FIRST = "given_first"
    FAMILY_FIRST = "family_first"


@dataclass(frozen=True, slots=True)
class NameCuts:
    """What a person said of full names: which part comes first, and row by row how many words that part has."""

    order: NameOrder | None = None
    cuts: Mapping[int, int] = field(default_factory=dict)

    def split(self, line: int, name: str, *, family_first: bool) -> tuple[str, str, bool]:
        """Give (given name, family name, whether that is certain); a name all in capitals gets proper ones."""
        words = name.split()
        if "," in name or len(words) < 2 or not (self.order or line in self.cuts or is_all_capitals(name)):
            return split_full_name(name, family_first=family_first)
        first = self.is_family_first(name, family_first=family_first)
        likely = _likely_cut(words) if first else max(1, len(words) - 1)
        return self.at(line, name, min(self.cuts.get(line, likely), len(words) - 1), family_first=family_first)

    def is_family_first(self, name: str, *, family_first: bool = False) -> bool:
        """Say which part comes first, as far as is known."""
        return self.order is NameOrder.FAMILY_FIRST if self.order else family_first or is_all_capitals(name)

    def at(self, line: int, name: str, cut: int, *, family_first: bool = False) -> tuple[str, str, bool]:
        """Part a name after so many words."""
        words = name.split()
        parts = " ".join(words[:cut]), " ".join(words[cut:])
        given, family = reversed(parts) if self.is_family_first(name, family_first=family_first) else parts
        return (titled(given), titled(family), line in self.cuts) if is_all_capitals(name) else (given, family, line in self.cuts)


def is_all_capitals(name: str) -> bool:
    """Say whether capitals can't tell where a full name parts."""
    words = name.split()
    return len(words) > 1 and "," not in name and name == name.upper() and all(_is_capitals(word) or len(word) < 3 for word in words)


def has_odd_capital(word: str) -> bool:
    """Say whether a letter with an accent is a capital among small letters, as wrong code pages make them: 'L\u00dbpez', 'In\u00c8s'."""
    capitals = [place for place, sign in enumerate(word) if place and sign.isupper() and not sign.isascii()]
    beside = [(word[place - 1], word[place + 1 : place + 2]) for place in capitals]
    return any(before.isalpha() and (before.islower() or after.islower()) for before, after in beside)


def titled(name: str) -> str:
    """Give 'DE LA TORRE' as 'De La Torre' and "O'NEIL-ROSS" as "O'Neil-Ross"."""
    return re.sub(r"[^\W\d_]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), name)


def _likely_cut(words: Sequence[str]) -> int:
    """Say how many words a family name that comes first has: one, and the small words before it."""
    cut = 0
    while cut < len(words) - 2 and words[cut].casefold() in _PARTICLES:
        cut += 1
    return cut + 1


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
