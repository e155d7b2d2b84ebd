"""Envelope senders: each letter's own, readable in any case, and nobody else can make one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.mail.verp import bounce_token, bounced_letter, token_in

KEY = "a secret key that only tests ever see, long enough"


@given(st.integers(min_value=1, max_value=2**31))
def test_a_letter_is_found_by_its_token_whatever_the_case(letter_id: int) -> None:
    token = bounce_token(letter_id, KEY)
    assert bounced_letter(token, KEY) == bounced_letter(token.upper(), KEY) == letter_id
    assert len(f"bounces+{token}") <= 64


@pytest.mark.parametrize("forged", ["", "b1", "b1-", "b1-aaaaaaaaaaaaaaaa", "1-aaaaaaaaaaaaaaaa", "b9999999999999-aaaaaaaaaaaaaaaa"])
def test_what_we_did_not_sign_stands_for_nothing(forged: str) -> None:
    assert bounced_letter(forged, KEY) is None


def test_a_token_is_good_for_one_letter_and_one_key() -> None:
    token = bounce_token(7, KEY)
    assert bounced_letter(token.replace("b7-", "b8-"), KEY) is None
    assert bounced_letter(token, "another key of thirty-two characters") is None


@pytest.mark.parametrize(
    ("address", "token"),
    [
        ("rsvp+abc@outreach.example", "abc"),
        ("RSVP+ABC@Outreach.Example", "abc"),
        (" rsvp+abc@outreach.example ", "abc"),
        ("rsvp+@outreach.example", None),
        ("rsvp@outreach.example", None),
        ("rsvp+abc@elsewhere.example", None),
        ("xrsvp+abc@outreach.example", None),
    ],
)
def test_the_token_is_read_out_of_the_address(address: str, token: str | None) -> None:
    assert token_in(address, "rsvp+{token}@outreach.example") == token


def test_a_token_of_an_earlier_version_is_still_ours() -> None:
    assert bounced_letter("b7-p6p3thfabaf4zxbx", "s" * 32) == 7
