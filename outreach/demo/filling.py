"""Fills an empty database with the demo, step by step, and posts its sessions as their clinicians would."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Protocol

from flask_security import hash_password
from sqlalchemy import select

from outreach.accounts import demo_sign_ins
from outreach.db import db, transaction
from outreach.demo import special_cases, story
from outreach.demo.classes import make_classes
from outreach.demo.people import APPLICANTS, make_applications, make_people
from outreach.demo.places import make_places
from outreach.demo.sessions.cities import IN_LONDON, IN_LOS_ANGELES, IN_NEW_YORK
from outreach.demo.sessions.planned import Planned
from outreach.demo.world import World
from outreach.models import Area, Format, User
from outreach.scheduling import DecisionInput, DetailsInput, WhenInput, WhereInput, use_cases


class Act(Protocol):
    """Does something as at a moment."""

    def __call__(self, *, now: datetime) -> object: ...


def is_anybody_here() -> bool:
    """Somebody can sign in already."""
    return db.session.scalar(select(User.id).limit(1)) is not None


def is_begun() -> bool:
    """Say whether the demo's accounts are there."""
    return _are_here(one.email for one in demo_sign_ins.SIGN_INS)


def is_whole() -> bool:
    """The last step was done too; who fills in is never interrupted unnoticed."""
    return is_begun() and _are_here(applicant.email for applicant in APPLICANTS)


def steps(*, now: datetime, deliver: Act | None) -> list[Callable[[], object]]:
    """Give what fills an empty database, to be called in this order.

    `deliver` sends what is due at a moment. Without it all letters wait for the worker, and nobody ever hears of
    what was cancelled before its invitation left.
    """
    world, today, password_hash = World(), now.date(), hash_password(demo_sign_ins.PASSWORD)
    send = deliver or _wait_for_the_worker
    timeline: tuple[tuple[int, Act], ...] = (
        (30, partial(_found, world, password_hash, today)),
        (21, partial(post_programme, world, today=today)),
        (16, partial(story.first_registrations, world)),
        (15, send),
        (12, partial(story.move_the_talk, world)),
        (11, partial(story.cancel_the_evening, world)),
        (10, send),
        (9, partial(story.more_registrations, world)),
        (2, partial(story.one_withdraws, world)),
        (2, partial(_hear, world)),
        (1, partial(story.somebody_asks, world)),
        (1, partial(special_cases.a_guardian_says_not_my_child, world)),
        (1, partial(special_cases.a_site_raises_its_age_floor, world)),
        (1, partial(special_cases.a_host_keeps_who_is_too_young, world)),
        (1, partial(special_cases.an_account_is_closed, world)),
        (1, partial(_close, password_hash)),
    )
    return [partial(act, now=now - timedelta(days=days)) for days, act in timeline]


def _found(world: World, password_hash: str, today: date, *, now: datetime) -> None:
    with transaction():
        make_places(world)
        make_people(world, password_hash=password_hash, now=now)
        make_classes(world, today=today)


def _hear(world: World, *, now: datetime) -> None:
    with transaction():
        story.a_letter_comes_back(world, now=now)
        story.families_answer(world, now=now)


def _close(password_hash: str, *, now: datetime) -> None:
    with transaction():
        make_applications(password_hash=password_hash, now=now)


def _wait_for_the_worker(*, now: datetime) -> None:
    """With a real mail server, only the worker sends."""


def _are_here(emails: Iterable[str]) -> bool:
    wanted = set(emails)
    return set(db.session.scalars(select(User.email).where(User.email.in_(wanted)))) == wanted


PROGRAMME = (*IN_NEW_YORK, *IN_LONDON, *IN_LOS_ANGELES)
MORNING, NOON = time(8), time(12)


def post_programme(world: World, *, today: date, now: datetime) -> None:
    """Post every session; all but the draft are published."""
    for planned in PROGRAMME:
        when, where, offer = _when(planned, today), _where(world, planned), _offer(planned, today)
        host_id = world.users[planned.host.email]
        session_id = use_cases.post(planned.format_key, when, where, offer, by_id=host_id, publish=not planned.is_draft, now=now)
        world.sessions[planned.key] = session_id


def weekday(day: date) -> date:
    """Give this day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _when(planned: Planned, today: date) -> WhenInput:
    day = weekday(today + timedelta(days=planned.in_days))
    return WhenInput(day=day, start=planned.start, end=planned.end, decision=_decision(planned, day))


def _decision(planned: Planned, day: date) -> DecisionInput:
    if planned.decided_days_before is None:
        return DecisionInput()
    decided = day - timedelta(days=planned.decided_days_before)
    return DecisionInput(is_provisional=True, wall=datetime.combine(decided - timedelta(days=max(0, decided.weekday() - 4)), NOON))


def _where(world: World, planned: Planned) -> WhereInput:
    if not planned.area:
        return WhereInput(zone=planned.zone, video_url=f"https://video.example/{planned.key.replace(' ', '-')}")
    area = db.session.get_one(Area, world.areas[planned.area])
    return WhereInput(area_id=area.id, zone=area.site.zone, meeting_point=planned.meeting_point)


def _offer(planned: Planned, today: date) -> DetailsInput:
    """Fill in the format's own defaults, as the page does."""
    a_format = db.session.get_one(Format, planned.format_key)
    opens = None if planned.opens_in_days is None else datetime.combine(today + timedelta(days=planned.opens_in_days), MORNING)
    return DetailsInput(
        title=planned.title,
        description=planned.description,
        specialty=planned.specialty,
        capacity=planned.capacity,
        per_school_limit=planned.per_school_limit,
        age_floor=a_format.age_floor,
        opens_wall=opens,
        bring=a_format.bring,
        wear=a_format.wear,
        kit=a_format.kit,
        day_phone=planned.day_phone,
        reminder_leads=tuple(a_format.reminder_leads),
        co_host_emails=tuple(adult.email for adult in planned.co_hosts),
    )
