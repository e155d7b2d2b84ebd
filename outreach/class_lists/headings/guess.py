"""What one heading means, guessed from its words in any of the languages of `languages/`.

Pure. A column may be a student's, one guardian's, or say whether a row is a student at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outreach.class_lists.headings.vocabulary import outside_brackets, vocabulary, words_of

__all__ = ["Meaning", "best_heading", "recognise", "words_of"]

LOOKED_AT = 10
_LONGEST = 80
_STUDENT_PARTS = (
    *("given_name", "preferred_name", "family_name", "second_family_name", "family_prefix", "some_name", "full_name"),
    *("full_name_family_first", "external_id", "guardian_ids", "enrolment_code", "number", "counter", "class_name"),
    *("year_group", "birth_date", "left_on", "active", "gone", "role", "status", "needs"),
)
_ABOUT_GUARDIANS = ("no_contact", "may_contact", "relationship", "priority")  # also where the heading doesn't say whose
_GUARDIAN_PARTS = ("given_name", "family_name", "second_family_name", "family_prefix", "name", *_ABOUT_GUARDIANS)
_TOO_SHORT = frozenset({"type", "tipo", "art", "typ", "order", "rank", "ordre", "orden", "rolle", "contact", "qualite", "sequence"})
WEAK = "contact?"  # "Contact name": a guardian's only beside what else such a list says of contacts
BESIDE = "beside"  # "Relationship": of the guardian to its left


@dataclass(frozen=True, slots=True)
class Meaning:
    """A heading understood: the part it names, and of which guardian (kind, number as written) if of one."""

    part: str
    guardian: tuple[str, str] | None = None


def recognise(headings: Sequence[str]) -> tuple[Meaning | None, ...]:
    """Give each heading's meaning, None where there is none; a Spanish neighbour makes a tutor a guardian."""
    words = [words_of(heading[:_LONGEST]) for heading in headings]
    near = any(not vocabulary().words["signs"].isdisjoint(some) for some in words)
    found = [_meaning(some, near=near) or _without_brackets(heading, near=near) for some, heading in zip(words, headings, strict=True)]
    return tuple(_settled(found, words))


