"""Who would get which letter about a change of registrations: what pages show before anything is sent.

Reads only.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import exists, select

from outreach.db import db
from outreach.models import HAVE_AN_ENTRY, Invitation, InvitationReason, OutreachSession, ReasonKind, Registration, RegistrationState
from outreach.notifications import read_future_participants, read_participants, seated_by_teacher
from outreach.people import ContactCounts, Participant, contact_counts
from outreach.registration.allocation import Allocation
from outreach.registration.seats import SeatLimits, next_for_free_seats

Row = tuple[int, str, str]


def preview_registering(outreach_session: OutreachSession, seating: Allocation, *, teacher_id: int, by_id: int) -> list[Row]:
    """Say who gets letters once these students are registered: (how many, who, what they get)."""
    seated = read_future_participants(outreach_session, seating.seated, state=RegistrationState.CONFIRMED, by_id=teacher_id)
    waiting_ids = [student_id for student_id, _reason in seating.waiting]
    waiting = read_future_participants(outreach_session, waiting_ids, state=RegistrationState.WAITING, by_id=teacher_id)
    invited, queued = contact_counts(seated), contact_counts(waiting)
    summary = _("a summary")
    if seated and not _has_entry(outreach_session.id, teacher_id):
        summary = _("a calendar entry and a summary")
    rows = [
        *_families(invited, _("an invitation for their calendar")),
        (queued.students + queued.guardians, _who_waits(queued), _("an e-mail that says so")),
        (1 if seated or waiting else 0, _teacher(teacher_id, by_id), summary),
        _teacher_stands_in([*seated, *waiting]),
    ]
    return [row for row in rows if row[0]]


def preview_leaving(registration: Registration, *, by_id: int, now: datetime) -> list[Row]:
    """Say who gets letters when this place is given up; whoever is next on the waiting list is counted as a student."""
    outreach_session = registration.outreach_session
    (participant,) = read_participants(outreach_session, Registration.id == registration.id)
    freed = next_for_free_seats(outreach_session, now=now, freed_by=registration) if registration.is_seated else []
    what = _("an e-mail that removes the entry from their calendar") if participant.state in HAVE_AN_ENTRY else _("an e-mail")
    rows = [
        *_families(contact_counts([participant]), what),
        _teachers_part(participant, by_id, is_last=_is_last(outreach_session, participant, freed, now)),
        _teacher_stands_in([participant]),
        _waiting(len(freed), outreach_session, now),
    ]
    return [row for row in rows if row[0]]


def preview_accepting(outreach_session: OutreachSession, registration_ids: Collection[int]) -> dict[int, ContactCounts]:
    """Count, by registration, who is invited when the seat on offer is taken."""
    return {
        participant.registration_id: contact_counts([participant])
        for participant in read_participants(outreach_session, Registration.id.in_(registration_ids))
    }


def preview_more_seats(outreach_session: OutreachSession, room: SeatLimits, *, now: datetime) -> list[Row]:
    """Say who of the waiting list gets letters when there are these seats."""
    ids = next_for_free_seats(outreach_session, now=now, room=room)
    return [_waiting(len(ids), outreach_session, now)] if ids else []


def _families(counts: ContactCounts, what: str) -> list[Row]:
    return [
        (counts.students, ngettext("student", "students", counts.students), what),
        (counts.guardians, ngettext("guardian", "guardians", counts.guardians), what),
    ]


def _who_waits(queued: ContactCounts) -> str:
    count = queued.students + queued.guardians
    return ngettext("student or guardian on the waiting list", "students and guardians on the waiting list", count)


def _teacher(teacher_id: int, by_id: int) -> str:
    return _("teacher (you)") if teacher_id == by_id else _("teacher")


def _teachers_part(participant: Participant, by_id: int, *, is_last: bool) -> Row:
    """A teacher gets no list of what they did themselves."""
    is_own = participant.teacher_id == by_id
    if is_last:
        gone = _("your calendar entry is cancelled, because it was your last student")
        what = gone if is_own else _("a list of what changed, and the entry leaves the calendar")
    else:
        what = _("a list of what changed")
    return (0 if is_own and not is_last else 1), _teacher(participant.teacher_id, by_id), str(what)


def _teacher_stands_in(concerned: Collection[Participant]) -> Row:
    count = contact_counts(concerned).stood_in
    return count, ngettext("student without an address", "students without an address", count), _("their teacher tells them")


def _waiting(count: int, outreach_session: OutreachSession, now: datetime) -> Row:
    return count, ngettext("student on the waiting list", "students on the waiting list", count), _next(outreach_session, now)


def _next(outreach_session: OutreachSession, now: datetime) -> str:
    if outreach_session.promotes_unasked(now):
        return _("the seat, and an e-mail to family and teacher")
    return _("their teacher is asked whether they want the seat")


def _is_last(outreach_session: OutreachSession, participant: Participant, freed: Collection[int], now: datetime) -> bool:
    """The teacher's only student with a seat, and none of theirs gets it unasked."""
    if participant.state not in HAVE_AN_ENTRY:
        return False
    others = seated_by_teacher(outreach_session.id, [participant.teacher_id]).get(participant.teacher_id, 0) - 1
    following = read_participants(outreach_session, Registration.id.in_(freed)) if outreach_session.promotes_unasked(now) else []
    return others == 0 and all(one.teacher_id != participant.teacher_id for one in following)


def _has_entry(session_id: int, teacher_id: int) -> bool:
    stands = exists().where(
        InvitationReason.invitation_id == Invitation.id,
        Invitation.session_id == session_id,
        InvitationReason.kind == ReasonKind.TEACHER,
        InvitationReason.user_id == teacher_id,
    )
    return bool(db.session.scalar(select(stands)))
