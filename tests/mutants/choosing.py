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
from tests.mutants.product import PRODUCT
from tests.mutants.recording import FOLDER_VARIABLE, IMPORTING, STARTING

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

    def executes(self, path: str, mask: int) -> bool:
        """It executes one of these lines."""
        return bool(self.lines.get(path, 0) & mask)


@dataclass
class Record:
    """All tests, and the lines that run while the product is imported or an app is made for many tests."""

    tests: list[Test] = field(default_factory=list)
    importing: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    starting: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, told: dict[str, Any]) -> None:
        """Take in one file of tests."""
        seconds = [test["seconds"] for test in told["tests"].values()]
        for name, test in told["tests"].items():
            lines = {path: int(mask, 16) for path, mask in test["lines"].items()}
            takes = max(seconds) if test["wide"] else test["seconds"]
            size = sum(mask.bit_count() for mask in lines.values())
            self.tests.append(Test(name, takes, test["passed"], test["app"], test["wide"], lines, size))
        for kind, into in ((IMPORTING, self.importing), (STARTING, self.starting)):
            for path, mask in told[kind].items():
                into[path] |= int(mask, 16)

    def sort(self) -> None:
        """Those that are quick and execute little come first: they are the likeliest to be about the line."""
        self.tests.sort(key=lambda test: (test.shares, test.size * (test.seconds + _SET_UP)))


def record(root: Path, folder: Path, *, jobs: int, only: Sequence[str]) -> Record:
    """Read the record of all tests, or of these files, after running those whose record is missing or out of date."""
    shared = _digest(root, _shared_sources(root))
    wanted = {file: _digest(root, [root / file]) for file in _test_files(root, only)}
    marks = {file: f"{shared}-{own}" for file, own in wanted.items()}
    stale = [file for file, mark in marks.items() if _mark(folder, file) != mark]
    if stale:
        print(f"Recording which lines {len(stale)} files of tests execute ...", flush=True)
        _run(root, folder, stale, jobs)
        for file in stale:
            _mark_file(folder, file).write_text(marks[file], encoding="utf-8")
    found = Record()
    for file in marks:
        if (stored := _stored(folder, file)).exists():
            found.add(json.loads(stored.read_text(encoding="utf-8")))
    found.sort()
    return found


def _run(root: Path, folder: Path, files: Sequence[str], jobs: int) -> None:
    for file in files:
        _stored(folder, file).unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.recording", "-m", "not browser", *files]
    if jobs > 1 and len(files) > 1:
        command += [f"--numprocesses={jobs}", "--dist=loadfile"]
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
    if not only:
        return found
    return [file for file in found if any(file == one or file.startswith(one.rstrip("/") + "/") for one in only)]


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

    def needs_import(self, fault: Fault) -> bool:
        """The line runs while modules are imported."""
        return not fault.in_function or bool(self.record.importing.get(fault.path, 0) & _mask(fault.lines))

    def needs_new_app(self, fault: Fault) -> bool:
        """The line runs while an app is made, and tests share one."""
        return bool(self.record.starting.get(fault.path, 0) & _mask(fault.lines))

    def tests_for(self, fault: Fault) -> list[Test]:
        """Every test that executes one of its lines, the likeliest first."""
        if not fault.in_function:
            return self._tests_of_names(fault)
        mask = _mask(fault.lines)
        found = [test for test in self.tests if test.executes(fault.path, mask)]
        if self.needs_new_app(fault):
            found += [test for test in self.tests if test.uses_app and not test.executes(fault.path, mask)]
        return found or (self._tests_of_names(fault) if self.needs_import(fault) else [])

    def _tests_of_names(self, fault: Fault) -> list[Test]:
        """For what runs while modules are imported: tests of functions that use a name it defines, else of the module's functions."""
        masks: dict[str, int] = defaultdict(int)
        for name in self._defined(fault):
            for path, mask in self._users(name).items():
                masks[path] |= mask
        found = self._executing(masks)
        return found or self._executing({fault.path: ~self.record.importing.get(fault.path, 0)})

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


def _mask(lines: Iterable[int]) -> int:
    return sum(1 << line for line in lines)
