"""The letters of a text file: Unicode where it is, else the code page in which names look like names.

Pure. Only the code pages of Windows in Europe and that of old Macs compete. The language of the headings and the school's
country rank them; unless these settle it, a person chooses among the likely ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.class_lists.errors import FileCode, ListError
from outreach.class_lists.files.table import TextReading
from outreach.class_lists.headings.vocabulary import languages_of
from outreach.class_lists.names import has_odd_capital

CODE_PAGES = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "mac_roman")
SHOWN_WORDS = 4

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"))
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_COUNTRIES = {
    **dict.fromkeys(("PL", "CZ", "SK", "HU", "HR", "SI", "RO", "BA", "AL"), ("cp1250",)),
    **dict.fromkeys(("RU", "UA", "BG", "BY", "RS", "MK", "KZ"), ("cp1251",)),
    **dict.fromkeys(("GR", "CY"), ("cp1253",)),
    **dict.fromkeys(("TR", "AZ"), ("cp1254",)),
}
_ELSEWHERE = ("cp1252", "mac_roman")
_SOMETHING = re.compile(r"\w")
_STRAY = 3  # so many control characters are a slip in a cell, refused with their row
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
_WORD = re.compile(r"[^\s,;|\"()/\t]*[^\x00-\x7f][^\s,;|\"()/\t]*")
_CELLS = re.compile(r"[,;\t|\r\n]")
_QUIET = frozenset(
    "\u00a0\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u00b0\u00ba\u00aa\u00ab\u00bb\u20ac\u00b4\u00b7\u2022\u00ad\u201e\u201a"
)
_COMMON = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœúùûüßÿąćęłńśźżăâîșşțţčďěňřšťůýžőűđğıïêёіїєґ")
_TOO_ODD = 0.75  # faults a word: more, and a reading is no likely one


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text and how it was read; `readings` are the likely ones, that taken first, where letters depend on it."""

    text: str
    encoding: str
    readings: tuple[TextReading, ...] = ()
    asks: bool = False


def decode(content: bytes, *, chosen: str | None = None, country: str | None = None) -> Decoded:
    """Give the text without NULs and byte order marks. `chosen`: the code page a person took; `country`: ISO 3166-1 alpha-2.

    Raises ListError for what is empty, damaged, or no text.
    """
    found = _unicode(content) or _best(content, chosen, country)
    text = found.text.replace("\x00", "").lstrip("\ufeff").removesuffix("\x1a")
    if (len(_CONTROL.findall(text)) - _STRAY) * 50 > len(text):
        raise ListError(FileCode.BINARY)
    if not _SOMETHING.search(text):
        raise ListError(FileCode.EMPTY)
    return Decoded(text, found.encoding, found.readings, found.asks)


def _unicode(content: bytes) -> Decoded | None:
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    wide = marked or ("utf-16" if content.startswith(_UTF16_MARKS) else _unmarked_utf16(content))
    if wide and wide != "utf-8-sig":
        try:
            return Decoded(content.decode(wide), wide)
        except UnicodeDecodeError:
            raise ListError(FileCode.GARBLED) from None
    try:
        return Decoded(content.decode("utf-8"), marked or "utf-8")
    except UnicodeDecodeError:
        _refuse_damaged_utf8(content)
        return None


def _unmarked_utf16(content: bytes) -> str:
    """Recognise UTF-16 without a mark: every other byte is NUL. A stray NUL may pass, other binary content may not."""
    even, odd = content[::2].count(0), content[1::2].count(0)
    if (even + odd) * 5 <= len(content):
        return ""
    if max(even, odd) <= 4 * min(even, odd):
        raise ListError(FileCode.BINARY)
    return "utf-16-be" if even > odd else "utf-16-le"


