"""What hosts do: post, publish, edit, move, decide, cancel, take somebody off the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from typing import Any

from outreach.db import db
from outreach.models import OutreachSession
from outreach.registration import By, SeatChoices, Side
from outreach.registration import use_cases as registering
from outreach.scheduling import use_cases as scheduling
from outreach.scheduling.inputs import DecisionInput, DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.scheduling.provisional import use_cases as provisional
from tests.journeys.sequences.model_sessions import CONFIRMED, PENDING, Ages, Choices, Place, Session, higher
from tests.journeys.sequences.people import COORDINATOR, HOSTS, PLACES, WITH_A_RULE, Clock
from tests.journeys.sequences.picking import a_place, an_ended_place, at_times, one_of
from tests.journeys.sequences.world import World

TIMES = (
    Clock(date(2027, 3, 18), time(14), time(16)),
    Clock(date(2027, 3, 20), time(10), time(11)),
    Clock(date(2027, 3, 18), time(16), time(17, 30)),
    Clock(date(2027, 3, 28), time(0, 30), time(3)),
    Clock(date(2027, 3, 2), time(9), time(10)),
    Clock(date(2027, 3, 3), time(9), time(10)),
    Clock(date(2027, 10, 31), time(1, 15), time(1, 45), fold=1),
)
DECISIONS = (None, None, False, True)


def post(world: World, a: int, b: int, c: int) -> None:
    """Post a session, most times for all to see at once; four are enough."""
    model, now = world.model, world.now
    if len(model.sessions) >= 4:
        return
    hosts, capacity, floor = HOSTS[a % 2 :], 1 + a % 3, 16 if a % 8 == 7 else None
    clock, place, decision, frees = one_of(TIMES, b), one_of(list(PLACES), c), one_of(DECISIONS, c), a % 2 > 0

    def rule() -> None:
        session = model.post(hosts, "Knots, and more", clock, place, capacity=capacity, decision=decision, floor=floor, frees=frees)
        if c % 4 > 0:
            model.publish(session)

    def deed() -> None:
        co_hosts = hosts[1:]
        offer = DetailsInput(
            title="Knots, and more",
            capacity=capacity,
            age_floor=floor,
            reminder_leads=(1440,),
            frees_declined_seats=frees,
            co_host_emails=co_hosts,
        )
        when, where, by_id = _time(clock, decision), _place(world, place), world.user_ids[hosts[0]]
        world.session_ids.append(scheduling.post("stitch_workshop", when, where, offer, by_id=by_id, publish=c % 4 > 0, now=now))

    world.ask(rule, deed)


def publish(world: World, a: int, _b: int, _c: int) -> None:
    """Show a draft to all."""
    session = one_of(world.model.sessions, a)
    world.ask(partial(world.model.publish, session), lambda: scheduling.publish(world.session_id(session), now=world.now))


def shift(world: World, a: int, b: int, c: int) -> None:
    """Move a session to another time, another place, or both; with it moves, at times, whether it is certain."""
    session, clock, place, decision = one_of(world.model.sessions, a), one_of(TIMES, b), one_of(list(PLACES), c), one_of(DECISIONS, b // 8)
    when, where, seen = _time(clock, decision), _place(world, place), _seen(world, session)
    choices = _choices(session.no_longer_fit(session.ages(day=clock.day, place=place), session.capacity, session.limit), a + b)
    world.ask(
        partial(world.model.move, session, clock, place, decision, choices),
        lambda: apply_move(world.session_id(session), when, where, seen=seen, now=world.now, choices=_as_typed(world, session, choices)),
    )


def decide(world: World, a: int, b: int, _c: int) -> None:
    """Say that it takes place, or leave that open, or (at times) call it off."""
    session, model, now = one_of(world.model.sessions, a), world.model, world.now
    key, seen = world.session_id(session), _seen(world, session)
    if b % 8 == 0:
        world.ask(partial(model.call_off, session), lambda: provisional.call_off(key, "No list that day.", seen=seen, now=now))
    elif b % 2:
        world.ask(partial(model.decide, session, is_provisional=False), lambda: provisional.confirm(key, seen=seen, now=now))
    else:
        later = DecisionInput(is_provisional=True)
        world.ask(partial(model.decide, session, is_provisional=True), lambda: provisional.leave_open(key, later, seen=seen, now=now))


def cancel(world: World, a: int, _b: int, c: int) -> None:
    """Cancel a session; most times the host thinks better of it."""
    at_times(c)
    session = one_of(world.model.sessions, a)
    world.ask(
        partial(world.model.cancel, session),
        lambda: scheduling.cancel(world.session_id(session), "The list is full.", now=world.now),
    )


def resize(world: World, a: int, b: int, c: int) -> None:
    """Offer more seats, or fewer, in all or for one school."""
    _edit(world, a, chosen=b + c, capacity=1 + b % 8, limit=(None, 1, 4, None)[c % 4], frees=c % 8 > 3)


def rehost(world: World, a: int, b: int, c: int) -> None:
    """Name another host, other co-hosts."""
    hosts = [one_of(HOSTS, b), *HOSTS[: c % 3]]
    _edit(world, a, hosts=tuple(world.model.people.at(host) for host in dict.fromkeys(hosts)))


def reword(world: World, a: int, b: int, c: int) -> None:
    """Change the words, and tell everybody or don't."""
    _edit(world, a, notifies=c % 2 > 0, title=f"Knots, part {b % 3}", bring=("", "Short sleeves, please; no rings")[b % 2])


def raise_floor(world: World, a: int, b: int, c: int) -> None:
    """Ask for another age, at times for fewer seats at once; of those who no longer fit some are kept, some released."""
    changes: dict[str, Any] = {"capacity": 1 + c % 6} if c % 4 == 0 else {}
    _edit(world, a, chosen=c, floor=(16, 18, None)[b % 3], **changes)


