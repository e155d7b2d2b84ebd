"""What translators get: sentences marked where they are said, in the way that fits the moment, and all of them in the catalogue."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.test_architecture import modules

PLAIN = {"_", "gettext", "ngettext"}
LAZY = {"_l", "lazy_gettext", "lazy_ngettext"}


def marked(node: ast.AST, *, is_called_later: bool = False) -> Iterator[tuple[ast.Call, str, bool]]:
    """Give each call that marks a sentence, its name, and whether it stands in a function: defaults and decorators don't."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLAIN | LAZY:
        yield node, node.func.id, is_called_later
    for field, value in ast.iter_fields(node):
        inside = is_called_later or (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and field == "body")
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.AST):
                yield from marked(inner, is_called_later=inside)


def test_sentences_are_lazy_at_import_time_and_plain_later() -> None:
    """A plain one at import time would stay in the language of whoever imports; a lazy one later only hides that it is text."""
    wrong = [
        f"{module}:{call.lineno} {name}"
        for module, tree in modules().items()
        for call, name, is_called_later in marked(tree)
        if (name in LAZY) == is_called_later
    ]
    assert wrong == []


def test_sentences_are_written_where_they_are_marked() -> None:
    """What isn't a constant can't be found by the tool that makes the catalogue."""
    wrong = [
        f"{module}:{call.lineno}"
        for module, tree in modules().items()
        for call, name, _is_called_later in marked(tree)
        for argument in call.args[: 2 if name.endswith("ngettext") else 1]
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str))
    ]
    assert wrong == []


def test_no_sentence_is_marked_inside_an_f_string() -> None:
    """Before Python 3.12 the tool doesn't look into one."""
    wrong = [
        f"{module}:{node.lineno}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and list(marked(node))
    ]
    assert wrong == []


def test_no_sentence_of_a_letter_is_changed_by_code() -> None:
    """Upper and lower case differ between languages: a sentence stays as the translator wrote it."""
    wrong = [
        f"{module}:{node.lineno}"
        for module, tree in modules().items()
        if module.startswith("outreach.letters")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"lower", "upper", "capitalize", "swapcase", "casefold"}
    ]
    assert wrong == []
