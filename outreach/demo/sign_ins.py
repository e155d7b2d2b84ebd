"""The accounts a newcomer may sign in with in a demo."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.models import RoleName
from outreach.settings import Settings

PASSWORD = "stitch-in-time"  # noqa: S105 (meant to be known: it opens invented data only)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Somebody invented whose address and password are shown to everybody."""

    role: RoleName
    email: str


CLINICIAN = SignIn(role=RoleName.CLINICIAN, email="clinician@demo.example")
TEACHER = SignIn(role=RoleName.TEACHER, email="teacher@demo.example")
COORDINATOR = SignIn(role=RoleName.COORDINATOR, email="coordinator@demo.example")
SIGN_INS = (CLINICIAN, TEACHER, COORDINATOR)


def in_words(settings: Settings) -> str:
    """Say where to sign in and as whom, and where e-mails can be seen."""
    people = "".join(f"\n  {one.role.value:<12} {one.email}" for one in SIGN_INS)
    mailbox = f"\nAll e-mails can be seen at {settings.base_url}/mailbox" if settings.has_local_mailbox else ""
    return f"Sign in at {settings.base_url}/login, password {PASSWORD}{people}{mailbox}"
