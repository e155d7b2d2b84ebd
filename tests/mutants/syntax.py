"""What faults are made with: how nodes of a syntax tree are read, written and changed."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from typing import TypeVar

N = TypeVar("N", bound=ast.AST)
Choice = tuple[str, str, str, ast.AST]  # kind, before, after, what stands there instead


def called_name(node: ast.Call) -> str:
    """The last name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def method(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def changed(node: N, **fields: object) -> N:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def without(items: Sequence[ast.AST], index: int) -> list[ast.AST]:
    return [item for position, item in enumerate(items) if position != index]


def text_of(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def first_line(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0].strip()


def swap(kind: str, node: ast.AST, instead: ast.AST) -> Choice:
    return kind, text_of(node), text_of(instead), instead
