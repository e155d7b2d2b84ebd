"""Which passwords are too easy to guess, at the edge of each rule."""

from __future__ import annotations

import pytest
from flask import Flask

from outreach.accounts.passwords import Weakness, weakness_of

ABOUT = ("Robin", "Hale", "robin.hale@school.example", "Jo", "Mackenzie-Lee", "", "barbara.ann@school.example")
FINE = None


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("abcdefgh", Weakness.TOO_SHORT),
        ("needle th", Weakness.TOO_SHORT),
        ("needle thr", FINE),
        ("needle " * 28 + "abcd", FINE),  # 200
        ("needle " * 28 + "abcde", Weakness.TOO_LONG),
        ("", Weakness.TOO_SHORT),
        # what an acquaintance would try
        ("robin.hale@school.example", Weakness.ABOUT_YOU),
        ("Robin.Hale1", Weakness.ABOUT_YOU),
        ("robin123456", Weakness.ABOUT_YOU),
        ("mackenzie-lee", Weakness.ABOUT_YOU),
        ("BARBARA.ANN", Weakness.ABOUT_YOU),
        ("hale 2027 !", Weakness.ABOUT_YOU),
        ("jo12345678", FINE),  # too short a name to forbid
        ("robin likes tea", FINE),
    ],
)
def test_a_password_is_as_weak_as_the_first_rule_it_breaks(password: str, weakness: Weakness | None) -> None:
    assert weakness_of(password, about_you=ABOUT) is weakness


def test_without_knowing_anybody_a_name_is_a_word_like_others() -> None:
    assert weakness_of("mackenzie-lee") is None


@pytest.mark.parametrize(("name", "weakness"), [("Kim", Weakness.ABOUT_YOU), ("Jo", None)])
def test_a_name_of_three_letters_counts_and_one_of_two_does_not(name: str, weakness: Weakness | None) -> None:
    assert weakness_of(f"{name}12345678", about_you=(name,)) is weakness


@pytest.mark.parametrize("password", ["teacher2027", "Teacher2027", "teacher2027@school.example", "TEACHER2027@school.example"])
@pytest.mark.parametrize("address", ["teacher2027@school.example", "Teacher2027@School.example"])
def test_an_address_is_found_in_any_case_and_with_its_number(password: str, address: str) -> None:
    assert weakness_of(password, about_you=(address,)) is Weakness.ABOUT_YOU


EASY = [
    *("abcabcabcabc", "abcdabcdabcd", "1111111111", "1234567890", "0123456789", "qwertyuiop", "qwerty-_.#*", "ABCDEFGHIJ", "iloveyou123"),
    *("password123", "Password!!", "passwort 2027", "letmein????", "welcome2027", "outreach99", "my password1"),
]
HARD = ["needle and thread", "stitch-in-time", "g7#Kw2!pQz", "needle and thread " * 11, "4@8({[<369&#!1/|0$5+7%2/" * 8]


@pytest.mark.parametrize("password", EASY)
def test_a_password_that_is_easy_to_guess_is_refused_in_our_words(app: Flask, password: str) -> None:
    with app.test_request_context():
        wrong, _normal = app.extensions["security"].password_util.validate(password, True, name="Hale")
    assert wrong == ["This password is easy to guess. Please use a few words that don't belong together."]


@pytest.mark.parametrize("password", HARD)
def test_a_password_that_is_hard_to_guess_is_taken_whatever_its_length(app: Flask, password: str) -> None:
    with app.test_request_context():
        assert app.extensions["security"].password_util.validate(password, True, name="Hale")[0] is None