def best_heading(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Give the index of the row that looks most like headings among the first ten, and how many it has (0: none does).

    One known word is enough only for a row that has no unknown one: a lone "Name" is a heading, a pupil called Nombre isn't.
    """
    best, most = 0, 0
    for index, row in enumerate(rows[:LOOKED_AT]):
        known = len({meaning for meaning in recognise(row[:60]) if meaning})
        alone = known == 1 and sum(bool(cell.strip()) for cell in row) > 1
        if known > most and not alone:
            best, most = index, known
    return best, most


def _without_brackets(heading: str, *, near: bool) -> Meaning | None:
    """Read 'Full name (FULL_NAME)' and 'Email [Required]' by what is outside the brackets."""
    outside = outside_brackets(heading[:_LONGEST])
    return _meaning(words_of(outside), near=near) if outside != heading[:_LONGEST] else None


def _settled(found: list[Meaning | None], words: Sequence[tuple[str, ...]]) -> list[Meaning | None]:
    """Take bare "Contact ..." columns for a guardian's where there is a name and an address or a relationship."""
    weak = {meaning.part for meaning in found if meaning and meaning.guardian and meaning.guardian[0] == WEAK}
    beside = {meaning.part for meaning in found if meaning and meaning.guardian and meaning.guardian[0] == BESIDE}
    is_guardian = bool(weak & {"name", "given_name"}) and bool((weak | beside) & {"email", "relationship", "priority"})
    if is_guardian and "email" not in weak:
        found = [meaning or _primary_email(some) for meaning, some in zip(found, words, strict=True)]
    return [None if meaning and meaning.guardian and meaning.guardian[0] == WEAK and not is_guardian else meaning for meaning in found]


def _primary_email(words: Sequence[str]) -> Meaning | None:
    """Read "Primary email" as the contact's, in a list that describes contacts."""
    known = vocabulary().words
    beside = known["email"] | known["email_beside"] | known["guardian_email_beside"]
    return Meaning("email", (WEAK, "")) if not known["email"].isdisjoint(words) and set(words) <= beside else None


def _meaning(words: tuple[str, ...], *, near: bool) -> Meaning | None:
    known = vocabulary()
    guardian, rest = _guardian(words, near=near)
    bare = [word for word in rest if word not in known.noise]
    email = known.words["email"]
    if not email.isdisjoint(bare):
        beside = known.words["email_beside"] | (known.words["guardian_email_beside"] if guardian else frozenset())
        if set(bare) <= email | beside:
            return Meaning("email", guardian)
    if guardian:
        phrase = " ".join(word for word in bare if word != "legal")
        found = _named(_GUARDIAN_PARTS, phrase, guardian) if phrase else Meaning("name", guardian)
        return found or (_of_any_guardian(_phrase(words)) if guardian[0] == WEAK else None)
    phrase = " ".join(bare)
    of_student = not known.words["student"].isdisjoint(words)
    if of_student and (not bare or phrase in known.student["counter"]):
        return Meaning("number" if bare else "full_name")
    return _named(_STUDENT_PARTS, phrase) or _of_any_guardian(phrase)


def _named(parts: tuple[str, ...], phrase: str, guardian: tuple[str, str] | None = None) -> Meaning | None:
    table = vocabulary().guardian if guardian else vocabulary().student
    return next((Meaning(part, guardian) for part in parts if phrase in table[part]), None)


def _of_any_guardian(phrase: str) -> Meaning | None:
    """Read "Relationship" or "Do not contact": about the guardian beside it."""
    if not phrase or phrase in _TOO_SHORT:
        return None
    found = _named(_ABOUT_GUARDIANS, phrase, (WEAK, ""))
    return Meaning(found.part, (BESIDE, "")) if found and (found.part in {"relationship", "priority"} or " " in phrase) else None


def _phrase(words: Iterable[str]) -> str:
    return " ".join(word for word in words if word not in vocabulary().noise)


def _guardian(words: tuple[str, ...], *, near: bool) -> tuple[tuple[str, str] | None, list[str]]:
    """Take the guardian's words and number out of a heading."""
    known = vocabulary().words
    adults = known["guardian"] | (known["guardian_near"] if near else frozenset())
    if not known["email"].isdisjoint(words):
        adults |= known["family"]
    everyone = known["mother"] | known["father"] | adults
    if everyone.isdisjoint(words):
        return _contact(words)
    number, rest = _numbered(words, everyone)
    return (_kind(set(words), adults), number), rest


def _contact(words: tuple[str, ...]) -> tuple[tuple[str, str] | None, list[str]]:
    """Read "Contact 1 name" and "Primary contact" as a guardian, never an emergency contact."""
    known = vocabulary()
    contacts = known.words["contact"]
    others = known.left_out["contact"] - contacts
    if contacts.isdisjoint(words) or not others.isdisjoint(words):
        return None, list(words)
    number, rest = _numbered(words, contacts)
    if not number and rest == ["priority"]:
        return (WEAK, ""), rest
    kinds = known.words["contact_kind"]
    if number or not kinds.isdisjoint(rest):
        return ("contact", number), [word for word in rest if word not in kinds]
    about = [word for word in rest if word not in known.noise]
    return ((WEAK, ""), rest) if about else (None, list(words))


def _numbered(words: tuple[str, ...], everyone: frozenset[str]) -> tuple[str, list[str]]:
    number, rest = "", []
    for word, after in zip(words, [*words[1:], ""], strict=True):
        place = _place(word)
        if place and (word.isdigit() or after in everyone):
            number = place
        elif word not in everyone:
            rest.append(word)
    return number, rest


def _place(word: str) -> str:
    known = vocabulary().words
    return next((str(place) for place, key in enumerate(("first", "second", "third", "fourth"), 1) if word in known[key]), "")


def _kind(words: set[str], adults: frozenset[str]) -> str:
    known = vocabulary().words
    mother, father = not known["mother"].isdisjoint(words), not known["father"].isdisjoint(words)
    if mother == father or not adults.isdisjoint(words):
        return "guardian"
    return "mother" if mother else "father"
