"""Which guardian of a list is which known one, and what a person is asked where neither name nor address says so.

Pure. Guardians are a set a list may shorten: who isn't known may be somebody known, corrected, may replace them, or be one more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from outreach.class_lists.errors import MAX_GUARDIANS
from outreach.class_lists.names import akin
from outreach.class_lists.plan import KnownGuardian, KnownStudent, ListedGuardian, ListedStudent
from outreach.people import name_key

Pair = tuple[ListedGuardian, KnownGuardian | None]
QuestionKey = tuple[int, int]  # row, and which guardian of it; those barred come after the others


class GuardianChoice(StrEnum):
    """What a guardian on a list means for one the school has."""

    CORRECTS = "corrects"
    REPLACES = "replaces"
    ADDS = "adds"
    STOPS = "stops"
    KEEPS = "keeps"


@dataclass(frozen=True, slots=True)
class GuardianAnswer:
    """A choice, and the known guardian it is about."""

    choice: GuardianChoice
    guardian_id: int | None = None


@dataclass(frozen=True, slots=True)
class GuardianQuestion:
    """Who one guardian of a row is; `options` in the order they are offered."""

    key: QuestionKey
    student_id: int
    guardian: ListedGuardian
    options: tuple[GuardianAnswer, ...]
    is_barred: bool = False

    @property
    def line(self) -> int:
        """Give the row's number."""
        return self.key[0]


@dataclass(frozen=True, slots=True)
class GuardianSettlement:
    """What becomes of one student's guardians: `pairs` to write, those who end, and all questions, answered or not."""

    pairs: tuple[Pair, ...]
    ended: tuple[int, ...]
    questions: tuple[GuardianQuestion, ...]
    open: tuple[GuardianQuestion, ...]


def settle_guardians(row: ListedStudent, student: KnownStudent, answers: Mapping[QuestionKey, GuardianAnswer]) -> GuardianSettlement:
    """Pair a row's guardians with those known, take the answers that fit, and ask about the rest."""
    pairs = pair_guardians(row.guardians, student.guardians)
    questions = [*_questions(row, student, pairs), *_barred(row, student, len(pairs))]
    by_place = {question.key[1]: question for question in questions}
    given = {place: _fitting(question, answers) for place, question in by_place.items()}
    claimed = Counter(answer.guardian_id for answer in given.values() if answer and answer.guardian_id)
    given = {place: answer if answer and claimed[answer.guardian_id or 0] <= 1 else None for place, answer in given.items()}
    known = {guardian.id: guardian for guardian in student.guardians}
    settled, ended = [], []
    for place, (guardian, match) in enumerate(pairs):
        answer = given.get(place)
        if place not in by_place:
            settled.append((guardian, match))
        elif answer:
            settled.append((guardian, known[answer.guardian_id or 0] if answer.choice is GuardianChoice.CORRECTS else None))
    ends = (GuardianChoice.REPLACES, GuardianChoice.STOPS)
    ended = [answer.guardian_id for answer in given.values() if answer and answer.choice in ends and answer.guardian_id]
    if sum(match is None for _guardian, match in settled) + len(known) - len(ended) > MAX_GUARDIANS:
        return GuardianSettlement(tuple(pair for pair in pairs if pair[1]), (), tuple(questions), tuple(questions))
    return GuardianSettlement(tuple(settled), tuple(ended), tuple(questions), tuple(by_place[place] for place in given if not given[place]))


def _fitting(question: GuardianQuestion, answers: Mapping[QuestionKey, GuardianAnswer]) -> GuardianAnswer | None:
    answer = answers.get(question.key)
    return answer if answer in question.options else None


def _questions(row: ListedStudent, student: KnownStudent, pairs: Sequence[Pair]) -> Iterator[GuardianQuestion]:
    paired = {known.id for _guardian, known in pairs if known}
    free = [guardian.id for guardian in student.guardians if guardian.id not in paired]
    new = [place for place, (_guardian, known) in enumerate(pairs) if known is None]
    for place in new if free else ():
        options = [GuardianAnswer(GuardianChoice.CORRECTS, key) for key in free]
        options += [GuardianAnswer(GuardianChoice.REPLACES, key) for key in free]
        if len(student.guardians) < MAX_GUARDIANS:
            options.append(GuardianAnswer(GuardianChoice.ADDS))
        yield GuardianQuestion((row.line, place), student.id, pairs[place][0], tuple(options))


def _barred(row: ListedStudent, student: KnownStudent, first: int) -> Iterator[GuardianQuestion]:
    """Ask about somebody who gets invitations now and must not be contacted, says the list."""
    for place, (guardian, known) in enumerate(pair_guardians(row.barred, student.guardians), first):
        if known:
            options = GuardianAnswer(GuardianChoice.STOPS, known.id), GuardianAnswer(GuardianChoice.KEEPS)
            yield GuardianQuestion((row.line, place), student.id, guardian, options, is_barred=True)


def pair_guardians(stated: Sequence[ListedGuardian], known: Sequence[KnownGuardian]) -> list[Pair]:
    """Find each guardian a row names among those the student has; None for one who is new to the student.

    By address and name, by address, then by name: then the address is a correction.
    """
    paired: dict[int, KnownGuardian] = {}
    free = list(known)
    for fits in (_same, _same_mailbox, _same_spelling, _same_name):
        for index, guardian in enumerate(stated):
            match = next((other for other in free if fits(guardian, other)), None) if index not in paired else None
            if match:
                paired[index] = match
                free.remove(match)
    return [(guardian, paired.get(index)) for index, guardian in enumerate(stated)]


def _same(one: ListedGuardian, other: KnownGuardian) -> bool:
    return bool(one.email) and one.email == other.email and _same_name(one, other)


def _same_mailbox(one: ListedGuardian, other: KnownGuardian) -> bool:
    """Two people may share an address: only a name that is missing or nearly the same is that person's."""
    return bool(one.email) and one.email == other.email and (not one.name or not other.name or akin(one.name, other.name))


def _same_spelling(one: ListedGuardian, other: KnownGuardian) -> bool:
    return bool(one.name) and one.name == other.name


def _same_name(one: ListedGuardian, other: KnownGuardian) -> bool:
    return bool(one.name and other.name) and name_key(one.name or "") == name_key(other.name or "")
