"""One session by the rules alone: seats, the waiting list, offers, and what stands in whose calendar.

Knows nothing of the service's code: the rules of docs/rules.md are written down here once more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


def higher(floor: int | None, other: int | None) -> int | None:
    """Of two age floors the stricter holds."""
    return max((one for one in (floor, other) if one is not None), default=None)


@dataclass(frozen=True)
class Ended:
    """How a place ended: what it was, when, and whose hand it was, a host's, a school's (None) or that of a family's address."""

    before: RegistrationState
    at: datetime
    by: Address | None
    is_by_host: bool


@dataclass(frozen=True)
class Ages:
    """How old one must be on a day: by the session's rule, and by the site's own, which a coordinator alone may lift."""

    day: date
    floor: int | None
    of_site: int | None

    def allow(self, place: Place) -> bool:
        """They are old enough, or somebody who may has let them stay."""
        return self._is_met(place, self.floor, place.lifted) and not self.need_coordinator(place)

    def need_coordinator(self, place: Place) -> bool:
        """The site's own rule stands in the way."""
        return not self._is_met(place, self.of_site, place.lifted_by_site)

    def _is_met(self, place: Place, floor: int | None, lifted: int | None) -> bool:
        age = place.student.age(self.day)
        if floor is None or (age is not None and age >= floor):
            return True
        is_as_known = age is None if place.lifted_at is None else age is not None and age >= place.lifted_at
        return lifted is not None and lifted >= floor and is_as_known


@dataclass(frozen=True)
class Choices:
    """What somebody who tightens a rule decided: whom they keep and whom they release; whether more may come than there are seats."""

    kept: Sequence[Place]
    released: Sequence[Place]
    more_may_come: bool = True
    is_coordinator: bool = False


