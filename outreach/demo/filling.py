"""Fills an empty database with the demo, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from flask_security import hash_password
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.demo import story
from outreach.demo.classes import make_classes
from outreach.demo.people import APPLICANTS, make_applications, make_people
from outreach.demo.places import make_places
from outreach.demo.programme import post_programme
from outreach.demo.sign_ins import PASSWORD, SIGN_INS
from outreach.demo.world import World
from outreach.models import User


class Act(Protocol):
    """Does something as at a moment."""

    def __call__(self, *, now: datetime) -> object: ...


def is_anybody_here() -> bool:
    """Somebody can sign in already."""
    return db.session.scalar(select(User.id).limit(1)) is not None


def is_begun() -> bool:
    """Say whether the demo's accounts are there."""
    return _are_here(one.email for one in SIGN_INS)


def is_whole() -> bool:
    """The last step was done too; who fills in is never interrupted unnoticed."""
    return is_begun() and _are_here(applicant.email for applicant in APPLICANTS)


def steps(*, now: datetime, deliver: Act | None) -> list[Callable[[], object]]:
    """Give what fills an empty database, to be called in this order.

    `deliver` sends what is due at a moment. Without it all letters wait for the worker, and nobody ever hears of
    what was cancelled before its invitation left.
    """
    world, today, password_hash = World(), now.date(), hash_password(PASSWORD)
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
