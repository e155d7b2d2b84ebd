"""The small faults a module could have, in the order of the source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.mutants.kinds import Names, choices_for
from tests.mutants.syntax import Choice, called_name, method

_PERFORMANCE = {"options"}  # a loader option changes how much is read, not what
_NO_RULE_KEYWORDS = {"render_kw", "comment", "strict", "index"}
_LOGS = {"_log", "log", "logger"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Fault:
    """One small fault. `place` tells it from the faults of other places, `number` from others at its place."""

    path: str
    place: int
    number: int
    line: int
    lines: range
    owner: str
    in_function: bool
    kind: str
    before: str
    after: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What stays when lines are added above."""
        return self.path, self.owner, self.before, self.after

    def __str__(self) -> str:
        """As it is listed."""
        return f"{self.path}:{self.line}  {self.kind}  {self.before} -> {self.after or '(dropped)'}"


class Module:
    """The tree of one module, and its faults in the order of the source."""

    def __init__(self, path: str, source: str, names: Names) -> None:
        """Find them all."""
        self.path = path
        self.names = names
        self.tree = ast.parse(source)
        self.faults: list[Fault] = []
        self._swaps: list[tuple[ast.AST, str, int | None, ast.AST]] = []
        self._places = 0
        self._visit_body(self.tree, [], in_function=False)

    def faulty(self, fault: Fault) -> ast.Module:
        """Give the tree with this fault. A second one would come on top."""
        position = next(i for i, one in enumerate(self.faults) if (one.place, one.number) == (fault.place, fault.number))
        parent, name, index, node = self._swaps[position]
        if index is None:
            setattr(parent, name, node)
        else:
            getattr(parent, name)[index] = node
        return ast.fix_missing_locations(self.tree)

    def _visit_body(self, node: ast.AST, owners: list[str], *, in_function: bool) -> None:
        for name, index, child in _children(node):
            if isinstance(child, ast.stmt):
                self._visit_statement(node, name, index, child, owners, in_function=in_function)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                lines = range(child.pattern.lineno, child.pattern.lineno + 1) if isinstance(child, ast.match_case) else _header(child)
                add = partial(self._add, owner=".".join(owners), lines=lines, in_function=in_function)
                self._visit(node, name, index, child, add)
                self._visit_body(child, owners, in_function=in_function)

    def _visit_statement(
        self, parent: ast.AST, name: str, index: int | None, child: ast.stmt, owners: list[str], *, in_function: bool
    ) -> None:
        if _is_left_out(child, in_function=in_function):
            return
        inner = [*owners, child.name] if isinstance(child, _DEFINITIONS) else owners
        add = partial(self._add, owner=".".join(inner), lines=_header(child), in_function=in_function)
        self._visit(parent, name, index, child, add)
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if not (isinstance(child, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in child.bases)):
            self._visit_body(child, inner, in_function=in_function or is_function)

    def _visit(self, parent: ast.AST, name: str, index: int | None, node: ast.AST, add: Callable[..., None]) -> None:
        """Note the faults of this node and of the expressions in it; statements inside come on their own."""
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and method(node) in _PERFORMANCE):
            return
        choices = list(choices_for(parent, name, node, self.names))
        if choices:
            add(parent, name, index, node, choices)
        for inner_name, inner_index, child in _children(node):
            if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case) and not _is_no_rule(node, inner_name, child):
                self._visit(node, inner_name, inner_index, child, add)

    def _add(
        self,
        parent: ast.AST,
        name: str,
        index: int | None,
        node: ast.AST,
        choices: Sequence[Choice],
        *,
        owner: str,
        lines: range,
        in_function: bool,
    ) -> None:
        self._places += 1
        line = getattr(node, "lineno", lines.start)
        for number, (kind, before, after, instead) in enumerate(choices):
            self.faults.append(Fault(self.path, self._places, number, line, lines, owner, in_function, kind, before, after))
            self._swaps.append((parent, name, index, ast.copy_location(instead, node)))


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            yield from ((name, index, child) for index, child in enumerate(value) if isinstance(child, ast.AST))
        elif isinstance(value, ast.AST):
            yield name, None, value


def _header(node: ast.stmt | ast.ExceptHandler) -> range:
    """The lines that are executed when the statement is, without those of its body."""
    body = getattr(node, "body", None)
    end = node.end_lineno or node.lineno
    return range(node.lineno, max(node.lineno + 1, body[0].lineno) if body else end + 1)


def _is_left_out(node: ast.stmt, *, in_function: bool) -> bool:
    """Imports, docstrings, logs, what only type checkers read, `__repr__`, tables and names with underscores."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
            return name in _LOGS
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if not in_function:
            return (name.startswith("__") and name.endswith("__")) or (isinstance(value, ast.Call) and called_name(value) == "Table")
        case ast.Expr(value=ast.Constant()) | ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.FunctionDef(name="__repr__"):
            return True
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_no_rule(node: ast.AST, name: str, child: ast.AST) -> bool:
    """Annotations, decorators of dataclasses, keywords without a meaning for users, columns but for their defaults."""
    if name in {"annotation", "returns", "format_spec", "type_params"}:
        return True
    if isinstance(node, ast.keyword) and node.arg in _NO_RULE_KEYWORDS:
        return True
    if name == "decorator_list" and isinstance(child, ast.Call):
        return called_name(child) == "dataclass"
    if isinstance(node, ast.Call) and called_name(node) in {"mapped_column", "relationship"}:
        return not (isinstance(child, ast.keyword) and child.arg in {"default", "insert_default"})
    return isinstance(node, ast.Call) and called_name(node) in {"TypeVar", "NewType", "cast"}
