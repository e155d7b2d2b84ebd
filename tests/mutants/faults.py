"""The small faults a module could have: for each place in its syntax tree, what could stand there instead."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

N = TypeVar("N", bound=ast.AST)
Choice = tuple[str, str, str, ast.AST]  # kind, before, after, what stands there instead

_OPERATORS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
}
_SWAPPED_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list"}
_SWAPPED_METHODS = {"is_": "is_not", "is_not": "is_", "in_": "not_in", "not_in": "in_"}
_CLAUSES = {"where", "filter", "having", "and_", "or_", "order_by"}
_LINKS = {"distinct", "limit", "desc", "with_for_update"}  # calls that a chain of calls could do without
_ORDERING = {"sorted": {"key", "reverse"}, "sort": {"key", "reverse"}, "min": {"key"}, "max": {"key"}}
_EMPTY = {"list": "[]", "dict": "{}", "tuple": "()", "set": "set()", "frozenset": "frozenset()", "Sequence": "()", "Collection": "()"}
_PERFORMANCE = {"options"}  # a loader option changes how much is read, not what
_NO_RULE_KEYWORDS = {"render_kw", "comment", "strict", "index"}
_LOGS = {"_log", "log", "logger"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Names:
    """What the product defines: the members of each enum, and the keywords that may be left out of a call."""

    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: dict[str, frozenset[str]] = field(default_factory=dict)


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
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and _method(node) in _PERFORMANCE):
            return
        choices = list(_choices(parent, name, node, self.names))
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
            return (name.startswith("__") and name.endswith("__")) or (isinstance(value, ast.Call) and _called(value) == "Table")
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
        return _called(child) == "dataclass"
    if isinstance(node, ast.Call) and _called(node) in {"mapped_column", "relationship"}:
        return not (isinstance(child, ast.keyword) and child.arg in {"default", "insert_default"})
    return isinstance(node, ast.Call) and _called(node) in {"TypeVar", "NewType", "cast"}


def _called(node: ast.Call) -> str:
    """The last name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def _method(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _changed(node: N, **fields: object) -> N:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _without(items: Sequence[ast.AST], index: int) -> list[ast.AST]:
    return [item for position, item in enumerate(items) if position != index]


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _first_line(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0].strip()


def _swap(kind: str, node: ast.AST, instead: ast.AST) -> Choice:
    return kind, _text(node), _text(instead), instead


def _choices(parent: ast.AST, name: str, node: ast.AST, names: Names) -> Iterator[Choice]:
    if name == "test" and isinstance(node, ast.expr) and isinstance(parent, ast.If | ast.While | ast.Assert):
        yield from _condition(parent, node)
    match node:
        case ast.stmt():
            yield from _statement(parent, node)
        case ast.Call():
            yield from _call(node, names)
        case ast.Constant():
            yield from _constant(parent, node)
        case ast.Attribute(value=ast.Name(id=owner), attr=member) if member in names.members.get(owner, ()):
            yield from _siblings(node, names.members[owner])
        case _ if (choices := _BY_TYPE.get(type(node))) is not None:
            yield from choices(node)


def _compare(node: ast.Compare) -> Iterator[Choice]:
    for index, operator in enumerate(node.ops):
        for other in _OPERATORS[type(operator)]:
            yield _swap("comparison", node, _changed(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]]))


def _negation(node: ast.UnaryOp) -> Iterator[Choice]:
    if isinstance(node.op, ast.Not | ast.Invert):
        yield _swap("not", node, node.operand)


def _either(node: ast.IfExp) -> Iterator[Choice]:
    yield _swap("branch", node, node.body)
    yield _swap("branch", node, node.orelse)


def _slice(node: ast.Slice) -> Iterator[Choice]:
    for bound in ("lower", "upper"):
        if getattr(node, bound) is not None:
            yield _swap("slice", node, _changed(node, **{bound: None}))


def _handler(node: ast.ExceptHandler) -> Iterator[Choice]:
    if node.type is not None and _text(node.type) != "Exception":
        wide = ast.copy_location(ast.Name("Exception", ast.Load()), node.type)
        yield "except widened", f"except {_text(node.type)}", "except Exception", _changed(node, type=wide)


