"""How Outreach is served: the web server's command line, the worker beside it, and the port they need."""

from __future__ import annotations

import errno
import runpy
import socket
import sys
from pathlib import Path
from typing import NoReturn

from outreach.runtime import supervisor
from outreach.settings import ROOT

# An address that means "every network of this machine" is no address to call: itself answers for it.
_CALLED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not bound


class PortUnusable(Exception):
    """Nobody could be served there; the message says why and what to do."""


def require_port(host: str, port: int) -> None:
    """Raise PortUnusable unless a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except PermissionError:
        raise PortUnusable(f"This account may not use port {port}. Choose one above 1023, for example PORT=8080.") from None
    except OSError as refusal:
        if refusal.errno != errno.EADDRINUSE:
            raise PortUnusable(f"Nothing can listen on {host}, port {port}: {refusal.strerror or refusal}.") from None
        other = port % 65535 + 1
        raise PortUnusable(f"Port {port} is taken by another program. Choose another one with PORT=, for example PORT={other}.") from None


def serve_web(host: str, port: int) -> NoReturn:
    """Become the web server, as `python -m gunicorn` would, but in this process: a new one would import everything once more."""
    sys.argv[1:] = _arguments(host, port)
    runpy.run_module("gunicorn", run_name="__main__", alter_sys=True)
    sys.exit()


def serve_all(host: str, port: int, *, banner: str) -> int:
    """Run web and worker under one supervisor; print `banner` once pages are answered; give the exit code.

    The worker is quiet: a line for each letter would push the banner off the screen before it is read.
    """
    children = [
        supervisor.Child(name="web", argv=_web(host, port)),
        supervisor.Child(name="worker", argv=[_beside_python("outreach"), "worker", "--quiet"]),
    ]
    return supervisor.run(children, f"{address(_CALLED.get(host, host), port)}/healthz", banner)


def address(host: str, port: int) -> str:
    """Write the address a browser on this machine calls."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _web(host: str, port: int) -> list[str]:
    return [sys.executable, "-m", "gunicorn", *_arguments(host, port)]


def _arguments(host: str, port: int) -> list[str]:
    return ["--config", str(ROOT / "gunicorn.conf.py"), "--bind", address(host, port).removeprefix("http://")]


def _beside_python(command: str) -> str:
    return str(Path(sys.executable).with_name(command))
