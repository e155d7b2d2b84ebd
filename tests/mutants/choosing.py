"""Which tests could notice a fault: those that execute its lines, by a record that is kept while neither product nor tests change."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutants.faults import Fault
from tests.mutants.product import PRODUCT, is_within, read_rules
from tests.mutants.recording import FOLDER_VARIABLE, IMPORTING, IMPORTS, STARTING

_SET_UP = 0.02  # seconds a test costs beside its own


@dataclass
class Test:
    """One test: how long it takes, what it executes."""

    name: str
    seconds: float
    passed: bool
    uses_app: bool
    shares: bool
    lines: dict[str, int]
    size: int = 0

    @property
    def file(self) -> str:
        """Where it stands."""
        return self.name.partition("::")[0]

    def executes(self, path: str, mask: int) -> bool:
        """It executes one of these lines."""
        return bool(self.lines.get(path, 0) & mask)


@dataclass
class Record:
    """All tests, and the lines that run while modules of the product or the tests are imported, or an app is made for many tests."""

    tests: list[Test] = field(default_factory=list)
    importing: dict[str, int] = field(default_factory=dict)
    loading: dict[str, dict[str, int]] = field(default_factory=dict)
    starting: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, report: dict[str, Any]) -> None:
        """Take in one file of tests."""
        seconds = [test["seconds"] for test in report["tests"].values()]
        for name, test in report["tests"].items():
            lines = _numbers(test["lines"])
            takes = max(seconds) if test["wide"] else test["seconds"]
            size = sum(mask.bit_count() for mask in lines.values())
            self.tests.append(Test(name, takes, test["passed"], test["app"], test["wide"], lines, size))
        for path, mask in _numbers(report[STARTING]).items():
            self.starting[path] |= mask

    def add_imports(self, lines_by_context: dict[str, dict[str, str]]) -> None:
        """Take in what runs at import."""
        self.loading = {context: _numbers(lines) for context, lines in lines_by_context.items()}
        self.importing = self.loading.pop(IMPORTING, {})

    def sort(self) -> None:
        """Those that are quick and execute little come first: they are the likeliest to be about the line."""
        self.tests.sort(key=lambda test: (test.shares, test.size * (test.seconds + _SET_UP)))


def record(root: Path, folder: Path, *, jobs: int, only: Sequence[str]) -> Record:
    """Read the record of all tests, or of these files, after running those whose record is missing or out of date."""
    shared = _digest(root, _shared_sources(root))
    files = _test_files(root, only)
    marks = {file: f"{shared}-{_digest(root, [root / file])}" for file in files}
    stale = [file for file, mark in marks.items() if _mark(folder, file) != mark]
    if stale:
        print(f"Recording which lines {len(stale)} files of tests execute ...", flush=True)
        for file in stale:
            _stored(folder, file).unlink(missing_ok=True)
        _run(root, folder, [*stale, *([f"--numprocesses={jobs}", "--dist=loadfile"] if min(jobs, len(stale)) > 1 else [])])
        for file in stale:
            _mark_file(folder, file).write_text(marks[file], encoding="utf-8")
    imports = hashlib.sha256("".join(marks.values()).encode()).hexdigest()
    if _mark(folder, IMPORTS) != imports:
        _run(root, folder, ["--collect-only", *files])
        _mark_file(folder, IMPORTS).write_text(imports, encoding="utf-8")
    found = Record()
    found.add_imports(json.loads((folder / IMPORTS).read_text(encoding="utf-8")))
    for file in files:
        if (stored := _stored(folder, file)).exists():
            found.add(json.loads(stored.read_text(encoding="utf-8")))
    found.sort()
    return found


def _run(root: Path, folder: Path, arguments: Sequence[str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.recording", "-m", "not browser", *arguments]
    environment = {**os.environ, FOLDER_VARIABLE: str(folder), "PYTHONPATH": str(root)}
    with (folder.parent / "recording.log").open("w", encoding="utf-8") as log:
        code = subprocess.run(command, cwd=root, env=environment, stdout=log, stderr=log, check=False).returncode
    if code not in {0, 1, 5}:
        raise SystemExit(f"The tests could not be recorded, see {log.name}")


def _stored(folder: Path, file: str) -> Path:
    return folder / (file.replace("/", "+") + ".json")


def _mark_file(folder: Path, file: str) -> Path:
    return folder / (file.replace("/", "+") + ".mark")


def _mark(folder: Path, file: str) -> str:
    path = _mark_file(folder, file)
    folder.mkdir(parents=True, exist_ok=True)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _test_files(root: Path, only: Sequence[str]) -> list[str]:
    found = sorted(str(path.relative_to(root)) for path in (root / "tests").rglob("test_*.py") if "node_modules" not in path.parts)
    return [file for file in found if (is_within(file, only) if only else read_rules().counts(file))]


def _shared_sources(root: Path) -> list[Path]:
    """The product, and what tests share: whatever changes there may change what any test executes."""
    product = [path for folder in (PRODUCT, "templates", "migrations") for path in (root / folder).rglob("*")]
    tests = [path for path in (root / "tests").rglob("*.py") if not path.name.startswith("test_") and path.parent.name != "mutants"]
    return sorted(path for path in product + tests if path.suffix in {".py", ".html", ".txt"} and "node_modules" not in path.parts)


def _digest(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


class Chooser:
    """Chooses tests for faults."""

    def __init__(self, root: Path, found: Record, paths: Sequence[str]) -> None:
        """Read the product, to find who uses a name."""
        self.record = found
        self.tests = [test for test in found.tests if test.passed]
        self.root = root
        self.sources = {path: (root / path).read_text(encoding="utf-8") for path in paths}
        self._uses: dict[str, dict[str, int]] = {}
        self._imports: dict[str, set[str]] = {}

    def needs_import(self, fault: Fault) -> bool:
        """The line runs while modules are imported."""
        return not fault.in_function or bool(self.record.importing.get(fault.path, 0) & _mask(fault.lines))

    def needs_new_app(self, fault: Fault) -> bool:
        """The line runs while an app is made, and tests share one."""
        return bool(self.record.starting.get(fault.path, 0) & _mask(fault.lines))

    def tests_for(self, fault: Fault) -> list[Test]:
        """Every test that executes one of its lines, the likeliest first."""
        mask = _mask(fault.lines)
        found = [test for test in self.tests if fault.in_function and test.executes(fault.path, mask)]
        if self.needs_new_app(fault):
            found += [test for test in self.tests if test.uses_app and not test.executes(fault.path, mask)]
        if self.needs_import(fault):
            found += [test for test in self._tests_of_names(fault) if test not in found]
        return found

    def tests_that_load(self, fault: Fault) -> tuple[list[Test], list[str]]:
        """Tests whose files execute a line when they are read, and the modules of the tests to be read anew for them."""
        if not fault.in_function:
            return [], []
        mask = _mask(fault.lines)
        loaders = {module for module, lines in self.record.loading.items() if lines.get(fault.path, 0) & mask}
        if not loaders:
            return [], []
        found = [test for test in self.tests if self._imported_by(test.file) & loaders]
        modules = {module for test in found for module in self._imported_by(test.file) if self._imported_by(module) & loaders}
        return found, sorted(modules)

    def _imported_by(self, file: str) -> set[str]:
        """A file of the tests, and those it imports, and so on."""
        if file not in self._imports:
            self._imports[file] = {file}
            for node in ast.walk(ast.parse((self.root / file).read_text(encoding="utf-8"))):
                for name in _imported_names(node):
                    path = name.replace(".", "/") + ".py"
                    if name.startswith("tests.") and (self.root / path).exists():
                        self._imports[file] |= self._imported_by(path)
        return self._imports[file]

    def _tests_of_names(self, fault: Fault) -> list[Test]:
        """For what runs while modules are imported: tests of functions that use a name it defines, else of the module's functions."""
        masks: dict[str, int] = defaultdict(int)
        for name in self._defined(fault):
            for path, mask in self._users(name).items():
                masks[path] |= mask
        found = self._executing(masks) or self._executing({fault.path: ~self.record.importing.get(fault.path, 0)})
        naming = self._naming(fault)
        return [*naming, *(test for test in found if test not in naming)] if naming else found

    def _naming(self, fault: Fault) -> list[Test]:
        """Tests of a file that names a constant by its whole path, such as `outreach.policy.RULES`: they look it up when they run."""
        module = fault.path.removesuffix(".py").replace("/", ".")
        paths = tuple(f'"{module}.{name}"' for name in self._defined(fault))
        texts = {file: (self.root / file).read_text(encoding="utf-8") for file in {test.file for test in self.tests}}
        return [test for test in self.tests if any(path in texts[test.file] for path in paths)]

    def _executing(self, masks: dict[str, int]) -> list[Test]:
        return [test for test in self.tests if any(test.executes(path, mask) for path, mask in masks.items())]

    def _defined(self, fault: Fault) -> set[str]:
        """The names the statement defines, those of the classes around it, and those of constants made from these."""
        names = {name for name in fault.owner.split(".") if name}
        tree = ast.parse(self.sources[fault.path])
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno in fault.lines:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        for _round in range(2):
            for node in tree.body:
                if isinstance(node, ast.Assign) and names & {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}:
                    names |= {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        return names

    def _users(self, name: str) -> dict[str, int]:
        """The lines with this word, but for those that run at import."""
        if name not in self._uses:
            word = re.compile(rf"\b{re.escape(name)}\b")
            masks: dict[str, int] = {}
            for path, source in self.sources.items():
                if name in source:
                    lines = [number for number, line in enumerate(source.splitlines(), 1) if word.search(line)]
                    masks[path] = sum(1 << line for line in lines) & ~self.record.importing.get(path, 0)
            self._uses[name] = masks
        return self._uses[name]


def _imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _numbers(lines: dict[str, str]) -> dict[str, int]:
    return {path: int(mask, 16) for path, mask in lines.items()}


def _mask(lines: Iterable[int]) -> int:
    return sum(1 << line for line in lines)
