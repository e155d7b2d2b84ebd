"""A pytest plugin that records which test executes which lines of the product, in one JSON file for each file of tests.

Under xdist use `--dist=loadfile`, so that one worker runs all tests of a file.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import coverage
import pytest

FOLDER_VARIABLE = "MUTANTS_RECORD"
IMPORTING = "importing"
STARTING = "starting"  # an app is made for many tests: none of them alone executes these lines
_WIDE_SCOPES = {"module", "class", "package"}


class Recorder:
    """Switches coverage's context with each test, and writes what each executed at the end."""

    def __init__(self, folder: Path, root: Path) -> None:
        """Start to measure; the product isn't imported yet."""
        self.folder = folder
        self.root = root
        self.tests: dict[str, dict[str, Any]] = {}
        self.current = IMPORTING
        self.makes_own_app = False
        self.coverage = coverage.Coverage(data_file=None, source=[str(root / "outreach")], config_file=False, messages=False)
        self.coverage.start()
        self.coverage.switch_context(IMPORTING)
        self._separate_the_start_of_an_app()

    def _separate_the_start_of_an_app(self) -> None:
        import outreach  # noqa: PLC0415 (only once it is measured)

        create = outreach.create_app

        @wraps(create)
        def create_app(*args: Any, **kwargs: Any) -> Any:
            if self.makes_own_app or self.current == IMPORTING:
                return create(*args, **kwargs)
            self.coverage.switch_context(STARTING)
            try:
                return create(*args, **kwargs)
            finally:
                self.coverage.switch_context(self.current)

        outreach.create_app = create_app

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test with its fixtures."""
        fixtures = set(getattr(item, "fixturenames", ()))
        self.current, self.makes_own_app = item.nodeid, "app_with" in fixtures
        self.coverage.switch_context(item.nodeid)
        test = {"seconds": 0.0, "shared": 0.0, "passed": True, "app": "app" in fixtures, "wide": _has_wide_fixtures(item), "lines": {}}
        self.tests[item.nodeid] = test
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            test["seconds"] = round(time.perf_counter() - began, 4)
            self.current = IMPORTING
            self.coverage.switch_context(IMPORTING)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that fails without any fault."""
        if not report.passed and report.nodeid in self.tests:
            self.tests[report.nodeid]["passed"] = False

    def pytest_sessionfinish(self) -> None:
        """Write the files."""
        self.coverage.stop()
        data = self.coverage.get_data()
        common: dict[str, dict[str, str]] = {IMPORTING: {}, STARTING: {}}
        for measured in data.measured_files():
            path = str(Path(measured).relative_to(self.root))
            masks: dict[str, int] = defaultdict(int)
            for line, contexts in data.contexts_by_lineno(measured).items():
                for context in contexts:
                    masks[context] |= 1 << line
            for context, mask in masks.items():
                if context in common:
                    common[context][path] = f"{mask:x}"
                elif context in self.tests:
                    self.tests[context]["lines"][path] = f"{mask:x}"
        if self.tests:
            self._write(common)

    def _write(self, common: dict[str, dict[str, str]]) -> None:
        by_file: dict[str, dict[str, Any]] = defaultdict(dict)
        for nodeid, test in self.tests.items():
            by_file[nodeid.partition("::")[0]][nodeid] = test
        self.folder.mkdir(parents=True, exist_ok=True)
        for file, tests in by_file.items():
            target = self.folder / (file.replace("/", "+") + ".json")
            target.write_text(json.dumps({"tests": tests, **common}, separators=(",", ":")), encoding="utf-8")


def _has_wide_fixtures(item: pytest.Item) -> bool:
    definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return any(definition[-1].scope in _WIDE_SCOPES for definition in definitions.values() if definition)


def one_database(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Split into tests to run and those that repeat one on PostgreSQL, in front of which SQLite's stands."""
    names = {item.nodeid for item in items}
    repeats = {name for name in names if "postgresql" in name and name.replace("postgresql", "sqlite") in names}
    return [item for item in items if item.nodeid not in repeats], [item for item in items if item.nodeid in repeats]


class OneDatabase:
    """Leaves out what only repeats a test on PostgreSQL."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect."""
        items[:], left_out = one_database(items)
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Measure in whatever process runs tests, before anything imports the product."""
    early_config.pluginmanager.register(OneDatabase())
    distributes = early_config.known_args_namespace.numprocesses and "PYTEST_XDIST_WORKER" not in os.environ
    if not distributes:
        early_config.pluginmanager.register(Recorder(Path(os.environ[FOLDER_VARIABLE]), early_config.rootpath))
