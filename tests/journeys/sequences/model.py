"""The rules of this world once more, by themselves: what every act does, whether it is allowed, and who hears of it.

Each act raises No where the rules don't allow it, and then changes nothing. `expected` says who must get a letter about the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from outreach.models import Answer, ReasonKind, RegistrationState, SessionState
from tests.journeys.sequences.model_people import Address, Guardian, No, People, Student
from tests.journeys.sequences.model_sessions import (
    HAVE_AN_ENTRY,
    OFFERED,
    PENDING,
    RELEASED,
    WAITING,
    Ages,
    Choices,
    Ended,
    Place,
    Session,
    higher,
)
from tests.journeys.sequences.people import MAYA, MORNING, PLACES, SESSIONS, Clock

GONE = {RegistrationState.WITHDRAWN, RegistrationState.REMOVED}
About = tuple[str, int]  # an address, and the number of a session


@dataclass
class ExpectedLetters:
    """Who hears of an act: at least one letter each.

    `gone`: whose entry ends, if it ever left. `out_of_line`: who waits no more, unless that was never told. `lists`: a teacher's
    digest, these and no others; None: whoever knows of what was undone.
    """

    must: set[About] = field(default_factory=set)
    gone: set[About] = field(default_factory=set)
    out_of_line: set[About] = field(default_factory=set)
    lists: set[About] | None = field(default_factory=set)


@dataclass
class Left:
    """What "not my child" ended: this person's address was that one."""

    who: Guardian | Student
    at: datetime


