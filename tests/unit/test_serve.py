"""The port a server needs: said before anything starts, in words that name the way out."""

import logging
import runpy
import socket
from types import SimpleNamespace

import pytest

from outreach.runtime.serve import PortUnusable, address, require_port
from outreach.settings import ROOT
from tests.support.ports import free_port


def test_a_taken_port_is_refused_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortUnusable, match=rf"^Port {port} is taken by another program\. .* PORT={port % 65535 + 1}\.$"):
            require_port("127.0.0.1", port)


def test_a_port_left_a_moment_ago_is_free() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as other, socket.create_connection(("127.0.0.1", port)), other.accept()[0]:
        pass  # the side that closes first leaves the port in TIME_WAIT
    require_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused_for_what_it_is() -> None:
    with pytest.raises(PortUnusable, match=r"^Nothing can listen on 192\.0\.2\.1"):
        require_port("192.0.2.1", 8000)


@pytest.mark.parametrize(("host", "written"), [("127.0.0.1", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000")])
def test_an_address_is_written_as_browsers_want_it(host: str, written: str) -> None:
    assert address(host, 8000) == written


def test_what_gunicorn_says_of_a_failed_request_holds_no_path() -> None:
    """A path may be the secret of a family's link."""
    configuration = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    log = logging.getLogger("a log like gunicorn's")
    configuration["on_starting"](SimpleNamespace(log=SimpleNamespace(error_log=log)))
    record = log.makeRecord(log.name, logging.ERROR, "", 0, "Error handling request %s %s", ("GET", "/i/secret"), None)
    assert log.filter(record)
    assert "secret" not in record.getMessage()
    assert configuration["accesslog"] is None
