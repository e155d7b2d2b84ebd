"""A real Dovecot on loopback, with a configuration, ports, a certificate and mailboxes of its own in a folder that goes with it."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote

from tests.support.ports import free_port

PASSWORD = "p@ss wörd/%"
_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
auth_failure_delay = 0
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = scheme=plain {folder}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""
USERS = tuple(f"reader{number}" for number in range(20))


class Dovecot:
    """Mailboxes one may put messages into, by file, and read over IMAP."""

    def __init__(self, folder: Path, port: int, tls_port: int, owner: tuple[int, int]) -> None:
        self._folder, self._port, self._tls_port, self._owner = folder, port, tls_port, owner
        self._numbers = count(1)

    @property
    def port(self) -> int:
        """Give the port without TLS."""
        return self._port

    @property
    def certificate(self) -> Path:
        """Give what a client must trust."""
        return self._folder / "certificate.pem"

    def url(self, user: str, *, password: str = PASSWORD, folder: str = "INBOX", is_tls: bool = False, host: str = "127.0.0.1") -> str:
        """Give the address as the setting wants it."""
        scheme, port = ("imaps", self._tls_port) if is_tls else ("imap", self._port)
        return f"{scheme}://{user}:{quote(password, safe='')}@{host}:{port}/{folder}"

    def put(self, user: str, message: bytes) -> Path:
        """Deliver a message, after all that are there already."""
        inbox = self._folder / "mail" / user
        for name in ("", "cur", "new", "tmp"):
            (inbox / name).mkdir(exist_ok=True)
            os.chown(inbox / name, *self._owner)
        number = next(self._numbers)
        path = inbox / "tmp" / f"{1_700_000_000 + number}.M{number}.here"
        path.write_bytes(message)
        os.chown(path, *self._owner)
        return path.rename(inbox / "new" / path.name)

    def put_huge(self, user: str, head: bytes, size: int) -> None:
        """Deliver a message of so many bytes that takes hardly any room: behind its head is a hole, and its name says how large it is."""
        path = self.put(user, head)
        with path.open("r+b") as file:
            file.truncate(size)
        path.rename(path.with_name(f"{path.name},S={size},W={size}"))

    def kept(self, user: str) -> list[str]:
        """Give the names of the files that hold a mailbox's messages, in order of arrival; behind `:2,` stand their flags (F: flagged)."""
        inbox = self._folder / "mail" / user
        return sorted(path.name for part in ("new", "cur") for path in (inbox / part).glob("*"))


@contextmanager
def dovecot(program: str) -> Iterator[Dovecot]:
    """Run it."""
    # not pytest's folder: the path of a socket has at most 107 bytes
    with tempfile.TemporaryDirectory(prefix="dove", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        port, tls_port = free_port(), free_port()
        owner = _configure(folder, port, tls_port)
        process = subprocess.Popen([program, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port, process, folder / "log")
            yield Dovecot(folder, port, tls_port, owner)
        finally:
            process.terminate()
            process.wait(180)


def _configure(folder: Path, port: int, tls_port: int) -> tuple[int, int]:
    """Write configuration, certificate and users; give who owns the mail: Dovecot reads none as root."""
    is_root = os.getuid() == 0
    me = pwd.getpwuid(os.getuid())
    reader = pwd.getpwnam("nobody") if is_root else me
    for name in ("mail", "state"):
        (folder / name).mkdir()
    for user in USERS:
        (folder / "mail" / user).mkdir()
        os.chown(folder / "mail" / user, reader.pw_uid, reader.pw_gid)
    (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in USERS), encoding="utf-8")
    login, internal = ("dovenull", "dovecot") if is_root else (me.pw_name, me.pw_name)
    facts = {"folder": folder, "port": port, "tls_port": tls_port, "owner": reader.pw_uid, "owner_group": reader.pw_gid}
    group = grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name
    text = _CONFIGURATION.format(**facts, login=login, internal=internal, group=group)
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")
    _certify(folder)
    return reader.pw_uid, reader.pw_gid


def _certify(folder: Path) -> None:
    openssl = str(shutil.which("openssl"))
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([openssl, "req", "-x509", *kind, *name, *files], check=True, capture_output=True)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the greeting."""
    end = time.monotonic() + 180
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=180) as connection:
            if connection.recv(4) == b"* OK":
                return
        time.sleep(0.05)
    raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else process.poll()}")
