"""A pytest plugin that records which test executes which lines of the product, in one JSON file for each file of tests.

With `--collect-only` it records what runs while modules are imported instead: those of the product, and those of the tests, which
may call the product for their parameters. Under xdist use `--dist=loadfile`, so that one worker runs all tests of a file.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import coverage
import pytest

FOLDER_VARIABLE = "MUTANTS_RECORD"
IMPORTS = "imports.json"
IMPORTING = "importing"  # a module of the product is imported
STARTING = "starting"  # an app is made for many tests: none of them alone executes these lines
_WIDE_SCOPES = {"module", "class", "package"}


class _Measured(Loader):
    """Loads what another would, and measures it. pytest has one loader for all modules, so this can't be put into it."""

    def __init__(self, loader: Any, within: Callable[[], AbstractContextManager[None]]) -> None:
        self._loader = loader
        self._within = within

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with self._within():
            self._loader.exec_module(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class Recorder(MetaPathFinder):
    """Switches coverage's context with each test and import, and writes what each executed at the end."""

    def __init__(self, folder: Path, root: Path) -> None:
        """Start to measure; the product isn't imported yet."""
        self.folder = folder
        self.root = root
        self.tests: dict[str, dict[str, Any]] = {}
        self.contexts = [IMPORTING]
        self.makes_own_app = False
        self.caches: list[Any] = []
        self.coverage = coverage.Coverage(data_file=None, source=[str(root / "outreach")], config_file=False, messages=False)
        self.coverage.start()
        self.coverage.switch_context(IMPORTING)
        sys.meta_path.insert(0, self)
        self._separate_the_start_of_an_app()

    @contextmanager
    def within(self, context: str) -> Iterator[None]:
        """Measure under another name for a while."""
        self.contexts.append(context)
        self.coverage.switch_context(context)
        try:
            yield
        finally:
            self.contexts.pop()
            self.coverage.switch_context(self.contexts[-1])

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Let the others find modules of the product and the tests; measure while they are executed."""
        if fullname.partition(".")[0] not in {"outreach", "tests"}:
            return None
        others = (finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec"))
        spec = next((spec for finder in others if (spec := finder.find_spec(fullname, path, target)) is not None), None)
        if spec is not None and spec.origin is not None and spec.loader is not None:
            own = fullname.startswith("outreach") or spec.origin.endswith("conftest.py")
            context = IMPORTING if own else str(Path(spec.origin).relative_to(self.root))
            spec.loader = _Measured(spec.loader, functools.partial(self.within, context))
        return spec

    def _separate_the_start_of_an_app(self) -> None:
        import outreach  # noqa: PLC0415 (only once it is measured)

        create = outreach.create_app

        @functools.wraps(create)
        def create_app(*args: Any, **kwargs: Any) -> Any:
            if self.makes_own_app or len(self.contexts) == 1:
                return create(*args, **kwargs)
            with self.within(STARTING):
                return create(*args, **kwargs)

        outreach.create_app = create_app

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Measure what a file of tests executes when it is read."""
        if not isinstance(collector, pytest.Module):
            return (yield)
        with self.within(str(collector.path.relative_to(self.root))):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test with its fixtures."""
        fixtures = set(getattr(item, "fixturenames", ()))
        self.makes_own_app = "app_with" in fixtures
        test = {"seconds": 0.0, "passed": True, "app": "app" in fixtures, "wide": _has_wide_fixtures(item), "lines": {}}
        self.tests[item.nodeid] = test
        for cache in self._all_caches():
            cache.cache_clear()
        began = time.perf_counter()
        try:
            with self.within(item.nodeid):
                return (yield)
        finally:
            test["seconds"] = round(time.perf_counter() - began, 4)

    def _all_caches(self) -> list[Any]:
        """What one test has cached, another would not execute."""
        if not self.caches:
            wrapper: Any = functools._lru_cache_wrapper
            self.caches = [
                one for one in gc.get_objects() if isinstance(one, wrapper) and str(one.__module__).startswith(("outreach", "tests"))
            ]
        return self.caches

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that fails without any fault."""
        if report.failed and report.nodeid in self.tests:
            self.tests[report.nodeid]["passed"] = False

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the files."""
        self.coverage.stop()
        executed = self._executed()
        if session.config.option.collectonly:
            self._write(IMPORTS, executed)
        by_file: dict[str, dict[str, Any]] = defaultdict(dict)
        for nodeid, test in self.tests.items():
            by_file[nodeid.partition("::")[0]][nodeid] = test | {"lines": executed.get(nodeid, {})}
        for file, tests in by_file.items():
            self._write(file.replace("/", "+") + ".json", {"tests": tests, STARTING: executed.get(STARTING, {})})

    def _executed(self) -> dict[str, dict[str, str]]:
        """By context and file: the lines, as the bits of a hexadecimal number."""
        data = self.coverage.get_data()
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for measured in data.measured_files():
            masks: dict[str, int] = defaultdict(int)
            for line, contexts in data.contexts_by_lineno(measured).items():
                for context in contexts:
                    masks[context] |= 1 << line
            for context, mask in masks.items():
                found[context][str(Path(measured).relative_to(self.root))] = f"{mask:x}"
        return found

    def _write(self, name: str, content: object) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def _has_wide_fixtures(item: pytest.Item) -> bool:
    definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return any(definition[-1].scope in _WIDE_SCOPES for definition in definitions.values() if definition)


class OneDatabase:
    """Leaves out what only repeats on PostgreSQL what a test does on SQLite; a race is another one there."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Deselect."""
        names = {item.nodeid for item in items}
        on_both = {name for name in names if "postgresql" in name and name.replace("postgresql", "sqlite") in names}
        repeats = {name for name in on_both if not name.startswith("tests/races/")}
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in repeats])
        items[:] = [item for item in items if item.nodeid not in repeats]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Measure in whatever process runs tests, before anything imports the product."""
    early_config.pluginmanager.register(OneDatabase())
    distributes = early_config.known_args_namespace.numprocesses and "PYTEST_XDIST_WORKER" not in os.environ
    if not distributes:
        early_config.pluginmanager.register(Recorder(Path(os.environ[FOLDER_VARIABLE]), early_config.rootpath))
