"""The words of headings and cells in all languages: read once from `languages/`, one file for each.

Pure: it reads nothing but those files, which are part of the program.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

LANGUAGES = ("en", "es", "fr", "de", "nl", "it", "pt", "pl")

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_E_MAIL = re.compile(r"\be[\W_]*mail")
_DOTTED = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # D.O.B.
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_MARKS = re.compile("[\u0300-\u036f]")
_BARRED = str.maketrans("łøđıŁØĐ", "lodilod")  # letters that no accent is taken off
_ORDINAL_TAILS = frozenset(["st", "nd", "rd", "th", "er", "re", "e", "ere", "eme", "ro", "do"])

Phrases = Mapping[str, frozenset[str]]


@lru_cache(maxsize=4096)
def words_of(heading: str) -> tuple[str, ...]:
    """Give the words of a heading without case, accents and punctuation: 'E-mail1' is ('email', '1')."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", _CAMEL.sub(" ", heading))).casefold().translate(_BARRED)
    words = _WORD.findall(_DOTTED.sub("", _E_MAIL.sub("email", plain)))
    return tuple(word for index, word in enumerate(words) if not (word in _ORDINAL_TAILS and index and words[index - 1].isdigit()))


def outside_brackets(heading: str) -> str:
    """Give a heading without what is in brackets: 'Full name (FULL_NAME)', 'Email [Required]'."""
    return _IN_BRACKETS.sub(" ", heading)


def phrase_of(text: str) -> str:
    """Give a cell's or heading's words in one line, as the values of the language files are compared."""
    return " ".join(words_of(text))


@dataclass(frozen=True, eq=False)
class Language:
    """What one file says: the phrases of each key, and how its files are usually written."""

    code: str
    day_first: bool
    encodings: tuple[str, ...]
    words: Phrases
    student: Phrases
    guardian: Phrases
    left_out: Phrases
    values: Phrases


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """All languages together; `student` and `guardian` phrases are without noise."""

    words: Phrases
    student: Phrases
    guardian: Phrases
    left_out: Phrases
    values: Phrases
    noise: frozenset[str]


@cache
def languages() -> tuple[Language, ...]:
    """Read the files, in the order of LANGUAGES."""
    return tuple(_language(code) for code in LANGUAGES)


@cache
def vocabulary() -> Vocabulary:
    """Put the languages together."""
    words = _united(language.words for language in languages())
    noise = words["noise"] | words["student"]
    student = _without(noise, _united(language.student for language in languages()))
    student = {**student, "number": student["number"] - student["counter"]}  # "id studente" is no more than "id"
    return Vocabulary(
        words,
        student,
        _without(noise, _united(language.guardian for language in languages())),
        _united(language.left_out for language in languages()),
        _united(language.values for language in languages()),
        noise,
    )


@cache
def _known_in(code: str) -> frozenset[str]:
    """Give every phrase of a language's headings, without noise."""
    language = next(one for one in languages() if one.code == code)
    phrases = [_without(vocabulary().noise, part) for part in (language.student, language.guardian)]
    return frozenset().union(*(some for part in phrases for some in part.values()), _adults(language))


def languages_of(headings: Iterable[str]) -> tuple[Language, ...]:
    """Give the languages in which most of the headings are known, several where they tie; none where no heading is known."""
    words = [words_of(outside_brackets(heading)) for heading in headings if heading]
    counts = {one.code: sum(_is_known(some, one) for some in words) for one in languages()}
    most = max(counts.values(), default=0)
    return tuple(one for one in languages() if most and counts[one.code] == most)


def _is_known(words: tuple[str, ...], language: Language) -> bool:
    phrase = " ".join(word for word in words if word not in vocabulary().noise)
    return phrase in _known_in(language.code) or not _adults(language).isdisjoint(words)


def _adults(language: Language) -> frozenset[str]:
    return language.words["mother"] | language.words["father"] | language.words["guardian"]


def _language(code: str) -> Language:
    content = tomllib.loads(files(__package__).joinpath("languages", f"{code}.toml").read_text(encoding="utf-8"))
    parts = {name: _phrases(content[name]) for name in ("words", "student", "guardian", "left_out", "values")}
    return Language(code, content["day_first"], tuple(content["encodings"]), **parts)


def _phrases(table: Mapping[str, str]) -> Phrases:
    return {key: frozenset(filter(None, (phrase_of(part) for part in text.split(",")))) for key, text in table.items()}


def _united(tables: Iterable[Phrases]) -> Phrases:
    found: dict[str, frozenset[str]] = {}
    for table in tables:
        for key, phrases in table.items():
            found[key] = found.get(key, frozenset()) | phrases
    return found


def _without(noise: frozenset[str], table: Phrases) -> Phrases:
    return {
        key: frozenset(" ".join(word for word in phrase.split() if word not in noise) for phrase in phrases) - {""}
        for key, phrases in table.items()
    }
