"""Put small faults into the product, one at a time, and see whether a test notices each.

python -m tests.mutants --seed 1 --sample 150 --jobs 2                           a sample over all rules
python -m tests.mutants --sample 0 --paths outreach/policy.py                    every fault of a file
python -m tests.mutants --sample 0 --paths outreach/policy.py:40-60 --tests tests/unit/test_policy.py
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from tests.mutants import importing, running
from tests.mutants.choosing import Chooser, Test, record
from tests.mutants.faults import Fault
from tests.mutants.product import Rules, files, package_of, read_accepted, read_module, read_names, read_rules

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "mutants"
SHORTEST_LIMIT = 60.0


@dataclass(frozen=True)
class Outcome:
    """What came of a fault. `by`: the test that noticed it; None: nobody did."""

    fault: Fault
    by: str | None
    how: str
    tests: int


class Worker:
    """A process that has collected all tests and tries faults, and a way to start others for what is imported."""

    def __init__(self, number: int, test_files: Sequence[str]) -> None:
        """Start it with the first fault that needs it."""
        self.files = test_files
        self.log = (BUILD / f"worker-{number}.log").open("w", encoding="utf-8")
        self.request = BUILD / f"request-{number}.json"
        self.reliable: dict[str, bool] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def _start(self) -> None:
        for_child, self.to_child = os.pipe()
        self.from_child, by_child = os.pipe()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), running.PIPES_VARIABLE: f"{for_child},{by_child}"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.running", "-o", "tmp_path_retention_policy=failed"]
        self.process = subprocess.Popen(
            [*command, *self.files],
            cwd=ROOT,
            env=environment,
            pass_fds=(for_child, by_child),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        os.close(for_child)
        os.close(by_child)
        self.answers = os.fdopen(self.from_child, encoding="utf-8")
        self._read()

    def _read(self) -> dict[str, Any]:
        line = self.answers.readline()
        if not line:
            raise SystemExit(f"A process that runs tests has ended, see {self.log.name}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ask(self, fault: Fault | None, tests: Sequence[Test], *, new_app: bool = False, modules: Sequence[str] = ()) -> dict[str, Any]:
        if self.process is None:
            self._start()
        wanted = {
            "fault": fault and (fault.path, fault.place, fault.number),
            "tests": [(test.name, test.seconds) for test in tests],
            "seconds": _limit(tests),
            "new_app": new_app,
            "modules": modules,
        }
        _write(self.to_child, json.dumps(wanted) + "\n")
        return self._read()

    def try_fault(self, fault: Fault, chooser: Chooser) -> Outcome:
        """Run tests until one fails that doesn't fail without the fault."""
        tests, (loading, modules) = chooser.tests_for(fault), chooser.tests_that_load(fault)
        number = len({test.name for test in tests + loading})
        if chooser.needs_import(fault):
            return self._import(fault, tests + [test for test in loading if test not in tests], number)
        new_app = chooser.needs_new_app(fault)
        outcome = Outcome(fault, None, "no test executes it", number)
        for some, again in sorted(((tests, []), (loading, modules)), key=lambda one: sum(test.seconds for test in one[0])):
            if some and outcome.by is None:
                outcome = self._try_here(fault, some, number, new_app=new_app, modules=again)
        return outcome

    def _try_here(self, fault: Fault, tests: Sequence[Test], number: int, *, new_app: bool, modules: Sequence[str] = ()) -> Outcome:
        left = list(tests)
        while left:
            answer = self._ask(fault, left, new_app=new_app, modules=modules)
            if answer["how"] == "import":
                return self._import(fault, left, number)
            if not answer["by"] or self._is_reliable(answer["by"], left):
                return Outcome(fault, answer["by"], answer["how"], number)
            left = [test for test in left if test.name != answer["by"]]
        return Outcome(fault, None, "", number)

    def _is_reliable(self, name: str, tests: Sequence[Test]) -> bool:
        """The test passes without a fault, started as here."""
        if name not in self.reliable:
            self.reliable[name] = self._ask(None, [test for test in tests if test.name == name])["by"] is None
        return self.reliable[name]

    def _import(self, fault: Fault, tests: Sequence[Test], number: int) -> Outcome:
        """Run tests in a process of their own, which imports the faulty module."""
        if not tests:
            return Outcome(fault, None, "no test executes it", number)
        request = {"fault": (fault.path, fault.place, fault.number), "tests": [test.name for test in tests]}
        self.request.write_text(json.dumps(request), encoding="utf-8")
        test_files = sorted({test.file for test in tests})
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "tests.mutants.importing", *test_files]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), importing.REQUEST_VARIABLE: str(self.request)}
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=30 + _limit(tests)
            )
        except subprocess.TimeoutExpired:
            return Outcome(fault, "", "took too long", number)
        if done.returncode in {0, 5}:
            return Outcome(fault, None, "", number)
        by = next((line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))), "")
        return Outcome(fault, by, "failed" if by else "cannot be imported", number)

    def end(self) -> None:
        """End the process."""
        if self.process is not None:
            os.close(self.to_child)
            self.process.wait(timeout=60)
        self.log.close()


