"""What one heading means, guessed from its words; and which row of a file has the headings.

Pure. Conservative: a heading with a word we don't know means nothing, so that a mother tongue is nobody's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.class_lists.headings import vocabulary as said

_LOOKED_AT = 10
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_E_MAIL = re.compile(r"\be[\W_]*mail")
_DOTTED = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # D.O.B.
_WORD = re.compile(r"[^\W\d_]+|\d+")
_MARKS = re.compile("[\u0300-\u036f]")
_STUDENT_PARTS = (
    ("given_name", said.GIVEN),
    ("family_name", said.FAMILY_NAME),
    ("second_family_name", said.SECOND_FAMILY_NAME),
    ("some_name", said.SOME_NAME),
    ("full_name", said.FULL_NAME),
    ("full_name_family_first", said.FULL_NAME_FAMILY_FIRST),
    ("number", said.NUMBER),
    ("counter", said.COUNTER),
    ("year_group", said.YEAR_GROUP),
    ("class_as_year", said.CLASS_AS_YEAR),
    ("birth_date", said.BIRTH_DATE),
    ("needs", said.NEEDS),
)
_GUARDIAN_PARTS = (
    ("given_name", said.GIVEN),
    ("family_name", said.FAMILY_NAME),
    ("name", said.SOME_NAME | said.FULL_NAME | said.FULL_NAME_FAMILY_FIRST | {""}),
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A heading understood: the part it names, and of which guardian (kind, number as written) if of one."""

    part: str
    guardian: tuple[str, str] | None = None


def recognise(headings: Sequence[str]) -> tuple[Meaning | None, ...]:
    """Give each heading's meaning, None where there is none; a Spanish neighbour makes a tutor a guardian."""
    words = [words_of(heading[:80]) for heading in headings]
    spanish = any(not said.SPANISH.isdisjoint(some) for some in words)
    return tuple(_meaning(some, spanish=spanish) for some in words)


def best_heading(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Give the place of the row that looks most like headings among the first ten, and how many it has (0: none does).

    One known word is enough only for a row that has no unknown one: a lone "Name" is a heading, a pupil called Nombre isn't.
    """
    best, most = 0, 0
    for place, row in enumerate(rows[:_LOOKED_AT]):
        known = len({meaning for meaning in recognise(row[:60]) if meaning})
        alone = known == 1 and sum(bool(cell.strip()) for cell in row) > 1
        if known > most and not alone:
            best, most = place, known
    return best, most


def words_of(heading: str) -> tuple[str, ...]:
    """Give the words of a heading without case, accents and punctuation: 'E-mail1' is ('email', '1')."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", _CAMEL.sub(" ", heading))).casefold()
    words = _WORD.findall(_DOTTED.sub("", _E_MAIL.sub("email", plain)))
    return tuple(word for place, word in enumerate(words) if not (word in said.ORDINAL_TAILS and place and words[place - 1].isdigit()))


def _meaning(words: tuple[str, ...], *, spanish: bool) -> Meaning | None:
    guardian, rest = _guardian(words, spanish=spanish)
    bare = [word for word in rest if word not in said.NOISE]
    if not said.EMAIL.isdisjoint(bare):
        beside = said.GUARDIAN_EMAIL_BESIDE if guardian else said.EMAIL_BESIDE
        return Meaning("email", guardian) if set(bare) <= said.EMAIL | beside else None
    if guardian:
        return _named(_GUARDIAN_PARTS, " ".join(word for word in bare if word != "legal"), guardian)
    of_student = not said.STUDENT.isdisjoint(words)
    if of_student and (not bare or " ".join(bare) in said.COUNTER):
        return Meaning("number" if bare else "full_name")
    return _named(_STUDENT_PARTS, " ".join(bare))


def _named(parts: tuple[tuple[str, frozenset[str]], ...], phrase: str, guardian: tuple[str, str] | None = None) -> Meaning | None:
    return next((Meaning(part, guardian) for part, phrases in parts if phrase in phrases), None)


def _guardian(words: tuple[str, ...], *, spanish: bool) -> tuple[tuple[str, str] | None, list[str]]:
    """Take the guardian's words and number out of a heading."""
    adults = said.GUARDIAN | (said.TUTOR if spanish else frozenset())
    if not said.EMAIL.isdisjoint(words):
        adults |= said.FAMILY
    everyone = said.MOTHER | said.FATHER | adults
    if everyone.isdisjoint(words):
        return None, list(words)
    number, rest = "", []
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word in said.FIRST_TO_FOURTH and (word.isdigit() or after in everyone):
            number = said.FIRST_TO_FOURTH[word]
        elif word not in everyone:
            rest.append(word)
    return (_kind(set(words), adults), number), rest


def _kind(words: set[str], adults: frozenset[str]) -> str:
    mother, father = not said.MOTHER.isdisjoint(words), not said.FATHER.isdisjoint(words)
    if mother == father or not adults.isdisjoint(words):
        return "guardian"
    return "mother" if mother else "father"
