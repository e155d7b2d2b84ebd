"""What may stand on one line: nothing a person types can add a header or a property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.mail.sanitize import has_link, one_line, plain_address, prose, uri

HOSTILE_ADDRESSES = (
    "", "amina", "@school.example", "amina@", "a b@school.example", "amina@school.example\r\nBcc: all@school.example",
    "amina@school.example\n", "Amina <amina@school.example>", "amina@school.example,b@school.example", '"a b"@school.example',
    "amína@school.example", "amina@schöol.example", "a..b@school.example", ".a@school.example", "a@b@school.example",
    "a" * 65 + "@school.example", "amina@" + "a" * 250 + ".example", "amina@-school.example", "amina@[127.0.0.1]",
    "amina@school.example\x00",
)  # fmt: skip


@given(st.text())
def test_one_line_is_one_line_for_every_program(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(one_line(text)) == one_line(text)


def test_one_line_keeps_what_a_name_needs() -> None:
    assert one_line(" Zoë\r\n\tO'Neil-Łukasz \u2028 👩🏽‍⚕️\x00") == "Zoë O'Neil-Łukasz 👩🏽‍⚕️"


def test_a_byte_order_mark_goes_nowhere() -> None:
    assert (one_line("\ufeffAna\ufeff Lopez"), one_line("\ufeff")) == ("Ana Lopez", "")
    assert (prose("\ufeffone\ntwo\ufeff"), prose("\ufeff")) == ("one\ntwo", "")


def test_prose_keeps_its_lines_and_loses_its_control_characters() -> None:
    assert prose("one\r\ntwo\rthree\u2028four\x07five\n\nsix\t.\n") == "one\ntwo\nthree\nfour five\n\nsix\t."


@pytest.mark.parametrize("address", ["amina@school.example", "o'neil+uro=1@x.example", "a.b-c_d@sub.school.example"])
def test_a_usual_address_is_given_back(address: str) -> None:
    assert plain_address(address) == address


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_an_address_that_could_do_harm_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        plain_address(address)


def test_a_uri_is_ascii_and_keeps_what_is_encoded_already() -> None:
    assert uri("https://x.example/a%20b?q=1,2;3#é") == "https://x.example/a%20b?q=1,2;3#%C3%A9"
    assert uri('https://x.example/"><\r\nX: 1') == "https://x.example/%22%3E%3C%0D%0AX:%201"


@pytest.mark.parametrize(
    "text",
    [
        "see example.com",
        "bit.ly/x",
        "t.co/x",
        "WWW.x",
        "http://x",
        "write to a@b.org",
        "mailto:x",
        "evil\uff0ecom",
        "evil\u3002com",
        "go to win.casino now",
    ],
)
def test_what_a_mail_program_would_make_a_link_of_is_one(text: str) -> None:
    assert has_link(text)


def test_dots_alone_make_no_link() -> None:
    assert not any(
        map(has_link, ["St.Mary", "Dr. J.R. Smith", "B.Sc. nursing", "No.10 School", "Stitch 2.0", "Hearts, lungs & you", "10.A"])
    )
