"""What people are told: every change of a session or of somebody's place ends here.

Joins the caller's transaction, never commits. Whatever happened, the reasons that should stand are
compared with those that do, and the difference becomes letters: REQUEST to who is new, an update to
whose reasons changed, CANCEL to whose last reason ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import case, literal, or_, select, update

from outreach.db import db, locked
from outreach.invitations.addressees import (
    Reason,
    addressees,
    invitations_of,
    make_invitations,
    standing_reasons,
    write_reasons,
)
from outreach.invitations.drafting import Draftsman
from outreach.invitations.facts import Cause, SessionFacts
from outreach.invitations.places import Adult, adults, places, queue_places, seated_by_teacher
from outreach.invitations.recipients import Place, recipients
from outreach.models import (
    ACTIVE,
    Answer,
    Invitation,
    InvitationReason,
    OutreachSession,
    ReasonKind,
    Registration,
    RegistrationState,
    SessionState,
)
from outreach.outbox.queue import post, take_back

SETTLED_SEATS = (RegistrationState.PENDING, RegistrationState.CONFIRMED)


@dataclass(frozen=True)
class Audience:
    """How many mailboxes of each kind hear of a change."""

    students: int
    guardians: int
    teachers: int
    hosts: int
    waiting: int

    @property
    def total(self) -> int:
        """How many letters that makes."""
        return self.students + self.guardians + self.teachers + self.hosts + self.waiting


def session_facts(outreach_session: OutreachSession) -> SessionFacts:
    """Write down a session as it is now."""
    site, area = outreach_session.site, outreach_session.area
    return SessionFacts(
        id=outreach_session.id,
        title=outreach_session.title,
        format_key=outreach_session.format_key,
        format_name=outreach_session.format.name,
        host_name=outreach_session.host.name,
        starts_wall=outreach_session.starts_wall,
        ends_wall=outreach_session.ends_wall,
        zone=outreach_session.zone,
        fold=outreach_session.fold,
        starts_at=outreach_session.starts_at,
        ends_at=outreach_session.ends_at,
        site_name=site.name if site else "",
        area_name=area.name if area else "",
        address=site.address if site else "",
        meeting_point=outreach_session.meeting_point,
        video_url=outreach_session.video_url,
        bring=outreach_session.bring,
        wear=outreach_session.wear,
        kit=outreach_session.kit,
        is_cancelled=outreach_session.state == SessionState.CANCELLED,
        cancel_reason=outreach_session.cancel_reason,
    )


def audience(outreach_session: OutreachSession) -> Audience:
    """Count who would be told of a change, before it is made."""
    kinds = dict.fromkeys(ReasonKind, 0)
    waiting = places(outreach_session, Registration.state == RegistrationState.WAITING)
    for addressee in addressees(outreach_session, Invitation.is_live.is_(True)):
        kinds[ReasonKind(addressee.reader.value)] += 1
    return Audience(
        students=kinds[ReasonKind.STUDENT],
        guardians=kinds[ReasonKind.GUARDIAN],
        teachers=kinds[ReasonKind.TEACHER],
        hosts=kinds[ReasonKind.HOST],
        waiting=len({recipient.mailbox_id for place in waiting for recipient in recipients(place)}),
    )


def tell_published(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Put the session into its hosts' calendars."""
    hosts_changed(outreach_session, now=now)


