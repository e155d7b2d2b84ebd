"""Programs side by side, with real processes: how they end, and that nothing of them stays.

The supervisor is loaded without the package around it: it must work before anything else does.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2] / "outreach" / "runtime"

# Writes a line when it is up and one for each signal it hears; after the first SIGTERM it waits a moment for a second one, and
# where it is given a file, for that file. By os.write: a handler that interrupts a write to a file object may not write to it.
CALM = """
import os, signal, sys, time
log, goes_on = os.open(sys.argv[1], os.O_CREAT | os.O_APPEND | os.O_WRONLY), sys.argv[2:]
heard = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: (heard.append(number), os.write(log, signal.Signals(number).name.encode() + b"\\n")))
os.write(log, b"up %d\\n" % os.getpid())
while signal.SIGTERM not in heard:
    time.sleep(0.02)
time.sleep(0.15)
while not all(map(os.path.exists, goes_on)):
    time.sleep(0.02)
"""
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "a").write(f"up {os.getpid()}\\n")
time.sleep(600)
"""
# Leaves at once when asked, and leaves a program of its own behind that doesn't.
PARENT = """
import os, signal, subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
left = subprocess.Popen([sys.executable, "-ISc", deaf], stdout=subprocess.PIPE)
left.stdout.readline()
open(sys.argv[1], "a").write(f"up {left.pid}\\n")
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
time.sleep(600)
"""
# Ends by itself once the other is up.
DYING = """
import sys, time, pathlib
log = pathlib.Path(sys.argv[1])
while not (log.exists() and log.read_text().endswith("\\n")):
    time.sleep(0.02)
sys.exit(3)
"""
CTRL_C = b"\x03"
# Sends itself the signals in `late` once all has ended.
DRIVER = """
import sys, datetime, json, signal
sys.path.insert(0, sys.argv[1])
import supervisor
children, options = json.loads(sys.argv[2]), json.loads(sys.argv[3])
grace, late = datetime.timedelta(seconds=options.pop("grace", 180)), options.pop("late", [])
code = supervisor.run([supervisor.Child(name=n, argv=[sys.executable, "-ISc", *argv]) for n, *argv in children], grace=grace, **options)
for number in late:
    signal.raise_signal(number)
sys.exit(code)
"""

Start = Callable[..., subprocess.Popen[str]]


def supervised(children: list[list[str]], **options: object) -> list[str]:
    return [sys.executable, "-ISc", DRIVER, str(HERE), json.dumps(children), json.dumps(options)]


@pytest.fixture
def started() -> Iterator[Start]:
    """Starts a supervisor in a session of its own, without a terminal; a failed test leaves none behind.

    Whoever runs the tests under nohup ignores SIGHUP, and what they start would too.
    """
    running: list[subprocess.Popen[str]] = []
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)

    def start(children: list[list[str]], **options: object) -> subprocess.Popen[str]:
        running.append(subprocess.Popen(supervised(children, **options), start_new_session=True, stdout=-1, stderr=-1, text=True))
        return running[-1]

    yield start
    signal.signal(signal.SIGHUP, before)
    for process in running:
        process.terminate()
        process.communicate(timeout=180)


