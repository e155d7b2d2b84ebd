"""Whatever anybody may do: each act takes three small numbers, and makes of them what it can.

A number picks among what the model knows, so that any sequence of acts can be lived; an act that is refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.journeys.sequences import by_coordinators, by_families, by_hosts, by_schools, by_servers
from tests.journeys.sequences.picking import NothingToDo
from tests.journeys.sequences.world import World

ALL: tuple[Callable[[World, int, int, int], None], ...] = (
    by_hosts.post,
    by_hosts.publish,
    by_hosts.shift,
    by_hosts.decide,
    by_hosts.cancel,
    by_hosts.resize,
    by_hosts.rehost,
    by_hosts.reword,
    by_hosts.raise_floor,
    by_hosts.keep_or_release,
    by_hosts.remove,
    by_hosts.undo_removal,
    by_hosts.accept_again,
    by_coordinators.set_area_floor,
    by_coordinators.close_account,
    by_coordinators.open_account,
    by_schools.register,
    by_schools.withdraw,
    by_schools.undo_withdrawal,
    by_schools.answer_offer,
    by_schools.readdress_student,
    by_schools.readdress_guardian,
    by_schools.add_guardian,
    by_schools.drop_guardian,
    by_schools.correct_age,
    by_schools.join,
    by_schools.leave,
    by_schools.be_responsible,
    by_families.reply,
    by_families.ask,
    by_families.forge,
    by_families.answer_on_page,
    by_families.give_back,
    by_families.undo_give_back,
    by_families.say_not_mine,
    by_families.undo_not_mine,
    by_families.stop_reminders,
    by_servers.bounce,
    by_servers.complain,
    by_servers.works_again,
    by_servers.lets_us_in,
    by_servers.try_again,
    by_servers.send_as_update,
)
_BY_NAME = {act.__name__: act for act in ALL}
NAMES = tuple(_BY_NAME)


@dataclass(frozen=True)
class Act:
    """One thing somebody does."""

    name: str
    a: int = 0
    b: int = 0
    c: int = 0

    def __call__(self, world: World) -> None:
        """Do it now, if there is anything to do."""
        with suppress(NothingToDo):
            _BY_NAME[self.name](world, self.a, self.b, self.c)
