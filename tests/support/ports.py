"""Ports of this machine that nobody else is given while the tests run."""

from __future__ import annotations

import socket

_kept: list[socket.socket] = []


def free_port() -> int:
    """Give a port of 127.0.0.1 that is free and stays ours; nothing listens there until one of our servers does.

    A port that is asked for and let go again may be anybody's by the time our server starts. A socket that is bound to it and
    doesn't listen keeps everybody else away, but no server that reuses addresses, as all of ours do.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    _kept.append(kept)
    port: int = kept.getsockname()[1]
    return port
