"""Registrations as teachers see them: of one session, and counted for all sessions.

Reads only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import joinedload

from outreach import policy
from outreach.db import db
from outreach.mail import explain_blocked, explain_rejection
from outreach.models import (
    ACTIVE,
    SEATED,
    Guardian,
    Letter,
    LetterState,
    Mailbox,
    Membership,
    OutreachSession,
    Registration,
    RegistrationState,
    School,
    SessionState,
    Student,
    User,
)
from outreach.notifications import waiting_list_positions
from outreach.outbox import is_superseded
from outreach.people import AgeRule, HoldReason, Settler, age_rule, hold_reasons, missing_words, reasons_shown, school_names, settlers
from outreach.rsvp.queries import ASKED, family_rsvps, rsvp_counts_by_session
from outreach.rsvp.rules import CombinedRsvp, FamilyRsvps, RsvpCounts, RsvpState, combined, rsvp_counts


@dataclass
class RegistrationRow:
    """The registration of one student, by the `name` their school knows, with the outcome of the e-mails about it.

    `rsvp`: what the family's `answers` come to.

    `missing_reasons`: while the seat is held, or why a student who waits is passed over; `too_young`: of these the age, in a
    sentence. `undeliverable`: addresses, each with the reason in plain words.
    """

    registration: Registration
    student: Student
    name: str
    position: int | None
    missing_reasons: list[HoldReason] = field(default_factory=list)
    too_young: str | None = None
    trouble: list[tuple[str, str]] = field(default_factory=list)
    undeliverable: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[str, RsvpState]] = field(default_factory=list)
    rsvp: CombinedRsvp | None = None

    @property
    def missing(self) -> list[str]:
        """Say what is missing, but for the age."""
        return missing_words(reason for reason in self.missing_reasons if reason is not HoldReason.TOO_YOUNG)

    @property
    def needs_guardian(self) -> bool:
        """The teacher must add a guardian, or take responsibility."""
        return HoldReason.NO_GUARDIAN in self.missing_reasons

    @property
    def reaches_nobody(self) -> bool:
        """Letters arrive neither at the student's address nor at a guardian's: the teacher tells them."""
        return not any(person.mailbox is not None and person.mailbox.is_reached for person in _people(self.student))


@dataclass(frozen=True)
class SessionLine:
    """One session: how many of the school's students have a seat, wait, or left; `to_settle`: held seats that the teacher must settle."""

    outreach_session: OutreachSession
    seated: int
    waiting: int
    offered: int
    answers: RsvpCounts
    to_settle: int = 0


def school_ids(user: User) -> set[int] | None:
    """Give the schools whose students a user may see; None: all."""
    if policy.coordinates(user):
        return None
    return set(db.session.scalars(select(Membership.school_id).where(Membership.user_id == user.id)))


def of_schools(column: object, schools: set[int] | None) -> ColumnElement[bool]:
    """Say, as a condition, that a row belongs to one of these schools; None: any."""
    return true() if schools is None else column.in_(schools)  # type: ignore[attr-defined]  # a mapped column


def registering_schools(outreach_session: OutreachSession, user: User) -> list[School]:
    """Read the schools of this user that have registered students for a session."""
    registered = Registration.session_id == outreach_session.id, Registration.state.in_(ACTIVE)
    theirs = of_schools(Registration.school_id, school_ids(user))
    return list(
        db.session.scalars(
            select(School).where(School.id.in_(select(Registration.school_id).where(*registered, theirs))).order_by(School.folded)
        )
    )


