"""Reads what the families of students have answered: three queries, however many they are.

Reads only; takes part in the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, select

from outreach.db import db
from outreach.models import (
    HAVE_AN_ENTRY,
    Answer,
    Invitation,
    Mailbox,
    OutreachSession,
    Registration,
    School,
    SessionState,
    Student,
)
from outreach.people import guardian_mailboxes
from outreach.rsvp.rules import CombinedRsvp, FamilyRsvps, RsvpCounts, RsvpState, combined, rsvp_counts

ASKED = (Registration.state.in_(HAVE_AN_ENTRY), OutreachSession.state == SessionState.PUBLISHED)


def family_rsvps(*which: ColumnElement[bool]) -> dict[int, FamilyRsvps]:
    """Give, by registration, the RSVPs of these students' families."""
    return {row.id: family for row, family in _rsvps(which)}


def combined_rsvps(*which: ColumnElement[bool]) -> dict[int, CombinedRsvp]:
    """Give, by registration, what to show for those of these students who are asked: they have an entry in the calendar."""
    return {row.id: combined(family) for row, family in _rsvps((*which, *ASKED))}


def rsvp_counts_by_session(*which: ColumnElement[bool]) -> dict[int, RsvpCounts]:
    """Count, by session, what is to be shown for those of these students who are asked."""
    found: dict[int, list[CombinedRsvp]] = defaultdict(list)
    for row, family in _rsvps((*which, *ASKED)):
        found[row.session_id].append(combined(family))
    return {session_id: rsvp_counts(verdicts) for session_id, verdicts in found.items()}


def _rsvps(which: Collection[ColumnElement[bool]]) -> Iterator[tuple[Any, FamilyRsvps]]:
    rows = db.session.execute(
        select(
            Registration.id,
            Registration.session_id,
            Registration.student_id,
            Student.birth_date,
            School.majority_age,
            OutreachSession.starts_wall,
            Mailbox.id.label("own"),
        )
        .join(Student, Student.id == Registration.student_id)
        .join(School, School.id == Registration.school_id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .outerjoin(Mailbox, (Mailbox.id == Student.mailbox_id) & Mailbox.stopped_at.is_(None))
        .where(*which)
    ).all()
    guardians, rsvps = guardian_mailboxes({row.student_id for row in rows}), _latest_rsvps({row.session_id for row in rows})
    for row in rows:
        is_minor = Student(birth_date=row.birth_date).is_minor_on(row.starts_wall.date(), row.majority_age)
        yield row, _family(row.own, guardians[row.student_id] if is_minor else {}, rsvps[row.session_id])


def _family(own: int | None, guardians: Mapping[int, bool], rsvps: Mapping[int, RsvpState]) -> FamilyRsvps:
    reached = frozenset(key for key, is_undeliverable in guardians.items() if not is_undeliverable)
    return FamilyRsvps(own=own, guardians=reached, rsvps={key: rsvps[key] for key in {own, *guardians} & rsvps.keys() if key is not None})


def _latest_rsvps(session_ids: Collection[int]) -> dict[int, dict[int, RsvpState]]:
    """Give, by session and mailbox, the current RSVPs."""
    rows = db.session.execute(
        select(Invitation.session_id, Invitation.mailbox_id, Invitation.answer, Invitation.answer_is_verified).where(
            Invitation.session_id.in_(session_ids), Invitation.is_live, Invitation.answer != Answer.NEEDS_ACTION
        )
    )
    found: dict[int, dict[int, RsvpState]] = defaultdict(dict)
    for row in rows:
        found[row.session_id][row.mailbox_id] = RsvpState(row.answer, row.answer_is_verified)
    return found
