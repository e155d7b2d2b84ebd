"""Who hosts: approved clinicians only. Reads the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from outreach.db import db
from outreach.errors import Refused
from outreach.models import RoleName, User


def host(user_id: int | None, *, default_id: int) -> User:
    """Give the host. Raises Refused when it isn't an approved clinician."""
    user = db.session.get(User, default_id if user_id is None else user_id)
    if user is None or not _hosts_sessions(user):
        raise Refused(_l("Choose the clinician who hosts it."), field="host")
    return user


def co_hosts(emails: Sequence[str], *, but: User) -> list[User]:
    """Give the clinicians with these addresses, each once, without the host. Raises Refused naming an address that isn't one's."""
    wanted = list(dict.fromkeys(email.lower() for email in emails))
    found = {user.email.lower(): user for user in db.session.scalars(select(User).where(User.email.in_(wanted))) if _hosts_sessions(user)}
    for email in wanted:
        if email not in found:
            raise Refused(_l("%(email)s isn't the address of an approved clinician here.", email=email), field="co_hosts")
    return [found[email] for email in wanted if found[email].id != but.id]


def clinicians() -> list[User]:
    """List those who may host, by name."""
    users = db.session.scalars(
        select(User).where(User.active, User.roles.any(name=RoleName.CLINICIAN)).order_by(User.family_name, User.given_name, User.id)
    )
    return list(users)


def _hosts_sessions(user: User) -> bool:
    return user.active and user.is_a(RoleName.CLINICIAN)
