"""What teachers, families and hosts do with registrations: register, withdraw, take off the list, answer an offer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from outreach.db import db, insert_in_order, transaction
from outreach.errors import Refusal
from outreach.models import (
    ACTIVE,
    Cause,
    Consent,
    OutreachSession,
    Purpose,
    Registration,
    RegistrationState,
    WaitReason,
)
from outreach.notifications import lock_students, notify_registrations
from outreach.registration.allocation import Allocation, allocate
from outreach.registration.arrangements.use_cases import note_arrangement
from outreach.registration.attested import what_a_school_confirms, what_a_withdrawal_says
from outreach.registration.candidates import Candidate, can_have_free_seat, candidates, seats_for_school
from outreach.registration.checks import (
    locked_registration,
    locked_session,
    must_await_host,
    must_be_able,
    must_be_offered,
    must_be_open,
    must_not_be_passed_over,
    must_wait,
)
from outreach.registration.seats import (
    end_registrations,
    give_seats,
    settle_seats,
    take_back_seats,
)
from outreach.registration.steps import set_state, write_steps
from outreach.registration.tightening.doubts import SeatChoices, apply_choices, held_doubts
from outreach.registration.undo import By, restore
from outreach.web import must_be_as_shown

ATTESTATION = "attend-2026-11"
HOW = "attested by the teacher"


@dataclass(frozen=True, kw_only=True)
class RegistrationRequest:
    """A teacher asks for places: students of one school in the order they should be seated.

    `shown`: the facts about the session that the page showed, and that are confirmed; None: no page did. `arranged`: columns of
    `Arrangement`, which families read; None: what is there stays.
    """

    session_id: int
    school_id: int
    student_ids: tuple[int, ...]
    teacher_id: int
    by_id: int
    class_id: int | None = None
    permission_attested: bool = False
    shown: Mapping[str, str] | None = None
    arranged: Mapping[str, str] | None = None


@dataclass(frozen=True)
class RegistrationOutcome:
    """The outcome: students by id."""

    seated: tuple[int, ...]
    waiting: tuple[int, ...]


def preview(
    outreach_session: OutreachSession, school_id: int, student_ids: Sequence[int], *, now: datetime
) -> tuple[Allocation, list[Candidate]]:
    """Say who would be seated and who would wait, in this order, and who can't take part; changes nothing."""
    chosen = candidates(outreach_session, school_id, student_ids)
    able = [candidate for candidate in chosen if candidate.obstacle is None]
    return _seat(outreach_session, school_id, able, now=now), chosen


def register_students(request: RegistrationRequest, *, now: datetime) -> RegistrationOutcome:
    """Register students for a session: as many as fit are seated, in the order chosen, the rest wait.

    Students who have a place already are passed over, so asking twice changes nothing. Raises Refusal
    when registration isn't open, a student is too young (or of unknown age where it matters), or the
    guardians' permission is neither attested nor needless.
    """
    with transaction():
        outreach_session = locked_session(request.session_id)
        must_be_open(outreach_session, now)
        must_be_as_shown(request.shown, what_a_school_confirms(outreach_session))
        lock_students(request.student_ids)
        chosen = candidates(outreach_session, request.school_id, request.student_ids)
        must_be_able(chosen, permission_attested=request.permission_attested)
        new = [candidate for candidate in chosen if not candidate.has_place]
        if not new:
            raise Refusal(_("They are all registered already."))
        seating = _seat(outreach_session, request.school_id, new, now=now)
        held_for = {candidate.student_id for candidate in new if candidate.held_for}
        ids = _write(outreach_session, request, seating, held_for, now=now)
        if request.arranged is not None:
            note_arrangement(outreach_session.id, request.school_id, request.arranged)
        _write_consents(request, [candidate for candidate in new if candidate.is_minor], now=now)
        notify_registrations(outreach_session, dict.fromkeys(ids, Cause.REGISTERED), now=now, by_id=request.by_id)
    return RegistrationOutcome(seating.seated, tuple(student_id for student_id, _reason in seating.waiting))


def withdraw(
    *registration_ids: int,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
    shown: Mapping[str, str] | None = None,
) -> None:
    """Withdraw registrations for one session, as school or family; who waits longest gets the seat.

    `shown`: what the page said, and is confirmed. Raises ChangedMeanwhile where that isn't so any more.
    """
    _end(registration_ids, RegistrationState.WITHDRAWN, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id, note=note, shown=shown)


def undo_withdrawal(registration_id: int, by: By, *, now: datetime, may_wait: bool = False) -> None:
    """Undo a withdrawal or removal, within 15 minutes. Raises Refusal, with the reason, elsewhere; `may_wait`: as `restore`."""
    with transaction():
        restore(registration_id, by, now=now, may_wait=may_wait)


def remove(registration_id: int, *, by_id: int, reason: str, now: datetime, shown: Mapping[str, str] | None = None) -> None:
    """Take a student off the list, as host, with a reason the family reads; who waits longest gets the seat."""
    _end([registration_id], RegistrationState.REMOVED, now=now, by_id=by_id, note=reason, shown=shown)


def accept_again(registration_id: int, *, by_id: int, now: datetime) -> None:
    """Accept, as host, a student whom a host withdrew before and a school registered again. Raises Refusal where that isn't asked."""
    with transaction():
        outreach_session, registration = locked_registration(registration_id)
        must_await_host(outreach_session, registration, now)
        set_state([registration.id], RegistrationState.CONFIRMED, now=now, by_id=by_id)
        settle_seats(outreach_session, now=now, causes={registration.id: Cause.CONFIRMED}, by_id=by_id)


