"""Picks among what there is: a small number stands for one of them, whatever there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select

from outreach.db import db
from outreach.errors import OutreachError
from outreach.models import ACTIVE, OutreachSession, Registration, RoleName, User

T = TypeVar("T")


class NothingToDo(OutreachError):
    """There is nothing to pick, or nobody does it this time."""


def one_of(choices: Sequence[T], number: int) -> T:
    """Give one. Raises NothingToDo where there is none."""
    if not choices:
        raise NothingToDo("There is none.")
    return choices[number % len(choices)]


def at_times(number: int) -> None:
    """Go on one time in four; raises NothingToDo the others."""
    if number % 4:
        raise NothingToDo("They think better of it.")


def all_of(model: type[Any], *which: ColumnElement[bool]) -> list[Any]:
    """Read all there are, the oldest first."""
    return list(db.session.scalars(select(model).where(*which).order_by(*model.__table__.primary_key)))


def a_session(number: int) -> OutreachSession:
    """Give a session, whatever its state."""
    chosen: OutreachSession = one_of(all_of(OutreachSession), number)
    return chosen


def a_registration(number: int, *which: ColumnElement[bool]) -> Registration:
    """Give the place of somebody who takes part or waits."""
    chosen: Registration = one_of(all_of(Registration, Registration.state.in_(ACTIVE), *which), number)
    return chosen


def clinicians() -> list[User]:
    """Give those who may host."""
    return [user for user in all_of(User) if user.is_a(RoleName.CLINICIAN)]