def _refuse_damaged_utf8(content: bytes) -> None:
    """Decline UTF-8 with a few broken bytes: read as cp1252 it would turn every accent into two wrong letters."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    if whole > broken:
        raise ListError(FileCode.GARBLED)


def _best(content: bytes, chosen: str | None, country: str | None) -> Decoded:
    texts = {}
    for encoding in CODE_PAGES:
        try:
            texts[encoding] = content.decode(encoding)
        except UnicodeDecodeError:
            continue
    if not texts:
        raise ListError(FileCode.GARBLED)
    by_language, by_country = _of_language(texts), frozenset(_COUNTRIES.get(country, _ELSEWHERE) if country else ())
    expected = by_language & by_country or by_language or by_country
    words = {encoding: _words(text) for encoding, text in texts.items()}
    faults = {encoding: _faults(some) + (encoding == "mac_roman") for encoding, some in words.items()}
    ranked = sorted(texts, key=lambda encoding: (faults[encoding] - (_TOO_ODD if encoding in expected else 0), CODE_PAGES.index(encoding)))
    different = [one for place, one in enumerate(ranked) if all(texts[one] != texts[other] for other in ranked[:place])]
    likely = [one for one in different if faults[one] <= faults[different[0]] + _TOO_ODD] or different[:1]
    shown = likely if len(likely) > 1 else different[:2]
    taken = chosen if chosen in texts else different[0]
    order = [taken, *(one for one in shown if texts[one] != texts[taken])]
    readings = tuple(TextReading(one, _shown_words(words, one, order)) for one in order[:4])
    same = {one for one in texts if texts[one] == texts[taken]}
    alone, common = len(likely) == 1, _is_common(words[taken])
    settled = chosen is not None or (alone and bool(expected & same)) or (common and bool(by_language & same))
    return Decoded(texts[taken], taken, readings if len(readings) > 1 else (), not settled and len(readings) > 1)


def _shown_words(words: dict[str, list[str]], one: str, order: Sequence[str]) -> tuple[str, ...]:
    """Give the words in which the readings differ, the same places in each."""
    places = [
        place
        for place in range(len(words[one]))
        if len({words[other][place : place + 1][0] for other in order if words[other][place:]}) > 1
    ]
    names = [words[one][place] for place in places if any(map(str.isalpha, words[one][place]))]
    return tuple(dict.fromkeys(names or words[one]))[:SHOWN_WORDS]


def _of_language(texts: dict[str, str]) -> frozenset[str]:
    """Give the code pages in which the language of the headings is written; English headings say nothing about names."""
    languages = {language for text in texts.values() for language in languages_of(_CELLS.split(text.partition("\n")[0])[:60])}
    return frozenset(encoding for language in languages if len(languages) == 1 and language.code != "en" for encoding in language.encodings)


def _words(text: str) -> list[str]:
    """Give the words with letters that a code page decides, those of the headings first."""
    return [match[0] for match in _WORD.finditer(text[:200_000])][:2_000]


def _faults(words: Sequence[str]) -> float:
    return sum(map(_fault, words)) / max(1, len(words))


def _fault(word: str) -> float:
    """Rate how odd one word looks as part of a name: signs and capitals inside, two scripts, nothing but accents."""
    letters = [sign for sign in word if sign.isalpha()]
    special = [sign for sign in letters if not sign.isascii()]
    signs = [sign for sign in word if not (sign.isascii() or sign.isalpha() or sign in _QUIET)]
    scripts = {unicodedata.name(sign, "?").split()[0] for sign in letters} & {"LATIN", "CYRILLIC", "GREEK"}
    capital_inside = has_odd_capital(word)
    accents_only = scripts == {"LATIN"} and len(letters) > 2 and len(special) * 2 > len(letters)
    small_first = bool(letters) and not letters[0].isascii() and letters[0].islower()
    rare = "LATIN" in scripts and any(sign.lower() not in _COMMON for sign in special)
    odd_script = any("WITH DIALYTIKA AND TONOS" in unicodedata.name(sign, "") for sign in letters[:1])
    return (
        2.0 * bool(signs)
        + 3.0 * (len(scripts) > 1)
        + 2.0 * capital_inside
        + 2.0 * accents_only
        + 0.9 * small_first
        + 0.5 * rare
        + odd_script
    )


def _is_common(words: Sequence[str]) -> bool:
    """Say whether all words have only letters that the languages of our headings use."""
    return all(sign.isascii() or not sign.isalpha() or sign.lower() in _COMMON for word in words for sign in word)