def _case(node: ast.match_case) -> Iterator[Choice]:
    if node.guard is not None:
        yield "condition", f"case ... if {_text(node.guard)}", "case ...", _changed(node, guard=None)


def _condition(parent: ast.AST, test: ast.expr) -> Iterator[Choice]:
    for value in (True, False):
        if not (value and isinstance(parent, ast.While)) and not isinstance(test, ast.Constant):
            kind = "condition"
            yield kind, f"{type(parent).__name__.lower()} {_text(test)}", str(value), ast.Constant(value)


def _statement(parent: ast.AST, node: ast.stmt) -> Iterator[Choice]:
    nothing = ast.copy_location(ast.Pass(), node)
    match node:
        case ast.Expr(value=ast.Call() | ast.Await() | ast.YieldFrom()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            yield "statement", _text(node), "", nothing
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield "statement", _text(node), "", nothing
        case ast.Break() | ast.Continue():
            yield "jump", _text(node), "", nothing
            yield _swap("jump", node, ast.Break() if isinstance(node, ast.Continue) else ast.Continue())
        case ast.For():
            empty = _changed(node, iter=ast.copy_location(ast.Tuple([], ast.Load()), node.iter))
            yield "loop", _first_line(node), "(no turn)", empty
        case ast.Return() if isinstance(parent, ast.If | ast.For | ast.While | ast.Try | ast.ExceptHandler | ast.With):
            yield "early return", _text(node), "", nothing
        case ast.FunctionDef(returns=ast.expr() as returns):
            yield from _results(node, returns)


def _results(node: ast.FunctionDef, returns: ast.expr) -> Iterator[Choice]:
    """For a function with a single `return` at its end: the opposite, nothing, or none."""
    last = node.body[-1]
    if not isinstance(last, ast.Return) or last.value is None or isinstance(last.value, ast.Constant | ast.Dict | ast.Tuple | ast.List):
        return
    annotation = _text(returns)
    if annotation == "bool" and not isinstance(last.value, ast.Compare):
        instead: ast.expr = ast.UnaryOp(ast.Not(), last.value)
    elif (kind := annotation.partition("[")[0]) in _EMPTY and "|" not in annotation:
        instead = ast.parse(_EMPTY[kind], mode="eval").body
    elif annotation.endswith("| None"):
        instead = ast.Constant(None)
    else:
        return
    result = ast.copy_location(_changed(last, value=ast.copy_location(instead, last.value)), last)
    yield "result", _text(last), _text(result), _changed(node, body=[*node.body[:-1], result])


def _and_or(node: ast.BoolOp) -> Iterator[Choice]:
    yield _swap("and/or", node, _changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()))
    for index in range(len(node.values)):
        rest = _without(node.values, index)
        yield _swap("clause", node, _changed(node, values=rest) if len(rest) > 1 else rest[0])


def _comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterator[Choice]:
    for index, generator in enumerate(node.generators):
        for number, test in enumerate(generator.ifs):
            other = _changed(generator, ifs=_without(generator.ifs, number))
            generators = [*node.generators[:index], other, *node.generators[index + 1 :]]
            yield "filter", f"if {_text(test)}", "", _changed(node, generators=generators)


def _call(node: ast.Call, names: Names) -> Iterator[Choice]:
    called = _called(node)
    if isinstance(node.func, ast.Name) and called in _SWAPPED_NAMES and not (called == "reversed" and node.keywords):
        other = _changed(node, func=ast.copy_location(ast.Name(_SWAPPED_NAMES[called], ast.Load()), node.func))
        if called == "sorted":
            other.keywords = []
        yield _swap("function", node, other)
    if isinstance(node.func, ast.Attribute):
        yield from _method_call(node, node.func)
    if called in _CLAUSES:
        yield from _clauses(node)
    optional = names.defaults.get(called, frozenset()) | _ORDERING.get(called, set())
    for index, keyword in enumerate(node.keywords):
        if keyword.arg in optional:
            yield "argument", f"{called}({_text(keyword)})", f"{called}()", _changed(node, keywords=_without(node.keywords, index))


