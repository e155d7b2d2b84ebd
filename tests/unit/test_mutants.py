"""Each kind of small fault, on a small source (`make mutants`)."""

from __future__ import annotations

import ast

import pytest

from outreach.settings import ROOT
from tests.mutants.faults import Fault, Module
from tests.mutants.kinds import Names
from tests.mutants.product import read_accepted, read_module, read_names

NAMES = Names(members={"State": ("OPEN", "SHUT", "GONE")}, defaults={"find": frozenset({"limit"})})

KINDS = [
    ("a = lambda: x < y", {"x <= y", "x > y"}),
    ("a = lambda: x is None", {"x is not None"}),
    ("a = lambda: column.in_(ids)", {"column.not_in(ids)"}),
    ("a = lambda: x and y", {"x or y", "x", "y"}),
    ("a = lambda: not x", {"x"}),
    ("a = lambda: ~x", {"x"}),
    ("a = lambda: x if y else z", {"x", "z"}),
    ("a = lambda: [i for i in x if i]", {"[i for i in x]"}),
    ("a = lambda: q.where(one, two)", {"q.where(two)", "q.where(one)"}),
    ("a = lambda: q.order_by(one)", {"q"}),
    ("a = lambda: q.distinct()", {"q"}),
    ("a = lambda: one & two", {"one", "two", "one | two"}),
    ("a = lambda: max(x)", {"min(x)"}),
    ("a = lambda: all(x)", {"any(x)"}),
    ("a = lambda: sorted(x, key=k)", {"list(x)", "sorted(x)"}),
    ("a = lambda: find(x, limit=y, other=z)", {"find(x, other=z)"}),
    ("a = lambda: x + y", {"x - y"}),
    ("a = lambda: 'x' + y", set()),
    ("a = 6", {"7", "5"}),
    ("a = True", {"False"}),
    ("a = State.OPEN", {"State.SHUT", "State.GONE"}),
    ("a = (b.c, b.d)", {"(b.d,)", "(b.c,)"}),
    ("a = lambda: x[y:]", {"x[:]"}),
    ("a: int | None", set()),
    ("'''Words.'''", set()),
    ("_log.info('event', number=1)", set()),
    ("import a", set()),
]

STATEMENTS = [
    ("send(x)", {"pass"}),
    ("x += y", {"pass"}),
    ("x.y = z", {"pass"}),
    ("x = y", set()),
    ("raise x", {"pass"}),
    ("for i in x:\n    continue", {"for i in ():\n    continue", "for i in x:\n    pass", "for i in x:\n    break"}),
    ("if x:\n    return y", {"if True:\n    return y", "if False:\n    return y", "if x:\n    pass"}),
    ("while x:\n    pass", {"while False:\n    pass"}),
    ("try:\n    pass\nexcept E:\n    pass", {"try:\n    pass\nexcept Exception:\n    pass"}),
]


def _faulty(source: str) -> set[str]:
    found = Module("a.py", source, NAMES).faults
    return {ast.unparse(Module("a.py", source, NAMES).faulty(fault)) for fault in found}


@pytest.mark.parametrize(("source", "expected"), KINDS, ids=[source for source, _expected in KINDS])
def test_an_expression_has_these_faults(source: str, expected: set[str]) -> None:
    before, _equals, _after = source.rpartition("lambda: ") if "lambda" in source else source.rpartition("a = ")
    assert _faulty(source) == {before + _equals + one for one in expected}


@pytest.mark.parametrize(("source", "expected"), STATEMENTS, ids=[source for source, _expected in STATEMENTS])
def test_a_statement_has_these_faults(source: str, expected: set[str]) -> None:
    def within(body: str) -> str:
        return "def f():\n" + "".join(f"    {line}\n" for line in body.splitlines())

    assert _faulty(within(source)) == {within(one).rstrip() for one in expected}


@pytest.mark.parametrize(
    ("annotation", "instead"), [("bool", "not x"), ("list[int]", "[]"), ("int | None", "None"), ("str", None)], ids=str
)
def test_what_a_function_gives_is_turned_or_emptied(annotation: str, instead: str | None) -> None:
    source = f"def f() -> {annotation}:\n    return "
    assert _faulty(f"{source}x") == ({source + instead} if instead else set())


def test_a_fault_keeps_its_key_when_lines_are_added_above() -> None:
    def first(source: str) -> Fault:
        return Module("a.py", source, NAMES).faults[0]

    low, high = first("\n\ndef f():\n    send(x)"), first("def f():\n    send(x)")
    assert low.key == high.key == ("a.py", "f", "send(x)", "")
    assert (low.line, high.line) == (4, 2)


def test_columns_have_no_faults_but_in_their_defaults() -> None:
    source = "class A(Base):\n    b: Mapped[int] = mapped_column(String(9), default=3)"
    assert {fault.before for fault in Module("a.py", source, NAMES).faults} == {"default=3"}


def test_each_accepted_fault_can_still_be_made() -> None:
    accepted, names = read_accepted(), read_names(ROOT)
    paths = {path for path, *_rest in accepted}
    possible = {fault.key for path in paths if (ROOT / path).exists() for fault in read_module(ROOT, path, names).faults}
    assert accepted.keys() - possible == set()
