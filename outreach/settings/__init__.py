"""Settings: a frozen dataclass, read once from the environment; one error lists everything that is wrong.

The functions above it check one value each. They raise ValueError with the rest of a sentence that starts with the setting's name.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from outreach.settings.dkim_key import DkimKey, key_of

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def database_url(value: str) -> str:
    """Give the address of a database of a kind we know."""
    try:
        driver = make_url(value).drivername
    except ArgumentError:
        driver = ""
    if driver not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://.")
    return value


def secret_key(value: str) -> str:
    """Give a key that is long enough to sign with."""
    if len(value) < 32:
        raise ValueError("must have at least 32 characters; `python -c 'import secrets; print(secrets.token_urlsafe(48))'` draws one.")
    return value


def base_url(value: str) -> str:
    """Give our own address without a slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://outreach.example.org.")
    return value.rstrip("/")


def reply_address(value: str) -> str:
    """Give an address with the place for a token in it."""
    try:
        validate_email(value.replace("{token}", "x" * 16), check_deliverability=False, test_environment=True, allow_domain_literal=False)
    except EmailNotValidError:
        value = ""
    if value.count("{token}") != 1:
        raise ValueError("must be an address with {token} in it, such as rsvp+{token}@example.org.")
    return value


def inbox_url(value: str) -> str:
    """Give where replies are read. Without TLS only on this machine: the password would travel in the clear."""
    parts = urlsplit(value)
    is_whole = parts.scheme in {"imap", "imaps"} and parts.hostname and parts.username and parts.password and len(parts.path) > 1
    if not is_whole:
        raise ValueError("must be an address such as imaps://user:password@mail.example.org/INBOX (write @ in a password as %40).")
    if parts.scheme == "imap" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with imaps://: without TLS the password would travel in the clear.")
    return value


