"""One session by the rules alone: seats, the waiting list, offers, and what stands in whose calendar.

Knows nothing of the service's code: the rules of docs/rules.md are written down here once more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from outreach.models import Answer, ReasonKind, RegistrationState, SessionState, WaitReason
from tests.journeys.sequences.model_people import Address, No, Student
from tests.journeys.sequences.people import PLACES

OFFERED, CONFIRMED, WAITING = RegistrationState.OFFERED, RegistrationState.CONFIRMED, RegistrationState.WAITING
PENDING, RELEASED, REMOVED = RegistrationState.PENDING, RegistrationState.RELEASED, RegistrationState.REMOVED
HAVE_AN_ENTRY = (PENDING, CONFIRMED)
SCHOOLS_ZONE = "Europe/London"
Reason = tuple[ReasonKind, object]  # as whom, and the adult or the place it is about
OPPOSITE = {Answer.ACCEPTED: Answer.DECLINED, Answer.DECLINED: Answer.ACCEPTED}


def six_hours_by_day(now: datetime, zone: str) -> datetime:
    """Count six hours on, hour by hour on the clock there, leaving out those from nine in the evening to seven in the morning."""
    left = timedelta(hours=6)
    while left:
        there = now.astimezone(ZoneInfo(zone))
        step = timedelta(hours=1) - timedelta(minutes=there.minute, seconds=there.second, microseconds=there.microsecond)
        counted = min(step, left) if 7 <= there.hour < 21 else timedelta(0)
        now, left = now + (counted or step), left - counted
    return now


def three_school_days(now: datetime, zone: str) -> datetime:
    """Six in the evening of the third day from Monday to Friday after this one, on this clock."""
    there, days = now.astimezone(ZoneInfo(zone)), 3
    while days:
        there += timedelta(days=1)
        days -= there.isoweekday() <= 5
    return there.replace(hour=18, minute=0, second=0, microsecond=0).astimezone(UTC)


@dataclass(eq=False)
class Place:
    """One student's place. `offered_until` stays once somebody was asked: nobody is asked twice. `held_until`: then it is released."""

    student: Student
    teacher: Address
    state: RegistrationState
    why: WaitReason | None = None
    offered_until: datetime | None = None
    held_until: datetime | None = None

    @property
    def is_active(self) -> bool:
        """They take part or wait."""
        return self.state in (WAITING, OFFERED, *HAVE_AN_ENTRY)


@dataclass(eq=False)
class Entry:
    """What one address has in its calendar for one session, for as long as there is a reason; asked anew with revision `asked_at`."""

    reasons: frozenset[Reason]
    revision: int = 0
    asked_at: int = 0
    answer: Answer = Answer.NEEDS_ACTION
    answered: datetime | None = None
    is_proven: bool = True

    @property
    def kinds(self) -> set[ReasonKind]:
        """As whom its owner reads."""
        return {kind for kind, _about in self.reasons}

    def ask_anew(self) -> None:
        """What was answered holds no more."""
        self.answer, self.answered, self.asked_at = Answer.NEEDS_ACTION, None, self.revision


