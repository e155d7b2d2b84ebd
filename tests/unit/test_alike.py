"""Names of schools and sites that may mean one and the same."""

from __future__ import annotations

import pytest

from outreach.people.alike import NamedPlace, alike, is_same

MERCY = NamedPlace(1, "Mercy General Medical Center", "4001 J Street, Sacramento")
HILL = NamedPlace(2, "Hill High School", "Leeds")
MARY = NamedPlace(3, "St. Mary’s Hospital", "Oslo")
UNRELATED = [
    NamedPlace(10, "North Bridge Academy", "Leeds"),
    NamedPlace(11, "Royal Infirmary", "Leeds"),
    NamedPlace(12, "Lincoln School", "York"),
]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mercy general", MERCY),
        ("Mercy General Hospital, Sacramento", MERCY),
        ("MERCY-GENERAL Med Ctr", MERCY),
        ("Mercy Genral", MERCY),
        ("Hill School", HILL),
        ("Hill, Leeds", HILL),
        ("Hïll High", HILL),
        ("Saint Mary's", MARY),
        ("St Marys Hospital Oslo", MARY),
    ],
)
def test_a_name_is_recognised_however_it_is_written(typed: str, meant: NamedPlace) -> None:
    assert alike(typed, [*UNRELATED, MERCY, HILL, MARY]) == [meant]


def test_the_same_name_in_another_town_is_only_like_it() -> None:
    assert [is_same(f"Hill School, {town}", HILL) for town in ("Leeds", "York")] == [True, False]
    assert alike("Hill School, York", [HILL]) == [HILL]
    assert is_same("Mercy General, Sacramento", NamedPlace(5, "Mercy General Hospital"))


def test_other_names_are_others_and_the_likeliest_stands_first() -> None:
    assert alike("Grove School", [*UNRELATED, MERCY, HILL, MARY]) == []
    assert alike("High School", [*UNRELATED, MERCY, HILL]) == []
    branch = NamedPlace(4, "Hill Top High School", "Leeds")
    assert alike("hill high school", [branch, HILL]) == [HILL, branch]