def dns_label(value: str) -> str:
    """Give a selector as written in a DNS name."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?", value):
        raise ValueError("must be letters, digits and hyphens, such as outreach2026.")
    return value


def dkim_key_file(value: str) -> str:
    """Give the path of a file with a key we can sign with."""
    try:
        key_of(Path(value).read_bytes())
    except OSError as refused:
        raise ValueError(f"can't be read: {refused.strerror}.") from None
    return value


__all__ = ["MODES", "PREFIX", "ROOT", "DkimKey", "Settings", "SettingsError", "key_of", "read_settings"]

ROOT = Path(__file__).resolve().parents[2]
MODES = ("production", "demo")
PREFIX = "OUTREACH_"


class SettingsError(Exception):
    """Something in the environment is missing or wrong; the message has a line for each."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that can be set from outside; README's table says what each means."""

    mode: str
    database_url: str
    secret_key: str
    base_url: str
    reply_address: str
    instance_path: Path
    mail_server: str | None = None
    mail_port: int = 25
    mail_username: str | None = None
    mail_password: str | None = None
    mail_use_tls: bool = False
    mail_per_domain: int = 0
    bounce_address: str = ""
    inbox_url: str | None = None
    authserv_id: str | None = None
    dkim_selector: str | None = None
    dkim_key_file: Path | None = None
    trusted_proxies: int = 0

    @property
    def is_demo(self) -> bool:
        """Invented data, and a mailbox page where a mail server is missing."""
        return self.mode == "demo"

    @property
    def has_local_mailbox(self) -> bool:
        """Letters are written to files instead of sent."""
        return self.is_demo and not self.mail_server

    @property
    def mail_domain(self) -> str:
        """The domain our letters come from."""
        return self.reply_address.rpartition("@")[2]

    def reply_address_of(self, token: str) -> str:
        """Give the address that stands for one mailbox: organizer and sender of its letters."""
        return self.reply_address.replace("{token}", token)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the `OUTREACH_` variables.

    Raises SettingsError with one line for each variable that is missing or wrong.
    """
    return _Reader(environ).settings()


class _Reader:
    """Collects all errors and raises them together."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.values = {k.removeprefix(PREFIX): v.strip() for k, v in environ.items() if k.startswith(PREFIX)}
        self.complaints: list[str] = []
        self.mode = self.one_of("MODE", MODES, "production")
        self.is_demo = self.mode == "demo"

    def settings(self) -> Settings:
        instance = Path(self.values.get("INSTANCE_PATH") or ROOT / "instance").absolute()
        settings = Settings(
            mode=self.mode,
            instance_path=instance,
            database_url=self.checked("DATABASE_URL", f"sqlite:///{instance / 'outreach.sqlite3'}", database_url),
            secret_key=self.secret_key(instance),
            base_url=self.checked("BASE_URL", self.demo_only("http://127.0.0.1:8000"), base_url),
            mail_server=self.mail_server(),
            mail_port=self.number("MAIL_PORT", 25, 1, 65535),
            mail_username=self.values.get("MAIL_USERNAME") or None,
            mail_password=self.values.get("MAIL_PASSWORD") or None,
            mail_use_tls=self.one_of("MAIL_USE_TLS", ("0", "1"), "0") == "1",
            reply_address=self.checked("REPLY_ADDRESS", self.demo_only("rsvp+{token}@outreach.example"), reply_address),
            mail_per_domain=self.number("MAIL_PER_DOMAIN", 600, 0, 100_000),
            bounce_address=self.optional("BOUNCE_ADDRESS", reply_address) or "",
            inbox_url=self.optional("INBOX_URL", inbox_url),
            authserv_id=self.values.get("AUTHSERV_ID") or None,
            dkim_selector=self.optional("DKIM_SELECTOR", dns_label),
            dkim_key_file=self.dkim_key_file(),
            trusted_proxies=self.number("TRUSTED_PROXIES", 0, 0, 5),
        )
        if self.complaints:
            raise SettingsError("The settings are not complete:\n" + "\n".join(f"  {PREFIX}{line}" for line in self.complaints))
        return settings

    def secret_key(self, instance: Path) -> str:
        """In demo mode one is drawn and kept, so that links stay valid over a restart."""
        given = self.values.get("SECRET_KEY", "")
        if given or not self.is_demo:
            return self.checked("SECRET_KEY", "", secret_key)
        kept = instance / "demo-secret-key"
        if not kept.exists():
            instance.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(48))
        return kept.read_text()

    def demo_only(self, default: str) -> str:
        return default if self.is_demo else ""

    def mail_server(self) -> str | None:
        given = self.values.get("MAIL_SERVER") or None
        if given is None and not self.is_demo:
            self.complaints.append("MAIL_SERVER is missing.")
        return given

    def checked(self, name: str, default: str, check: Callable[[str], str]) -> str:
        value = self.values.get(name) or default
        if not value:
            self.complaints.append(f"{name} is missing.")
            return ""
        try:
            return check(value)
        except ValueError as wrong:
            self.complaints.append(f"{name} {wrong}")
            return value

    def optional(self, name: str, check: Callable[[str], str]) -> str | None:
        return self.checked(name, "", check) if self.values.get(name) else None

    def dkim_key_file(self) -> Path | None:
        """Selector and key belong together: one without the other signs nothing."""
        given, selector = self.values.get("DKIM_KEY_FILE"), self.values.get("DKIM_SELECTOR")
        if bool(given) != bool(selector):
            self.complaints.append(f"{'DKIM_KEY_FILE' if selector else 'DKIM_SELECTOR'} is missing: both are needed to sign e-mails.")
        if not given:
            return None
        return Path(self.checked("DKIM_KEY_FILE", "", dkim_key_file))

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.values.get(name) or default
        if value not in allowed:
            self.complaints.append(f"{name} must be {' or '.join(allowed)}, not {value!r}.")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self.values.get(name) or str(default)
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            self.complaints.append(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
            return default
        return int(value)
