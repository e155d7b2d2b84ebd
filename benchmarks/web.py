"""gunicorn as the service configures it, with two workers, and what those workers hold in memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import environment
from outreach.settings import ROOT, Settings

WORKERS = 2
OURS, CEILING = "wsgi:app", "benchmarks.ceiling:create_app()"


@dataclass(frozen=True)
class Web:
    """A running web server."""

    pid: int
    port: int

    def megabytes(self) -> list[float]:
        """Give the resident memory of each worker."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [_resident(child) for child in children]


@contextmanager
def serving(application: str, settings: Settings) -> Iterator[Web]:
    """Serve an application until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "--bind", f"127.0.0.1:{port}", application]
    ours = environment(settings) | {"WEB_CONCURRENCY": str(WORKERS)}
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | ours, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(process, port)
            yield Web(process.pid, port)
        finally:
            process.terminate()


def free_port() -> int:
    """Find a port nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until somebody answers there."""
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("A server doesn't start.") from None
            time.sleep(0.05)
        else:
            return


def _resident(pid: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))
