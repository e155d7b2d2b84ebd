"""A pytest plugin that collects all tests once, and then tries faults: each in a process forked for it, against the tests named.

In the fork the faulty function's code takes the place of the right one. That needs no import and no preparation, but works only
for what runs inside functions after everything was imported; for the rest see `importing.py`.

One request a line comes in (`fault`, `tests`, `seconds`), one answer a line goes out (`by`, `how`).
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import IO, Any

import hypothesis
import pytest

from tests.mutants.product import PRODUCT, read_module, read_names
from tests.mutants.recording import OneDatabase

PIPES_VARIABLE = "MUTANTS_PIPES"
LONGEST_TEST = 20.0
MEMORY = 4 << 30

hypothesis.settings.register_profile("mutants", database=None, derandomize=True)
hypothesis.settings.load_profile("mutants")


_shared: dict[str, Any] = {}


@pytest.fixture(scope="session", autouse=True)
def _prepared(request: pytest.FixtureRequest) -> None:
    """Make what all tests share, before the first fork."""
    for name in ("_sqlite_templates", "_sqlite_file", "_postgresql_database", "_shared_apps"):
        with contextlib.suppress(pytest.skip.Exception):
            _shared[name] = request.getfixturevalue(name)


class NotReplaced(Exception):
    """No loaded function has this code: the module must be imported again."""


class Ended:
    """Stands for the test after the last: what only one module shares ends, what all share stays."""

    def __init__(self, session: pytest.Session) -> None:
        """Nothing but the session goes on."""
        self.session = session

    def listchain(self) -> list[pytest.Session]:
        """What goes on."""
        return [self.session]


class Runner:
    """Waits for faults in place of running all tests."""

    def __init__(self, requests: IO[str], answers: IO[str], root: Path) -> None:
        """Read what the product defines."""
        self.requests = requests
        self.answers = answers
        self.root = root
        self.names = read_names(root)
        self.failed: list[str] = []
        self.forks = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try faults until no more come."""
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} files of tests cannot be read")
        items = {item.nodeid: item for item in session.items}
        first = next((item for item in session.items if "app" in getattr(item, "fixturenames", ())), session.items[0])
        first.config.hook.pytest_runtest_protocol(item=first, nextitem=Ended(session))
        if self.failed:
            raise session.Interrupted(f"{first.nodeid} fails without a fault")
        gc.collect()
        self.loaded = Loaded(self.root)
        gc.freeze()
        self._answer(ready=True)
        for line in self.requests:
            wanted = json.loads(line)
            self._answer(**self._fork(session, wanted, items))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which test failed."""
        if report.failed:
            self.failed.append(report.nodeid)

    def _answer(self, **answer: Any) -> None:
        print(json.dumps(answer), file=self.answers, flush=True)

    def _fork(self, session: pytest.Session, wanted: dict[str, Any], items: dict[str, pytest.Item]) -> dict[str, Any]:
        self.forks += 1
        factory: Any = session.config._tmp_path_factory  # type: ignore[attr-defined]
        folder = factory.getbasetemp() / f"fork{self.forks}"
        folder.mkdir()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            factory._basetemp = folder
            self._run(session, wanted, items, writing)
        os.close(writing)
        written = _read_all(reading, wanted["seconds"])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        shutil.rmtree(folder, ignore_errors=True)
        answer: dict[str, Any] = json.loads(written) if written else {"by": "", "how": "no answer in time, or a crash"}
        return answer

    def _run(self, session: pytest.Session, wanted: dict[str, Any], items: dict[str, pytest.Item], writing: int) -> None:
        """In the fork: put the fault in, run tests until one fails, say which. Never returns."""
        answer: dict[str, Any] = {"by": None, "how": ""}
        running = ""

        def say(**more: Any) -> None:
            with contextlib.suppress(OSError):
                os.write(writing, json.dumps({**answer, **more}).encode())
            os._exit(0)

        def too_long(_signal: int, _frame: FrameType | None) -> None:
            say(by=running, how="took too long")

        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.signal(signal.SIGALRM, too_long)
            self._put_in(wanted["fault"], new_app=wanted["new_app"])
            if wanted["modules"]:
                items = self._read_again(session, wanted)
            chosen = [(items[name], seconds) for name, seconds in wanted["tests"] if name in items]
            for position, (item, seconds) in enumerate(chosen):
                running = item.nodeid
                following: Any = chosen[position + 1][0] if position + 1 < len(chosen) else Ended(session)
                signal.setitimer(signal.ITIMER_REAL, max(LONGEST_TEST, 10 * seconds))
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.failed:
                    _clean_up(session)
                    say(by=running, how="failed")
        except NotReplaced:
            say(how="import")
        except BaseException as error:  # noqa: BLE001 (a fault may raise anything)
            say(by=running, how=repr(error)[:200])
        say()

    def _put_in(self, which: tuple[str, int, int] | None, *, new_app: bool) -> None:
        if new_app:
            _shared["_shared_apps"].clear()
        if which is None:
            return
        self.loaded.forget()
        path, place, number = which
        module = read_module(self.root, path, self.names)
        fault = next(one for one in module.faults if (one.place, one.number) == (place, number))
        file = str(self.root / path)
        right = compile((self.root / path).read_text(encoding="utf-8"), file, "exec", dont_inherit=True)
        self.loaded.replace(right, compile(module.faulty(fault), file, "exec", dont_inherit=True))

    def _read_again(self, session: pytest.Session, wanted: dict[str, Any]) -> dict[str, pytest.Item]:
        """Import modules of the tests anew, now that the fault is in: they call the product when they are read."""
        files = {str(self.root / path) for path in wanted["modules"]}
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) in files:
                del sys.modules[name]
        tests = sorted({name.partition("::")[0] for name, _seconds in wanted["tests"]})
        return {item.nodeid: item for item in session.perform_collect([str(self.root / file) for file in tests])}


class Loaded:
    """The functions of the product and all caches, found once: a fork that looked at every object would copy all memory."""

    def __init__(self, root: Path) -> None:
        """Find them."""
        self.functions: dict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)
        self.caches: list[Any] = []
        product = str(root / PRODUCT)
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(product):
                code = thing.__code__
                self.functions[code.co_filename, code.co_qualname, code.co_firstlineno].append(thing)
            elif isinstance(thing, functools._lru_cache_wrapper) and str(thing.__module__).startswith((PRODUCT, "tests")):
                self.caches.append(thing)

    def forget(self) -> None:
        """Empty the caches, those of the tests as well: the right code filled them."""
        for cache in self.caches:
            cache.cache_clear()

    def replace(self, right: CodeType, wrong: CodeType) -> None:
        """Give functions of a module their faulty code. Raises NotReplaced where none runs what differs."""
        done = 0
        for (name, line), code in _changed_functions(right, wrong):
            for function in self.functions[right.co_filename, name, line]:
                try:
                    function.__code__ = code
                except ValueError:  # another number of variables of the function around it
                    raise NotReplaced from None
                done += 1
        if not done:
            raise NotReplaced


def _clean_up(session: pytest.Session) -> None:
    """End what tests of one module share: it may have started programs."""
    signal.setitimer(signal.ITIMER_REAL, LONGEST_TEST)
    ended: Any = Ended(session)
    with contextlib.suppress(BaseException):
        session._setupstate.teardown_exact(ended)


def _changed_functions(right: CodeType, wrong: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    """Walk both trees of code; a function that differs is given, and those inside it that differ."""
    inner = ([one for one in code.co_consts if isinstance(one, CodeType)] for code in (right, wrong))
    for before, after in zip(*inner, strict=False):
        if before != after:
            if before.co_name != "<lambda>" and not before.co_name.startswith("<"):
                yield (before.co_qualname, before.co_firstlineno), after
            yield from _changed_functions(before, after)


def _read_all(reading: int, limit: float) -> bytes:
    """Read what the fork says; nothing if it takes longer."""
    written = b""
    until = time.monotonic() + limit
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(until - time.monotonic(), 0))[0]:
            part = pipe.read(1 << 16)
            if not part:
                break
            written += part
            if written.endswith(b"}"):
                break
    return written


def pytest_configure(config: pytest.Config) -> None:
    """Take the pipes the parent has opened."""
    requests, answers = (int(number) for number in os.environ[PIPES_VARIABLE].split(","))
    runner = Runner(os.fdopen(requests, encoding="utf-8"), os.fdopen(answers, "w", encoding="utf-8"), config.rootpath)
    config.pluginmanager.register(OneDatabase())
    config.pluginmanager.register(runner)
    sys.setswitchinterval(0.005)
