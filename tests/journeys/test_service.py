"""The service as `make run` starts it: real gunicorn, real worker, a real interrupt."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.ports import free_port

OUTREACH = str(Path(sys.executable).with_name("outreach"))


@pytest.fixture
def environment(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    port = free_port()
    ours = {
        "OUTREACH_MODE": "demo",
        "OUTREACH_DATABASE_URL": sqlite_url,
        "OUTREACH_INSTANCE_PATH": str(tmp_path),
        "OUTREACH_BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",  # the one that answers is up: an interrupt meets none that just begins
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")} | ours


@pytest.fixture
def service(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [OUTREACH, "serve", "--with-worker"]
    with subprocess.Popen(command, env=environment, start_new_session=True, stdout=-1, stderr=-1, text=True) as process:
        yield process
        process.terminate()


def test_the_service_starts_answers_and_ends_cleanly(service: subprocess.Popen[str], environment: dict[str, str]) -> None:
    assert service.stdout
    assert any(environment["OUTREACH_BASE_URL"] in line for line in service.stdout), "it ended without saying where it is"
    with closing(HTTPConnection("127.0.0.1", int(environment["PORT"]))) as connection:
        connection.request("GET", "/readyz")
        assert json.load(connection.getresponse())["status"] == "ok"

    rival = subprocess.run([OUTREACH, "serve"], env=environment, capture_output=True, text=True, check=False)
    assert rival.returncode == 1
    assert rival.stderr.startswith(f"Error: Port {environment['PORT']} is taken by another program.")

    os.killpg(service.pid, signal.SIGINT)
    out, err = service.communicate(timeout=180)
    assert (service.returncode, out.splitlines()[-1], err) == (0, "Stopped.", "")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(environment["PORT"])))