def hosts_changed(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Invite hosts who are new, take the entry back from those who are no more."""
    wanted = {Reason(host.mailbox_id, ReasonKind.HOST, user_id=host.id) for host in (outreach_session.host, *outreach_session.co_hosts)}
    standing = standing_reasons(outreach_session.id, InvitationReason.kind == ReasonKind.HOST)
    if not outreach_session.is_published:
        wanted = set()
    draftsman = _draftsman(outreach_session, now)
    causes = {reason.mailbox_id: Cause.PUBLISHED if reason in wanted else Cause.REMOVED for reason in wanted ^ standing.keys()}
    _change_reasons(draftsman, wanted, standing, causes)
    post(draftsman.drafts, now=now)


def tell_places(
    outreach_session: OutreachSession, causes: Mapping[int, Cause], *, now: datetime, by_id: int | None = None, reason: str = ""
) -> None:
    """Tell families and teachers what became of these registrations.

    `causes`: what happened, by registration id. `by_id`: the user who did it; a teacher gets no
    digest of what they withdrew themselves. `reason`: in the words of whoever decided.
    """
    if not causes:
        return
    draftsman = _draftsman(outreach_session, now, reason)
    changed = places(outreach_session, Registration.id.in_(causes))
    teachers = adults({place.teacher_id for place in changed})
    wanted = _wanted_by_families(changed) | _wanted_by_teachers(outreach_session, teachers)
    standing = standing_reasons(
        outreach_session.id,
        or_(
            InvitationReason.registration_id.in_(causes),
            (InvitationReason.kind == ReasonKind.TEACHER) & InvitationReason.user_id.in_(teachers),
        ),
    )
    draftsman.meet(changed, queue_places(outreach_session.id))
    _change_reasons(draftsman, wanted, standing, _causes_by_mailbox(wanted ^ standing.keys(), causes))
    had_entry = {reason.registration_id for reason in standing}
    draftsman.letters_without_entry([place for place in changed if place.registration_id not in had_entry], causes)
    draftsman.digests(changed, causes, teachers, by_id=by_id)
    post(draftsman.drafts, now=now)


def tell_moved(outreach_session: OutreachSession, *, was: SessionFacts, now: datetime) -> None:
    """Tell everybody the new time, place or link, beside the old; their answers start afresh."""
    outreach_session.note_change(now=now)
    db.session.flush()
    _tell_everybody(outreach_session, Cause.MOVED, was=was, now=now)


def tell_cancelled(outreach_session: OutreachSession, *, now: datetime) -> None:
    """Take the session out of every calendar; those whose invitation never left hear nothing."""
    outreach_session.note_change(now=now)
    db.session.flush()
    _tell_everybody(outreach_session, Cause.CANCELLED, was=None, now=now)


def addresses_changed(student_ids: Collection[int], *, now: datetime) -> None:
    """After a change of addresses or guardians: REQUEST to the new mailbox, CANCEL to the old, for every session still to come."""
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
        tell_addresses(outreach_session, [row.id for row in rows if row.session_id == session_id], now=now)


def tell_addresses(outreach_session: OutreachSession, registration_ids: Collection[int], *, now: datetime) -> None:
    """Bring the invitations of these registrations in line with the addresses that hold now."""
    draftsman = _draftsman(outreach_session, now)
    changed = places(outreach_session, Registration.id.in_(registration_ids))
    draftsman.meet(changed, {})
    wanted = _wanted_by_families(changed)
    standing = standing_reasons(outreach_session.id, InvitationReason.registration_id.in_(registration_ids))
    _change_reasons(draftsman, wanted, standing, dict.fromkeys((r.mailbox_id for r in wanted ^ standing.keys()), Cause.ADDRESS))
    post(draftsman.drafts, now=now)


def _tell_everybody(outreach_session: OutreachSession, cause: Cause, *, was: SessionFacts | None, now: datetime) -> None:
    draftsman = _draftsman(outreach_session, now, outreach_session.cancel_reason)
    concerned = places(outreach_session, Registration.state.in_(ACTIVE))
    draftsman.meet(concerned, queue_places(outreach_session.id))
    draftsman.was = was
    live = list(db.session.scalars(select(Invitation.id).where(Invitation.is_live, Invitation.session_id == outreach_session.id)))
    draftsman.remember(take_back(live, now=now), live)
    db.session.execute(
        update(Invitation)
        .where(Invitation.id.in_(live))
        .values(sequence=Invitation.sequence + 1, changed_at=now, answer=Answer.NEEDS_ACTION, is_live=cause is not Cause.CANCELLED)
        .execution_options(synchronize_session=False)
    )
    for addressee in addressees(outreach_session, Invitation.id.in_(live)):
        draftsman.calendar_letter(addressee, cause, before=addressee)
    causes = {place.registration_id: cause for place in concerned}
    draftsman.letters_without_entry([place for place in concerned if place.state not in SETTLED_SEATS], causes)
    draftsman.digests(concerned, causes, adults({place.teacher_id for place in concerned}))
    post(draftsman.drafts, now=now)


def _change_reasons(draftsman: Draftsman, wanted: set[Reason], standing: Mapping[Reason, int], causes: Mapping[int, Cause]) -> None:
    """Let reasons begin and end, and draft a letter for each mailbox that this concerns."""
    touched = {reason.mailbox_id for reason in wanted ^ standing.keys()}
    if not touched:
        return
    session_id, now = draftsman.outreach_session.id, draftsman.now
    known = invitations_of(session_id, touched)
    before = {one.invitation_id: one for one in addressees(draftsman.outreach_session, Invitation.id.in_(known.values()))} if known else {}
    made = make_invitations(session_id, touched - known.keys(), domain=_domain(), now=now)
    ended = standing.keys() - wanted
    write_reasons(sorted(wanted - standing.keys(), key=str), [standing[reason] for reason in ended], known | made)
    if known:
        draftsman.remember(take_back(list(known.values()), now=now), known.values())
        _raise_sequences(known.values(), now=now)
    for addressee in addressees(draftsman.outreach_session, Invitation.id.in_([*known.values(), *made.values()])):
        left = {reason.registration_id for reason in ended if reason.mailbox_id == addressee.mailbox_id}
        draftsman.calendar_letter(addressee, causes[addressee.mailbox_id], before=before.get(addressee.invitation_id), left=left)


def _raise_sequences(invitation_ids: Collection[int], *, now: datetime) -> None:
    """One revision more; it lives as long as it has a reason; who is invited anew is asked anew."""
    has_reason = select(InvitationReason.id).where(InvitationReason.invitation_id == Invitation.id).exists()
    db.session.execute(
        update(Invitation)
        .where(Invitation.id.in_(invitation_ids))
        .values(
            sequence=Invitation.sequence + 1,
            changed_at=now,
            answer=case((Invitation.is_live, Invitation.answer), else_=literal(Answer.NEEDS_ACTION, Invitation.answer.type)),
            is_live=has_reason,
        )
        .execution_options(synchronize_session=False)
    )


def _wanted_by_families(changed: Sequence[Place]) -> set[Reason]:
    return {
        Reason(recipient.mailbox_id, recipient.kind, registration_id=place.registration_id)
        for place in changed
        if place.state in SETTLED_SEATS
        for recipient in recipients(place)
    }


def _wanted_by_teachers(outreach_session: OutreachSession, teachers: Mapping[int, Adult]) -> set[Reason]:
    """Give a teacher the entry as long as one of their students has a seat."""
    seated = seated_by_teacher(outreach_session.id, teachers)
    return {Reason(teacher.mailbox_id, ReasonKind.TEACHER, user_id=key) for key, teacher in teachers.items() if seated.get(key)}


def _causes_by_mailbox(changing: set[Reason], causes: Mapping[int, Cause]) -> dict[int, Cause]:
    """Say for each mailbox why it hears: by its student's cause, else by the first."""
    first = next(iter(causes.values()))
    found = {reason.mailbox_id: first for reason in changing}
    for reason in changing:
        if reason.registration_id is not None:
            found[reason.mailbox_id] = causes.get(reason.registration_id, first)
    return found


def _draftsman(outreach_session: OutreachSession, now: datetime, reason: str = "") -> Draftsman:
    return Draftsman(outreach_session=outreach_session, session_facts=session_facts(outreach_session), now=now, reason=reason)


def _domain() -> str:
    """UIDs are made unique by the domain of our own address."""
    reply_address: str = current_app.extensions["outreach"].reply_address
    return reply_address.rpartition("@")[2]
