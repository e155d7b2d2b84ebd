"""Keeps programs running side by side: a signal ends them all, and so does the first that ends by itself.

Standard library only; knows nothing of what it runs.
"""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

GRACE = timedelta(seconds=10)
_LOOK_EVERY = 0.1
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Child:
    """A program to keep running: its name in our sentences, and its command line."""

    name: str
    argv: Sequence[str]


def run(commands: Sequence[Child], ready_url: str | None = None, banner: str = "", *, grace: timedelta = GRACE) -> int:
    """Run the children until SIGINT, SIGTERM or SIGHUP asks to stop (returns 0) or one of them ends by itself (returns 1).

    Whoever calls this ends afterwards: signals that ask to stop change nothing any more, so the exit code stays true.

    `banner` is printed once `ready_url` (http, answered with 200) is there. Each child has a session of its own, so the
    terminal's Ctrl-C reaches only us: a child hears SIGTERM once, and what is left of its group after `grace` is killed.
    """
    with _stop_requests() as asked, _terminal_to_ourselves():
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for child in commands:
                running[child.name] = subprocess.Popen(child.argv, start_new_session=True)  # noqa: S603  # our own command lines
            fallen = _watch(running, asked, ready_url, banner)
        finally:
            _stop(running.values(), grace)
    if fallen:
        print(f"{fallen} ended by itself ({_reason(running[fallen])}), so everything has been stopped.", file=sys.stderr, flush=True)
        return 1
    print("Stopped.", flush=True)
    return 0


def _watch(running: dict[str, subprocess.Popen[bytes]], asked: list[int], ready_url: str | None, banner: str) -> str | None:
    """Wait for the end; return the name of the child that brought it, or None when we were asked."""
    while not asked:
        for name, process in running.items():
            if process.poll() is not None:
                return name
        if ready_url and _answers(ready_url):
            print(banner, flush=True)
            ready_url = None
        time.sleep(_LOOK_EVERY)
    return None


def _answers(url: str) -> bool:
    # not urllib: it would send even a loopback address through the proxy named in the environment
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=1)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(processes: Collection[subprocess.Popen[bytes]], grace: timedelta) -> None:
    """One SIGTERM to each child that still lives; when the grace is over, or it has ended, SIGKILL to what is left of its group."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + grace.total_seconds()
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _reason(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


@contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collect the signals that ask us to stop. A second one changes nothing: `timeout` and impatient fingers send two.

    Ignored afterwards, not as before: a second one that comes when all has ended would still give an exit code of its own.
    """
    asked: list[int] = []
    wanted = [number for number in _STOPPING if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN]  # nohup
    for number in wanted:
        signal.signal(number, lambda number, _frame: asked.append(number))
    try:
        yield asked
    finally:
        for number in wanted:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def _terminal_to_ourselves() -> Iterator[None]:
    """Make the terminal's Ctrl-C reach us and not the `make` above us, which would die of it (exit code 130) however calmly we end.

    Does nothing without a terminal, in the background, or when a shell has already given us a group of our own.
    """
    theirs = os.getpgrp()
    terminal = _terminal_held_by(theirs) if theirs != os.getpid() else None
    if terminal is None:
        yield
        return
    os.setpgid(0, 0)
    _give(terminal, os.getpid())
    signal.signal(signal.SIGTSTP, lambda *_: None)  # nobody above us would notice a Ctrl-Z and offer `fg`
    try:
        yield
    finally:
        with suppress(OSError):
            _give(terminal, theirs)
        os.close(terminal)


def _terminal_held_by(group: int) -> int | None:
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return None
    if os.tcgetpgrp(terminal) == group:
        return terminal
    os.close(terminal)
    return None


def _give(terminal: int, group: int) -> None:
    # a group in the background that changes the foreground is stopped by SIGTTOU, unless it holds the signal back
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        os.tcsetpgrp(terminal, group)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
