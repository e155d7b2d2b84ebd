"""Picks among what the model knows: a small number stands for one of them, whatever there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tests.journeys.sequences.model import Model
from tests.journeys.sequences.model_people import Address
from tests.journeys.sequences.model_sessions import Place, Session

T = TypeVar("T")


class NothingToDo(Exception):
    """There is nothing to pick, or nobody does it this time."""


def one_of(choices: Sequence[T], number: int) -> T:
    """Give one. Raises NothingToDo where there is none."""
    if not choices:
        raise NothingToDo
    return choices[number % len(choices)]


def at_times(number: int) -> None:
    """Go on one time in four; raises NothingToDo the others."""
    if number % 4:
        raise NothingToDo


def a_place(model: Model, number: int, *, any_state: bool = False, **which: object) -> tuple[Session, Place]:
    """Give the place of somebody who takes part or waits; `any_state`: or who did."""
    places = [(session, place) for session in model.sessions for place in session.places if any_state or place.is_active]
    return one_of([(session, place) for session, place in places if which.items() <= vars(place).items()], number)


def an_ended_place(model: Model, number: int, *, is_by_host: bool) -> tuple[Session, Place]:
    """Give a place that somebody ended: a host, or a school or family. The last ones first."""
    places = [(session, place) for session in model.sessions for place in session.places if place.ended and not place.is_active]
    found = [(session, place) for session, place in places if place.ended and place.ended.is_by_host == is_by_host]
    return one_of(sorted(found, key=lambda pair: pair[1].ended.at if pair[1].ended else model.now, reverse=True), number % 4)


def an_entry(model: Model, number: int, *, any_state: bool = False) -> tuple[Session, Address]:
    """Give an entry that stands in somebody's calendar; `any_state`: or did."""
    found = [(session, address) for session in model.sessions for address in (session.entries if any_state else session.live)]
    return one_of(sorted(found, key=lambda pair: (pair[0].number, pair[1].text)), number)