def _method_call(node: ast.Call, func: ast.Attribute) -> Iterator[Choice]:
    if func.attr in _SWAPPED_METHODS:
        yield _swap("comparison", node, _changed(node, func=_changed(func, attr=_SWAPPED_METHODS[func.attr])))
    if func.attr in _LINKS:
        yield "call", f".{func.attr}({', '.join(_text(one) for one in [*node.args, *node.keywords])})", "", func.value
    if func.attr == "outerjoin":
        yield "call", f".outerjoin({_text(node.args[0])}, ...)", ".join", _changed(node, func=_changed(func, attr="join"))


def _clauses(node: ast.Call) -> Iterator[Choice]:
    called = _called(node)
    if len(node.args) > 1:
        for index, clause in enumerate(node.args):
            yield "clause", f"{called}({_text(clause)})", "", _changed(node, args=_without(node.args, index))
    elif isinstance(node.func, ast.Attribute) and node.args:
        yield "clause", f"{called}({_text(node.args[0])})", "", node.func.value


def _binary(node: ast.BinOp) -> Iterator[Choice]:
    if isinstance(node.op, ast.BitAnd | ast.BitOr) and not _is_type(node):
        yield _swap("clause", node, node.left)
        yield _swap("clause", node, node.right)
        yield _swap("and/or", node, _changed(node, op=ast.BitOr() if isinstance(node.op, ast.BitAnd) else ast.BitAnd()))
    if type(node.op) in _ARITHMETIC and not any(_is_text_or_literal(side) for side in (node.left, node.right)):
        yield _swap("arithmetic", node, _changed(node, op=_ARITHMETIC[type(node.op)]()))


def _is_text_or_literal(node: ast.AST) -> bool:
    match node:
        case ast.BinOp():
            return _is_text_or_literal(node.left) or _is_text_or_literal(node.right)
        case ast.Constant():
            return isinstance(node.value, str | bytes)
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple)


def _is_type(node: ast.BinOp) -> bool:
    """`A | B` of classes, as in `isinstance`."""
    return all(
        (isinstance(side, ast.Constant) and side.value is None)
        or (isinstance(side, ast.BinOp) and _is_type(side))
        or (isinstance(side, ast.Name | ast.Attribute) and _text(side).rpartition(".")[2][:1].isupper())
        or (isinstance(side, ast.Name) and side.id in {"str", "int", "bool", "bytes", "float"})
        or isinstance(side, ast.Subscript)
        for side in (node.left, node.right)
    )


def _constant(parent: ast.AST, node: ast.Constant) -> Iterator[Choice]:
    shown = _text(parent) if isinstance(parent, ast.keyword) else _text(node)
    if isinstance(node.value, bool):
        yield "constant", shown, str(not node.value), ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        for other in (node.value + 1, node.value - 1):
            if other >= 0:
                yield "number", shown, str(other), ast.Constant(other)


def _siblings(node: ast.Attribute, members: tuple[str, ...]) -> Iterator[Choice]:
    position = members.index(node.attr)
    for sibling in dict.fromkeys((members[(position + 1) % len(members)], members[position - 1])):
        if sibling != node.attr:
            yield _swap("member", node, _changed(node, attr=sibling))


def _elements(node: ast.Tuple | ast.Set | ast.List) -> Iterator[Choice]:
    """One name of several left out, as in `state in (WAITING, OFFERED)`."""
    if not isinstance(node, ast.Set) and not isinstance(node.ctx, ast.Load):
        return
    if len(node.elts) > 1 and all(isinstance(one, ast.Attribute | ast.Starred) for one in node.elts):
        for index, element in enumerate(node.elts):
            yield "element", f"{_text(element)} in {_text(node)}", "", _changed(node, elts=_without(node.elts, index))


_BY_TYPE: dict[type[ast.AST], Callable[..., Iterator[Choice]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _and_or,
    ast.UnaryOp: _negation,
    ast.IfExp: _either,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.BinOp: _binary,
    ast.Slice: _slice,
    ast.Tuple: _elements,
    ast.Set: _elements,
    ast.List: _elements,
    ast.ExceptHandler: _handler,
    ast.match_case: _case,
}