def until(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not claim():
        assert time.monotonic() < deadline, "waited three minutes"
        time.sleep(0.02)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


@contextmanager
def answering(*codes: int) -> Iterator[tuple[int, list[str]]]:
    """Run a web server that answers with these codes in turn, the last for good; gives its port and what it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(codes[min(len(asked), len(codes)) - 1])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


def shown_on(keyboard: int) -> str:
    """Give all a terminal showed, once nobody holds it any more: what was written last may come in pieces."""
    shown = b""
    with suppress(OSError):  # that is how a terminal says that it has ended
        while piece := os.read(keyboard, 1000):
            shown += piece
    return shown.decode()


def pid_in(log: Path) -> int:
    until(lambda: log.exists() and log.read_text().endswith("\n"))
    return int(log.read_text().split()[1])


def is_alive(pid: int) -> bool:
    """A killed orphan may stay a zombie where nobody reaps; that is not alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_group_ends_every_child_by_one_sigterm(tmp_path: Path, number: signal.Signals, started: Start) -> None:
    logs = [tmp_path / "web", tmp_path / "worker"]
    supervisor = started([[log.name, CALM, str(log)] for log in logs])
    pids = [pid_in(log) for log in logs]
    os.killpg(supervisor.pid, number)
    assert ended(supervisor) == (0, "Stopped.\n", "")
    assert [log.read_text().split()[2:] for log in logs] == [["SIGTERM"], ["SIGTERM"]]
    assert not any(is_alive(pid) for pid in pids)


def test_a_second_interrupt_changes_nothing(tmp_path: Path, started: Start) -> None:
    log, goes_on = tmp_path / "web", tmp_path / "goes on"
    supervisor = started([["web", CALM, str(log), str(goes_on)]])
    pid_in(log)
    supervisor.send_signal(signal.SIGINT)
    until(lambda: "SIGTERM" in log.read_text())
    supervisor.send_signal(signal.SIGINT)
    goes_on.touch()
    assert ended(supervisor) == (0, "Stopped.\n", "")
    assert log.read_text().split()[2:] == ["SIGTERM"]


def test_an_interrupt_that_comes_when_all_has_ended_changes_nothing(tmp_path: Path, started: Start) -> None:
    log = tmp_path / "web"
    supervisor = started([["web", CALM, str(log)]], late=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    pid_in(log)
    supervisor.send_signal(signal.SIGTERM)
    assert ended(supervisor) == (0, "Stopped.\n", "")


def test_a_dead_child_ends_the_others_and_is_named(tmp_path: Path, started: Start) -> None:
    log = tmp_path / "web"
    code, out, err = ended(started([["web", CALM, str(log)], ["worker", DYING, str(log)]]))
    assert (code, out) == (1, "")
    assert err == "worker ended by itself (exit code 3), so everything has been stopped.\n"
    assert log.read_text().split()[2:] == ["SIGTERM"]


def test_a_killed_child_is_told_from_one_that_gave_up(tmp_path: Path, started: Start) -> None:
    log = tmp_path / "web"
    supervisor = started([["web", CALM, str(log)]])
    os.kill(pid_in(log), signal.SIGKILL)
    assert ended(supervisor) == (1, "", "web ended by itself (killed by SIGKILL), so everything has been stopped.\n")


def test_a_stubborn_child_is_killed_when_the_grace_is_over(tmp_path: Path, started: Start) -> None:
    log = tmp_path / "web"
    supervisor = started([["web", STUBBORN, str(log)]], grace=0.4)
    pid, asked_at = pid_in(log), time.monotonic()
    supervisor.terminate()
    assert ended(supervisor)[0] == 0
    assert 0.4 <= time.monotonic() - asked_at < 180, "by itself it would have gone on for ten minutes"
    assert not is_alive(pid)


def test_what_a_child_leaves_behind_goes_with_it(tmp_path: Path, started: Start) -> None:
    log = tmp_path / "web"
    supervisor = started([["web", PARENT, str(log)]])
    grandchild = pid_in(log)
    supervisor.terminate()
    assert ended(supervisor)[0] == 0
    until(lambda: not is_alive(grandchild))


def test_the_banner_comes_once_and_only_when_the_web_answers(tmp_path: Path, started: Start) -> None:
    with answering(503, 503, 200) as (port, asked):
        supervisor = started([["web", CALM, str(tmp_path / "web")]], ready_url=f"http://127.0.0.1:{port}/healthz", banner="Open it")
        assert supervisor.stdout
        assert supervisor.stdout.readline() == "Open it\n"
        asked_until_then = list(asked)
        time.sleep(0.3)
        supervisor.terminate()
        assert ended(supervisor) == (0, "Stopped.\n", "")
    assert asked == asked_until_then
    assert asked[:3] == ["/healthz"] * 3


def test_ctrl_c_on_a_terminal_leaves_the_make_above_unharmed(tmp_path: Path) -> None:
    log = tmp_path / "web"
    (tmp_path / "command").write_text(f"exec {shlex.join(supervised([['web', CALM, str(log)]]))}\n")
    (tmp_path / "Makefile").write_text("run:\n\t@exec sh ./command\n")
    keyboard, terminal = os.openpty()
    name = os.ttyname(terminal)
    # opening it makes it the terminal of the new session; -m gives make a group of its own, as an interactive shell does
    shell = f"exec <{name} >{name} 2>&1; set -m; make run; echo code=$?"
    outside_make = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # `make test` may run this
    process = subprocess.Popen(["sh", "-c", shell], cwd=tmp_path, start_new_session=True, env=outside_make)
    supervisor = parent_of(pid_in(log))
    until(lambda: os.tcgetpgrp(keyboard) == supervisor)
    os.write(keyboard, CTRL_C)
    assert process.wait(timeout=180) == 0
    os.close(terminal)
    said = shown_on(keyboard)
    os.close(keyboard)
    assert "code=0" in said
    assert "make" not in said
