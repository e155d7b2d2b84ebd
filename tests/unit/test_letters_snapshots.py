"""Every letter and calendar object as somebody last read it: each kind and reader, and the awkward cases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel

from outreach.models import LetterKind
from tests.support.letter_cases import CASES
from tests.support.received_letters import Received, received
from tests.support.snapshots import FOLDER, assert_matches_snapshot

IN_HTML = {
    "account-confirm",
    "case-awkward-name",
    "cancelled-guardian",
    "digest-registered",
    "invitation-guardian",
    "reminder-2-hours-online-student",
    "roster",
    "updated-all-teacher",
}


@pytest.fixture(autouse=True, scope="module")
def _in_app() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.app_context():
        yield


@pytest.mark.parametrize("case", CASES)
def test_letter_is_what_it_was(case: str) -> None:
    letter = received(CASES[case])

    assert_matches_snapshot(f"letters/{case}.txt", _as_read(letter))
    if letter.ics is not None:
        assert_matches_snapshot(f"letters/{case}.ics", letter.ics)
    if case in IN_HTML:
        assert_matches_snapshot(f"letters/{case}.html", letter.html)


@pytest.mark.parametrize("case", CASES)
def test_rendered_again_it_is_the_same_to_the_byte(case: str) -> None:
    assert received(CASES[case]).raw == received(CASES[case]).raw


def test_every_kind_of_letter_has_a_case() -> None:
    assert {letter.kind for letter in CASES.values()} == set(LetterKind)


def test_no_snapshot_is_left_of_a_case_that_is_gone() -> None:
    known = {f"{case}.txt" for case in CASES} | {f"{case}.ics" for case in CASES if received(CASES[case]).ics}
    assert {path.name for path in (FOLDER / "letters").iterdir()} == known | {f"{case}.html" for case in IN_HTML}


def _as_read(letter: Received) -> str:
    return f"{letter.headers}\n\n{letter.structure}\n\n{letter.text}"
