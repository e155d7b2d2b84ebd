"""Whether a minor still has a guardian: noted on the student whenever guardians or their addresses change.

Joins the caller's transaction, never commits. The caller holds the locks of `notifications/locks.py` on the students.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import update

from outreach.db import db
from outreach.models import Consent, Purpose, Student
from outreach.people.queries import guardian_mailboxes


@contextmanager
def noting_guardians(student_ids: Collection[int], *, now: datetime) -> Iterator[set[int]]:
    """Compare whom these students have as guardians before and after what is done inside.

    A guardian counts who has an address whose reader didn't ask us to stop, whether or not e-mails arrive there. Once the last of
    them has gone, a minor's seat is held (`holds`) until somebody is responsible again; who never had one is the teacher's.
    With a new guardian the teacher's own responsibility ends. Gives a set that names those who have lost the last one, at the end.
    """
    before, lost = _guarded(student_ids), set[int]()
    yield lost
    db.session.flush()
    after = _guarded(student_ids)
    lost |= before - after
    if lost:
        db.session.execute(update(Student).where(Student.id.in_(lost)).values(guardians_gone_at=now))
    if named := after - before:
        db.session.execute(update(Student).where(Student.id.in_(named)).values(guardians_gone_at=None))
        taken = Consent.student_id.in_(named), Consent.purpose == Purpose.RESPONSIBILITY, Consent.revoked_at.is_(None)
        db.session.execute(update(Consent).where(*taken).values(revoked_at=now))


def _guarded(student_ids: Collection[int]) -> set[int]:
    return set(guardian_mailboxes(student_ids)) if student_ids else set()
