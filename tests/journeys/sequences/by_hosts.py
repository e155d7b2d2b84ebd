"""What hosts do: post, publish, edit, move, decide, cancel, take somebody off the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from outreach.models import OutreachSession, Site
from outreach.registration import use_cases as registering
from outreach.scheduling import deciding
from outreach.scheduling import use_cases as scheduling
from outreach.scheduling.facts import Offer, TypedDecision, TypedPlace, TypedTime
from outreach.scheduling.moving import move
from tests.journeys.sequences.picking import a_registration, a_session, all_of, at_times, clinicians, one_of

TIMES = (
    TypedTime(day=date(2027, 3, 18), start=time(14), end=time(16)),
    TypedTime(day=date(2027, 3, 20), start=time(10), end=time(11)),
    TypedTime(day=date(2027, 3, 18), start=time(16), end=time(17, 30)),
    TypedTime(day=date(2027, 3, 28), start=time(0, 30), end=time(3)),
    TypedTime(day=date(2027, 3, 2), start=time(9), end=time(10)),
    TypedTime(day=date(2027, 3, 3), start=time(9), end=time(10)),
    TypedTime(day=date(2027, 10, 31), start=time(1, 15), end=time(1, 45), fold=1),
)
DECISIONS = (None, None, TypedDecision(is_provisional=False), TypedDecision(is_provisional=True))
ONLINE = TypedPlace(zone="Australia/Sydney", video_url="https://video.example/r/k3f9?pwd=a,b;c")


def post(a: int, b: int, c: int, now: datetime) -> None:
    """Post a session, most times for all to see at once; four are enough."""
    if len(all_of(OutreachSession)) < 4:
        offer = Offer(title="Knots, and more", capacity=1 + a % 3, reminder_leads=(1440,), frees_declined_seats=a % 2 > 0)
        host = one_of(clinicians(), a)
        scheduling.post("stitch_workshop", _time(b, a), _place(c), offer, by_id=host.id, publish=c % 4 > 0, now=now)


def publish(a: int, _b: int, _c: int, now: datetime) -> None:
    """Show a draft to all."""
    scheduling.publish(a_session(a).id, now=now)


def shift(a: int, b: int, c: int, now: datetime) -> None:
    """Move a session to another time, another place, or both; with it moves, at times, whether it is certain."""
    outreach_session = a_session(a)
    move(outreach_session.id, _time(b, b // 8), _place(c), seen=outreach_session.updated_at, now=now)


def decide(a: int, b: int, _c: int, now: datetime) -> None:
    """Say that it takes place, or leave that open, or (at times) call it off."""
    outreach_session = a_session(a)
    if b % 8 == 0:
        deciding.call_off(outreach_session.id, "No list that day.", seen=outreach_session.updated_at, now=now)
    elif b % 2:
        deciding.confirm(outreach_session.id, seen=outreach_session.updated_at, now=now)
    else:
        deciding.leave_open(outreach_session.id, TypedDecision(is_provisional=True), seen=outreach_session.updated_at, now=now)


def cancel(a: int, _b: int, c: int, now: datetime) -> None:
    """Cancel a session; most times the host thinks better of it."""
    at_times(c)
    scheduling.cancel(a_session(a).id, "The list is full.", now=now)


def resize(a: int, b: int, c: int, now: datetime) -> None:
    """Offer more seats, or fewer, in all or for one school."""
    _edit(a, now, capacity=1 + b % 8, per_school_limit=(None, 1, 4, None)[c % 4], frees_declined_seats=c % 8 > 3)


def rehost(a: int, b: int, c: int, now: datetime) -> None:
    """Name another host, other co-hosts."""
    _edit(a, now, host_id=one_of(clinicians(), b).id, co_host_emails=tuple(user.email for user in clinicians())[: c % 3])


def reword(a: int, b: int, c: int, now: datetime) -> None:
    """Change the words, and tell everybody or don't."""
    _edit(a, now, tells=c % 2 > 0, title=f"Knots, part {b % 3}", bring=("", "Short sleeves, please; no rings")[b % 2])


def remove(a: int, _b: int, _c: int, now: datetime) -> None:
    """Take a student off the list."""
    registration = a_registration(a)
    registering.remove(registration.id, by_id=registration.outreach_session.host_id, reason="Too few adults.", now=now)


def _time(number: int, decision: int) -> TypedTime:
    return replace(one_of(TIMES, number), decision=one_of(DECISIONS, decision))


def _place(number: int) -> TypedPlace:
    if number % 4 == 3:
        return ONLINE
    return TypedPlace(site_id=one_of(all_of(Site), number).id, zone="Europe/London", meeting_point="Main entrance")


def _edit(number: int, now: datetime, *, tells: bool = False, **changes: Any) -> None:
    outreach_session = a_session(number)
    offer = Offer(
        title=outreach_session.title,
        description=outreach_session.description,
        bring=outreach_session.bring,
        capacity=outreach_session.capacity,
        per_school_limit=outreach_session.per_school_limit,
        reminder_leads=tuple(outreach_session.reminder_leads),
        co_host_emails=tuple(user.email for user in outreach_session.co_hosts),
        frees_declined_seats=outreach_session.frees_declined_seats,
    )
    scheduling.edit(outreach_session.id, replace(offer, **changes), seen=outreach_session.updated_at, now=now, tells=tells)
