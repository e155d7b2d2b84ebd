"""What people are told: every change of a session or of somebody's place ends here.

Joins the caller's transaction, never commits. Whatever happened, the reasons that should stand are
compared with those that do, and the difference becomes letters: REQUEST to who is new, an update to
whose reasons changed, CANCEL to whose last reason ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select

from outreach.db import db, locked
from outreach.models import (
    ACTIVE,
    HAVE_AN_ENTRY,
    Cause,
    InvitationReason,
    OutreachSession,
    ReasonKind,
    Registration,
    SessionSnapshot,
    SessionState,
)
from outreach.notifications.invitation_store import StandingReason, standing_reasons
from outreach.notifications.letter_builder import LetterBuilder
from outreach.notifications.participants import StaffContact, read_participants, seated_by_teacher, staff_contacts, waiting_list_positions
from outreach.notifications.reconcile import reconcile
from outreach.notifications.revise import reset_rsvps, revise_entries
from outreach.notifications.session_snapshot import snapshot_of
from outreach.notifications.waiting_list_notices import notify_newly_waiting
from outreach.outbox import enqueue
from outreach.people import Participant, recipients


def notify_published(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Put the session into its hosts' calendars."""
    notify_hosts(outreach_session, now=now)


def notify_hosts(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Invite hosts who are new, take the entry back from those who are no more."""
    wanted = {
        StandingReason(host.mailbox_id, ReasonKind.HOST, user_id=host.id) for host in (outreach_session.host, *outreach_session.co_hosts)
    }
    standing = standing_reasons(outreach_session.id, InvitationReason.kind == ReasonKind.HOST)
    if not outreach_session.is_published:
        wanted = set()
    draftsman = _builder(outreach_session, now)
    causes = {reason.mailbox_id: Cause.PUBLISHED if reason in wanted else Cause.REMOVED for reason in wanted ^ standing.keys()}
    reconcile(draftsman, wanted, standing, causes)
    enqueue(draftsman.drafts, now=now)


def notify_registrations(
    outreach_session: OutreachSession, causes: Mapping[int, Cause], *, now: datetime, by_id: int | None = None, reason: str = ""
) -> None:
    """Tell families and teachers what became of these registrations.

    `causes`: what happened, by registration id. `by_id`: the user who did it; a teacher gets no
    digest of what they withdrew themselves. `reason`: in the words of whoever decided; read by those whose
    place ended, their family and their teacher, and by everybody if the session is cancelled.
    """
    if not causes:
        return
    draftsman = _builder(outreach_session, now, reason)
    changed = read_participants(outreach_session, Registration.id.in_(causes))
    teachers = staff_contacts({place.teacher_id for place in changed})
    wanted = _wanted_by_families(changed) | _wanted_by_teachers(outreach_session, teachers)
    standing = standing_reasons(
        outreach_session.id,
        or_(
            InvitationReason.registration_id.in_(causes),
            (InvitationReason.kind == ReasonKind.TEACHER) & InvitationReason.user_id.in_(teachers),
        ),
    )
    draftsman.meet(changed, waiting_list_positions(outreach_session.id))
    reconcile(draftsman, wanted, standing, _causes_by_mailbox(wanted ^ standing.keys(), causes))
    had_entry = {reason.registration_id for reason in standing}
    draftsman.letters_without_entry([place for place in changed if place.registration_id not in had_entry], causes)
    draftsman.digests(changed, causes, teachers, by_id=by_id)
    enqueue(draftsman.drafts, now=now)


def notify_moved(outreach_session: OutreachSession, *, was: SessionSnapshot, now: datetime) -> None:
    """Tell everybody the new time, place or link, beside the old; their answers start afresh."""
    outreach_session.note_change(now=now)
    db.session.flush()
    _notify_everybody(outreach_session, Cause.MOVED, was=was, now=now)


def notify_status(outreach_session: OutreachSession, *, was: SessionSnapshot, cause: Cause, now: datetime) -> None:
    """Tell everybody that it is certain now, or provisional, or is decided at another time; that last one alone keeps the answers."""
    outreach_session.note_change(now=now)
    db.session.flush()
    asks_again = was.is_provisional != outreach_session.is_provisional
    _notify_everybody(outreach_session, cause, was=was, asks_again=asks_again, now=now)


def notify_wording(outreach_session: OutreachSession, *, was: SessionSnapshot, has_new_description: bool, now: datetime) -> None:
    """Tell whoever has the entry the new words beside the old; answers stay, and those who wait hear nothing."""
    outreach_session.note_change(now=now)
    db.session.flush()
    draftsman = _builder(outreach_session, now)
    draftsman.was, draftsman.has_new_description = was, has_new_description
    revise_entries(draftsman, Cause.WORDING, asks_again=False)
    enqueue(draftsman.drafts, now=now)


def notify_zone(outreach_session: OutreachSession, *, was: SessionSnapshot, now: datetime) -> None:
    """Tell whoever has the entry that the clock time stays, though their calendar may have shown another.

    At a place that is what people answered to, and answers stay; online, where a reader's own hour moves, they start afresh.
    Those who wait have nothing in their calendar, and hear nothing.
    """
    outreach_session.note_change(now=now)
    db.session.flush()
    draftsman = _builder(outreach_session, now)
    draftsman.was = was
    revise_entries(draftsman, Cause.ZONE, asks_again=outreach_session.is_online)
    enqueue(draftsman.drafts, now=now)


def notify_cancelled(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Take the session out of every calendar; those whose invitation never left hear nothing."""
    outreach_session.note_change(now=now)
    db.session.flush()
    _notify_everybody(outreach_session, Cause.CANCELLED, was=None, now=now)


def notify_addresses_changed(student_ids: Collection[int], *, now: datetime) -> None:
    """After a change of addresses or guardians: REQUEST to the new mailbox, CANCEL to the old, for every session still to come.

    Where the student waits, a new mailbox hears that.
    """
    rows = db.session.execute(
        select(Registration.session_id, Registration.id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(
            Registration.student_id.in_(student_ids),
            Registration.state.in_(ACTIVE),
            OutreachSession.state == SessionState.PUBLISHED,
            OutreachSession.ends_at > now,
        )
        .order_by(Registration.session_id)
    ).all()
    for session_id in dict.fromkeys(row.session_id for row in rows):
        outreach_session = locked(OutreachSession, session_id)
        assert outreach_session is not None  # noqa: S101 (its registrations were just read, and sessions are never deleted)
        if outreach_session.is_published:  # else it was cancelled just before we held it
            notify_addresses(outreach_session, [row.id for row in rows if row.session_id == session_id], now=now)


def notify_addresses(outreach_session: OutreachSession, registration_ids: Collection[int], *, now: datetime) -> None:
    """Bring the invitations of these registrations in line with the addresses and ages that hold now."""
    draftsman = _builder(outreach_session, now)
    changed = read_participants(outreach_session, Registration.id.in_(registration_ids))
    draftsman.meet(changed, {})
    wanted = _wanted_by_families(changed)
    standing = standing_reasons(outreach_session.id, InvitationReason.registration_id.in_(registration_ids))
    of_age = {mailbox_id for place in changed if not place.is_minor for mailbox_id in place.guardian_mailbox_ids}
    changing = {reason.mailbox_id for reason in wanted ^ standing.keys()}
    reconcile(draftsman, wanted, standing, {key: Cause.AGE if key in of_age else Cause.ADDRESS for key in changing})
    enqueue(draftsman.drafts, now=now)
    notify_newly_waiting(outreach_session, changed, now=now)


def _notify_everybody(
    outreach_session: OutreachSession, cause: Cause, *, was: SessionSnapshot | None, asks_again: bool = True, now: datetime
) -> None:
    draftsman = _builder(outreach_session, now, outreach_session.cancel_reason)
    concerned = read_participants(outreach_session, Registration.state.in_(ACTIVE))
    draftsman.meet(concerned, waiting_list_positions(outreach_session.id))
    draftsman.was = was
    told = _follow_ages(draftsman, concerned) if cause is Cause.MOVED else set()
    revise_entries(draftsman, cause, asks_again=asks_again, but=told)
    causes = {place.registration_id: cause for place in concerned}
    draftsman.letters_without_entry([place for place in concerned if place.state not in HAVE_AN_ENTRY], causes)
    draftsman.digests(concerned, causes, staff_contacts({place.teacher_id for place in concerned}))
    enqueue(draftsman.drafts, now=now)


def _follow_ages(draftsman: LetterBuilder, concerned: Sequence[Participant]) -> set[int]:
    """Invite the guardians of whoever is a minor on the new day, take leave of those of whoever is of age then; give their mailboxes."""
    wanted = _wanted_by_families(concerned)
    standing = standing_reasons(draftsman.outreach_session.id, InvitationReason.registration_id.is_not(None))
    changing = {reason.mailbox_id for reason in wanted ^ standing.keys()}
    if changing:
        reset_rsvps(draftsman.outreach_session.id, changing)
    reconcile(draftsman, wanted, standing, dict.fromkeys(changing, Cause.AGE))
    return changing


def _wanted_by_families(changed: Sequence[Participant]) -> set[StandingReason]:
    return {
        StandingReason(recipient.mailbox_id, recipient.kind, registration_id=place.registration_id)
        for place in changed
        if place.state in HAVE_AN_ENTRY
        for recipient in recipients(place)
    }


def _wanted_by_teachers(outreach_session: OutreachSession, teachers: Mapping[int, StaffContact]) -> set[StandingReason]:
    """Give a teacher the entry as long as one of their students has a seat."""
    seated = seated_by_teacher(outreach_session.id, teachers)
    return {StandingReason(teacher.mailbox_id, ReasonKind.TEACHER, user_id=key) for key, teacher in teachers.items() if seated.get(key)}


def _causes_by_mailbox(changing: set[StandingReason], causes: Mapping[int, Cause]) -> dict[int, Cause]:
    """Say for each mailbox why it hears: by its student's cause, else by the first."""
    first = next(iter(causes.values()))
    found = {reason.mailbox_id: first for reason in changing}
    for reason in changing:
        if reason.registration_id is not None:
            found[reason.mailbox_id] = causes.get(reason.registration_id, first)
    return found


def _builder(outreach_session: OutreachSession, now: datetime, reason: str = "") -> LetterBuilder:
    return LetterBuilder(outreach_session=outreach_session, session_facts=snapshot_of(outreach_session), now=now, reason=reason)
