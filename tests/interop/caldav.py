"""A calendar behind Radicale, a real CalDAV server on loopback, and a mail program that keeps what it is mailed there.

The mail program does what RFC 5546 asks of one: what is older than what it holds changes nothing, a CANCEL takes the entry
away. It takes METHOD out of what it stores, as RFC 4791 4.1 asks.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener
from xml.etree import ElementTree as ET

from tests.support.calendars import Entry, Mail
from tests.support.ports import free_port

CALDAV = "{urn:ietf:params:xml:ns:caldav}"
QUERY = """<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:">
<D:prop><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="{start:%Y%m%dT%H%M%SZ}" end="{end:%Y%m%dT%H%M%SZ}"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""
_open = build_opener(ProxyHandler({})).open


@dataclass
class Calendar:
    """The calendar of one reader."""

    port: int
    reader: str
    newest: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def make(self) -> None:
        """Make it; the server makes its owner at the first word."""
        self.ask("PROPFIND", "", depth="0")
        assert self.ask("MKCALENDAR", "calendar/")[0] == 201

    def take(self, mail: Mail) -> None:
        """Do what the mail asks."""
        entry = mail.entry
        if (entry.sequence, entry.stamp) < self.newest.get(entry.uid, (-1, entry.stamp)):
            return
        self.newest[entry.uid] = (entry.sequence, entry.stamp)
        if entry.method == "CANCEL":
            assert self._delete(entry) in (200, 404)  # gone, or gone before
        else:
            assert self.put(entry.uid, without_method(mail.ics or b"")) in (201, 204)

    def put(self, name: str, written: bytes) -> int:
        """Store an object; give the server's answer."""
        return self.ask("PUT", f"calendar/{quote(name)}.ics", written, content_type="text/calendar; charset=utf-8")[0]

    def between(self, start: datetime, end: datetime) -> list[str]:
        """Give the objects the server finds in this time (aware, UTC)."""
        status, said = self.ask("REPORT", "calendar/", QUERY.format(start=start, end=end).encode(), depth="1")
        assert status == 207
        return [data.text or "" for data in ET.fromstring(said).iter(f"{CALDAV}calendar-data")]  # noqa: S314 (our own server)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        """Ask the server; give status and content."""
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        own["Authorization"] = "Basic " + b64encode(f"{self.reader}:any".encode()).decode()
        request = Request(f"http://127.0.0.1:{self.port}/{quote(self.reader)}/{path}", body, own, method=method)
        try:
            with _open(request, timeout=180) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            return refused.code, refused.read().decode()

    def _delete(self, entry: Entry) -> int:
        return self.ask("DELETE", f"calendar/{quote(entry.uid)}.ics")[0]


def without_method(written: bytes) -> bytes:
    """Give the object as it may be stored."""
    lines = [line for line in written.split(b"\r\n") if not line.startswith(b"METHOD:")]
    return b"\r\n".join(lines)


@contextmanager
def radicale(folder: Path) -> Iterator[int]:
    """Run the server on a free port."""
    port = free_port()
    where = ["--server-hosts", f"127.0.0.1:{port}", "--storage-filesystem-folder", str(folder)]
    command = [sys.executable, "-m", "radicale", "--config", "", *where, "--auth-type", "none", "--logging-level", "error"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int, *, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError("Radicale never answered.")
