"""What the docs name is there: files, functions, commands, settings, packages, and the tests that prove what they say."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from outreach.cli import main
from outreach.settings import PREFIX, ROOT, Settings
from tests.test_architecture import ORDER

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
NAMING_CODE = ("architecture.md", "contributing.md", "glossary.md", "rules.md")
PROVEN = DOCS["calendar.md"] + "\n" + DOCS["locks.md"]
PROOFS = [
    (proof["file"], "_".join(name.split()))
    for proof in re.finditer(r"`(?P<file>test_\w+)` (?P<names>\*[^*`|]+\*(?:(?: \([^)]*\))?, \*[^*`|]+\*)*)", PROVEN)
    for name in re.findall(r"\*([^*]+)\*", proof["names"])
]
BESIDE = (ROOT, ROOT / "outreach", ROOT / "docs", ROOT / "templates" / "macros")
# What the recipes of contributing.md invent.
INVENTED = {"templates/catalogue/kinds.html", "outreach/letters/kinds/survey.py", "catalogue.kinds", "forget_applications"}
FILE = r"[\w./-]+\.(?:py|md|toml|html|txt|lock|js|css)"
NAME = r"[A-Za-z_][\w.]*"


@cache
def sources() -> dict[Path, str]:
    """Give every Python file of the checkout by its path, as text."""
    folders = ("outreach", "tests", "migrations", "benchmarks")
    files = [*ROOT.glob("*.py"), *(file for folder in folders for file in (ROOT / folder).rglob("*.py"))]
    return {file: file.read_text(encoding="utf-8") for file in files}


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(sources()[file])


@cache
def words_of(file: Path) -> frozenset[str]:
    """Give every name and every string that a file has."""
    found = set()
    for node in ast.walk(tree_of(file)):
        for attribute in ("name", "id", "attr", "arg", "value"):
            word = getattr(node, attribute, None)
            if isinstance(word, str):
                found.add(word)
    return frozenset(found)


@cache
def defined_in() -> dict[str, frozenset[str]]:
    """Give what each class, module and package of ours defines, by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sources():
        tree = tree_of(file)
        for part in file.relative_to(ROOT).with_suffix("").parts:
            found[part] |= set(_defined(tree))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name] |= set(_defined(node))
    return {name: frozenset(names) for name, names in found.items()}


def _defined(body: ast.Module | ast.ClassDef) -> Iterator[str]:
    for node in body.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        yield from (target.id for target in targets if isinstance(target, ast.Name))
        if isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


def marked(name: str) -> set[str]:
    """Give all that a doc marks as code, but for whole blocks."""
    return set(re.findall(r"`([^`\n]+)`", DOCS[name]))


def place(path: str) -> Path | None:
    """Find a file or folder by its path from the checkout or below `outreach/`; by its name alone, the first one anywhere."""
    found = next((folder / path for folder in BESIDE if (folder / path).exists()), None)
    if found is None and "/" not in path:
        found = next((file for file in sources() if file.name == path), None)
    return found


def is_known(name: str) -> bool:
    """Say whether there is such a name; of a dotted one the part before the dot, if it is ours, must define the part behind it."""
    *owners, last = name.removesuffix("()").split(".")
    if owners and owners[-1] in defined_in():
        return last in defined_in()[owners[-1]]
    return any(last in words_of(file) for file in sources())


@pytest.mark.parametrize("doc", NAMING_CODE)
def test_each_file_it_names_is_there(doc: str) -> None:
    paths = {path for path in marked(doc) - INVENTED if re.fullmatch(rf"{FILE}|[\w./]+/", path)}
    assert len(paths) > 10
    assert sorted(path for path in paths if place(path) is None) == []


@pytest.mark.parametrize("doc", NAMING_CODE)
def test_each_name_it_names_is_in_the_code(doc: str) -> None:
    names = {name for name in marked(doc) - INVENTED if re.fullmatch(rf"{NAME}(?:\(\))?", name) and not re.fullmatch(FILE, name)}
    unknown = {name for name in names if not name.startswith((PREFIX, "ck_")) and not is_known(name) and place(name) is None}
    assert sorted(unknown) == []


@pytest.mark.parametrize("doc", NAMING_CODE)
def test_what_it_says_is_in_a_file_is_in_that_file(doc: str) -> None:
    """`name` (`path`), `name` in `path`, and `path`, `name`."""
    text = " ".join(DOCS[doc].split())
    pairs = [(path, name) for name, path in re.findall(rf"`({NAME})(?:\(\))?` (?:\(|in )`({FILE})`", text)]
    pairs += re.findall(rf"`({FILE})`, `([a-z_]+)(?:\(\))?`", text)
    pairs = [(path, name) for path, name in pairs if not re.fullmatch(FILE, name) and name not in INVENTED]
    there = {(path, name): place(path) for path, name in pairs}
    assert [pair for pair, file in there.items() if file is None or pair[1].rpartition(".")[2] not in words_of(file)] == []


@pytest.mark.parametrize("doc", [*NAMING_CODE, "testing.md", "README.md"])
def test_each_command_it_names_is_there(doc: str) -> None:
    text = README if doc == "README.md" else DOCS[doc]
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"`make ([\w-]+)", text)) <= set(targets)
    assert set(re.findall(r"`outreach ([\w-]+)", text)) <= set(main.commands)


@pytest.mark.parametrize("doc", ["README.md", "architecture.md"])
def test_its_table_names_every_package(doc: str) -> None:
    text = README if doc == "README.md" else DOCS[doc]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) >= set(ORDER) - {"outreach"}


def test_architecture_lists_every_address(app: Flask) -> None:
    section = DOCS["architecture.md"].partition("## Addresses")[2].partition("\n## ")[0]
    listed = [address for row in re.findall(r"^\|[^|]*\|([^|]*)\|", section, re.MULTILINE) for address in re.findall(r"`([^`]+)`", row)]
    assert len(listed) == len(set(listed))
    assert set(listed) == {_as_listed(str(rule)) for rule in app.url_map.iter_rules()}


def _as_listed(rule: str) -> str:
    """Write the variables of a rule as the list does."""
    plain = re.sub(r"<\w+:", "<", rule)
    return re.sub(r"<\w+_id>", "<id>", plain).replace("<format_key>", "<format>").replace("<filename>", "<file>")


def test_readme_names_every_doc() -> None:
    assert [name for name in DOCS if f"docs/{name}" not in README] == []


def test_readme_explains_every_setting() -> None:
    rows = [row for row in README.splitlines() if row.startswith(f"| `{PREFIX}")]
    explained = set(re.findall(rf"`{PREFIX}(\w+)`", " ".join(row.split("|")[1] for row in rows)))
    assert explained == {field.name.upper() for field in fields(Settings)}


def test_each_proof_is_a_test() -> None:
    tests: dict[str, str] = defaultdict(str)
    for file, text in sources().items():
        tests[file.stem] += text
    assert len(PROOFS) > 100
    assert [proof for proof in PROOFS if f"def test_{proof[1]}(" not in tests[proof[0]]] == []


def test_each_place_is_there() -> None:
    places = set(re.findall(r"`([\w/]+\.py|[\w/]+/)`", PROVEN))
    assert len(places) > 30
    assert [name for name in places if place(name) is None] == []
