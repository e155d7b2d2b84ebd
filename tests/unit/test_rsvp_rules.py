"""Who speaks for a student, whose "can't come" withdraws the student, and what a family's answers come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.models import Answer
from outreach.rsvp.rules import CombinedRsvp, FamilyRsvps, RsvpState, combined, decides_alone, gives_seat_back

YES, UNSURE, NO, NOTHING = Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED, Answer.NEEDS_ACTION
OWN, MOTHER, FATHER = 1, 2, 3


def rsvps_of(own: Answer | None = NOTHING, mother: Answer | None = None, father: Answer | None = None) -> FamilyRsvps:
    """Give a student's; None: no such mailbox, NOTHING: hasn't answered."""
    everybody = {OWN: own, MOTHER: mother, FATHER: father}
    return FamilyRsvps(
        own=OWN if own else None,
        guardians=frozenset(key for key in (MOTHER, FATHER) if everybody[key]),
        rsvps={key: RsvpState(answer) for key, answer in everybody.items() if answer not in (None, NOTHING)},
    )


@pytest.mark.parametrize(
    ("who", "family", "is_free"),
    [
        (OWN, rsvps_of(own=NO), True),
        (OWN, rsvps_of(own=NO, mother=NOTHING), True),
        (OWN, rsvps_of(own=NO, mother=NO, father=NO), True),
        (OWN, rsvps_of(own=NO, mother=YES), False),
        (OWN, rsvps_of(own=NO, mother=NOTHING, father=UNSURE), False),
        (MOTHER, rsvps_of(own=None, mother=NO), True),
        (MOTHER, rsvps_of(own=NOTHING, mother=NO), True),
        (MOTHER, rsvps_of(own=NO, mother=NO), True),
        (MOTHER, rsvps_of(own=YES, mother=NO), False),
        (MOTHER, rsvps_of(own=UNSURE, mother=NO), False),
        (MOTHER, rsvps_of(own=None, mother=NO, father=NOTHING), False),
        (MOTHER, rsvps_of(own=NO, mother=NO, father=NO), False),
        (MOTHER, rsvps_of(own=NO), False),
        (MOTHER, rsvps_of(own=None), False),
    ],
)
def test_a_decline_gives_the_place_back_only_where_nobody_else_has_a_say(who: int, family: FamilyRsvps, is_free: bool) -> None:
    assert gives_seat_back(who, family) is is_free


@given(st.sampled_from([None, NOTHING, YES, UNSURE, NO]), *[st.sampled_from([None, NOTHING, YES, UNSURE, NO])] * 2)
def test_nobodys_yes_is_ever_overridden(own: Answer | None, mother: Answer | None, father: Answer | None) -> None:
    family = rsvps_of(own, mother, father)
    for who in (OWN, MOTHER, FATHER):
        others = {said.answer for key, said in family.rsvps.items() if key != who}
        if gives_seat_back(who, family):
            assert decides_alone(who, family)
            assert others <= {NO}


@pytest.mark.parametrize(
    ("family", "shown"),
    [
        (rsvps_of(own=None), CombinedRsvp(NOTHING)),
        (rsvps_of(own=NOTHING, mother=NOTHING), CombinedRsvp(NOTHING)),
        (rsvps_of(own=YES), CombinedRsvp(YES)),
        (rsvps_of(own=YES, mother=UNSURE), CombinedRsvp(YES)),
        (rsvps_of(own=UNSURE, mother=NO), CombinedRsvp(UNSURE)),
        (rsvps_of(own=NO, mother=NO, father=NOTHING), CombinedRsvp(NO)),
        (rsvps_of(own=NOTHING, mother=NO), CombinedRsvp(NO)),
        (rsvps_of(own=None, mother=UNSURE, father=UNSURE), CombinedRsvp(UNSURE)),
        (rsvps_of(own=None, mother=YES, father=NO), CombinedRsvp(UNSURE, differs=True)),
        (rsvps_of(own=None, mother=YES, father=UNSURE), CombinedRsvp(UNSURE, differs=True)),
        (rsvps_of(own=YES, mother=NO), CombinedRsvp(UNSURE, differs=True)),
        (rsvps_of(own=NO, mother=NOTHING, father=YES), CombinedRsvp(UNSURE, differs=True)),
    ],
)
def test_the_students_own_answer_is_shown_first_and_a_contradiction_says_so(family: FamilyRsvps, shown: CombinedRsvp) -> None:
    assert combined(family) == shown


def test_an_answer_nobody_vouches_for_says_so() -> None:
    unproven, proven = RsvpState(YES, is_verified=False), RsvpState(YES)
    assert combined(FamilyRsvps(own=OWN, rsvps={OWN: unproven})) == CombinedRsvp(YES, is_verified=False)
    assert combined(FamilyRsvps(own=None, guardians=frozenset({MOTHER}), rsvps={MOTHER: unproven})) == CombinedRsvp(YES, is_verified=False)
    assert combined(FamilyRsvps(own=None, guardians=frozenset({MOTHER, FATHER}), rsvps={MOTHER: unproven, FATHER: proven})) == CombinedRsvp(
        YES
    )
