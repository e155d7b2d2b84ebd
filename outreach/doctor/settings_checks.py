"""The doctor looks at the settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from outreach.doctor.findings import Finding, attention, fails, ok
from outreach.settings import Settings

FEWEST_CHARACTERS = 16
_OURSELVES = {"localhost", "127.0.0.1", "::1"}


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
        return fails("Address", f"{settings.base_url}: links in letters would lead nowhere", advice)
    return ok("Address", settings.base_url)


def _proxies(settings: Settings) -> Finding:
    if settings.trusted_proxies:
        return ok("Proxies", f"{settings.trusted_proxies} in front")
    said = "none is trusted: behind one, all visitors look like a single one, and share its limits"
    return attention("Proxies", said, "Set OUTREACH_TRUSTED_PROXIES to the number of proxies in front, usually 1.")


def _secret(settings: Settings) -> Finding:
    length, different = len(settings.secret_key), len(set(settings.secret_key))
    if different < FEWEST_CHARACTERS:
        advice = "Draw one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'. Links in letters already sent will end."
        return fails("Secret key", f"only {different} different characters: it can be guessed", advice)
    return ok("Secret key", f"{length} characters")
