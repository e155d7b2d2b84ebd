"""Whatever anybody may do: each act takes three small numbers, and makes of them what it can.

A number picks among what there is, so that any sequence of acts can be lived; an act the service refuses changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from outreach.errors import OutreachError
from tests.journeys.sequences import by_families, by_hosts, by_schools, by_servers
from tests.journeys.sequences.world import World

OFFICE: tuple[Callable[[int, int, int, datetime], None], ...] = (
    by_hosts.post,
    by_hosts.publish,
    by_hosts.shift,
    by_hosts.decide,
    by_hosts.cancel,
    by_hosts.resize,
    by_hosts.rehost,
    by_hosts.reword,
    by_hosts.remove,
    by_schools.register,
    by_schools.withdraw,
    by_schools.answer_offer,
    by_schools.readdress_student,
    by_schools.readdress_guardian,
    by_schools.add_guardian,
    by_schools.drop_guardian,
    by_schools.correct_age,
    by_schools.join,
    by_schools.leave,
)
MAIL: tuple[Callable[[World, int, int, int], None], ...] = (
    by_families.reply,
    by_families.ask,
    by_families.forge,
    by_families.answer_on_page,
    by_families.give_back,
    by_families.say_not_mine,
    by_families.stop_reminders,
    by_servers.bounce,
    by_servers.complain,
    by_servers.works_again,
    by_servers.lets_us_in,
    by_servers.try_again,
    by_servers.send_as_update,
)
NAMES = tuple(act.__name__ for act in (*OFFICE, *MAIL))
_OFFICE, _MAIL = {act.__name__: act for act in OFFICE}, {act.__name__: act for act in MAIL}


@dataclass(frozen=True)
class Act:
    """One thing somebody does."""

    name: str
    a: int = 0
    b: int = 0
    c: int = 0

    def __call__(self, world: World) -> None:
        """Do it now, unless it is refused."""
        with suppress(OutreachError):
            if self.name in _OFFICE:
                _OFFICE[self.name](self.a, self.b, self.c, world.now)
            else:
                _MAIL[self.name](world, self.a, self.b, self.c)
