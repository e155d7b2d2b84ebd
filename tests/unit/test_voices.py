"""Who speaks for a student, whose "can't come" gives the place back, and what a family's answers come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.models import Answer
from outreach.rsvp.rules import Said, Verdict, Voices, gives_back, speaks_alone, verdict

YES, UNSURE, NO, NOTHING = Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED, Answer.NEEDS_ACTION
OWN, MOTHER, FATHER = 1, 2, 3


def voices(own: Answer | None = NOTHING, mother: Answer | None = None, father: Answer | None = None) -> Voices:
    """Give a student's; None: no such mailbox, NOTHING: hasn't answered."""
    everybody = {OWN: own, MOTHER: mother, FATHER: father}
    return Voices(
        own=OWN if own else None,
        guardians=frozenset(key for key in (MOTHER, FATHER) if everybody[key]),
        said={key: Said(answer) for key, answer in everybody.items() if answer not in (None, NOTHING)},
    )


@pytest.mark.parametrize(
    ("who", "family", "is_free"),
    [
        (OWN, voices(own=NO), True),
        (OWN, voices(own=NO, mother=NOTHING), True),
        (OWN, voices(own=NO, mother=NO, father=NO), True),
        (OWN, voices(own=NO, mother=YES), False),
        (OWN, voices(own=NO, mother=NOTHING, father=UNSURE), False),
        (MOTHER, voices(own=None, mother=NO), True),
        (MOTHER, voices(own=NOTHING, mother=NO), True),
        (MOTHER, voices(own=NO, mother=NO), True),
        (MOTHER, voices(own=YES, mother=NO), False),
        (MOTHER, voices(own=UNSURE, mother=NO), False),
        (MOTHER, voices(own=None, mother=NO, father=NOTHING), False),
        (MOTHER, voices(own=NO, mother=NO, father=NO), False),
        (MOTHER, voices(own=NO), False),
        (MOTHER, voices(own=None), False),
    ],
)
def test_a_decline_gives_the_place_back_only_where_nobody_else_has_a_say(who: int, family: Voices, is_free: bool) -> None:
    assert gives_back(who, family) is is_free


@given(st.sampled_from([None, NOTHING, YES, UNSURE, NO]), *[st.sampled_from([None, NOTHING, YES, UNSURE, NO])] * 2)
def test_nobodys_yes_is_ever_overridden(own: Answer | None, mother: Answer | None, father: Answer | None) -> None:
    family = voices(own, mother, father)
    for who in (OWN, MOTHER, FATHER):
        others = {said.answer for key, said in family.said.items() if key != who}
        if gives_back(who, family):
            assert speaks_alone(who, family)
            assert others <= {NO}


@pytest.mark.parametrize(
    ("family", "shown"),
    [
        (voices(own=None), Verdict(NOTHING)),
        (voices(own=NOTHING, mother=NOTHING), Verdict(NOTHING)),
        (voices(own=YES), Verdict(YES)),
        (voices(own=YES, mother=UNSURE), Verdict(YES)),
        (voices(own=UNSURE, mother=NO), Verdict(UNSURE)),
        (voices(own=NO, mother=NO, father=NOTHING), Verdict(NO)),
        (voices(own=NOTHING, mother=NO), Verdict(NO)),
        (voices(own=None, mother=UNSURE, father=UNSURE), Verdict(UNSURE)),
        (voices(own=None, mother=YES, father=NO), Verdict(UNSURE, differs=True)),
        (voices(own=None, mother=YES, father=UNSURE), Verdict(UNSURE, differs=True)),
        (voices(own=YES, mother=NO), Verdict(UNSURE, differs=True)),
        (voices(own=NO, mother=NOTHING, father=YES), Verdict(UNSURE, differs=True)),
    ],
)
def test_the_students_own_answer_is_shown_first_and_a_contradiction_says_so(family: Voices, shown: Verdict) -> None:
    assert verdict(family) == shown


def test_an_answer_nobody_vouches_for_says_so() -> None:
    unproven, proven = Said(YES, is_verified=False), Said(YES)
    assert verdict(Voices(own=OWN, said={OWN: unproven})) == Verdict(YES, is_verified=False)
    assert verdict(Voices(own=None, guardians=frozenset({MOTHER}), said={MOTHER: unproven})) == Verdict(YES, is_verified=False)
    assert verdict(Voices(own=None, guardians=frozenset({MOTHER, FATHER}), said={MOTHER: unproven, FATHER: proven})) == Verdict(YES)