@dataclass
class Model:
    """Everything the rules speak of. `now` is for others to set. `written`: which address ever had a letter about which session.

    `left_at`: what is there to undo of "not my child", by address.
    """

    now: datetime = MORNING
    people: People = field(default_factory=People.first)
    sessions: list[Session] = field(default_factory=list)
    expected: ExpectedLetters = field(default_factory=ExpectedLetters)
    written: set[About] = field(default_factory=set)
    left_at: dict[Address, list[Left]] = field(default_factory=dict)
    floors: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def first(cls) -> Model:
        """Begin with who there is, and what they have done so far."""
        model = cls()
        for one in SESSIONS:
            session = model.post((MAYA,), "Power of a Stitch", one.clock, next(iter(PLACES)), capacity=one.capacity)
            session.limit, session.frees = one.per_school_limit, one.frees_declined_seats
            model.publish(session)
        for session, one in zip(model.sessions, SESSIONS, strict=True):
            for teacher, school, number in one.registered:
                model.register(session, model.people.at(teacher), school, model.of_school(school)[:number])
        return model

    def of_school(self, school: str) -> list[Student]:
        """The students of a school now, in the order in which they came."""
        return [student for student in self.people.students if student.school == school and not student.is_gone]

    def may_hear(self, session: Session) -> dict[ReasonKind, set[Address]]:
        """Who may get a letter about a session, as whom; nobody else ever does."""
        families = [one for place in session.active for one in place.student.hears(session.day)]
        adults = {ReasonKind.HOST: set(session.hosts), ReasonKind.TEACHER: session.teachers(session.active)}
        return adults | {kind: {one for one, as_whom in families if as_whom is kind} for kind in (ReasonKind.STUDENT, ReasonKind.GUARDIAN)}

    def may_be_reminded(self, session: Session, address: Address) -> bool:
        """Hosts get the roster; nobody who declined or wants none; a minor only while an adult of theirs is reminded too."""
        entry = session.live.get(address)
        if entry is None or ReasonKind.HOST in entry.kinds or not _takes_reminders(session, address):
            return False
        own = [place for kind, place in entry.reasons if kind is ReasonKind.STUDENT and isinstance(place, Place)]
        minors = [place for place in own if place.student.is_minor(session.day)]
        adults = [{*place.student.carers(session.day), place.teacher} for place in minors]
        return all(any(_takes_reminders(session, one) for one in some) for some in adults)

    # What hosts do

    def post(
        self, hosts: Sequence[str], title: str, clock: Clock, place: str, *, capacity: int, decision: bool | None = None, **offer: Any
    ) -> Session:
        """Write down a draft."""
        starts, ends = _instants(clock, place, self.now)
        decides = _decided(decision, None, starts, self.now)
        names = tuple(self.people.at(host) for host in hosts)
        if any(host.is_closed for host in names):
            raise No("They can't host anything.")
        session = Session(len(self.sessions), names, title, capacity, starts, ends, clock.day, place, decides=decides, **offer)
        session.staff = self.people.staff()
        session.site_floors, session.floor = self.floors, higher(session.floor, self.floors.get(place))
        self.sessions.append(session)
        return session

    def publish(self, session: Session) -> None:
        """Show a draft to all: before it begins, and before it is to be decided."""
        if session.state is not SessionState.DRAFT or session.starts <= self.now or (session.decides and session.decides <= self.now):
            raise No("Too late.")
        if not session.open_hosts:
            raise No("Nobody looks after it.")
        session.state = SessionState.PUBLISHED
        self._follow(session)

    def move(self, session: Session, clock: Clock, place: str, decision: bool | None, choices: Choices | None = None) -> None:
        """Another time, place or status is told to everybody, and all are asked anew; another decision time alone keeps the answers.

        Who is released because they don't fit that day or there hears of that, not of the move.
        """
        if not session.is_published or session.ends <= self.now:
            raise No("There is nothing to move.")
        starts, ends = _instants(clock, place, self.now)
        decides = _decided(decision, session.decides, starts, self.now)
        was, before = (session.starts, session.ends, session.place), session.decides
        if (starts, ends, place, decides) == (*was, before):
            raise No("Nothing changed.")
        self._choose(session, session.ages(day=clock.day, place=place), choices)
        session.floor = higher(session.floor, self.floors.get(place))
        session.starts, session.ends, session.day, session.place, session.decides = starts, ends, clock.day, place, decides
        is_moved = (starts, ends, place) != was
        session.moved_at = self.now if is_moved else session.moved_at
        self._tell_all(session, asks_again=is_moved or (before is None) != (decides is None), keeps_yes=not is_moved and decides is None)
        self._tell(session, session.fill(self.now))

    def decide(self, session: Session, *, is_provisional: bool) -> None:
        """Say that it takes place, or leave that open until two days before."""
        session.must_still_begin(self.now)
        decides = _decided(is_provisional, None, session.starts, self.now)
        if decides == session.decides:
            raise No("Nothing changed.")
        was, session.decides = session.decides, decides
        self._tell_all(session, asks_again=(was is None) != (decides is None), keeps_yes=decides is None)

    def call_off(self, session: Session) -> None:
        """Cancel what isn't certain."""
        session.must_still_begin(self.now)
        if session.decides is None:
            raise No("It is certain.")
        self.cancel(session)

    def cancel(self, session: Session) -> None:
        """Take it out of every calendar and tell everybody."""
        if not session.is_published or session.ends <= self.now:
            raise No("There is nothing to cancel.")
        session.state = SessionState.CANCELLED
        self._tell_all(session, asks_again=True)

    def edit(self, session: Session, *, notifies: bool = False, choices: Choices | None = None, **changes: Any) -> None:
        """Change anything but time and place: new seats go to who waits, hosts come and go, words are told where the host wants it."""
        before, host = (session.capacity, session.limit, session.ages()), session.hosts[0]
        changes["floor"] = higher(changes.get("floor", session.floor), self.floors.get(session.place))
        wanted = changes.get("capacity", session.capacity), changes.get("limit", session.limit)
        is_short = self.now >= session.starts and wanted[0] < min(session.taken, session.capacity)
        is_news = any(changes.get(name, getattr(session, name)) != getattr(session, name) for name in ("title", "bring", "frees"))
        hosts = changes.get("hosts", session.hosts)
        is_news |= hosts[0] is not host
        strangers = [one for one in (*({hosts[0]} - {host}), *({*hosts[1:]} - {*session.hosts[1:]})) if one.is_closed]
        is_told_in_vain = notifies and (not is_news or session.ends <= self.now)
        if not session.is_published or is_short or is_told_in_vain or strangers:
            raise No("It can't be so.")
        self._choose(session, Ages(session.day, changes["floor"], self.floors.get(session.place)), choices, *wanted)
        for name, value in changes.items():
            setattr(session, name, value)
        session.over = max(session.taken - session.capacity, 0)
        if notifies:
            session.revise(asks_again=False, but=set())
            self._must(session, session.live)
        self._follow(session)
        if (session.capacity, session.limit, session.ages()) != before:
            self._tell(session, session.fill(self.now))

    def _choose(self, session: Session, ages: Ages, choices: Choices | None, *limits: int | None) -> None:
        """Let somebody decide about those who no longer fit, while it is to come; those released are told at once."""
        if session.is_published and self.now < session.starts:
            capacity, limit = limits or (session.capacity, session.limit)
            assert capacity is not None
            self._tell(session, session.decide(ages, capacity, limit, choices or Choices((), ())))
        elif choices and (choices.kept or choices.released):
            raise No("It has begun, so all seats stay as they are.")

    def keep_or_release(self, session: Session, choices: Choices) -> None:
        """Decide about those whose seat is held because they are too young by now."""
        session.must_still_begin(self.now)
        ages = session.ages()
        if not choices.is_coordinator and any(ages.need_coordinator(one) for one in choices.kept):
            raise No("It is the site's own rule.")
        session.lift(choices.kept, ages, is_coordinator=choices.is_coordinator)
        for place in choices.released:
            place.state = RELEASED
        self._tell(session, [*choices.released, *session.fill(self.now)])

    def set_floor(self, place: str, floor: int | None) -> None:
        """A coordinator sets a site's own age floor; nobody sees a list, so seats are held."""
        if self.floors.get(place) == floor:
            return
        self.floors[place] = floor
        for session in self.sessions:
            if session.place == place and session.is_published and self.now < session.starts:
                self._tell(session, session.fill(self.now))

    def accept_again(self, session: Session, place: Place) -> None:
        """A host lets somebody come whom they withdrew before."""
        session.accept(place, self.now)
        self._tell(session, [place, *session.fill(self.now)])

    def close(self, address: Address) -> None:
        """Close an account: others answer for the students from now on, and are told for whom."""
        if not address.is_closed:
            before = self._answered_for_by(address)
            address.is_closed = address.was_closed = True
            theirs = self._current(lambda place: place.registered_by is address)
            self._hand_over({session: [*places, *theirs[session]] for session, places in before.items()})

    def open(self, address: Address) -> None:
        """Open it again: they answer as before."""
        if address.is_closed:
            address.is_closed = False
            self._hand_over(self._answered_for_by(address))

    def _answered_for_by(self, address: Address) -> dict[Session, list[Place]]:
        return self._current(lambda place: place.teacher is address)

    def _current(self, which: Callable[[Place], bool]) -> dict[Session, list[Place]]:
        sessions = [one for one in self.sessions if one.is_published and self.now < one.ends]
        return {session: [place for place in session.active if which(place)] for session in sessions}

    def _hand_over(self, places: dict[Session, list[Place]]) -> None:
        for session, theirs in places.items():
            self._tell(session, theirs)

    # What schools do

    def register(self, session: Session, teacher: Address, school: str, students: Iterable[Student], *, is_attested: bool = True) -> None:
        """Register students of one school, in this order; who has a place is passed over."""
        session.must_still_begin(self.now)
        if not session.open_hosts:
            raise No("Nobody looks after it.")
        chosen = [student for student in dict.fromkeys(students) if student.school == school and not student.is_gone]
        placed = {place.student for place in session.active}
        new = [student for student in chosen if student not in placed]
        if not all(session.ages().allow(Place(student, teacher, WAITING)) for student in new):
            raise No("Somebody is too young, or of unknown age.")
        if not new or (not is_attested and any(student.is_minor(session.day) for student in chosen)):
            raise No("Nobody, or without permission.")
        added = session.add(new, teacher, self.now)
        self._must(session, session.families(place for place in added if place.state is WAITING))
        self._tell(session, added)

    def give_back(self, session: Session, place: Place, by: Address, *, by_host: bool = False, by_family: bool = False) -> None:
        """A place ends, before the session begins; the next in line gets it, or is asked."""
        session.must_still_begin(self.now)
        if not place.is_active:
            raise No("It has ended.")
        place.ended = Ended(place.state, self.now, by if by_family else None, by_host)
        self._end(session, [place], RegistrationState.REMOVED if by_host else RegistrationState.WITHDRAWN, None if by_family else by)

    def undo(self, session: Session, place: Place, by: Address | None, *, is_by_host: bool = False) -> None:
        """Undo a withdrawal; whoever knows of it is told, and nobody else. An entry that never left its calendar stays as it is."""
        self.expected.lists = None
        session.undo(place, by, is_by_host=is_by_host, now=self.now)
        session.entries_before = {address: replace(entry) for address, entry in session.entries.items()}
        session.follow()
        session.fill(self.now)
        session.follow()

    def answer_offer(self, session: Session, place: Place, *, takes: bool) -> None:
        """Take a seat on offer; or don't, and keep the place on the waiting list."""
        session.must_still_begin(self.now)
        if place.state is not OFFERED or place.offered_until is None or self.now >= place.offered_until:
            raise No("Nothing is on offer.")
        if takes and session.is_barred(place):
            raise No("They are too young by now, or somebody must be responsible first.")
        if takes:
            session.seat(place, self.now)
        else:
            place.state = WAITING
        self._tell(session, [place] if takes else session.fill(self.now))

    def take_free_seat(self, session: Session, place: Place) -> None:
        """Who waits takes a seat that is free, such as one they were asked about before."""
        session.must_still_begin(self.now)
        if place.state is not WAITING or not session.has_seat_for(place, self.now):
            raise No("No seat is free for them.")
        place.why = None
        session.seat(place, self.now)
        self._tell(session, [place])

    def correct(self, change: Callable[[], object], *concerned: Student) -> None:
        """Somebody's address, guardian or age changes: calendars follow, and who is new hears where the student stands in line."""
        before = {student for student in self.people.students if student.is_guarded}
        change()
        for student in self.people.students:
            if student.is_guarded is not (student in before):
                student.has_lost_all = not student.is_guarded
        for session in self.sessions:
            if session.is_published and session.ends > self.now:
                self._follow(session)
                in_line = [place for place in session.active if place.student in concerned and place.state not in HAVE_AN_ENTRY]
                self._must(session, {one for one in session.families(in_line) if (one.text, session.number) not in self.written})
                is_settled = self.now < session.starts and any(place.student in concerned for place in session.active)
                self._tell(session, session.fill(self.now) if is_settled else [])

    def join(self, school: str, name: str, guardian: str) -> Student:
        """Write down somebody new."""
        if any(student.name == name for student in self.of_school(school)):
            raise No("They are there already.")
        student = Student(len(self.people.students), name, school)
        self.people.students.append(student)
        self.people.add_guardian(student, "Theirs", self.people.at(guardian))
        return student

    def leave(self, student: Student) -> None:
        """Strike out a student who has no place in what is to come."""
        coming = (session for session in self.sessions if session.is_published and session.ends > self.now)
        if any(place.student is student for session in coming for place in session.active):
            raise No("They have a place.")
        student.address, student.born, student.guardians, student.is_gone, student.has_lost_all = None, None, [], True, False

    # What families do

    def answer(self, session: Session, address: Address, said: Answer, *, is_proven: bool = True, stamp: datetime | None = None) -> None:
        """An answer to what stands holds."""
        entry = session.live[address]
        entry.answer, entry.answered, entry.is_proven = said, stamp or self.now, is_proven

    def reply(self, session: Session, address: Address, said: Answer, revision: int, *, stamp: datetime, is_proven: bool) -> bool:
        """A calendar's answer counts if it is to what was last asked, and no newer one has come; say whether it does.

        A "no" that is proven gives back the places this address speaks for alone, where the session says so.
        """
        entry = session.live.get(address)
        if entry is None or self.now >= session.ends or revision < entry.asked_at or (entry.answered and stamp <= entry.answered):
            return False
        self.answer(session, address, said, is_proven=is_proven, stamp=stamp)
        gives_back = said is Answer.DECLINED and is_proven and session.frees and session.is_published and self.now < session.starts
        if gives_back and (ended := session.at_stake(address)):
            self._end(session, ended, RegistrationState.WITHDRAWN, None)
        return True

    def answer_on_page(self, session: Session, address: Address, said: Answer, revision: int) -> None:
        """An answer on the family's page is to what the page showed."""
        session.must_still_begin(self.now)
        if address not in session.live or session.live[address].revision != revision:
            raise No("It isn't as it was shown.")
        self.answer(session, address, said)

    def knows(self, session: Session, address: Address) -> dict[Student, Place]:
        """What a family's page shows: the last place of each student, to a guardian only of who is a minor that day."""
        last = {place.student: place for place in session.places if place.student.is_read_at(address)}
        return {one: place for one, place in last.items() if one.address is address or one.is_minor(session.day)}

    def give_back_by_link(self, session: Session, address: Address, place: Place) -> None:
        """A family gives back what its page shows."""
        if place not in self.knows(session, address).values():
            raise No("It isn't theirs.")
        self.give_back(session, place, address, by_family=True)

    def not_mine(self, session: Session, address: Address, links: int) -> None:
        """Nothing goes there any more, and teachers hear why; who signs in there keeps their own mail. Links of before are void."""
        if links != address.links:
            raise No("The link is void.")
        students = self.people.behind(address)
        if address.is_stopped or (address.signs_in and not students):
            return
        self._must(session, session.teachers(place for place in session.active if place.student in students))
        self.correct(lambda: self._end_links(address, students), *students)

    def undo_not_mine(self, session: Session, address: Address) -> None:
        """What ended in the last seven days holds again, where the school hasn't corrected it since; teachers hear of it."""
        recent = [one for one in self.left_at.get(address, []) if one.at > self.now - timedelta(days=7)]
        as_left = address if address.is_stopped else None
        kept = [one for one in recent if one.who.address is as_left and self._is_there(one.who)]
        if not kept:
            raise No("Nothing is left to undo.")
        self.left_at[address] = [one for one in self.left_at[address] if one not in kept]
        students = {*self.people.behind(address), *(child for one in kept for child in self._about(one.who))}
        self.correct(lambda: self._restore(address, kept), *students)
        self._wait_again(self.people.behind(address), since=min(one.at for one in kept))
        self._must(session, session.teachers(place for place in session.active if place.student in students))

    def _wait_again(self, students: Iterable[Student], *, since: datetime) -> None:
        """Whose seat was released since then, because nobody settled it, waits again in their old place, unless it was moved since."""
        for session in (one for one in self.sessions if one.is_published and self.now < one.starts):
            lost = [one for one in session.places if one.released_at and one.released_at >= since and one.student in students]
            for place in lost:
                assert place.released_at is not None
                is_moved = session.moved_at is not None and session.moved_at >= place.released_at
                if is_moved or place.student.is_gone or any(one.student is place.student for one in session.active):
                    continue
                place.state, place.released_at = WAITING, None
                place.why = session.why_waiting(place.student.school, self.now)
                self._must(session, session.families([place]))
                self._tell(session, [place])
                self._tell(session, session.fill(self.now))

    def _restore(self, address: Address, kept: Iterable[Left]) -> None:
        address.is_stopped = False
        for one in kept:
            one.who.address = address

    def _is_there(self, who: Guardian | Student) -> bool:
        return not who.is_gone if isinstance(who, Student) else bool(self.people.children(who))

    def _about(self, who: Guardian | Student) -> set[Student]:
        return {who} if isinstance(who, Student) else self.people.children(who)

    def be_responsible(self, student: Student, by: Address) -> None:
        """A teacher stands for a student whose last guardian has left; they get no list of what that confirms."""
        if not student.has_lost_all:
            raise No("Nobody needs to.")
        student.has_lost_all = False
        for session in self.sessions:
            if session.is_published and self.now < session.starts and any(place.student is student for place in session.active):
                held = {place for place in session.places if place.state is PENDING}
                changed = session.fill(self.now)
                is_their_own_doing = all(place in held for place in changed if place.teacher is by)
                self._tell(session, [place for place in changed if not (is_their_own_doing and place.teacher is by)])

    def _end_links(self, address: Address, students: Iterable[Student]) -> None:
        everybody: list[Guardian | Student] = [*self.people.guardians(), *students]
        left = [one for one in everybody if one.address is address]
        self.left_at.setdefault(address, []).extend(Left(one, self.now) for one in left)
        address.links += 1
        address.is_stopped |= not address.signs_in
        for student in students if address.signs_in else ():
            student.address = None if student.address is address else student.address
            for guardian in student.guardians:
                guardian.address = None if guardian.address is address else guardian.address

    # What time and mail servers do

    def do_jobs(self) -> None:
        """Offers lapse, held seats are released, and domains that turn us away are marked."""
        for session in self.sessions:
            if session.is_published and session.lapse(self.now):
                self._tell(session, session.fill(self.now))
            if released := session.release(self.now):
                self._tell(session, [*released, *session.fill(self.now)])
        self.people.look_for_blocked_domains(self.now)

    def reached_again(self, address: Address) -> None:
        """Letters go there again: they hear how every session that isn't over stands."""
        if not (address.is_refused or address.is_blocked):
            return
        address.is_refused = address.is_blocked = False
        for session in self.sessions if address.is_reached else ():
            in_line = session.families(place for place in session.active if place.state not in HAVE_AN_ENTRY)
            if session.ends > self.now and (address in session.live or address in in_line):
                self._must(session, [address])

    def let_in(self, domain: str) -> None:
        """A domain lets us in; what is refused besides stays so."""
        for address in self.people.addresses.values():
            if address.domain == domain and address.is_blocked:
                address.is_blocked = not address.is_refused
                self.reached_again(address) if address.is_blocked else None
        self.people.turned_away[domain] = self.now

    def send_again(self, session: Session, addresses: Iterable[Address]) -> None:
        """A coordinator sends entries again, each as one revision more; answers stay."""
        if session.ends <= self.now:
            raise No("It is over.")
        for address in addresses:
            session.entries[address].revision += 1
            self._must(session, [address])

    def _must(self, session: Session, addresses: Iterable[Address]) -> None:
        self.expected.must |= {(address.text, session.number) for address in addresses}

    def _follow(self, session: Session) -> set[Address]:
        """Of a session that is over nobody's calendar changes any more."""
        before = session.live
        changed = session.follow() if session.ends > self.now else set()
        self._must(session, changed & session.live.keys())
        self.expected.gone |= {(one.text, session.number) for one in changed & before.keys() - session.live.keys()}
        return changed

    def _tell(self, session: Session, changed: Sequence[Place], by: Address | None = None) -> None:
        """Families hear through their calendars; each teacher gets a list, but of what they alone gave back themselves."""
        self._follow(session)
        self._list(session, {one.teacher for one in changed if not (one.state in GONE and one.teacher is by)})

    def _list(self, session: Session, teachers: Iterable[Address]) -> None:
        if self.expected.lists is not None:
            self.expected.lists |= {(one.text, session.number) for one in teachers}

    def _end(self, session: Session, ended: Sequence[Place], state: RegistrationState, by: Address | None) -> None:
        in_line = [place for place in ended if place.state not in HAVE_AN_ENTRY]
        for place in ended:
            place.state, place.why = state, None
        self.expected.out_of_line |= {(one.text, session.number) for one in session.families(in_line)}
        self._tell(session, [*ended, *session.fill(self.now)], by)

    def _tell_all(self, session: Session, *, asks_again: bool, keeps_yes: bool = False) -> None:
        session.revise(asks_again=asks_again, keeps_yes=keeps_yes, but=self._follow(session))
        self._must(session, session.live)
        self._must(session, session.families(place for place in session.active if place.state not in HAVE_AN_ENTRY))
        self._list(session, session.teachers(session.active))


def _takes_reminders(session: Session, address: Address) -> bool:
    entry = session.live.get(address)
    return entry is not None and entry.answer is not Answer.DECLINED and not address.wants_no_reminders


def _instants(clock: Clock, place: str, now: datetime) -> tuple[datetime, datetime]:
    zone = ZoneInfo(PLACES[place])
    starts, ends = (datetime.combine(clock.day, at, zone).replace(fold=clock.fold).astimezone(UTC) for at in (clock.start, clock.end))
    if starts <= now:
        raise No("That is past.")
    return starts, ends


def _decided(decision: bool | None, kept: datetime | None, starts: datetime, now: datetime) -> datetime | None:
    """Until when it is open: two days before the start; None: it is certain. Where nothing is said (None), what was."""
    decides = kept if decision is None else starts - timedelta(days=2) if decision else None
    if decides is not None and not now < decides < starts:
        raise No("It can't be decided then.")
    return decides
