"""What coordinators do: set age rules, close accounts and open them again."""

from __future__ import annotations

from functools import partial

from outreach.coordination import closing
from outreach.coordination import use_cases as coordinating
from outreach.db import db
from outreach.models import Site
from tests.journeys.sequences.people import COORDINATORS, HOSTS, TEACHERS, WITH_A_RULE
from tests.journeys.sequences.picking import one_of
from tests.journeys.sequences.world import World

WITH_AN_ACCOUNT = (*HOSTS, *(teacher for teachers in TEACHERS.values() for teacher in teachers), *COORDINATORS)


def set_area_floor(world: World, a: int, _b: int, _c: int) -> None:
    """Let an area ask for another age than before."""
    floor, site_id = one_of((16, 18, None), a), world.site_ids[WITH_A_RULE]
    assert site_id is not None
    site = db.session.get_one(Site, site_id)
    typed = coordinating.SiteInput(name=site.name, address=site.address, country=site.country, zone=site.zone)
    world.ask(
        partial(world.model.set_floor, WITH_A_RULE, floor),
        lambda: coordinating.keep_site(site_id, typed, floors={world.area_id: floor}, now=world.now),
    )


def close_account(world: World, a: int, _b: int, _c: int) -> None:
    """Close the account of a host, a teacher or the other coordinator, at times one that is closed."""
    address = world.model.people.at(one_of(WITH_AN_ACCOUNT, a))
    others = [one for one in COORDINATORS if one != address.text and not world.model.people.at(one).is_closed]
    user_id, by_id = world.user_ids[address.text], world.user_ids[one_of(others, 0)]
    world.ask(partial(world.model.close, address), lambda: closing.close_account(user_id, by_id=by_id, now=world.now))


def open_account(world: World, a: int, _b: int, _c: int) -> None:
    """Open an account again."""
    closed = [address for text in WITH_AN_ACCOUNT if (address := world.model.people.at(text)).is_closed]
    address = one_of(closed, a)
    user_id = world.user_ids[address.text]
    world.ask(partial(world.model.open, address), lambda: closing.open_account(user_id, now=world.now))
