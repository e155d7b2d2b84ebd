"""Checks the settings, the machine and the service: zone data, folders, the clock; somebody coordinates, letters leave. Reads only."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]  # it has no stubs
from sqlalchemy import func, make_url, select

from outreach.db import db
from outreach.doctor.findings import Finding, Level, attention, fails, ok
from outreach.models import UNSETTLED, Letter, OutboxPause, RoleName, User
from outreach.settings import Settings

FEWEST_CHARACTERS = 16
_OURSELVES = {"localhost", "127.0.0.1", "::1"}

# British Columbia stopped changing its clocks in 2026 (tzdata 2026f): older data is an hour out in winter.
_PROBE, _OFFSET = datetime(2027, 1, 15, 12), timedelta(hours=-7)  # noqa: DTZ001 (a wall time)
YEARS_AHEAD = 15


def check_machine(settings: Settings, *, now: datetime) -> Iterator[Finding]:
    """Look at zone data, clock and folders."""
    yield _zone_data()
    yield _clock(now)
    yield _folder(settings)
    yield _privacy(settings)


def _zone_data() -> Finding:
    version, offset = tzdata.IANA_VERSION, _PROBE.replace(tzinfo=ZoneInfo("America/Vancouver")).utcoffset()
    if offset == _OFFSET:
        return ok("Zone data", f"tzdata {version}")
    advice = "Install the tzdata named in requirements.lock."
    return fails("Zone data", f"tzdata {version} doesn't know that Vancouver stays at UTC−7 in January 2027", advice)


def _clock(now: datetime) -> Finding:
    made_in = int(tzdata.IANA_VERSION[:4])
    if made_in <= now.year <= made_in + YEARS_AHEAD:
        return ok("Clock", f"{now:%Y-%m-%d %H:%M} UTC")
    return fails("Clock", f"says {now:%Y-%m-%d %H:%M} UTC", "Set it, and let it keep time by NTP: invitations and reminders go by it.")


def _folder(settings: Settings) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=settings.instance_path):
            return ok("Folder", f"{settings.instance_path} can be written to")
    except OSError as error:
        advice = "Let the account that runs Outreach write there, or name another folder in OUTREACH_INSTANCE_PATH."
        return fails("Folder", f"{settings.instance_path}: {error.strerror}", advice)


def _privacy(settings: Settings) -> Finding:
    """Nobody else on this machine reads keys, letters or the database: folder or file keeps them out."""
    readable = [path for path in _secrets(settings) if _lets_others_in(path) and _lets_others_in(path.parent)]
    if not readable:
        return ok("Privacy", "nobody else on this machine can read keys, e-mails or the database")
    text = f"everybody on this machine can read {', '.join(path.name for path in readable)}"
    advice = f"Run `chmod o= {' '.join(dict.fromkeys(str(path.parent) for path in readable))}`."
    return Finding("Privacy", Level.ATTENTION if settings.is_demo else Level.FAILS, text, advice)


def _secrets(settings: Settings) -> list[Path]:
    """Whatever is in our folder, and the database where it is a file."""
    folder, url = settings.instance_path, make_url(settings.database_url)
    inside = set(folder.iterdir()) if folder.is_dir() else set()
    is_file = url.get_backend_name() == "sqlite" and url.database
    return sorted(inside | ({Path(url.database)} if is_file and url.database else set()))


def _lets_others_in(path: Path) -> bool:
    """Others may open this folder, or read this file."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return bool(mode & (stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH))


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Look at mode, address, proxies and secret."""
    yield _mode(settings)
    yield _base_url(settings)
    if not settings.is_demo:
        yield _proxies(settings)
    yield _secret(settings)


def _mode(settings: Settings) -> Finding:
    if settings.is_demo:
        return ok("Mode", "demo: the data is invented")
    return ok("Mode", "production")


def _base_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.base_url)
    if settings.is_demo:
        return ok("Address", settings.base_url)
    if parts.scheme != "https":
        advice = "Let a proxy answer with TLS and set OUTREACH_BASE_URL to its https address."
        return fails("Address", f"{settings.base_url}: passwords and families' links would travel for all to read", advice)
    if parts.hostname in _OURSELVES:
        advice = "Set OUTREACH_BASE_URL to the address families will open."
        return fails("Address", f"{settings.base_url}: links in e-mails would lead nowhere", advice)
    return ok("Address", settings.base_url)


def _proxies(settings: Settings) -> Finding:
    if settings.trusted_proxies:
        return ok("Proxies", f"{settings.trusted_proxies} in front")
    text = "none is trusted: behind one, all visitors look like a single one, and share its limits"
    return attention("Proxies", text, "Set OUTREACH_TRUSTED_PROXIES to the number of proxies in front, usually 1.")


def _secret(settings: Settings) -> Finding:
    length, different = len(settings.secret_key), len(set(settings.secret_key))
    if different < FEWEST_CHARACTERS:
        advice = "Draw one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'. Links in letters already sent will end."
        return fails("Secret key", f"only {different} different characters: it can be guessed", advice)
    return ok("Secret key", f"{length} characters")


LONG = timedelta(minutes=10)
_REASONS = {
    "unreachable": "the mail server can't be reached",
    "insecure": "the mail server can't prove who it is, or offers no encryption",
    "sign_in": "the mail server doesn't let us sign in",
    "sender": "the mail server won't send for our address",
}


def check_service(*, now: datetime) -> Iterator[Finding]:
    """Look at people and letters. Wants the app's context and tables of the present shape."""
    yield _coordinator()
    yield _letters(now)


def _coordinator() -> Finding:
    coordinators = select(func.count(User.id)).where(User.active, User.roles.any(name=RoleName.COORDINATOR))
    if db.session.scalar(coordinators):
        return ok("Coordinator", "somebody can approve people")
    return attention("Coordinator", "there is none: nobody can approve people", "Run `outreach create-coordinator EMAIL`.")


def _letters(now: datetime) -> Finding:
    pause = db.session.scalar(select(OutboxPause))
    if pause is not None:
        text = f"all wait since {pause.since:%Y-%m-%d %H:%M} UTC: {_REASONS.get(pause.reason, pause.reason)} ({pause.server_words})"
        return fails("E-mails", text, "Mend what is said about the mail server; they leave by themselves then.")
    due = Letter.state.in_(UNSETTLED), Letter.due_at <= now
    oldest, number = db.session.execute(select(func.min(Letter.due_at), func.count()).where(*due)).one()
    if not number or now - oldest < LONG:
        return ok("E-mails", f"{number} due")
    text = f"{number} due, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"
    return attention("E-mails", text, "See that `outreach worker` is running.")
