"""Who gets which e-mail after a change: every change of a session or of a registration ends here, and every resend.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row. Each of these reads the facts once
(`read`), decides (`decide`, `notices`) and writes the result (`write`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from outreach.db import db, locked
from outreach.models import (
    ACTIVE,
    HAVE_AN_ENTRY,
    UNSETTLED,
    Cause,
    Invitation,
    InvitationReason,
    Letter,
    OutreachSession,
    ReasonKind,
    Registration,
    SessionSnapshot,
    SessionState,
)
from outreach.notifications.decide import reconcile, resend, revise, wanted_by_families, wanted_by_hosts, wanted_by_teachers
from outreach.notifications.facts import IN_LINE, Facts, StandingReason
from outreach.notifications.notices import digests, notices
from outreach.notifications.participants import seated_by_teacher, staff_contacts
from outreach.notifications.plan import Change, Plan
from outreach.notifications.read import read_entries, read_everybody, read_hosts, read_registrations
from outreach.notifications.write import write
from outreach.people import only_at, recipients

_HELD_OR_NOT = (Cause.HELD, Cause.CONFIRMED)


def notify_published(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Put the session into its hosts' calendars."""
    notify_hosts(outreach_session, now=now)


def notify_hosts(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Invite hosts who are new, take the entry back from those who are no more."""
    hosts = (outreach_session.host, *outreach_session.co_hosts) if outreach_session.is_published else ()
    facts, wanted = read_hosts(outreach_session, hosts, now=now), wanted_by_hosts(hosts)
    standing = {reason: named for reason, named in facts.standing.items() if reason.kind is ReasonKind.HOST}
    causes = {reason.mailbox_id: Cause.PUBLISHED if reason in wanted else Cause.REMOVED for reason in wanted.keys() ^ standing.keys()}
    write(reconcile(facts, Change(), wanted, standing, causes), facts)


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
    facts, change = read_registrations(outreach_session, causes, now=now), Change(reason=reason)
    wanted = wanted_by_families(facts.participants) | wanted_by_teachers(facts)
    standing = {
        one: named for one, named in facts.standing.items() if one.registration_id in causes or _is_of_teachers(one, facts.teachers)
    }
    had_entry = {one.registration_id for one in standing}
    without_entry = [one for one in facts.participants if one.registration_id not in had_entry]
    changing = (wanted.keys() ^ standing.keys()) | {one for one in standing if _what_happened(one, causes) in _HELD_OR_NOT}
    plan = (
        reconcile(facts, change, wanted, standing, _causes_by_mailbox(changing, causes))
        + notices(facts, change, without_entry, causes)
        + digests(facts, change, causes, by_id=by_id)
    )
    write(plan, facts)


def _what_happened(one: StandingReason, causes: Mapping[int, Cause]) -> Cause | None:
    return causes.get(one.registration_id) if one.registration_id is not None else None


def notify_moved(outreach_session: OutreachSession, *, previous: SessionSnapshot, note: str = "", now: datetime) -> None:
    """Tell everybody the new time, place or link, beside the old, with the host's `note`; their answers start afresh."""
    _notify_everybody(outreach_session, Cause.MOVED, Change(old=previous, note=note), asks_again=True, now=now)


def notify_status(outreach_session: OutreachSession, *, previous: SessionSnapshot, cause: Cause, note: str = "", now: datetime) -> None:
    """Tell everybody that it is certain now, or provisional, or is decided at another time; that last one alone keeps the answers.

    Whoever said yes while it was provisional said it to this same time, so it stays once the session is certain.
    """
    asks_again = previous.is_provisional != outreach_session.is_provisional
    is_certain = asks_again and previous.is_provisional
    change = Change(old=previous, note=note)
    _notify_everybody(outreach_session, cause, change, asks_again=asks_again, keeps_yes=is_certain, now=now)


def notify_cancelled(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Take the session out of every calendar; those whose invitation never left get nothing."""
    _notify_everybody(outreach_session, Cause.CANCELLED, Change(reason=outreach_session.cancel_reason), asks_again=True, now=now)


def notify_wording(outreach_session: OutreachSession, *, previous: SessionSnapshot, has_new_description: bool, now: datetime) -> None:
    """Send the new words beside the old to whoever has the entry; RSVPs stay, and those who wait get nothing."""
    change = Change(old=previous, has_new_description=has_new_description)
    _revise_entries(outreach_session, Cause.WORDING, change, asks_again=False, now=now)


def notify_zone(outreach_session: OutreachSession, *, previous: SessionSnapshot, now: datetime) -> None:
    """Tell whoever has the entry that the clock time stays, though their calendar may have shown another.

    At a site that is what people answered to, and answers stay; online, where a reader's own hour moves, they start afresh.
    Those who wait have nothing in their calendar, and get nothing.
    """
    _revise_entries(outreach_session, Cause.ZONE, Change(old=previous), asks_again=outreach_session.is_online, now=now)


def notify_addresses_changed(student_ids: Collection[int], *, now: datetime, not_mine: int | None = None) -> None:
    """After a change of addresses or guardians: REQUEST to the new mailbox, CANCEL to the old, for every session still to come.

    Where the student waits, a new mailbox gets a letter that says so. `not_mine`: the mailbox whose reader said "not my child".
    """
    rows = db.session.execute(
        select(Registration.session_id, Registration.id)
        .join(OutreachSession, OutreachSession.id == Registration.session_id)
        .where(
            Registration.student_id.in_(student_ids),
            Registration.state.in_(ACTIVE),
            OutreachSession.is_current(now),
        )
        .order_by(Registration.session_id)
    ).all()
    for session_id in dict.fromkeys(row.session_id for row in rows):
        outreach_session = locked(OutreachSession, session_id)
        assert outreach_session is not None  # noqa: S101 (its registrations were just read, and sessions are never deleted)
        if outreach_session.is_published:  # else it was cancelled just before we locked it
            notify_addresses(outreach_session, [row.id for row in rows if row.session_id == session_id], now=now, not_mine=not_mine)


def notify_addresses(
    outreach_session: OutreachSession, registration_ids: Collection[int], *, now: datetime, not_mine: int | None = None
) -> None:
    """Bring the invitations of these registrations in line with the present addresses and ages."""
    facts = read_registrations(outreach_session, registration_ids, now=now)
    wanted = wanted_by_families(facts.participants)
    standing = {one: named for one, named in facts.standing.items() if one.registration_id in registration_ids}
    of_age = {mailbox_id for one in facts.participants if not one.is_minor for mailbox_id in one.guardian_mailbox_ids}
    changing = {reason.mailbox_id for reason in wanted.keys() ^ standing.keys()}
    causes = {key: Cause.AGE if key in of_age else Cause.ADDRESS for key in changing}
    causes |= {key: Cause.NOT_MINE for key in changing if key == not_mine}
    write(reconcile(facts, Change(), wanted, standing, causes) + _notices_to_new_mailboxes(facts), facts)


def notify_waiting(
    outreach_session: OutreachSession, registration_ids: Collection[int], mailbox_ids: Collection[int], *, now: datetime
) -> None:
    """Tell these mailboxes, and nobody else, who waits and at which position, or that the session is cancelled."""
    if not registration_ids:
        return
    facts = read_registrations(outreach_session, registration_ids, now=now)
    cause = Cause.CANCELLED if facts.session.is_cancelled else Cause.REGISTERED
    concerned = [only_at(one, mailbox_ids) for one in facts.participants]
    change = Change(reason=outreach_session.cancel_reason)
    write(notices(facts, change, concerned, dict.fromkeys(registration_ids, cause)), facts)


def notify_who_answers(outreach_session: OutreachSession, registration_ids: Collection[int], *, now: datetime) -> None:
    """Tell whoever answers for these registrations now which they are, and bring the teachers' entries in line."""
    has_teacher = exists().where(InvitationReason.invitation_id == Invitation.id, InvitationReason.kind == ReasonKind.TEACHER)
    facts = read_registrations(outreach_session, registration_ids, has_teacher, now=now)
    standing = {reason: named for reason, named in facts.standing.items() if reason.kind is ReasonKind.TEACHER}
    holders = {reason.user_id for reason in standing if reason.user_id is not None} | facts.teachers.keys()
    seated = seated_by_teacher(outreach_session.id, holders)
    wanted = wanted_by_teachers(replace(facts, teachers=staff_contacts(holders), seated_by_teacher=seated))
    causes = {reason.mailbox_id: Cause.HANDED_OVER for reason in wanted.keys() ^ standing.keys()}
    told = digests(facts, Change(), dict.fromkeys(registration_ids, Cause.HANDED_OVER))
    write(reconcile(facts, Change(), wanted, standing, causes) + told, facts)


def _notices_to_new_mailboxes(facts: Facts) -> Plan:
    """Tell of those who wait whichever mailbox never had a letter about the session."""
    waiting = [one for one in facts.participants if one.state in IN_LINE]
    theirs = {recipient.mailbox_id for one in waiting for recipient in recipients(one)}
    if not theirs:
        return Plan()
    have_had_one = select(Letter.mailbox_id).where(Letter.session_id == facts.session.id, Letter.mailbox_id.in_(theirs))
    new = theirs - set(db.session.scalars(have_had_one))
    causes = {one.registration_id: Cause.REGISTERED for one in waiting}
    return notices(facts, Change(), [only_at(one, new) for one in waiting], causes)


def _notify_everybody(
    outreach_session: OutreachSession, cause: Cause, change: Change, *, asks_again: bool, keeps_yes: bool = False, now: datetime
) -> None:
    _note_change(outreach_session, now)
    facts = read_everybody(outreach_session, now=now)
    causes = {one.registration_id: cause for one in facts.participants}
    without_entry = [one for one in facts.participants if one.state not in HAVE_AN_ENTRY]
    ages, done = _follow_ages(facts, change) if cause is Cause.MOVED else (Plan(), set[int]())
    plan = (
        ages
        + revise(facts, change, cause, asks_again=asks_again, keeps_yes=keeps_yes, but=done)
        + notices(facts, change, without_entry, causes)
        + digests(facts, change, causes)
    )
    write(plan, facts)


def _revise_entries(outreach_session: OutreachSession, cause: Cause, change: Change, *, asks_again: bool, now: datetime) -> None:
    _note_change(outreach_session, now)
    facts = read_entries(outreach_session, Invitation.is_live.is_(True), now=now)
    write(revise(facts, change, cause, asks_again=asks_again), facts)


def _note_change(outreach_session: OutreachSession, now: datetime) -> None:
    outreach_session.note_change(now=now)
    db.session.flush()


def _follow_ages(facts: Facts, change: Change) -> tuple[Plan, set[int]]:
    """Invite the guardians of whoever is a minor on the new day, and no more those of whoever is of age then; give their mailboxes."""
    wanted = wanted_by_families(facts.participants)
    standing = {one: named for one, named in facts.standing.items() if one.registration_id is not None}
    changing = {reason.mailbox_id for reason in wanted.keys() ^ standing.keys()}
    return reconcile(facts, change, wanted, standing, dict.fromkeys(changing, Cause.AGE), asks_again=True), changing


def _is_of_teachers(reason: StandingReason, teachers: Collection[int]) -> bool:
    return reason.kind is ReasonKind.TEACHER and reason.user_id in teachers


def _causes_by_mailbox(changing: Iterable[StandingReason], causes: Mapping[int, Cause]) -> dict[int, Cause]:
    """Say for each mailbox what happened: to its student, else the first of all."""
    first: Sequence[Cause] = list(causes.values())
    found: dict[int, Cause] = {}
    for reason in sorted(changing, key=lambda one: one.registration_id or 0, reverse=True):
        if reason.registration_id is not None or reason.mailbox_id not in found:
            found[reason.mailbox_id] = causes.get(reason.registration_id or 0, first[0])
    return found


def resend_invitations(outreach_session: OutreachSession, invitation_ids: Collection[int], *, key: str, now: datetime) -> int:
    """Send these invitations as they are, REQUEST or CANCEL, with the same SEQUENCE and a newer DTSTAMP (RFC 5546 2.1.5).

    `key` names the occasion: the same state isn't sent twice for one. Whoever has such a letter under way, or an
    entry that was never there, gets none. Gives how many letters were written.
    """
    is_under_way = select(Letter.id).where(
        Letter.invitation_id == Invitation.id, Letter.sequence == Invitation.sequence, Letter.state.in_(UNSETTLED)
    )
    facts = read_entries(outreach_session, Invitation.id.in_(invitation_ids), ~is_under_way.exists(), _may_be_known(), now=now)
    return write(resend(facts, _change(outreach_session, key), _cause(outreach_session), replaces=False), facts)


def resend_replacing(outreach_session: OutreachSession, invitation_ids: Collection[int], *, key: str, now: datetime) -> int:
    """Send these invitations as they are, also where such a letter is under way: a worker may be giving it up just now.

    What still waits in the queue is replaced, and its news carried on. Gives how many letters were written.
    """
    facts = read_entries(outreach_session, Invitation.id.in_(invitation_ids), _may_be_known(), now=now)
    return write(resend(facts, _change(outreach_session, key), _cause(outreach_session), replaces=True), facts)


def resend_as_update(outreach_session: OutreachSession, invitation_ids: Collection[int], *, now: datetime) -> int:
    """Send these invitations as a new revision, for calendars that lost or ignored the last; answers stay, and what ended stays so.

    News that waits in the queue is carried on. Gives how many letters were written.
    """
    facts = read_entries(outreach_session, Invitation.id.in_(invitation_ids), _may_be_known(), now=now)
    return write(resend(facts, _change(outreach_session, ""), _cause(outreach_session), replaces=True, as_update=True), facts)


def _may_be_known() -> ColumnElement[bool]:
    """A live entry may be sent at any time, an ended one only where its CANCEL may be missing."""
    return or_(Invitation.is_live, Invitation.sent_sequence.is_not(None))


def _change(outreach_session: OutreachSession, key: str) -> Change:
    return Change(reason=outreach_session.cancel_reason, key=f":{key}" if key else "")


def _cause(outreach_session: OutreachSession) -> Cause:
    return Cause.CANCELLED if outreach_session.state == SessionState.CANCELLED else Cause.AGAIN
