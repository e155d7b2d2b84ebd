"""What somebody is no longer to read about students goes to whoever stands in for them.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import db
from outreach.models import Letter, LetterKind, Reader, Registration, User
from outreach.outbox.queue import NewLetter, enqueue
from outreach.people import LISTS, answering_teacher, named, open_hosts, responsible_hosts


def pass_on(letter: Letter, facts: dict[str, Any] | None, *, now: datetime) -> None:
    """Write to whoever stands in what this letter says of students it no longer names. `facts`: what remains of it; None: nothing.

    Only what names students as a teacher or host knows them; a list is left out where a later one tells who stands in how things are.
    """
    former = db.session.scalar(select(User).where(User.mailbox_id == letter.mailbox_id))
    lost = set(named(letter.facts)) - set(named(facts or {}))
    if former is None or not lost:
        return
    if letter.facts.get("reader") == Reader.TEACHER:
        enqueue([_draft(letter, to, former, ids) for to, ids in _teachers(lost) if not _knows(to, letter, former)], now=now)
    elif letter.kind is LetterKind.NOTE and letter.outreach_session and not open_hosts(letter.outreach_session):
        enqueue([_draft(letter, to, former, lost) for to in responsible_hosts(letter.outreach_session)], now=now)


def _teachers(registration_ids: set[int]) -> Iterator[tuple[User, set[int]]]:
    rows = db.session.execute(select(Registration.id, answering_teacher()).where(Registration.id.in_(registration_ids)))
    found: dict[int, set[int]] = defaultdict(set)
    for registration_id, user_id in rows:
        found[user_id].add(registration_id)
    return ((db.session.get_one(User, user_id), ids) for user_id, ids in sorted(found.items()))


def _knows(to: User, letter: Letter, former: User) -> bool:
    later = (Letter.mailbox_id == to.mailbox_id, Letter.session_id == letter.session_id, Letter.id > letter.id)
    has_later = select(Letter.id).where(*later, Letter.kind == LetterKind.DIGEST).limit(1)
    return to.id == former.id or (letter.kind is LetterKind.DIGEST and db.session.scalar(has_later) is not None)


def _draft(letter: Letter, to: User, former: User, registration_ids: set[int]) -> NewLetter:
    lists = {
        name: [student for student in letter.facts[name] if student["registration_id"] in registration_ids]
        for name in LISTS
        if name in letter.facts
    }
    reader = {"reader_name": to.given_name, "reader_zone": to.zone, "instead_of": former.name}
    return NewLetter(
        mailbox_id=to.mailbox_id,
        kind=letter.kind,
        facts=letter.facts | lists | reader,
        dedupe_key=f"{letter.dedupe_key}:for:{to.id}",
        locale=to.mailbox.locale,
        session_id=letter.session_id,
    )