def accept_offer(registration_id: int, *, by_id: int, now: datetime) -> None:
    """Say yes to a seat that was offered shortly before the start."""
    with transaction():
        outreach_session, registration = locked_registration(registration_id)
        must_be_offered(outreach_session, registration, now)
        must_not_be_passed_over(outreach_session, registration)
        give_seats(outreach_session, [registration.id], now=now, by_id=by_id)
        notify_registrations(outreach_session, {registration.id: Cause.PROMOTED}, now=now, by_id=by_id)


def decline_offer(registration_id: int, *, by_id: int, now: datetime) -> None:
    """Decline an offered seat: the student keeps the position on the waiting list, the next is asked."""
    with transaction():
        outreach_session, registration = locked_registration(registration_id)
        must_be_offered(outreach_session, registration, now)
        take_back_seats(outreach_session, [registration.id], RegistrationState.WAITING, now=now, by_id=by_id)
        settle_seats(outreach_session, now=now, by_id=by_id)


def review_seats(session_id: int, *, now: datetime) -> None:
    """Hold or confirm the seats of a session again, after what students need has changed, and notify whoever that concerns."""
    with transaction():
        settle_seats(locked_session(session_id), now=now)


def keep_or_release(session_id: int, choices: SeatChoices, *, now: datetime) -> None:
    """Decide, as host, about those whose seat is held because they no longer fit. Raises NobodyDecided and ChoicesRefused."""
    with transaction():
        outreach_session = locked_session(session_id)
        if not outreach_session.is_to_come(now):
            raise Refusal(_("The session has begun or was cancelled, so its seats stay as they are."))
        apply_choices(outreach_session, held_doubts(outreach_session), choices, now=now)
        settle_seats(outreach_session, now=now, by_id=choices.by_id)


def take_free_seat(registration_id: int, *, by_id: int, now: datetime) -> None:
    """Give a seat that is free to a student who waits, such as one who was asked and didn't take it.

    Raises Refusal if no seat is free for this school: others may have to be asked first.
    """
    with transaction():
        outreach_session, registration = locked_registration(registration_id)
        must_wait(outreach_session, registration, now)
        must_not_be_passed_over(outreach_session, registration)
        if not can_have_free_seat(outreach_session, registration.school_id, now=now):
            raise Refusal(_("There is no free seat now. The student keeps their position on the waiting list."))
        give_seats(outreach_session, [registration.id], now=now, by_id=by_id)
        notify_registrations(outreach_session, {registration.id: Cause.PROMOTED}, now=now, by_id=by_id)


def _end(
    registration_ids: Sequence[int],
    state: RegistrationState,
    *,
    now: datetime,
    by_id: int | None = None,
    by_mailbox_id: int | None = None,
    note: str = "",
    shown: Mapping[str, str] | None = None,
) -> None:
    with transaction():
        outreach_session, _first = locked_registration(registration_ids[0])
        these = (Registration.id.in_(registration_ids), Registration.session_id == outreach_session.id, Registration.state.in_(ACTIVE))
        active = db.session.scalars(
            select(Registration).where(*these).order_by(Registration.id).execution_options(populate_existing=True)
        ).all()
        if len(active) < len(set(registration_ids)):
            raise Refusal(_("This student has already been withdrawn."))
        if not outreach_session.is_to_come(now):
            raise Refusal(_("The session has begun or was cancelled, so nobody can be withdrawn now."))
        must_be_as_shown(shown, what_a_withdrawal_says(*active))
        ids = [one.id for one in active]
        end_registrations(outreach_session, ids, state, now=now, by_id=by_id, by_mailbox_id=by_mailbox_id, note=note)


def _seat(outreach_session: OutreachSession, school_id: int, chosen: Sequence[Candidate], *, now: datetime) -> Allocation:
    free, school_left = seats_for_school(outreach_session, school_id, now=now)
    not_now = {candidate.student_id for candidate in chosen if candidate.missing}
    return allocate([candidate.student_id for candidate in chosen], seats_left=free, school_seats_left=school_left, passed_over=not_now)


def _write(
    outreach_session: OutreachSession, request: RegistrationRequest, seating: Allocation, held_for: Collection[int], *, now: datetime
) -> list[int]:
    """Insert registrations with their first step; gives their ids. `held_for`: the students for whom something is missing.

    A microsecond lies between one student and the next, so that the waiting list keeps the order chosen
    whatever order a database gives out ids in.
    """
    common: dict[str, object] = {
        "session_id": request.session_id,
        "school_id": request.school_id,
        "class_id": request.class_id,
        "teacher_id": request.teacher_id,
        "changed_at": now,
    }
    order: list[tuple[int, WaitReason | None]] = [*((key, None) for key in seating.seated), *seating.waiting]
    rows = [
        common
        | {
            "student_id": student_id,
            "state": RegistrationState.WAITING,
            "wait_reason": reason,
            "queued_at": now + timedelta(microseconds=position),
        }
        for position, (student_id, reason) in enumerate(order)
    ]
    ids = insert_in_order(Registration, rows)
    seated, waiting = ids[: len(seating.seated)], ids[len(seating.seated) :]
    missing = {key for key, student_id in zip(seated, seating.seated, strict=True) if student_id in held_for}
    give_seats(outreach_session, seated, now=now, by_id=request.by_id, missing=missing)
    write_steps(waiting, RegistrationState.WAITING, now=now, by_id=request.by_id)
    return ids


def _write_consents(request: RegistrationRequest, minors: Sequence[Candidate], *, now: datetime) -> None:
    if not minors:
        return
    common = {
        "session_id": request.session_id,
        "purpose": Purpose.ATTEND,
        "text_version": ATTESTATION,
        "how": HOW,
        "given_by_id": request.by_id,
        "given_at": now,
    }
    insert_in_order(Consent, [common | {"student_id": candidate.student_id} for candidate in minors])
