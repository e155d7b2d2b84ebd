"""A person's message is shown as the text it says, whatever it is wrapped in."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.inbound.parsing.plain_text import as_it_came, own_words


def written(text: str, charset: str = "utf-8", cte: str | None = None) -> bytes:
    message = EmailMessage()
    message["From"] = "parent@families.example"
    message.set_content(text, charset=charset, cte=cte)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    return message.as_bytes()


@pytest.mark.parametrize(("charset", "cte"), [("utf-8", "base64"), ("utf-8", "quoted-printable"), ("iso-8859-1", "8bit")])
def test_the_text_is_read_whatever_its_encoding(charset: str, cte: str) -> None:
    assert own_words(written("Grüße,\n\nMaria", charset, cte), at_most=100) == "Grüße,\n\nMaria"


def test_it_is_cut_and_holds_nothing_but_characters() -> None:
    assert own_words(written("x" * 50), at_most=10) == "x" * 10
    assert own_words(written("a\x1b[31mb\u202ec"), at_most=100) == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}c"
    assert as_it_came(b"a\x1b\xff\r\nb", at_most=4) == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("charset", ["nonsense", "hex", "idna", "utf-16", "utf-7", "unicode_escape", "punycode"])
def test_a_charset_that_is_a_riddle_stops_nothing(charset: str) -> None:
    raw = f'Content-Type: text/plain; charset="{charset}"\r\n\r\nhello\\ud800-'.encode() + b"a" * 1_000_000
    assert len(own_words(raw, at_most=100).encode()) >= 100


def test_without_plain_text_there_is_nothing_to_read() -> None:
    assert own_words(b"Content-Type: text/html\r\n\r\n<p>Hello</p>", at_most=100) == ""


@given(st.binary(max_size=300))
def test_nothing_is_too_odd_to_be_shown(raw: bytes) -> None:
    assert len(own_words(raw, at_most=50)) <= 50
    as_it_came(raw, at_most=50).encode()
