"""The kinds of faults: for one node of a syntax tree, what could be there instead."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.mutants.syntax import Choice, called_name, changed, first_line, swap, text_of, without

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


@dataclass(frozen=True)
class Names:
    """What the product defines: the members of each enum, and the keywords that may be left out of a call."""

    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    defaults: dict[str, frozenset[str]] = field(default_factory=dict)


def choices_for(parent: ast.AST, name: str, node: ast.AST, names: Names) -> Iterator[Choice]:
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
            yield swap("comparison", node, changed(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]]))


def _negation(node: ast.UnaryOp) -> Iterator[Choice]:
    if isinstance(node.op, ast.Not | ast.Invert):
        yield swap("not", node, node.operand)


def _either(node: ast.IfExp) -> Iterator[Choice]:
    yield swap("branch", node, node.body)
    yield swap("branch", node, node.orelse)


def _slice(node: ast.Slice) -> Iterator[Choice]:
    for bound in ("lower", "upper"):
        if getattr(node, bound) is not None:
            yield swap("slice", node, changed(node, **{bound: None}))


def _handler(node: ast.ExceptHandler) -> Iterator[Choice]:
    if node.type is not None and text_of(node.type) != "Exception":
        wide = ast.copy_location(ast.Name("Exception", ast.Load()), node.type)
        yield "except widened", f"except {text_of(node.type)}", "except Exception", changed(node, type=wide)


def _case(node: ast.match_case) -> Iterator[Choice]:
    if node.guard is not None:
        yield "condition", f"case ... if {text_of(node.guard)}", "case ...", changed(node, guard=None)


def _condition(parent: ast.AST, test: ast.expr) -> Iterator[Choice]:
    for value in (True, False):
        if not (value and isinstance(parent, ast.While)) and not isinstance(test, ast.Constant):
            kind = "condition"
            yield kind, f"{type(parent).__name__.lower()} {text_of(test)}", str(value), ast.Constant(value)


def _statement(parent: ast.AST, node: ast.stmt) -> Iterator[Choice]:
    nothing = ast.copy_location(ast.Pass(), node)
    match node:
        case ast.Expr(value=ast.Call() | ast.Await() | ast.YieldFrom()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            yield "statement", text_of(node), "", nothing
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield "statement", text_of(node), "", nothing
        case ast.Break() | ast.Continue():
            yield "jump", text_of(node), "", nothing
            yield swap("jump", node, ast.Break() if isinstance(node, ast.Continue) else ast.Continue())
        case ast.For():
            empty = changed(node, iter=ast.copy_location(ast.Tuple([], ast.Load()), node.iter))
            yield "loop", first_line(node), "(no turn)", empty
        case ast.Return() if isinstance(parent, ast.If | ast.For | ast.While | ast.Try | ast.ExceptHandler | ast.With):
            yield "early return", text_of(node), "", nothing
        case ast.FunctionDef(returns=ast.expr() as returns):
            yield from _results(node, returns)


def _results(node: ast.FunctionDef, returns: ast.expr) -> Iterator[Choice]:
    """For a function with a single `return` at its end: the opposite, nothing, or none."""
    last = node.body[-1]
    if not isinstance(last, ast.Return) or last.value is None or isinstance(last.value, ast.Constant | ast.Dict | ast.Tuple | ast.List):
        return
    annotation = text_of(returns)
    if annotation == "bool" and not isinstance(last.value, ast.Compare):
        instead: ast.expr = ast.UnaryOp(ast.Not(), last.value)
    elif (kind := annotation.partition("[")[0]) in _EMPTY and "|" not in annotation:
        instead = ast.parse(_EMPTY[kind], mode="eval").body
    elif annotation.endswith("| None"):
        instead = ast.Constant(None)
    else:
        return
    result = ast.copy_location(changed(last, value=ast.copy_location(instead, last.value)), last)
    yield "result", text_of(last), text_of(result), changed(node, body=[*node.body[:-1], result])


def _and_or(node: ast.BoolOp) -> Iterator[Choice]:
    yield swap("and/or", node, changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()))
    for index in range(len(node.values)):
        rest = without(node.values, index)
        yield swap("clause", node, changed(node, values=rest) if len(rest) > 1 else rest[0])


def _comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterator[Choice]:
    for index, generator in enumerate(node.generators):
        for number, test in enumerate(generator.ifs):
            other = changed(generator, ifs=without(generator.ifs, number))
            generators = [*node.generators[:index], other, *node.generators[index + 1 :]]
            yield "filter", f"if {text_of(test)}", "", changed(node, generators=generators)


def _call(node: ast.Call, names: Names) -> Iterator[Choice]:
    called = called_name(node)
    if isinstance(node.func, ast.Name) and called in _SWAPPED_NAMES and not (called == "reversed" and node.keywords):
        other = changed(node, func=ast.copy_location(ast.Name(_SWAPPED_NAMES[called], ast.Load()), node.func))
        if called == "sorted":
            other.keywords = []
        yield swap("function", node, other)
    if isinstance(node.func, ast.Attribute):
        yield from _method_call(node, node.func)
    if called in _CLAUSES:
        yield from _clauses(node)
    optional = names.defaults.get(called, frozenset()) | _ORDERING.get(called, set())
    for index, keyword in enumerate(node.keywords):
        if keyword.arg in optional:
            yield "argument", f"{called}({text_of(keyword)})", f"{called}()", changed(node, keywords=without(node.keywords, index))


def _method_call(node: ast.Call, func: ast.Attribute) -> Iterator[Choice]:
    if func.attr in _SWAPPED_METHODS:
        yield swap("comparison", node, changed(node, func=changed(func, attr=_SWAPPED_METHODS[func.attr])))
    if func.attr in _LINKS:
        yield "call", f".{func.attr}({', '.join(text_of(one) for one in [*node.args, *node.keywords])})", "", func.value
    if func.attr == "outerjoin":
        yield "call", f".outerjoin({text_of(node.args[0])}, ...)", ".join", changed(node, func=changed(func, attr="join"))


def _clauses(node: ast.Call) -> Iterator[Choice]:
    called = called_name(node)
    if len(node.args) > 1:
        for index, clause in enumerate(node.args):
            yield "clause", f"{called}({text_of(clause)})", "", changed(node, args=without(node.args, index))
    elif isinstance(node.func, ast.Attribute) and node.args:
        yield "clause", f"{called}({text_of(node.args[0])})", "", node.func.value


def _binary(node: ast.BinOp) -> Iterator[Choice]:
    if isinstance(node.op, ast.BitAnd | ast.BitOr) and not _is_type(node):
        yield swap("clause", node, node.left)
        yield swap("clause", node, node.right)
        yield swap("and/or", node, changed(node, op=ast.BitOr() if isinstance(node.op, ast.BitAnd) else ast.BitAnd()))
    if type(node.op) in _ARITHMETIC and not any(_is_text_or_literal(side) for side in (node.left, node.right)):
        yield swap("arithmetic", node, changed(node, op=_ARITHMETIC[type(node.op)]()))


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
        or (isinstance(side, ast.Name | ast.Attribute) and text_of(side).rpartition(".")[2][:1].isupper())
        or (isinstance(side, ast.Name) and side.id in {"str", "int", "bool", "bytes", "float"})
        or isinstance(side, ast.Subscript)
        for side in (node.left, node.right)
    )


def _constant(parent: ast.AST, node: ast.Constant) -> Iterator[Choice]:
    shown = text_of(parent) if isinstance(parent, ast.keyword) else text_of(node)
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
            yield swap("member", node, changed(node, attr=sibling))


def _elements(node: ast.Tuple | ast.Set | ast.List) -> Iterator[Choice]:
    """One name of several left out, as in `state in (WAITING, OFFERED)`."""
    if not isinstance(node, ast.Set) and not isinstance(node.ctx, ast.Load):
        return
    if len(node.elts) > 1 and all(isinstance(one, ast.Attribute | ast.Starred) for one in node.elts):
        for index, element in enumerate(node.elts):
            yield "element", f"{text_of(element)} in {text_of(node)}", "", changed(node, elts=without(node.elts, index))


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
