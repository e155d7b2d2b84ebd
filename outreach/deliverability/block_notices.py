"""Who is asked to have our letters let in: teachers of students at a school whose own domain turns them away.

Reads only.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select, union

from outreach.db import db
from outreach.models import (
    ACTIVE,
    BlockedDomain,
    Letter,
    LetterKind,
    Mailbox,
    OutreachSession,
    Registration,
    Student,
    class_teacher,
    enrolment,
)
from outreach.models.snapshots import BlockedFacts
from outreach.notifications.participants import adults
from outreach.outbox.queue import Draft
from outreach.people.mail_domains import is_there, schools_of


def untold_blocks(*, now: datetime) -> list[Draft]:
    """Write the letter for each marked domain and each teacher who hasn't had one since; a public domain is the coordinator's."""
    blocked = db.session.scalars(select(BlockedDomain).where(BlockedDomain.lifted_at.is_(None)).order_by(BlockedDomain.domain))
    drafts = [draft for domain in blocked.all() for draft in _drafts(domain, now)]
    told = set(db.session.scalars(select(Letter.dedupe_key).where(Letter.dedupe_key.in_([draft.dedupe_key for draft in drafts]))))
    return [draft for draft in drafts if draft.dedupe_key not in told]


def _drafts(blocked: BlockedDomain, now: datetime) -> list[Draft]:
    students = _students_by_teacher(blocked.domain, now)
    sign = sha256(blocked.domain.encode()).hexdigest()[:16]
    return [
        Draft(
            mailbox_id=teacher.mailbox_id,
            kind=LetterKind.BLOCKED,
            facts=BlockedFacts(
                reader_name=teacher.name, domain=blocked.domain, students=students[teacher.user_id], server_words=blocked.words
            ).to_json(),
            dedupe_key=f"blocked:{sign}:{blocked.since}:{teacher.user_id}",
            locale=teacher.locale,
        )
        for teacher in adults(students.keys()).values()
    ]


def _students_by_teacher(domain: str, now: datetime) -> dict[int, int]:
    """Count, by teacher, the students there whom they teach or have registered for what is to come."""
    theirs = (
        select(Student.id)
        .join(Mailbox, Mailbox.id == Student.mailbox_id)
        .where(is_there(domain), Student.school_id.in_(schools_of(domain)))
    )
    taught = (
        select(class_teacher.c.user_id, enrolment.c.student_id)
        .join(enrolment, enrolment.c.class_id == class_teacher.c.class_id)
        .where(enrolment.c.student_id.in_(theirs))
    )
    registered = (
        select(Registration.teacher_id, Registration.student_id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(Registration.student_id.in_(theirs), Registration.state.in_(ACTIVE), OutreachSession.ends_at > now)
    )
    both = union(taught, registered).subquery()
    rows = db.session.execute(select(both.c.user_id, func.count()).group_by(both.c.user_id))
    return {teacher_id: number for teacher_id, number in rows}  # noqa: C416 (dict() of rows isn't typed)
