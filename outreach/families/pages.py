"""What one mailbox may see of one session: exactly the registrations of its own students.

Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from outreach.db import db
from outreach.errors import NotThere
from outreach.models import Guardian, Mailbox, OutreachSession, Registration, SchoolSnapshot, Student, guardianship
from outreach.notifications import waiting_list_positions
from outreach.outbox import schools_of
from outreach.people import missing_words, reasons_shown
from outreach.tokens import LinkBroken, LinkPurpose, read


@dataclass(frozen=True)
class FamilyRegistration:
    """The registration of one student, as their family sees it. `missing`: in words, while the seat is held, or they are passed over."""

    registration: Registration
    given_name: str
    position: int | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class FamilyPage:
    """A mailbox and a session, with the registrations of the students linked to that mailbox, and the schools that sent them."""

    mailbox: Mailbox
    outreach_session: OutreachSession
    registrations: tuple[FamilyRegistration, ...]
    schools: tuple[SchoolSnapshot, ...] = ()

    @property
    def has_seat(self) -> bool:
        """One of them has a seat, so place and link are theirs to know."""
        return any(registration.registration.is_seated for registration in self.registrations)

    def registration(self, registration_id: int) -> FamilyRegistration:
        """Give one of them; raises NotThere for anybody else's."""
        for registration in self.registrations:
            if registration.registration.id == registration_id:
                return registration
        raise NotThere


def open_page(token: str, purpose: LinkPurpose, *, secret_key: str, now: datetime) -> FamilyPage:
    """Open a link from a letter. Raises what `open_link` raises."""
    return family_page(*open_link(token, purpose, secret_key=secret_key, now=now))


def family_page(mailbox: Mailbox, outreach_session: OutreachSession) -> FamilyPage:
    """Give what this mailbox may see of the session."""
    registrations = _registrations(mailbox, outreach_session)
    return FamilyPage(mailbox, outreach_session, registrations, schools_of([one.registration.id for one in registrations]))


def open_link(token: str, purpose: LinkPurpose, *, secret_key: str, now: datetime) -> tuple[Mailbox, OutreachSession]:
    """Give whose link it is, and the session of its letter.

    Raises LinkBroken for what isn't signed, not for this purpose, or was made void; LinkExpired after its time.
    """
    ticket = read(token, purpose, secret_key, now)
    mailbox = db.session.get(Mailbox, ticket.mailbox_id)
    outreach_session = db.session.get(OutreachSession, ticket.session_id)
    if mailbox is None or outreach_session is None or mailbox.link_version != ticket.link_version:
        raise LinkBroken
    return mailbox, outreach_session


def _registrations(mailbox: Mailbox, outreach_session: OutreachSession) -> tuple[FamilyRegistration, ...]:
    found = db.session.scalars(
        select(Registration)
        .join(Student, Student.id == Registration.student_id)
        .outerjoin(guardianship, guardianship.c.student_id == Student.id)
        .outerjoin(Guardian, Guardian.id == guardianship.c.guardian_id)
        .where(Registration.session_id == outreach_session.id)
        .where(or_(Student.mailbox_id == mailbox.id, Guardian.mailbox_id == mailbox.id))
        .options(joinedload(Registration.student).joinedload(Student.school))
        .order_by(Registration.id)
        .distinct()
    ).all()
    queue = waiting_list_positions(outreach_session.id)
    latest = {registration.student_id: registration for registration in found if _may_know(mailbox, registration, outreach_session)}
    missing = reasons_shown(outreach_session, list(latest.values()))
    return tuple(
        FamilyRegistration(one, one.student.given_name, queue.get(one.id), tuple(missing_words(missing.get(one.id, ()))))
        for one in latest.values()
    )


def _may_know(mailbox: Mailbox, registration: Registration, outreach_session: OutreachSession) -> bool:
    """A guardian knows as long as the student is a minor on the day."""
    student = registration.student
    is_minor = student.is_minor_on(outreach_session.starts_wall.date(), student.school.majority_age)
    return student.mailbox_id == mailbox.id or is_minor
