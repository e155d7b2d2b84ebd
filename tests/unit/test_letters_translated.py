"""Every letter in a language for tests: what is still English in it escaped the translators."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

from outreach.letters import render
from tests.support.letter_cases import CASES, SETTINGS
from tests.support.pseudo_language import LOCALE, ShownText, english_in, install, write_catalogue
from tests.support.received_letters import Received

# What isn't translated: our name, and names and titles of the cases that are cleaned or shortened.
NAMES = {"Outreach", "UTC", "outreach.example", "Bcc:", "Everything you ever wanted to know about suturing and never"}


@pytest.fixture(autouse=True, scope="module")
def _in_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    install(app, write_catalogue(tmp_path_factory.mktemp("translations")))
    with app.app_context():
        yield


@pytest.mark.parametrize("case", CASES)
def test_no_letter_has_a_sentence_that_translators_never_get(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = CASES[case]
    monkeypatch.setattr(letter, "locale", LOCALE)
    raw = render(letter, settings=SETTINGS)
    received = Received(raw, message_from_bytes(raw, policy=policy.default))
    assert english_in(shown(received), {*texts(letter.facts), *NAMES}) == []


def shown(letter: Received) -> list[str]:
    """Give what people read: subject, text, HTML, and what a calendar shows."""
    calendar = [str(letter.event.get(name, "")) for name in ("SUMMARY", "DESCRIPTION", "LOCATION")] if letter.ics else []
    return [letter.message["Subject"], *letter.text.splitlines(), *ShownText(letter.html).texts, *"\n".join(calendar).splitlines()]


def texts(facts: Any) -> Iterator[str]:
    """Give every text in the facts of a letter, line by line."""
    if isinstance(facts, str):
        yield from filter(None, facts.splitlines())
    elif isinstance(facts, dict):
        yield from (text for value in facts.values() for text in texts(value))
    elif isinstance(facts, list):
        yield from (text for value in facts for text in texts(value))