@dataclass(eq=False)
class Session:
    """A session. `places` are in the order of the waiting list, those that ended among them; `decides`: provisional until then."""

    number: int
    hosts: tuple[Address, ...]
    title: str
    capacity: int
    starts: datetime
    ends: datetime
    day: date
    place: str
    limit: int | None = None
    floor: int | None = None
    bring: str = ""
    frees: bool = False
    decides: datetime | None = None
    state: SessionState = SessionState.DRAFT
    places: list[Place] = field(default_factory=list)
    entries: dict[Address, Entry] = field(default_factory=dict)
    touched: set[Address] = field(default_factory=set)

    @property
    def is_published(self) -> bool:
        """It is confirmed, and everybody sees it."""
        return self.state is SessionState.PUBLISHED

    @property
    def active(self) -> list[Place]:
        """Who takes part or waits."""
        return [place for place in self.places if place.is_active]

    @property
    def taken(self) -> int:
        """Seats that are held, those on offer too."""
        return sum(place.state in (OFFERED, *HAVE_AN_ENTRY) for place in self.places)

    @property
    def live(self) -> dict[Address, Entry]:
        """The entries that stand."""
        return {address: entry for address, entry in self.entries.items() if entry.reasons}

    def teachers(self, places: Iterable[Place]) -> set[Address]:
        """Who answers for these students."""
        return {place.teacher for place in places}

    def families(self, places: Iterable[Place]) -> set[Address]:
        """Who of the families hears of these places."""
        return {address for place in places for address, _kind in place.student.hears(self.day)}

    def must_still_begin(self, now: datetime) -> None:
        """Nothing is given out or back once it has begun, or unless it takes place."""
        if not self.is_published or now >= self.starts:
            raise No("It has begun, or doesn't take place.")

    def seats_unasked(self, now: datetime) -> bool:
        """In the last 24 hours nobody gets a seat unasked."""
        return now < self.starts - timedelta(hours=24)

    def is_too_young(self, place: Place, day: date | None = None) -> bool:
        """They are below the age floor on that day (that of the session), or nobody knows."""
        return self.floor is not None and (place.student.age(day or self.day) or -1) < self.floor

    def is_barred(self, place: Place) -> bool:
        """They may be given no seat now, and one they have is held: too young by now, or nobody is responsible for them."""
        return self.is_too_young(place) or place.student.needs_guardian(self.day)

    def is_returning(self, place: Place) -> bool:
        """A host withdrew them before, so a host decides whether they may come."""
        return any(one.student is place.student and one.state is REMOVED for one in self.places)

    def seat(self, place: Place, now: datetime) -> None:
        """Give them a seat, or have it held."""
        place.state, place.held_until = CONFIRMED, None
        if self.is_barred(place) or self.is_returning(place):
            place.state, place.held_until = PENDING, self._held_until(place, now)

    def _held_until(self, place: Place, now: datetime) -> datetime:
        """A teacher has three days on the schools' clock, a host on the session's."""
        zone = SCHOOLS_ZONE if place.student.needs_guardian(self.day) else PLACES[self.place]
        late = max(self.starts - timedelta(hours=24), six_hours_by_day(now, zone))
        return min(place.held_until or min(three_school_days(now, zone), late), self.starts)

    def queue(self, now: datetime) -> list[Place]:
        """Who waits and may be given a seat now; on the last day nobody is asked twice, and who may have none never."""
        waiting = [one for one in self.places if one.state is WAITING and not self.is_barred(one)]
        return [one for one in waiting if one.offered_until is None or self.seats_unasked(now)]

    def is_short(self, capacity: int, limit: int | None) -> bool:
        """Somebody would have to be released, if there were so many seats in all and for one school."""
        most = max(Counter(place.student.school for place in self.places if place.state in (OFFERED, *HAVE_AN_ENTRY)).values(), default=0)
        is_over_limit = limit is not None and limit < (self.limit or inf) and limit < most
        return is_over_limit or capacity < min(self.capacity, self.taken)

    def next_in_line(self, queue: Iterable[Place]) -> list[Place]:
        """Who gets the free seats: first come first, but who is over the school's limit is passed over."""
        chosen: list[Place] = []
        for place in queue:
            if self.taken + len(chosen) < self.capacity and self._school_left(place.student.school, chosen) > 0:
                chosen.append(place)
        return chosen

    def _school_left(self, school: str, besides: Sequence[Place] = ()) -> float:
        seated = [place for place in self.places if place.state in (OFFERED, *HAVE_AN_ENTRY)]
        return (self.limit or inf) - sum(place.student.school == school for place in (*seated, *besides))

    def add(self, students: Sequence[Student], teacher: Address, now: datetime) -> list[Place]:
        """Seat as many as fit behind those who wait, in this order; the others wait, each knowing why."""
        ahead = self.next_in_line(self.queue(now))
        free = self.capacity - self.taken - len(ahead)
        seated = int(min(free, max(self._school_left(students[0].school, ahead), 0)))
        why = WaitReason.FULL if seated == free else WaitReason.SCHOOL_LIMIT
        able = [student for student in students if not student.needs_guardian(self.day)]
        first = [Place(one, teacher, CONFIRMED) for one in able[:seated]]
        for place in first:
            self.seat(place, now)
        later = [one for one in students if one not in able[:seated]]
        added = [*first, *(Place(one, teacher, WAITING, why if one in able else None) for one in later)]
        self.places += added
        return added

    def fill(self, now: datetime) -> list[Place]:
        """Seat whoever is next, or ask their teacher for six hours by day, or until the start; give whose seat is new or on offer.

        Offers lapse when their time is up. Once nobody need be asked, as after a move, what is on offer is given. Before, seats are held
        or confirmed, and released when their time is up; an offer to somebody who may have no seat is taken back.
        """
        begins = self.is_published and now < self.starts
        changed = self.hold(now) if begins else []
        changed += self.release(now)
        if not begins:
            return changed
        unasked = self.seats_unasked(now)
        self.lapse(now)
        for place in [one for one in self.places if one.state is OFFERED and self.is_barred(one)]:
            place.state, place.offered_until = WAITING, None
            changed.append(place)
        offered = [place for place in self.places if place.state is OFFERED]
        for place in offered:
            if unasked:
                self.seat(place, now)
            place.offered_until = place.offered_until and min(place.offered_until, self.starts)
        chosen = self.next_in_line(self.queue(now))
        for place in chosen:
            place.state, place.why = OFFERED, None
            if unasked:
                self.seat(place, now)
            place.offered_until = place.offered_until if unasked else min(six_hours_by_day(now, PLACES[self.place]), self.starts)
        return [*changed, *offered, *chosen] if unasked else [*changed, *chosen]

    def hold(self, now: datetime) -> list[Place]:
        """Hold the seats of minors who have lost all guardians, of who is too young, and of who returns; confirm the others."""
        changed = []
        for place in (one for one in self.places if one.state in HAVE_AN_ENTRY):
            state = PENDING if self.is_barred(place) or self.is_returning(place) else CONFIRMED
            if state is not place.state:
                place.state, place.held_until = state, None
                changed.append(place)
                self.touched |= {address for address, _kind in place.student.hears(self.day)}
            if state is PENDING:
                place.held_until = self._held_until(place, now)
        return changed

    def release(self, now: datetime) -> list[Place]:
        """End the held seats that nobody has settled in time; give them."""
        late = [one for one in self.places if one.state is PENDING and one.held_until and one.held_until <= now]
        if not self.is_published or now >= self.ends:
            return []
        for place in late:
            place.state = RELEASED
        return late

    def lapse(self, now: datetime) -> bool:
        """Who was asked in vain waits again; give whether there was anybody."""
        late = [place for place in self.places if place.state is OFFERED and place.offered_until and place.offered_until <= now]
        for place in late:
            place.state = WAITING
        return bool(late)

    def has_seat_for(self, place: Place, now: datetime) -> bool:
        """A seat is free that nobody ahead may have, and this school may have one more."""
        ahead = self.next_in_line(self.queue(now))
        is_one_left = self.taken + len(ahead) < self.capacity and self._school_left(place.student.school, ahead) > 0
        return is_one_left and not self.is_barred(place)

    def wanted(self) -> dict[Address, frozenset[Reason]]:
        """Why it should stand in whose calendar: hosts, families of who has a seat for good, and their teachers."""
        found: dict[Address, set[Reason]] = defaultdict(set)
        for host in self.hosts if self.is_published else ():
            found[host].add((ReasonKind.HOST, host))
        for place in self.places if self.is_published else ():
            if place.state in HAVE_AN_ENTRY:
                found[place.teacher].add((ReasonKind.TEACHER, place.teacher))
                for address, kind in place.student.hears(self.day):
                    found[address].add((kind, place))
        return {address: frozenset(reasons) for address, reasons in found.items()}

    def follow(self) -> set[Address]:
        """Let entries begin, change and end with their reasons; give whose did. Who is invited anew is asked anew.

        `touched`: entries that say of a seat that it is held, or confirmed again, are revised as well.
        """
        wanted = self.wanted()
        standing = {address: entry.reasons for address, entry in self.live.items()}
        changed = {address for address in wanted.keys() | standing.keys() if wanted.get(address) != standing.get(address)}
        changed |= self.touched & standing.keys()
        self.touched = set()
        for address in changed:
            reasons = wanted.get(address, frozenset())
            if address not in self.entries:
                self.entries[address] = Entry(reasons)
                continue
            entry = self.entries[address]
            is_new = not entry.reasons
            entry.reasons, entry.revision = reasons, entry.revision + 1
            if is_new:
                entry.ask_anew()
        return changed

    def revise(self, *, asks_again: bool, keeps_yes: bool = False, but: set[Address]) -> None:
        """One revision more of every entry that stands. `keeps_yes`: whoever said yes isn't asked anew."""
        for address, entry in self.live.items():
            entry.revision += address not in but
        for entry in self.entries.values() if asks_again else ():
            if not (keeps_yes and entry.reasons and entry.answer is Answer.ACCEPTED):
                entry.ask_anew()

    def voices(self, place: Place) -> tuple[set[Address], dict[Address, Entry]]:
        """The guardians who are reached, and what anybody of the family has answered."""
        carers = place.student.carers(self.day)
        answered = {one: self.live[one] for one in place.student.own() | carers if one in self.live}
        return {one for one in carers if one.is_reached}, {one: it for one, it in answered.items() if it.answer is not Answer.NEEDS_ACTION}

    def speaks_alone(self, address: Address, place: Place) -> bool:
        """The student themselves, or a minor's only guardian."""
        return address in place.student.own() or self.voices(place)[0] == {address}

    def at_stake(self, address: Address) -> list[Place]:
        """The places a "no" from there gives back, where the session says so: it overrides nobody else of the family."""
        entry = self.live.get(address)
        if entry is None or entry.kinds & {ReasonKind.HOST, ReasonKind.TEACHER}:
            return []
        about = [place for place in self.active if any(place is one for _kind, one in entry.reasons)]
        return [place for place in about if self.speaks_alone(address, place) and self._nobody_comes(address, place)]

    def _nobody_comes(self, address: Address, place: Place) -> bool:
        _carers, answered = self.voices(place)
        return all(entry.answer is Answer.DECLINED for one, entry in answered.items() if one is not address)

    def shown_answer(self, place: Place) -> tuple[Answer, bool, bool]:
        """What the roster shows of a student: their own word, else the guardians'; whether it is proven, and whether they disagree."""
        _carers, answered = self.voices(place)
        own = next((entry for one, entry in answered.items() if one in place.student.own()), None)
        others = [entry for one, entry in answered.items() if one not in place.student.own()]
        said = {entry.answer for entry in others}
        if (own and OPPOSITE.get(own.answer) in said) or (own is None and len(said) > 1):
            return Answer.TENTATIVE, True, True
        if own is not None:
            return own.answer, own.is_proven, False
        return next(iter(said), Answer.NEEDS_ACTION), not others or any(entry.is_proven for entry in others), False
