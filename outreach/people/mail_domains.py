"""Whose a mail domain is: a school's own, or everybody's.

Reads only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union_all

from outreach.db import db
from outreach.models import Mailbox, Membership, Student, User

EVERYBODYS = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "live.com", "msn.com", "yahoo.com", "yahoo.co.uk"),
        *("ymail.com", "aol.com", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "gmx.com", "gmx.de", "gmx.net"),
        *("web.de", "t-online.de", "mail.com", "fastmail.com", "zoho.com", "orange.fr", "free.fr", "laposte.net", "libero.it", "qq.com"),
        *("comcast.net", "verizon.net", "att.net", "sbcglobal.net", "btinternet.com", "sky.com", "virginmedia.com", "mail.ru", "yandex.ru"),
    }
)


def is_there(domain: str) -> ColumnElement[bool]:
    """The mailbox has an address of this domain, not of one below it."""
    return Mailbox.address.endswith(f"@{domain}", autoescape=True)


def schools_of(domain: str) -> set[int]:
    """Give the schools whose own domain it is: more than half of their students' addresses are there, or of their teachers'.

    A domain where everybody may have an address is nobody's own, whoever uses it.
    """
    if domain in EVERYBODYS:
        return set()
    rows = db.session.execute(union_all(_addresses_of_students(domain), _addresses_of_teachers(domain)))
    return {school_id for school_id, there, in_all in rows if 2 * there > in_all}


def _addresses_of_students(domain: str) -> Select[int, int, int]:
    joined = select(Student.school_id, *_counts(domain)).join(Mailbox, Mailbox.id == Student.mailbox_id)
    return joined.group_by(Student.school_id)


def _addresses_of_teachers(domain: str) -> Select[int, int, int]:
    joined = select(Membership.school_id, *_counts(domain)).join(User, User.id == Membership.user_id)
    return joined.join(Mailbox, Mailbox.id == User.mailbox_id).group_by(Membership.school_id)


def _counts(domain: str) -> tuple[Any, Any]:
    return func.count().filter(is_there(domain)), func.count()
