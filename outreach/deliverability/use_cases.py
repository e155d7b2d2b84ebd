"""Letters that don't arrive: people say that an address works, jobs inform teachers of one that doesn't, or of a domain that refuses us."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select, union

from outreach.db import db, transaction
from outreach.deliverability.blocked_domains import blocked_domains, left_over, lift, mark, newly_blocking, unmarked
from outreach.deliverability.reactivate import reactivate_mailboxes
from outreach.models import (
    ACTIVE,
    BlockedDomain,
    BlockedDomainSnapshot,
    Cause,
    Letter,
    LetterKind,
    LetterSnapshot,
    Mailbox,
    OutreachSession,
    Reader,
    Registration,
    RegistrationState,
    Student,
    User,
    class_teacher,
    enrolment,
)
from outreach.notifications import (
    StaffContact,
    read_participants,
    snapshot_of,
    staff_contacts,
    waiting_list_positions,
)
from outreach.outbox import NewLetter, enqueue
from outreach.people import (
    IS_UNDELIVERABLE,
    Participant,
    answering_teacher,
    contacts_of_students,
    for_school,
    is_there,
    recipients,
    schools_of,
    stands_in_for_whom,
    teacher_stands_in,
)


def reactivate_mailbox(mailbox_id: int, *, now: datetime) -> bool:
    """Somebody says that this address works after all: write there again, first the present state.

    Says whether it was marked.
    """
    with transaction():
        return bool(reactivate_mailboxes([mailbox_id], now=now))


def unblock_domain(domain: str, *, now: datetime) -> bool:
    """Somebody says that this domain accepts our letters now: write there again, first the present state.

    Says whether it was marked. If its server refuses letters again, the next job marks it again.
    """
    with transaction():
        return lift(domain, now=now)


def report_undeliverable_mailboxes(*, now: datetime) -> int:
    """Report to teachers, each once, addresses that fail and guardians whose domain blocks us; give how many letters that made."""
    drafts = undeliverable_notices(now=now)
    if drafts:
        with transaction():
            enqueue(drafts, now=now)
    return len(drafts)


def update_blocked_domains(*, now: datetime) -> int:
    """Mark the domains that refuse our letters, and ask their teachers to have us let in; gives how much there was to do."""
    for domain in left_over():
        unblock_domain(domain, now=now)
    grown = [domain for domain in blocked_domains() if unmarked(domain)]
    marked = [domain for domain in (*newly_blocking(now=now), *grown) if _mark(domain, now)]
    drafts = blocked_domain_notices(now=now)
    if drafts:
        with transaction():
            enqueue(drafts, now=now)
    return len(marked) + len(drafts)


def _mark(domain: str, now: datetime) -> bool:
    with transaction():
        return mark(domain, now=now)


@dataclass
class Undeliverable:
    """What fails, an address or a domain that blocks us, and one teacher's students who have it.

    `key`: of the news, once to each teacher, and again only when it fails again. `next_registrations`: by student, the soonest first.
    """

    what: str
    cause: Cause
    key: str
    teacher_id: int
    mailbox_ids: set[int] = field(default_factory=set)
    next_registrations: dict[int, tuple[int, int]] = field(default_factory=dict)

    def concerns(self, participant: Participant) -> bool:
        """They would be written to there; of a domain that blocks us only minors with no guardian elsewhere, for whom to ask."""
        is_there = not self.mailbox_ids.isdisjoint(to.mailbox_id for to in recipients(participant))
        return is_there and (self.cause is Cause.BOUNCED or (participant.is_minor and teacher_stands_in(participant)))


def undeliverable_notices(*, now: datetime) -> list[NewLetter]:
    """Write the letter for each undeliverable address, and each domain that blocks guardians, that no teacher has been informed of since.

    It names all the teacher's students concerned and the next of their sessions, and belongs to no session's stream:
    nothing in it goes out of date with a later letter.
    """
    refusals = _undeliverable(now)
    known = set(db.session.scalars(select(Letter.dedupe_key).where(Letter.dedupe_key.in_([refusal.key for refusal in refusals]))))
    new = [refusal for refusal in refusals if refusal.key not in known]
    teachers = staff_contacts({refusal.teacher_id for refusal in new})
    drafts = [_draft(refusal, teachers[refusal.teacher_id]) for refusal in new]
    return [draft for draft in drafts if draft is not None]


def _undeliverable(now: datetime) -> list[Undeliverable]:
    behind = contacts_of_students().subquery()
    rows = db.session.execute(
        select(Mailbox, Registration.id, Registration.session_id, answering_teacher(), Registration.student_id)
        .join(behind, behind.c.mailbox_id == Mailbox.id)
        .join(Registration, Registration.student_id == behind.c.student_id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(IS_UNDELIVERABLE, Mailbox.stopped_at.is_(None), Registration.state.in_(ACTIVE))
        .where(OutreachSession.is_current(now))
        .order_by(OutreachSession.starts_at, Registration.id)
    )
    blocked_since = {one.domain: one.since for one in db.session.scalars(select(BlockedDomain).where(BlockedDomain.lifted_at.is_(None)))}
    found: dict[str, Undeliverable] = {}
    for mailbox, registration_id, session_id, teacher_id, student_id in rows:
        new = _news(mailbox, teacher_id, blocked_since)
        refusal = found.setdefault(new.key, new)
        refusal.mailbox_ids.add(mailbox.id)
        refusal.next_registrations.setdefault(student_id, (session_id, registration_id))
    return list(found.values())


def _news(mailbox: Mailbox, teacher_id: int, blocked_since: Mapping[str, datetime]) -> Undeliverable:
    if mailbox.undeliverable_at is not None:
        key = f"refused:{mailbox.id}:{mailbox.undeliverable_at}:{teacher_id}"
        return Undeliverable(mailbox.address, Cause.BOUNCED, key, teacher_id)
    key = f"blocked_guardians:{_sign(mailbox.domain)}:{blocked_since.get(mailbox.domain)}:{teacher_id}"
    return Undeliverable(mailbox.domain, Cause.BLOCKED, key, teacher_id)


def _sign(domain: str) -> str:
    return sha256(domain.encode()).hexdigest()[:16]


def _draft(refusal: Undeliverable, teacher: StaffContact) -> NewLetter | None:
    """None where nobody must be asked: the guardian of a student who is of age isn't written to."""
    by_session: dict[int, list[int]] = defaultdict(list)
    for session_id, registration_id in refusal.next_registrations.values():
        by_session[session_id].append(registration_id)
    concerned: list[tuple[OutreachSession, Participant]] = []
    for session_id, registration_ids in by_session.items():
        outreach_session = db.session.get_one(OutreachSession, session_id)
        participants = read_participants(outreach_session, Registration.id.in_(registration_ids))
        concerned += [(outreach_session, one) for one in participants if refusal.concerns(one)]
    return _letter(refusal, teacher, concerned) if concerned else None


