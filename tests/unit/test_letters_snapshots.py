"""Every letter as somebody last read it: each kind and reader, and the awkward cases."""

from __future__ import annotations

import pytest

from outreach.letters import render
from outreach.models import LetterKind
from outreach.models.snapshots import Reader
from tests.support.letter_cases import CASES, SETTINGS
from tests.support.readable_letters import as_read
from tests.support.received_letters import received
from tests.support.snapshots import FOLDER, assert_matches_snapshot

pytestmark = pytest.mark.usefixtures("in_small_app")

WHOLE_PAGES = {
    Reader.STUDENT: "reminder-2-hours-online-student",
    Reader.GUARDIAN: "updated-place-guardian",
    Reader.TEACHER: "digest-registered",
    Reader.HOST: "cancelled-host",
    Reader.COORDINATOR: "decision-coordinator",
    None: "account-confirm",
}


@pytest.mark.parametrize("case", CASES)
def test_letter_says_what_it_said(case: str) -> None:
    assert_matches_snapshot(f"letters/{case}.txt", as_read(received(CASES[case])))


@pytest.mark.parametrize("reader", WHOLE_PAGES)
def test_html_looks_as_it_did_to_each_kind_of_reader(reader: Reader | None) -> None:
    case = WHOLE_PAGES[reader]

    assert CASES[case].facts.get("reader") == reader
    assert_matches_snapshot(f"letters/{case}.html", received(CASES[case]).html)


def test_every_kind_of_reader_has_a_whole_page() -> None:
    assert WHOLE_PAGES.keys() == {*Reader, None}


@pytest.mark.parametrize("kind", LetterKind)
def test_rendered_again_it_is_the_same_to_the_byte(kind: LetterKind) -> None:
    one = next(letter for letter in CASES.values() if letter.kind is kind)

    assert render(one, settings=SETTINGS) == received(one).raw


def test_every_kind_of_letter_has_a_case() -> None:
    assert {letter.kind for letter in CASES.values()} == set(LetterKind)


def test_no_snapshot_is_left_of_a_case_that_is_gone() -> None:
    known = {f"{case}.txt" for case in CASES} | {f"{case}.html" for case in WHOLE_PAGES.values()}
    assert {path.name for path in (FOLDER / "letters").iterdir()} == known