def keep_or_release(world: World, a: int, b: int, c: int) -> None:
    """Decide about those whose seat is held because they are too young by now, as host or as coordinator."""
    session = one_of([one for one in world.model.sessions if one.held_for_age()], a)
    held = session.held_for_age()
    kept = [place for at, place in enumerate(held) if b >> at & 1]
    choices = Choices(kept, [place for place in held if place not in kept], is_coordinator=c % 3 == 0)
    key = world.session_id(session)
    world.ask(
        partial(world.model.keep_or_release, session, choices),
        lambda: registering.keep_or_release(key, _typed(world, session, choices), now=world.now),
    )


def accept_again(world: World, a: int, b: int, _c: int) -> None:
    """Accept somebody whom a school registered again, at times one nobody asks about."""
    session, place = a_place(world.model, a, state=CONFIRMED if b % 8 == 0 else PENDING)
    key, by_id = world.registration_id(session, place), world.user_ids[_in_charge(session)]
    world.ask(
        partial(world.model.accept_again, session, place),
        lambda: registering.accept_again(key, by_id=by_id, now=world.now),
    )


def undo_removal(world: World, a: int, b: int, _c: int) -> None:
    """Undo what a host did by mistake, at times what somebody else did."""
    session, place = an_ended_place(world.model, a, is_by_host=b % 4 > 0)
    by = By(Side.HOST, user_id=world.user_ids[_in_charge(session)])
    world.undo(session, place, by, partial(world.model.undo, session, place, None, is_by_host=True))


def remove(world: World, a: int, b: int, _c: int) -> None:
    """Take a student off the list."""
    session, place = a_place(world.model, a, any_state=b % 8 == 0)
    key, by_id = world.registration_id(session, place), world.user_ids[_in_charge(session)]
    world.ask(
        partial(world.model.give_back, session, place, world.model.people.at(_in_charge(session)), by_host=True),
        lambda: registering.remove(key, by_id=by_id, reason="Too few adults.", now=world.now),
    )


def _in_charge(session: Session) -> str:
    """Who acts as host: one with an open account, else a coordinator."""
    return next((host.text for host in session.open_hosts), COORDINATOR)


def _time(clock: Clock, decision: bool | None) -> WhenInput:
    typed = WhenInput(day=clock.day, start=clock.start, end=clock.end, fold=clock.fold)
    return typed if decision is None else replace(typed, decision=DecisionInput(is_provisional=decision))


def _place(world: World, place: str) -> WhereInput:
    if place == "Online":
        return WhereInput(zone=PLACES[place], video_url="https://video.example/r/k3f9?pwd=a,b;c")
    where = WhereInput(site_id=world.site_ids[place], zone="Europe/London", meeting_point="Main entrance")
    return replace(where, area_id=world.area_id) if place == WITH_A_RULE else where


def _seen(world: World, session: Session) -> datetime:
    """When the session changed last, as the form says."""
    return db.session.get_one(OutreachSession, world.session_id(session), populate_existing=True).updated_at


def _choices(no_longer_fit: tuple[list[Place], list[Place]], number: int) -> Choices:
    """Keep some and release the others, mostly so that there are seats for all; at times forget about them."""
    concerned = [place for some in no_longer_fit for place in some]
    kept = [place for at, place in enumerate(concerned) if number >> at % 5 & 1]
    if number % 8 == 7:
        return Choices((), ())
    released = [place for place in concerned if place not in kept]
    return Choices(kept, released, more_may_come=number % 3 > 0, is_coordinator=number % 4 == 0)


def _as_typed(world: World, session: Session, choices: Choices) -> SeatChoices | None:
    return _typed(world, session, choices) if choices.kept or choices.released else None


def _typed(world: World, session: Session, choices: Choices) -> SeatChoices:
    return SeatChoices(
        by_id=world.user_ids[COORDINATOR if choices.is_coordinator else _in_charge(session)],
        is_coordinator=choices.is_coordinator,
        kept={world.registration_id(session, place): "They only look on." for place in choices.kept},
        released=frozenset(world.registration_id(session, place) for place in choices.released),
        over_because="There is room." if choices.more_may_come else "",
        released_for="The rule is stricter now.",
    )


def _edit(world: World, number: int, *, notifies: bool = False, chosen: int = 1, **changes: Any) -> None:
    session = one_of(world.model.sessions, number)
    new = {name: changes.get(name, getattr(session, name)) for name in ("title", "bring", "capacity", "limit", "frees", "hosts", "floor")}
    ages = Ages(session.day, higher(new["floor"], session.site_floors.get(session.place)), session.site_floors.get(session.place))
    choices = _choices(session.no_longer_fit(ages, new["capacity"], new["limit"]), chosen)
    offer = DetailsInput(
        title=new["title"],
        bring=new["bring"],
        description="Your first stitch, on a pad.",
        capacity=new["capacity"],
        per_school_limit=new["limit"],
        age_floor=new["floor"],
        reminder_leads=(10080, 1440),
        host_id=world.user_ids[new["hosts"][0].text] if new["hosts"][0] is not session.hosts[0] else None,
        co_host_emails=tuple(host.text for host in new["hosts"][1:]),
        frees_declined_seats=new["frees"],
    )
    seen = _seen(world, session)
    world.ask(
        partial(world.model.edit, session, notifies=notifies, choices=choices, **changes),
        lambda: scheduling.edit(
            world.session_id(session), offer, seen=seen, now=world.now, notifies=notifies, choices=_as_typed(world, session, choices)
        ),
    )
