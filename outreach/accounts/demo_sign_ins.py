"""The accounts a newcomer may sign in with in a demo."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select

from outreach.db import db
from outreach.models import RoleName, User
from outreach.settings import Settings

PASSWORD = "stitch-in-time"  # noqa: S105 (meant to be known: it opens invented data only)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Somebody invented whose address and password are shown to everybody. `invitation`: what the button says."""

    role: RoleName
    email: str
    invitation: LazyString


CLINICIAN = SignIn(role=RoleName.CLINICIAN, email="clinician@demo.example", invitation=_l("Sign in as a clinician"))
TEACHER = SignIn(role=RoleName.TEACHER, email="teacher@demo.example", invitation=_l("Sign in as a teacher"))
COORDINATOR = SignIn(role=RoleName.COORDINATOR, email="coordinator@demo.example", invitation=_l("Sign in as the coordinator"))
SIGN_INS = (CLINICIAN, TEACHER, COORDINATOR)


def sign_ins_there() -> list[SignIn]:
    """Give those of them that this demo has."""
    known = set(db.session.scalars(select(User.email).where(User.email.in_([one.email for one in SIGN_INS]))))
    return [one for one in SIGN_INS if one.email in known]


def in_words(settings: Settings) -> str:
    """Say where to sign in and as whom, and where e-mails can be seen."""
    people = "".join(f"\n  {one.role.value:<12} {one.email}" for one in SIGN_INS)
    mailbox = f"\nAll e-mails can be seen at {settings.base_url}/mailbox" if settings.has_local_mailbox else ""
    return f"Sign in at {settings.base_url}/login, password {PASSWORD}{people}{mailbox}"