def _write(pipe: int, text: str) -> None:
    data = memoryview(text.encode())
    while data:
        data = data[os.write(pipe, data) :]


def _limit(tests: Sequence[Test]) -> float:
    return max(SHORTEST_LIMIT, 5 * sum(test.seconds for test in tests))


def all_faults(paths: Sequence[str]) -> list[Fault]:
    """Every fault of these files."""
    names = read_names(ROOT)
    return [fault for path in paths for fault in read_module(ROOT, path, names).faults]


def draw(faults: Sequence[Fault], size: int, seed: int, rules: Rules) -> list[Fault]:
    """Draw places, then one fault of each, so that frequent kinds of fault do not crowd out the rest; 0 takes every fault.

    Half of the sample comes from the packages with a goal of their own, as many from each; the rest is drawn over all others.
    """
    if not size:
        return list(faults)
    places: dict[str, dict[tuple[str, int], list[Fault]]] = defaultdict(lambda: defaultdict(list))
    for fault in faults:
        package = package_of(fault.path)
        places[package if package in rules.goals else ""][fault.path, fault.place].append(fault)
    chance = random.Random(seed)
    others = list(places.pop("", {}).values())
    share = size // (2 * len(rules.goals)) if others else size // len(places)
    drawn: list[list[Fault]] = []
    for _package, known in sorted(places.items()):
        drawn += chance.sample(list(known.values()), k=min(share, len(known)))
    drawn += chance.sample(others, k=min(size - len(drawn), len(others)))
    return [chance.choice(choices) for choices in drawn]


def try_all(faults: Sequence[Fault], chooser: Chooser, jobs: int) -> Iterator[Outcome]:
    """Give what comes of each, as it comes."""
    waiting: Queue[Fault] = Queue()
    done: Queue[Outcome | BaseException] = Queue()
    for fault in faults:
        waiting.put(fault)
    test_files = sorted({test.file for test in chooser.tests})
    for number in range(min(jobs, len(faults))):
        threading.Thread(target=_work, args=(Worker(number, test_files), chooser, waiting, done), daemon=True).start()
    for _fault in faults:
        outcome = done.get()
        if isinstance(outcome, BaseException):
            raise outcome
        yield outcome


def _work(worker: Worker, chooser: Chooser, waiting: Queue[Fault], done: Queue[Outcome | BaseException]) -> None:
    try:
        while True:
            done.put(worker.try_fault(waiting.get_nowait(), chooser))
    except Empty:
        worker.end()
    except BaseException as error:  # noqa: BLE001 (told to the main thread)
        done.put(error)


