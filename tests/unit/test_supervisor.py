"""Programs side by side, with real processes: how they end, and that nothing of them stays.

The supervisor is loaded without the package around it: it must work before anything else does.
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2] / "outreach"

# Writes a line when it is up and one for each signal it hears; ends at the first SIGTERM.
CALM = """
import os, signal, sys, time
log = open(sys.argv[1], "a", buffering=1)
heard = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: (heard.append(number), log.write(signal.Signals(number).name + "\\n")))
log.write(f"up {os.getpid()}\\n")
while signal.SIGTERM not in heard:
    time.sleep(0.02)
time.sleep(0.15)
"""
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "a").write(f"up {os.getpid()}\\n")
time.sleep(60)
"""
# Leaves at once when asked, and leaves a program of its own behind that doesn't.
PARENT = """
import os, signal, subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
left = subprocess.Popen([sys.executable, "-ISc", deaf], stdout=subprocess.PIPE)
left.stdout.readline()
open(sys.argv[1], "a").write(f"up {left.pid}\\n")
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
time.sleep(60)
"""
DYING = """
import sys, time, pathlib
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
sys.exit(3)
"""
ANSWERING = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    calls = 0
    def do_GET(self):
        Answer.calls += 1
        self.send_response(503 if Answer.calls < 3 else 200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
CTRL_C = b"\x03"
DRIVER = """
import sys, datetime, json
sys.path.insert(0, sys.argv[1])
import supervisor
children, options = json.loads(sys.argv[2]), json.loads(sys.argv[3])
grace = datetime.timedelta(seconds=options.pop("grace", 5))
sys.exit(supervisor.run([supervisor.Child(name=n, argv=[sys.executable, "-ISc", *argv]) for n, *argv in children], grace=grace, **options))
"""

Start = Callable[..., subprocess.Popen[str]]


def supervised(children: list[list[str]], **options: object) -> list[str]:
    return [sys.executable, "-ISc", DRIVER, str(HERE), json.dumps(children), json.dumps(options)]


@pytest.fixture
def started() -> Iterator[Start]:
    """Starts a supervisor in a session of its own, without a terminal; a failed test leaves none behind."""
    running: list[subprocess.Popen[str]] = []

    def start(children: list[list[str]], **options: object) -> subprocess.Popen[str]:
        running.append(subprocess.Popen(supervised(children, **options), start_new_session=True, stdout=-1, stderr=-1, text=True))
        return running[-1]

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=20)


def until(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline, "waited ten seconds"
        time.sleep(0.02)


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=10)
    return process.returncode, out, err


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
    log = tmp_path / "web"
    supervisor = started([["web", CALM, str(log)]])
    pid_in(log)
    supervisor.send_signal(signal.SIGINT)
    until(lambda: "SIGTERM" in log.read_text())
    supervisor.send_signal(signal.SIGINT)
    assert ended(supervisor) == (0, "Stopped.\n", "")
    assert log.read_text().split()[2:] == ["SIGTERM"]


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
    assert 0.4 <= time.monotonic() - asked_at < 3
    assert not is_alive(pid)


def test_what_a_child_leaves_behind_goes_with_it(tmp_path: Path, started: Start) -> None:
    log = tmp_path / "web"
    supervisor = started([["web", PARENT, str(log)]])
    grandchild = pid_in(log)
    supervisor.terminate()
    assert ended(supervisor)[0] == 0
    until(lambda: not is_alive(grandchild))


def test_the_banner_comes_once_and_only_when_the_web_answers(tmp_path: Path, started: Start) -> None:
    log, port = tmp_path / "worker", a_free_port()
    supervisor = started(
        [["web", ANSWERING, str(port)], ["worker", CALM, str(log)]], ready_url=f"http://127.0.0.1:{port}/healthz", banner="Open it"
    )
    assert supervisor.stdout
    assert supervisor.stdout.readline() == "Open it\n"
    time.sleep(0.3)
    supervisor.terminate()
    code, out, err = ended(supervisor)
    assert (code, out, err.count("GET /healthz")) == (0, "Stopped.\n", 3)


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
    assert process.wait(timeout=10) == 0
    said = os.read(keyboard, 1000).decode()
    os.close(keyboard)
    os.close(terminal)
    assert "code=0" in said
    assert "make" not in said
