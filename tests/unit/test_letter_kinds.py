"""Each kind of letter has a module that declares all of it, and can be composed for every reader."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from outreach.letters import KINDS, kinds, render
from outreach.letters.kind import Kind, PlainKind, SessionKind
from outreach.models import LetterKind, LetterSnapshot
from outreach.models.snapshots import Cause, Reader
from tests.support.letter_cases import CASES, SETTINGS, entry, facts, letter, online, student, workshop
from tests.support.received_letters import received

pytestmark = pytest.mark.usefixtures("in_small_app")

ABOUT_SESSIONS = [kind for kind, declared in KINDS.items() if isinstance(declared, SessionKind)]
ONCE_WAITED = student("Ben", 2, place=1)
SAMPLES = {
    "nobody": {},
    "one seat": {"seated": (student(),), "entry": entry(is_first=True)},
    "all": {
        "seated": (student(),),
        "waiting": (ONCE_WAITED,),
        "gone": (student("Cid", 3),),
        "was": workshop(title="Before"),
        "entry": entry(1),
    },
    "online": {"seated": (student(),), "session": online(), "reader_zone": "Europe/London"},
}


def test_there_is_one_module_for_each_kind_and_no_other() -> None:
    modules = {path.stem for path in Path(kinds.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == {kind.value for kind in LetterKind}


@pytest.mark.parametrize("kind", LetterKind)
def test_a_module_declares_the_kind_it_is_named_after(kind: LetterKind) -> None:
    assert KINDS[kind].kind is kind
    assert isinstance(KINDS[kind], PlainKind | SessionKind)


@pytest.mark.parametrize("kind", LetterKind)
def test_all_that_a_kind_decides_is_declared(kind: LetterKind) -> None:
    """Nothing is left empty but what may be: no rule for a letter that is always sent, nothing to stop."""
    may_be_empty = {"out_of_date", "stop_label", "calendar_method", "taken_back_with"}
    declared = KINDS[kind]
    empty = {field.name for field in fields(declared) if getattr(declared, field.name) in (None, "", ())}
    assert empty <= may_be_empty
    assert str(declared.label)


def test_no_two_kinds_have_one_label() -> None:
    labels = [str(declared.label) for declared in KINDS.values()]
    assert sorted(labels) == sorted(set(labels))


@pytest.mark.parametrize("kind", [kind for kind, declared in KINDS.items() if declared.can_be_stopped])
def test_a_letter_that_can_be_stopped_says_how(kind: LetterKind) -> None:
    declared = KINDS[kind]
    assert isinstance(declared, SessionKind)
    assert declared.stop_label is not None


@pytest.mark.parametrize("kind", LetterKind)
def test_every_kind_can_be_composed_from_sample_data(kind: LetterKind) -> None:
    samples = [one for one in CASES.values() if one.kind is kind]
    assert samples
    for sample in samples:
        assert received(sample).message["Subject"]


@pytest.mark.parametrize("reader", Reader)
@pytest.mark.parametrize("kind", ABOUT_SESSIONS)
def test_no_reader_and_no_cause_is_too_much_for_a_kind(kind: LetterKind, reader: Reader) -> None:
    """Whatever a worker finds in the queue, it can write. Samples take turns, so that each kind meets each with each reader."""
    samples, turn = list(SAMPLES.values()), ABOUT_SESSIONS.index(kind) + list(Reader).index(reader)
    for number, cause in enumerate(Cause, turn):
        about: LetterSnapshot = facts(reader, cause, **samples[number % len(samples)])
        assert render(letter(kind, about), settings=SETTINGS)


def test_a_kind_is_declared_once() -> None:
    declared: list[Kind] = list(KINDS.values())
    assert len({id(one) for one in declared}) == len(LetterKind)