def report(outcomes: Sequence[Outcome], listed: Sequence[tuple[Fault, str]], rules: Rules) -> bool:
    """Print the table and the faults nobody noticed; give whether the goals are reached."""
    by_package: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        by_package[package_of(outcome.fault.path)].append(outcome.by is not None)
    reached = True
    print(f"\n{'package':<16}{'noticed':>8}{'of':>6}{'':>7}")
    for package, noticed in [*sorted(by_package.items()), ("over all", [outcome.by is not None for outcome in outcomes])]:
        goal = rules.goal_over_all if package == "over all" else rules.goals.get(package, 0)
        percent = 100 * sum(noticed) / len(noticed) if noticed else 100.0
        reached = reached and percent >= goal
        print(f"{package:<16}{sum(noticed):>8}{len(noticed):>6}{percent:>6.0f}%{'' if percent >= goal else f'  (goal: {goal}%)'}")
    unnoticed = [outcome for outcome in outcomes if outcome.by is None]
    if unnoticed:
        print("\nUnnoticed:")
    for outcome in sorted(unnoticed, key=lambda one: (one.fault.path, one.fault.line)):
        print(f"  {outcome.fault}" + (f"  [{outcome.how}]" if outcome.how else f"  [{outcome.tests} tests]"))
    if listed:
        print("\nEquivalent, listed in tests/mutants/accepted.toml:")
    for fault, reason in listed:
        print(f"  {fault}  ({reason})")
    return reached


def _chosen(rules: Rules, options: argparse.Namespace) -> list[Fault]:
    paths = files(ROOT, rules)
    faults = all_faults(paths)
    if options.package:
        faults = [fault for fault in faults if package_of(fault.path) in options.package.split(",")]
    if options.paths:
        faults = [fault for fault in faults if any(_is_within(fault, wanted) for wanted in options.paths.split(","))]
    if not faults:
        raise SystemExit("There is no such place.")
    return draw(faults, options.sample, options.seed, rules)


def _is_within(fault: Fault, wanted: str) -> bool:
    """`outreach/policy.py`, `outreach/outbox`, `outreach/policy.py:40` or `outreach/policy.py:40-60`."""
    path, _colon, lines = wanted.partition(":")
    if fault.path != path and not fault.path.startswith(path.rstrip("/") + "/"):
        return False
    first, _dash, last = lines.partition("-")
    return not lines or int(first) <= fault.line <= int(last or first)


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=150, help="how many; 0: all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--package", default="", help="only these packages (a,b)")
    parser.add_argument("--paths", default="", help="only these files, folders or lines (a.py,b.py:10-20)")
    parser.add_argument("--tests", default="", help="only these tests (files or folders)")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    options = parser.parse_args()
    rules, accepted, began = read_rules(), read_accepted(), time.monotonic()
    drawn = _chosen(rules, options)
    listed = [(fault, accepted[fault.key]) for fault in drawn if fault.key in accepted]
    faults = [fault for fault in drawn if fault.key not in accepted]
    if options.list:
        print(*faults, sep="\n")
        return 0
    BUILD.mkdir(parents=True, exist_ok=True)
    found = record(ROOT, BUILD / "recorded", jobs=options.jobs, only=[one for one in options.tests.split(",") if one])
    for test in found.tests:
        if not test.passed:
            print(f"Left out, it fails without a fault: {test.name}")
    chooser = Chooser(ROOT, found, files(ROOT, rules))
    outcomes: list[Outcome] = []
    for outcome in try_all(faults, chooser, options.jobs):
        outcomes.append(outcome)
        verdict = "UNNOTICED" if outcome.by is None else "noticed  "
        print(f"{len(outcomes):>4}/{len(faults)} {time.monotonic() - began:>5.0f}s {verdict} {outcome.fault}", end="", flush=True)
        print(f"  [{outcome.by or outcome.how}]" if outcome.by is not None else "", flush=True)
    return 0 if report(outcomes, listed, rules) else 1


if __name__ == "__main__":
    sys.exit(main())