@dataclass(eq=False)
class Place:
    """One student's place. `offered_until` stays once somebody was asked: nobody is asked twice. `held_until`: then it is released.

    `lifted`: the age floor, and the site's own, that somebody lifted for them when they were `lifted_at` years old. `is_accepted`: a
    host accepted them again. `ended`: what somebody may undo for a quarter of an hour. `released_at`: since nobody settled it.
    """

    student: Student
    registered_by: Address
    state: RegistrationState
    staff: Sequence[Address] = ()
    why: WaitReason | None = None
    offered_until: datetime | None = None
    held_until: datetime | None = None
    lifted: int | None = None
    lifted_by_site: int | None = None
    lifted_at: int | None = None
    is_accepted: bool = False
    ended: Ended | None = None
    released_at: datetime | None = None

    @property
    def teacher(self) -> Address:
        """Who answers for them: the teacher who registered them, else a colleague, else a coordinator with an open account."""
        return next((one for one in (self.registered_by, *self.staff) if not one.is_closed), self.registered_by)

    @property
    def is_active(self) -> bool:
        """They take part or wait."""
        return self.state in (WAITING, OFFERED, *HAVE_AN_ENTRY)

    @property
    def is_seated(self) -> bool:
        """A seat is taken for them."""
        return self.state in (OFFERED, *HAVE_AN_ENTRY)


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
    entries_before: dict[Address, Entry] = field(default_factory=dict)
    touched: set[Address] = field(default_factory=set)
    over: int = 0
    moved_at: datetime | None = None
    site_floors: Mapping[str, int | None] = field(default_factory=dict)
    staff: Mapping[str, Sequence[Address]] = field(default_factory=dict)

    @property
    def is_published(self) -> bool:
        """It is confirmed, and everybody sees it."""
        return self.state is SessionState.PUBLISHED

    @property
    def open_hosts(self) -> list[Address]:
        """Who looks after it."""
        return [host for host in self.hosts if not host.is_closed]

    @property
    def active(self) -> list[Place]:
        """Who takes part or waits."""
        return [place for place in self.places if place.is_active]

    @property
    def taken(self) -> int:
        """Seats that are held, those on offer too."""
        return sum(place.is_seated for place in self.places)

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

    def ages(self, *, day: date | None = None, place: str | None = None) -> Ages:
        """The rule as it is, or as it would be on another day or elsewhere."""
        of_site = self.site_floors.get(place or self.place)
        return Ages(day or self.day, higher(self.floor, of_site), of_site)

    def is_barred(self, place: Place) -> bool:
        """They may be given no seat now, and one they have is held: too young by now, or nobody is responsible for them."""
        return not self.ages().allow(place) or place.student.needs_guardian(self.day)

    def is_returning(self, place: Place) -> bool:
        """A host withdrew them before, so a host decides whether they may come, until one has."""
        theirs = [one for one in self.places if one.student is place.student]
        removed = [at for at, one in enumerate(theirs) if one.state is REMOVED]
        return any(not any(one.is_accepted for one in theirs[at + 1 :]) for at in removed)

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

    def no_longer_fit(self, ages: Ages, capacity: int, limit: int | None) -> tuple[list[Place], list[Place]]:
        """Of whom somebody must decide before it can be so: who is too young, and all among whom there are too many for the seats."""
        young = [place for place in self.places if place.is_seated and self.ages().allow(place) and not ages.allow(place)]
        others = [place for place in self.places if place.is_seated and place not in young]
        full = self._beyond(others, capacity, limit)
        return [place for place in young if place.state in HAVE_AN_ENTRY], [one for one in others if full & {None, one.student.school}]

    def _beyond(self, seated: Iterable[Place], capacity: int, limit: int | None) -> set[str | None]:
        """Give the schools that would have too many with these; None: there would be too many in all."""
        by_school = Counter(place.student.school for place in seated)
        beyond: set[str | None] = {None} if capacity < min(self.capacity, by_school.total()) else set()
        return beyond | {school for school, number in by_school.items() if limit is not None and limit < min(self.limit or inf, number)}

    def decide(self, ages: Ages, capacity: int, limit: int | None, choices: Choices) -> list[Place]:
        """Keep and release as somebody chose; give whose seat isn't theirs any more. Raises No where it can't be so."""
        young, too_many = self.no_longer_fit(ages, capacity, limit)
        if {*young, *too_many} != {*choices.kept, *choices.released}:
            raise No("It wasn't decided for exactly those who don't fit.")
        lifted = [place for place in choices.kept if not ages.allow(place)]
        if not choices.is_coordinator and any(ages.need_coordinator(one) for one in lifted):
            raise No("It is the site's own rule.")
        fit = [place for place in self.places if place.is_seated and place not in too_many]
        fit = [place for place in fit if ages.allow(place) or not self.ages().allow(place)]
        if not choices.more_may_come and self._beyond([*fit, *choices.kept], capacity, limit):
            raise No("There are too many for the seats.")
        self.lift(lifted, ages, is_coordinator=choices.is_coordinator)
        for place in choices.released:
            place.state, place.why = WAITING if place.state is OFFERED else RELEASED, None
            place.offered_until = None if place.state is WAITING else place.offered_until
        return list(choices.released)

    def held_for_age(self) -> list[Place]:
        """Whose seat is held because they are too young by now."""
        return [place for place in self.places if place.state is PENDING and not self.ages().allow(place)]

    def lift(self, kept: Iterable[Place], ages: Ages, *, is_coordinator: bool) -> None:
        """Let these stay though they are too young."""
        for place in kept:
            place.lifted, place.lifted_at = ages.floor, place.student.age(ages.day)
            if is_coordinator:
                place.lifted_by_site = ages.of_site

    def undo(self, place: Place, by: Address | None, *, is_by_host: bool, now: datetime) -> None:
        """Restore what somebody ended by mistake, as it was: their own side may, while nobody has the seat."""
        ended, student = place.ended, place.student
        self.must_still_begin(now)
        is_their_side = ended is not None and ended.is_by_host == is_by_host and (ended.by is None) is (by is None)
        if ended is None or place.is_active or not is_their_side or not (by is ended.by or by is not student.address):
            raise No("It isn't theirs to undo.")
        if now >= ended.at + timedelta(minutes=15) or (self.moved_at and self.moved_at >= ended.at):
            raise No("It is too late.")
        if student.is_gone or any(one.student is student and one.is_active for one in self.places):
            raise No("They have left, or come back already.")
        has_lapsed = ended.before is OFFERED and (place.offered_until is None or place.offered_until <= now)
        before = WAITING if has_lapsed else ended.before
        if before is not WAITING and not self.is_seat_left(student.school, now):
            raise No("Somebody else has the seat.")
        place.state, place.ended = WAITING, None
        if before is OFFERED:
            place.state = OFFERED
        elif before is WAITING:
            place.why = self.why_waiting(student.school, now)
        else:
            self.seat(place, now)

    def why_waiting(self, school: str, now: datetime) -> WaitReason | None:
        """Why somebody of this school would wait; None: a seat is free for them."""
        ahead = self.next_in_line(self.queue(now))
        if self.taken + len(ahead) >= self.capacity:
            return WaitReason.FULL
        return None if self._school_left(school, ahead) > 0 else WaitReason.SCHOOL_LIMIT

    def accept(self, place: Place, now: datetime) -> None:
        """A host says that whom they withdrew may come; what else is missing still is."""
        self.must_still_begin(now)
        if place.state is not PENDING or not self.is_returning(place):
            raise No("Nobody asks.")
        place.is_accepted, place.held_until = True, None
        self.touched |= {address for address, _kind in place.student.hears(self.day)}

    def next_in_line(self, queue: Iterable[Place]) -> list[Place]:
        """Who gets the free seats: first come first, but who is over the school's limit is passed over."""
        chosen: list[Place] = []
        for place in queue:
            if self.taken + len(chosen) < self.capacity and self._school_left(place.student.school, chosen) > 0:
                chosen.append(place)
        return chosen

    def _school_left(self, school: str, besides: Sequence[Place] = ()) -> float:
        seated = [place for place in self.places if place.is_seated]
        return (self.limit or inf) - sum(place.student.school == school for place in (*seated, *besides))

    def add(self, students: Sequence[Student], teacher: Address, now: datetime) -> list[Place]:
        """Seat as many as fit behind those who wait, in this order; the others wait, each knowing why."""
        ahead = self.next_in_line(self.queue(now))
        free = max(self.capacity - self.taken - len(ahead), 0)
        seated = int(min(free, max(self._school_left(students[0].school, ahead), 0)))
        staff = self.staff[students[0].school]
        why = WaitReason.FULL if seated == free else WaitReason.SCHOOL_LIMIT
        able = [student for student in students if not student.needs_guardian(self.day)]
        first = [Place(one, teacher, CONFIRMED, staff) for one in able[:seated]]
        for place in first:
            self.seat(place, now)
        later = [one for one in students if one not in able[:seated]]
        added = [*first, *(Place(one, teacher, WAITING, staff, why if one in able else None) for one in later)]
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
            place.state, place.released_at = RELEASED, now
        return late

    def lapse(self, now: datetime) -> bool:
        """Who was asked in vain waits again; give whether there was anybody."""
        late = [place for place in self.places if place.state is OFFERED and place.offered_until and place.offered_until <= now]
        for place in late:
            place.state = WAITING
        return bool(late)

    def has_seat_for(self, place: Place, now: datetime) -> bool:
        """A seat is free that nobody ahead may have, and this school may have one more."""
        return self.is_seat_left(place.student.school, now) and not self.is_barred(place)

    def is_seat_left(self, school: str, now: datetime) -> bool:
        """A seat is free that nobody else may have before, and this school may have one more."""
        return self.why_waiting(school, now) is None

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

    def never_left(self, address: Address, revision: int) -> None:
        """What was undone hadn't reached this calendar: the entry is the one it has, and so is what was answered to it."""
        entry, before = self.entries[address], self.entries_before.get(address)
        assert before is not None
        assert revision < entry.revision
        entry.revision, entry.asked_at = revision, min(before.asked_at, revision)
        entry.answer, entry.answered, entry.is_proven = before.answer, before.answered, before.is_proven

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
