"""When two names are one, which spelling stays, and how a full name splits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.class_lists.names import akin, richer, split_full_name
from outreach.class_lists.plan import ListedGuardian, merged, number_key
from outreach.people import name_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("García López", "GARCIA  lopez"),
        ("García-López", "Garcia López"),
        ("O'Brien", "O\u2019BRIEN"),
        ("Zoe\u0308", "zoë"),
        ("Jean-Luc", "Jean Luc"),
        ("Groß", "GROSS"),
        ("St. John", "St John"),
        ("Łukasz Øst", "lukasz ost"),
        ("ʻAna\u200b", "ana"),
        ("Ana\u00a0\u3000Sá", "ana sa"),
        ("Ｓá\ufe0f", "sa"),
        ("İpek", "ipek"),
        ("محمّد", "محمد"),
    ],
)
def test_one_name_in_two_spellings_is_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Maria", "Mario"), ("राम", "रमा"), ("Ana Maria", "Anamaria"), ("Ñu", "Mu")])
def test_different_names_stay_different(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("new", "old", "says_more"),
    [
        ("José", "Jose", True),
        ("Jose", "José", False),
        ("Maria", "MARIA", True),
        ("maria", "Maria", False),
        ("José", "JOSÉ", True),
        ("JOSÉ", "Jose", True),
        ("Maria", "Maria", False),
    ],
)
def test_a_spelling_is_kept_unless_another_says_more(new: str, old: str, says_more: bool) -> None:
    assert richer(new, old) is says_more


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("Maria", "Maria José", True),
        ("Alex", "Alexander", True),
        ("Mariah", "Maria", True),
        ("Bill", "William", False),
        ("Ana", "Luis", False),
    ],
)
def test_names_of_one_person_are_akin(one: str, other: str, may_be: bool) -> None:
    assert akin(one, other) is akin(other, one) is may_be


@pytest.mark.parametrize(
    ("name", "family_first", "halves"),
    [
        ("García López, María", False, ("María", "García López", True)),
        ("Maria Garcia", False, ("Maria", "Garcia", False)),
        ("Ana Maria Garcia", False, ("Ana Maria", "Garcia", False)),
        ("Maria GARCIA LOPEZ", True, ("Maria", "GARCIA LOPEZ", False)),
        ("DE LA CRUZ Maria", False, ("Maria", "DE LA CRUZ", False)),
        ("GARCIA LOPEZ Maria", False, ("Maria", "GARCIA LOPEZ", False)),
        ("J. M. GARCIA", False, ("J. M.", "GARCIA", False)),
        ("JM Garcia", False, ("JM", "Garcia", False)),
        ("Garcia Maria", True, ("Maria", "Garcia", False)),
        ("MARIA GARCIA", False, ("MARIA", "GARCIA", False)),
        ("Garcia, Maria, Jr", False, ("Maria, Jr", "Garcia", False)),
        ("Madonna", False, ("Madonna", "", False)),
        ("Garcia,", False, ("", "Garcia", True)),
    ],
)
def test_a_full_name_splits(name: str, family_first: bool, halves: tuple[str, str, bool]) -> None:
    assert split_full_name(name, family_first=family_first) == halves


def test_a_number_is_the_same_without_the_zeros_a_spreadsheet_drops() -> None:
    assert number_key("00123") == number_key("123") == number_key(" 1 23")
    assert number_key("a-07") == number_key("A-07") != number_key("A-7")
    assert number_key("000") == "0"


def test_two_entries_for_one_guardian_become_one() -> None:
    ana, at_home = ListedGuardian("Ana", "home@example.org"), ListedGuardian(None, "home@example.org")
    luis = ListedGuardian("Luis", "home@example.org")
    assert merged([at_home, ana]) == (ana,)
    assert merged([ListedGuardian("ANA"), ana]) == (ListedGuardian("ANA", "home@example.org"),)
    assert merged([ana, luis]) == (ana, luis)
    assert merged([ana, ListedGuardian("Ana", "work@example.org")]) == (ana, ListedGuardian("Ana", "work@example.org"))


@settings(max_examples=80, deadline=None, database=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_keys_are_stable_and_no_spelling_war_breaks_out(one: str, other: str) -> None:
    assert name_key(name_key(one)) == name_key(one) or not one.isascii()
    assert not (richer(one, other) and richer(other, one))