def registration_rows(outreach_session: OutreachSession, schools: set[int] | None) -> list[RegistrationRow]:
    """Read the registrations a school's teachers may see of a session: seated first, then the waiting list, then who left."""
    found = db.session.scalars(
        select(Registration)
        .where(Registration.session_id == outreach_session.id, of_schools(Registration.school_id, schools))
        .options(
            joinedload(Registration.student).selectinload(Student.guardians).joinedload(Guardian.mailbox),
            joinedload(Registration.student).joinedload(Student.mailbox),
            joinedload(Registration.school_class),
            joinedload(Registration.school),
            joinedload(Registration.teacher),
        )
        .order_by(Registration.queued_at, Registration.id)
    ).all()
    queue = waiting_list_positions(outreach_session.id)
    missing = reasons_shown(outreach_session, found)
    rule = age_rule(outreach_session)
    names = school_names({one.student_id for one in found})
    rows = [
        RegistrationRow(one, one.student, names[one.student_id], queue.get(one.id), missing.get(one.id, []), _too_young(rule, one))
        for one in found
    ]
    _add_mail(outreach_session, rows)
    _add_answers(family_rsvps(Registration.session_id == outreach_session.id, of_schools(Registration.school_id, schools), *ASKED), rows)
    order = list(RegistrationState)
    shown_first = [RegistrationState.OFFERED, RegistrationState.PENDING, RegistrationState.CONFIRMED, RegistrationState.WAITING]
    return sorted(rows, key=lambda row: (shown_first + order).index(row.registration.state))


def _too_young(rule: AgeRule, registration: Registration) -> str | None:
    is_asked_about = registration.is_active and registration.state is not RegistrationState.CONFIRMED
    return rule.why_not(registration, registration.student.given_name) if is_asked_about else None


def answers(rows: Sequence[RegistrationRow]) -> RsvpCounts:
    """Count what the families answered."""
    return rsvp_counts(row.rsvp for row in rows if row.rsvp)


def session_lines(user: User, *, now: datetime, past: bool = False) -> list[SessionLine]:
    """Read the sessions in which the user's schools have students, the next first; those that are cancelled are past."""
    mine = of_schools(Registration.school_id, school_ids(user))
    time = ~OutreachSession.is_current(now) if past else OutreachSession.is_current(now)
    counts = db.session.execute(
        select(Registration.session_id, Registration.state, func.count())
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(mine, time)
        .group_by(Registration.session_id, Registration.state)
    ).all()
    sessions = db.session.scalars(
        select(OutreachSession)
        .where(OutreachSession.id.in_({row.session_id for row in counts}))
        .options(joinedload(OutreachSession.format), joinedload(OutreachSession.host), joinedload(OutreachSession.site))
        .order_by(OutreachSession.starts_at.desc() if past else OutreachSession.starts_at)
    ).all()
    answered = rsvp_counts_by_session(Registration.session_id.in_([one.id for one in sessions]), mine)
    settling = Counter(one.session_id for one in seats_to_settle(user, now=now))
    lines = [_line(one, [(row.state, row[2]) for row in counts if row.session_id == one.id], answered) for one in sessions]
    return [replace(line, to_settle=settling[line.outreach_session.id]) for line in lines]


def seats_to_settle(user: User, *, now: datetime, student_id: int | None = None) -> list[Registration]:
    """Read the held seats of the user's schools that a teacher must settle in time, the first to be released first."""
    held = (Registration.state == RegistrationState.PENDING, Registration.held_until.is_not(None), OutreachSession.is_to_come(now))
    whose = of_schools(Registration.school_id, school_ids(user)) if student_id is None else Registration.student_id == student_id
    found = db.session.scalars(
        select(Registration)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(whose, *held)
        .options(joinedload(Registration.outreach_session), joinedload(Registration.student), joinedload(Registration.school))
        .order_by(Registration.held_until, Registration.id)
    ).all()
    sessions = {one.session_id: one.outreach_session for one in found}
    reasons = {key: hold_reasons(one, [row.student_id for row in found if row.session_id == key]) for key, one in sessions.items()}
    return [one for one in found if Settler.TEACHER in settlers(reasons[one.session_id].get(one.student_id, ()))]


def own_seats(outreach_session: OutreachSession, user: User) -> tuple[int, int]:
    """Count the students of a teacher's schools who have a seat in this session, and those who wait."""
    schools = select(Membership.school_id).where(Membership.user_id == user.id)
    theirs = select(Registration.state, func.count()).where(
        Registration.session_id == outreach_session.id, Registration.school_id.in_(schools), Registration.state.in_(ACTIVE)
    )
    found = [(state, number) for state, number in db.session.execute(theirs.group_by(Registration.state))]
    seated = sum(number for state, number in found if state in SEATED)
    return seated, sum(number for _state, number in found) - seated


