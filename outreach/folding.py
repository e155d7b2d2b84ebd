"""The folded form of a text: what two spellings of one name share. For search, comparison and order, on every database.

Pure. Case, accents, apostrophes, kinds of blanks and hyphens, and characters that show nothing make no difference: lists lose those,
and a class seldom has both a Jose and a José. The order of folded forms is the one people know from a list of names.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Accents, and the vowel points of Hebrew and Arabic; in Indic scripts a mark is a vowel of its own, and stays.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_APOSTROPHES = re.compile("[.'\u0060\u00b4\u02b9-\u02bf\u055a\u05f3\u2018-\u201b\u2032\ua78b\ua78c]")
_GAPS = re.compile(r"[\s\-\u2010-\u2015\u2212_,;:/|()\[\]{}\"\u00ab\u00bb\u201c-\u201f&\u00b7\u30fb\u3164\u115f\u1160]+")
# What NFKD leaves whole. A letter with a stroke, as in Łukasz, is found by its name.
_WHOLE = {"æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n", "ə": "a"}
_MOST_WORDS = 6
_STROKED = re.compile("LATIN SMALL LETTER ([A-Z]) WITH ")


@lru_cache(maxsize=16384)
def name_key(text: str) -> str:
    """Give the folded form: 'GARCIA  LOPEZ' and 'García-López' give 'garcia lopez'."""
    if text.isascii():
        plain = _APOSTROPHES.sub("", text).casefold()
    else:
        visible = "".join(sign for sign in _APOSTROPHES.sub("", text) if unicodedata.category(sign) != "Cf" and not _is_variation(sign))
        decomposed = _MARKS.sub("", unicodedata.normalize("NFKD", visible)).casefold()
        plain = "".join(map(_base, _MARKS.sub("", unicodedata.normalize("NFKD", decomposed))))
        plain = unicodedata.normalize("NFC", _APOSTROPHES.sub("", plain))
    return _GAPS.sub(" ", plain).strip()


def full_name(given_name: str, family_name: str) -> str:
    """Put a name together; some people have one name only."""
    return f"{given_name} {family_name}".strip()


def search_words(typed: str) -> tuple[str, ...]:
    """Give the words of a search in folded form, each once, and no more than anybody types."""
    return tuple(dict.fromkeys(name_key(typed).split()))[:_MOST_WORDS]


def _base(sign: str) -> str:
    if sign.isascii():
        return sign
    stroked = _STROKED.match(unicodedata.name(sign, ""))
    return _WHOLE.get(sign) or (stroked[1].lower() if stroked else sign)


def _is_variation(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
