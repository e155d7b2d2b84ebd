"""Draws sequences of steps from a number, and finds the shortest that still goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

from tests.journeys.sequences.acts import NAMES, Act
from tests.journeys.sequences.fates import Fate
from tests.journeys.sequences.steps import AllArrives, Jobs, Round, Step, Wait

OFTEN = ("register", "withdraw", "shift", "resize", "readdress_student", "readdress_guardian", "reply", "answer_on_page", "give_back")
TIMES = (timedelta(seconds=1), timedelta(minutes=6), timedelta(hours=9), timedelta(days=2))
DAY_BEFORE = Wait(timedelta(days=16, hours=12))
WITHDRAWN, MORE_REGISTERED = Act("withdraw", 2, 1), Act("register", 0, 30, 1)
# Where nothing else would soon lead: seats are offered on the day before and taken, declined, or lapse at the start; a domain turns us away
# and is marked; a guardian of three and a student's own reader say that it isn't them,
# and one was mistaken; families disagree, and some give places back; a floor rises and somebody turns out to be younger; a session moves
# into its last day and out of it; accounts of teachers and hosts are closed and opened; a host takes somebody back, and a school undoes a
# withdrawal.
BEGINNINGS: tuple[tuple[Step, ...], ...] = (
    (),
    (),
    (AllArrives(), DAY_BEFORE, WITHDRAWN, Act("answer_offer", b=1, c=1)),
    (DAY_BEFORE, WITHDRAWN, Act("answer_offer", b=1, c=0), Act("answer_offer", 6, 0, 1), MORE_REGISTERED, Act("withdraw", 1, 1)),
    (MORE_REGISTERED, DAY_BEFORE, WITHDRAWN, Act("withdraw", 2, 1), Wait(timedelta(days=2)), Jobs()),
    (Round((Fate.NOT_FROM_YOU,) * 20), Jobs()),
    (AllArrives(), Act("say_not_mine", 5), Act("say_not_mine", 1), Act("shift", 0, 1, 0), Act("undo_not_mine"), Act("be_responsible", b=1)),
    (Act("raise_floor", 1, 0, 1), Act("correct_age", 6, 3), AllArrives(), Act("keep_or_release", 0, 1, 0), Act("set_area_floor", 1)),
    (AllArrives(), Act("shift", 0, 4, 1), WITHDRAWN, Act("answer_offer", 0, 1, 0), Act("shift", 0, 0, 0), MORE_REGISTERED),
    (
        AllArrives(),
        Act("close_account", 2),
        WITHDRAWN,
        Act("close_account", 0),
        Act("shift", 0, 2, 0),
        Act("open_account", 0),
        AllArrives(),
    ),
    (Act("remove", 2, 1), MORE_REGISTERED, Act("accept_again", b=1), WITHDRAWN, Round(), Act("undo_withdrawal", 0, 1)),
    (Act("resize", 1, 7, 4), AllArrives(), *(Act("answer_on_page", a, b) for a, b in ((17, 0), (10, 2), (11, 2), (14, 2), (5, 2)))),
)


def drawn(number: int, *, steps: int) -> list[Step]:
    """Give the sequence this number stands for.

    Half of them are about a few acts, which so meet each other more often; those of odd numbers are mostly acts, twice as many, with few
    letters that leave in between.
    """
    random, is_quiet = Random(number), number % 2 > 0
    begin = random.choice(BEGINNINGS)
    acts = [*NAMES, *OFTEN] if random.random() < 0.5 else [*random.sample(NAMES, 8), *random.sample(OFTEN, 4)]
    acts += [*dict.fromkeys(step.name for step in begin if isinstance(step, Act))] + ["lets_us_in"] * (Jobs() in begin)
    return [*begin, *(_step(random, acts, is_quiet=is_quiet) for _ in range(steps * (1 + is_quiet)))]


def _step(random: Random, acts: Sequence[str], *, is_quiet: bool) -> Step:
    chance = random.random()
    if chance < 0.9 if is_quiet else chance < 0.6:
        return _act(random, acts)
    if not is_quiet and chance < 0.85:
        return Round(_fates(random), _act(random, acts) if random.random() < 0.5 else None, random.randrange(5))
    chance = random.random()
    if chance < 0.35:
        return Wait(random.choice(TIMES))
    return Jobs() if chance < 0.7 else AllArrives()


def _fates(random: Random) -> tuple[Fate, ...]:
    """Mostly each its own; at times a server does the same to all."""
    if random.random() < 0.2:
        return (random.choice(list(Fate)),) * random.randrange(4, 20)
    return tuple(random.choices(list(Fate), k=random.randrange(7)))


def _act(random: Random, acts: Sequence[str]) -> Act:
    return Act(random.choice(acts), *(random.randrange(32) for _ in range(3)))


def shortest(steps: Sequence[Step], goes_wrong: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """Leave out what isn't needed for it to go wrong: halves first, then single steps."""
    kept, size = list(steps), max(len(steps) // 2, 1)
    while True:
        for start in range(0, len(kept), size):
            fewer = kept[:start] + kept[start + size :]
            if len(fewer) < len(kept) and goes_wrong(fewer):
                kept = fewer
                break
        else:
            if size == 1:
                return kept
            size //= 2