@dataclass(frozen=True, kw_only=True)
class HostSummary:
    """What hosts and coordinators see first: how many have a seat, from how many schools, how many wait, what families answered."""

    seated: int
    schools: int
    waiting: int
    answers: RsvpCounts


def host_summary(outreach_session: OutreachSession) -> HostSummary:
    """Count everybody who is registered for a session."""
    here = Registration.session_id == outreach_session.id
    is_seated = Registration.state.in_(SEATED)
    counts = (
        func.count().filter(is_seated),
        func.count(Registration.school_id.distinct()).filter(is_seated),
        func.count().filter(Registration.state == RegistrationState.WAITING),
    )
    seated, schools, waiting = db.session.execute(select(*counts).select_from(Registration).where(here)).one()
    answered = rsvp_counts_by_session(here).get(outreach_session.id, RsvpCounts())
    return HostSummary(seated=seated, schools=schools, waiting=waiting, answers=answered)


def is_cancelled(outreach_session: OutreachSession) -> bool:
    """It won't take place."""
    return outreach_session.state == SessionState.CANCELLED


def _line(
    outreach_session: OutreachSession, counts: Sequence[tuple[RegistrationState, int]], answered: Mapping[int, RsvpCounts]
) -> SessionLine:
    found = dict(counts)
    return SessionLine(
        outreach_session,
        seated=sum(found.get(state, 0) for state in SEATED),
        waiting=found.get(RegistrationState.WAITING, 0),
        offered=found.get(RegistrationState.OFFERED, 0),
        answers=answered.get(outreach_session.id, RsvpCounts()),
    )


def _add_mail(outreach_session: OutreachSession, rows: Sequence[RegistrationRow]) -> None:
    """Add to each row why letters don't arrive."""
    mailboxes = {key for row in rows for key in _mailbox_ids(row.student)}
    failures = db.session.execute(
        select(Letter.mailbox_id, Letter.server_words)
        .where(Letter.session_id == outreach_session.id, Letter.mailbox_id.in_(mailboxes))
        .where(Letter.state == LetterState.FAILED, ~is_superseded())
        .order_by(Letter.id)
    )
    failed: dict[int, str] = {mailbox_id: words for mailbox_id, words in failures}  # noqa: C416 (dict() of rows isn't typed)
    for row in rows:
        for person in _people(row.student):
            if person.mailbox is not None:
                row.trouble += _trouble(person.mailbox, failed.get(person.mailbox.id))
                row.undeliverable += _undeliverable(person.mailbox)


def _add_answers(families: Mapping[int, FamilyRsvps], rows: Sequence[RegistrationRow]) -> None:
    """Add to each row the RSVPs of the family, one by one and combined."""
    for row in rows:
        if family := families.get(row.registration.id):
            row.answers = [(one.name, rsvp) for one in _people(row.student) if (rsvp := family.rsvps.get(one.mailbox_id or 0))]
            row.rsvp = combined(family)


def _trouble(mailbox: Mailbox, words: str | None) -> list[tuple[str, str]]:
    return [(mailbox.address, words)] if words and mailbox.is_reached else []


def _undeliverable(mailbox: Mailbox) -> list[tuple[str, str]]:
    if not mailbox.is_open:
        return [(mailbox.address, _("The reader says that it is the wrong address."))]
    if mailbox.is_reached:
        return []
    return [(mailbox.address, explain_rejection(mailbox.undeliverable_words) if mailbox.undeliverable_at else explain_blocked())]


def _mailbox_ids(student: Student) -> list[int]:
    return [person.mailbox_id for person in _people(student) if person.mailbox_id is not None]


def _people(student: Student) -> list[Student | Guardian]:
    return [student, *student.guardians]