def _letter(refusal: Undeliverable, teacher: StaffContact, concerned: Sequence[tuple[OutreachSession, Participant]]) -> NewLetter:
    soonest, about = concerned[0][0], [one for _session, one in concerned]
    snapshot = LetterSnapshot(
        reader=Reader.TEACHER,
        reader_name=teacher.name,
        reader_zone=teacher.zone,
        cause=refusal.cause,
        session=snapshot_of(soonest),
        seated=for_school([participant for participant in about if participant.state is not RegistrationState.WAITING]),
        waiting=for_school(
            [participant for participant in about if participant.state is RegistrationState.WAITING], waiting_list_positions(soonest.id)
        ),
        stands_in_for=for_school([participant for participant in about if teacher_stands_in(participant)]),
        reason=refusal.what,
        instead_of=stands_in_for_whom(about),
    )
    return NewLetter(
        mailbox_id=teacher.mailbox_id,
        kind=LetterKind.WRONG_ADDRESS,
        facts=snapshot.to_json(),
        dedupe_key=refusal.key,
        locale=teacher.locale,
    )


def blocked_domain_notices(*, now: datetime) -> list[NewLetter]:
    """Write the letter for each marked domain and each teacher who hasn't had one since; a public domain is the coordinator's."""
    blocked = db.session.scalars(select(BlockedDomain).where(BlockedDomain.lifted_at.is_(None)).order_by(BlockedDomain.domain))
    drafts = [draft for domain in blocked.all() for draft in _drafts(domain, now)]
    known = set(db.session.scalars(select(Letter.dedupe_key).where(Letter.dedupe_key.in_([draft.dedupe_key for draft in drafts]))))
    return [draft for draft in drafts if draft.dedupe_key not in known]


def _drafts(blocked: BlockedDomain, now: datetime) -> list[NewLetter]:
    students = _students_by_teacher(blocked.domain, now)
    return [
        NewLetter(
            mailbox_id=teacher.mailbox_id,
            kind=LetterKind.BLOCKED,
            facts=BlockedDomainSnapshot(
                reader_name=teacher.name, domain=blocked.domain, students=students[teacher.user_id], server_words=blocked.words
            ).to_json(),
            dedupe_key=f"blocked:{_sign(blocked.domain)}:{blocked.since}:{teacher.user_id}",
            locale=teacher.locale,
        )
        for teacher in staff_contacts(students.keys()).values()
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
        .join(User, User.id == class_teacher.c.user_id)
        .where(enrolment.c.student_id.in_(theirs), User.active)
    )
    registered = (
        select(answering_teacher(), Registration.student_id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(Registration.student_id.in_(theirs), Registration.state.in_(ACTIVE), OutreachSession.ends_at > now)
    )
    both = union(taught, registered).subquery()
    rows = db.session.execute(select(both.c.user_id, func.count()).group_by(both.c.user_id))
    return {teacher_id: number for teacher_id, number in rows}  # noqa: C416 (dict() of rows isn't typed)
