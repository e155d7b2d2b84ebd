"""A mail server that takes every letter and keeps none: aiosmtpd in a process of its own, `python -m benchmarks.sink PORT`."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from benchmarks.web import free_port, wait_for


@contextmanager
def listening() -> Iterator[int]:
    """Run it; give its port."""
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "benchmarks.sink", str(port)]) as process:
        try:
            wait_for(process, port)
            yield port
        finally:
            process.terminate()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    server = Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]))
    server.start()
    signal.pause()
