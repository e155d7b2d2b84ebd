"""Readers who ask for page after page, of several servers in turns: `python -m benchmarks.load SECONDS TARGETS SEED`.

Standard library and bare sockets: what the readers cost is taken from the cores the servers need. All readers turn to
the next server at the same moments, a few times a second, so that whatever else the machine does hits all alike.
"""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

READERS = 4
TURN = 0.25  # seconds
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is asked of whom: `{}` in the path is a number drawn from 1 to `high`."""

    port: int
    path: str
    high: int


def pages_a_second(targets: Sequence[Target], *, seconds: float) -> list[float]:
    """Let all readers ask as fast as they can; give what they got together of each target, per second of its own turns."""
    command = [sys.executable, "-m", "benchmarks.load", str(seconds), json.dumps([asdict(target) for target in targets])]
    readers = [subprocess.Popen([*command, str(seed)], stdout=subprocess.PIPE, text=True) for seed in range(READERS)]
    heard = [reader.communicate(timeout=seconds + 60)[0] for reader in readers]
    if any(reader.returncode for reader in readers):
        raise RuntimeError("A page wasn't answered with 200.")
    return [sum(rates) for rates in zip(*map(json.loads, heard), strict=True)]


def read(targets: Sequence[Target], seconds: float, seed: int) -> list[float]:
    """Ask for pages one after the other; give how many a second of each target."""
    chance, counts, times = random.Random(seed), [0] * len(targets), [0.0] * len(targets)
    until = time.time() + seconds
    while (now := time.time()) < until:
        turn = int(now / TURN)
        began = time.perf_counter()
        counts[turn % len(targets)] += _take_turn(targets[turn % len(targets)], chance, (turn + 1) * TURN)
        times[turn % len(targets)] += time.perf_counter() - began
    return [count / max(spent, TURN) for count, spent in zip(counts, times, strict=True)]


def _take_turn(target: Target, chance: random.Random, until: float) -> int:
    """Ask on one kept connection until the turn is over; a new one each turn, so that both workers get some."""
    count = 0
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.time() < until:
            _get(connection, target.path.format(chance.randint(1, target.high)))
            count += 1
    return count


def _get(connection: socket.socket, path: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _some(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        raise RuntimeError(f"{path}: {head[:40]!r}")
    missing = int(length[1]) - len(body)
    while missing > 0:
        missing -= len(_some(connection))


def _some(connection: socket.socket) -> bytes:
    some = connection.recv(65536)
    if not some:
        raise ConnectionError("The server hung up.")
    return some


if __name__ == "__main__":
    seconds, targets, seed = sys.argv[1:]
    print(json.dumps(read([Target(**target) for target in json.loads(targets)], float(seconds), int(seed))))
