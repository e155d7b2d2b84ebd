"""The product's source: which files hold rules, what they define, and by what package a file is reported."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants.faults import Module
from tests.mutants.kinds import Names

HERE = Path(__file__).parent
PRODUCT = "outreach"
FOUNDATION = "foundation"


@dataclass(frozen=True)
class Rules:
    """`rules.toml`: what is left out, how much must be noticed where."""

    left_out: tuple[str, ...]
    tests_left_out: tuple[str, ...]
    goals: dict[str, int]
    goal_over_all: int

    def holds(self, path: str) -> bool:
        """The file is one whose faults count."""
        return not is_within(path, self.left_out)

    def counts(self, test: str) -> bool:
        """The file of tests is one that should notice faults."""
        return not is_within(test, self.tests_left_out)


def is_within(path: str, places: Iterable[str]) -> bool:
    """The path is one of these files or folders, or in one."""
    return any(path == place or path.startswith(place.rstrip("/") + "/") for place in places)


def read_rules() -> Rules:
    """Read what is asked."""
    read = tomllib.loads((HERE / "rules.toml").read_text(encoding="utf-8"))
    return Rules(tuple(read["left_out"]), tuple(read["tests_left_out"]), read["goals"], read["goal_over_all"])


def read_accepted() -> dict[tuple[str, str, str, str], str]:
    """Read the reasons of faults that can't be noticed, by key."""
    read: dict[str, Any] = tomllib.loads((HERE / "accepted.toml").read_text(encoding="utf-8"))
    return {(one["path"], one["in"], one["before"], one["after"]): one["reason"] for one in read.get("fault", [])}


def package_of(path: str) -> str:
    """The folder below the product; a module beside the folders has its own name if a goal names it, else counts as foundation."""
    parts = Path(path).parts
    if len(parts) > 2:
        return parts[1]
    name = Path(path).stem
    return name if name in read_rules().goals else FOUNDATION


def files(root: Path, rules: Rules) -> list[str]:
    """Every file with rules, relative to the root."""
    found = sorted(str(path.relative_to(root)) for path in (root / PRODUCT).rglob("*.py"))
    return [path for path in found if rules.holds(path)]


def read_names(root: Path) -> Names:
    """Find enums with their members, and the keywords of each function or class that every one of that name has a default for."""
    members: dict[str, tuple[str, ...]] = {}
    signatures: dict[str, list[tuple[set[str], set[str]]]] = defaultdict(list)
    for path in sorted((root / PRODUCT).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                if any("Enum" in ast.unparse(base) for base in node.bases):
                    members[node.name] = tuple(_assigned(node))
                else:
                    signatures[node.name].append(_fields(node))
            elif isinstance(node, ast.FunctionDef):
                signatures[node.name].append(_parameters(node.args))
    defaults = {name: frozenset(set.intersection(*(optional for _all, optional in found))) for name, found in signatures.items()}
    return Names(members, defaults)


def read_module(root: Path, path: str, names: Names) -> Module:
    """Read a file with its faults."""
    return Module(path, (root / path).read_text(encoding="utf-8"), names)


def _assigned(node: ast.ClassDef) -> list[str]:
    return [target.id for one in node.body if isinstance(one, ast.Assign) for target in one.targets if isinstance(target, ast.Name)]


def _fields(node: ast.ClassDef) -> tuple[set[str], set[str]]:
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    names = {one.target.id for one in fields if isinstance(one.target, ast.Name)}
    optional = {one.target.id for one in fields if isinstance(one.target, ast.Name) and one.value is not None}
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and one.name == "__init__":
            return _parameters(one.args)
    return names, optional


def _parameters(arguments: ast.arguments) -> tuple[set[str], set[str]]:
    positional = [one.arg for one in arguments.args]
    optional = set(positional[len(positional) - len(arguments.defaults) :])
    optional |= {one.arg for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is not None}
    return {*positional, *(one.arg for one in arguments.kwonlyargs)}, optional
