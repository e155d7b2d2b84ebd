"""What some tests need from the machine. OUTREACH_TEST_REQUIRE=chromium,postgresql,... makes its absence an error."""

from __future__ import annotations

import os
import shutil
from ctypes import CDLL
from ctypes.util import find_library
from functools import lru_cache
from pathlib import Path

import psycopg

ICAL_JS = Path(__file__).parent.parent / "interop/node_modules/ical.js"
DEFAULT_SERVER = "postgresql+psycopg://127.0.0.1/postgres"
# Why a test is skipped, and what nobody has tried then.
WITHOUT = {
    "chromium": "Chromium isn't installed (Debian: chromium): pages aren't tried in a browser",
    "postgresql": "PostgreSQL doesn't answer on loopback (Debian: postgresql): its locks, types and SQL aren't tried",
    "dovecot": "Dovecot isn't installed (Debian: dovecot-imapd): mail isn't read from a real IMAP server",
    "thunderbird": "Thunderbird or Xvfb isn't installed (Debian: thunderbird xvfb): no mail program has pressed its buttons on our e-mails",
    "ical.js": "ical.js isn't installed (npm ci --prefix tests/interop): what it reads in our invitations isn't known",
    "libical": "libical isn't installed (Debian: libical3): what it reads in our invitations isn't known",
}


@lru_cache
def postgresql_url() -> str | None:
    """Give the address of a server on which tests may create databases; None if there is none."""
    url = os.environ.get("OUTREACH_TEST_POSTGRESQL_URL", DEFAULT_SERVER)
    try:
        psycopg.connect(url.replace("+psycopg", ""), connect_timeout=20).close()
    except psycopg.OperationalError:
        _missing("postgresql")
        return None
    return url


def chromium_path() -> str | None:
    """Give the path of the system's Chromium; None if there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        _missing("chromium")
    return path


def node_path() -> str | None:
    """Give the path of Node, where `npm ci` in tests/interop has brought ical.js too; None otherwise."""
    path = shutil.which("node")
    if path is None or not ICAL_JS.is_dir():
        _missing("node")
        return None
    return path


def has_libical() -> bool:
    """Say whether the system has libical 3."""
    try:
        CDLL(find_library("ical") or "libical.so.3")
    except OSError:
        _missing("libical")
        return False
    return True


def dovecot_path() -> str | None:
    """Give the path of Dovecot's master process; None without it, or without the openssl that makes its certificate."""
    path = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None or shutil.which("openssl") is None:
        _missing("dovecot")
        return None
    return path


def has_thunderbird() -> bool:
    """Say whether Thunderbird is there, and a screen nobody sees."""
    if all(shutil.which(program) for program in ("thunderbird", "Xvfb")):
        return True
    _missing("thunderbird")
    return False


def _missing(what: str) -> None:
    if what in os.environ.get("OUTREACH_TEST_REQUIRE", "").split(","):
        raise RuntimeError(f"{what} is required here (OUTREACH_TEST_REQUIRE) and not found.")
