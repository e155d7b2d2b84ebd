"""Letters as they went over SMTP, in five stages: invited, told of new words (or of a decision), moved, ended, invited again.

Each case is one reader of one outreach session; what they should see after each stage is written here by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Flask

from outreach.db import db
from outreach.families.use_cases import answer
from outreach.models import Answer, Mailbox, OutreachSession, Registration, Student, User
from outreach.registration.use_cases import RegistrationRequest, register_students, withdraw
from outreach.runtime.worker import Worker
from outreach.scheduling import use_cases as scheduling
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.scheduling.provisional import use_cases as provisional
from tests.support.builders import Builder
from tests.support.calendars import Mail
from tests.support.postbox import Postbox

STAGES = ("invited", "told", "moved", "ended", "again")
BEGIN = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TITLE = 'Knots, "ties" & loops; part\\one שלום 🪡'
HOST = 'Zoë "Z" O’Brien, MD; אבי'
STUDENT = 'Ana, "Anouk" 🧵 دانا'
SITE = 'St Mary\'s; "Main", Wing\\B'
LINK = "https://video.example/r/k3f9?pwd=a,b;c&x=%20#top"


@dataclass(frozen=True)
class Seen:
    """What a reader's calendar should show after a letter. `partstat`: what the letter says they answered."""

    starts_at: datetime
    length: timedelta
    place: str
    method: str = "REQUEST"
    status: str = "CONFIRMED"
    partstat: str = "NEEDS-ACTION"
    is_busy: bool = True

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.length

    @property
    def cancelled(self) -> Seen:
        return replace(self, method="CANCEL", status="CANCELLED", partstat="NEEDS-ACTION")


@dataclass(frozen=True)
class Case:
    """A reader of a session, and what they should see stage by stage; None: no letter comes."""

    reader: str
    session: str
    seen: tuple[Seen | None, ...]


def at(*moment: int, hours: float = 2, place: str = "Harbor Hospital", **facts: Any) -> Seen:
    """Give a session as seen, its start in UTC."""
    return Seen(datetime(*moment, tzinfo=UTC), timedelta(hours=hours), place, **facts)  # type: ignore[arg-type, misc]  # year, month, day, hour, minute


MARCH, MERCY = at(2027, 3, 18, 18), at(2027, 3, 19, 10, place="Mercy Clinic")
FREE, FREE_MERCY = replace(MARCH, is_busy=False), replace(MERCY, is_busy=False)
SYDNEY, LATER = at(2027, 3, 17, 22, hours=1, place="Online"), at(2027, 10, 13, 22, hours=1, place="Online")
CAIRO, SUMMER = at(2027, 3, 18, 12, place="Nile Hospital"), at(2027, 5, 13, 11, place="Nile Hospital")
VANCOUVER, SPRING = at(2027, 11, 18, 21, place="Coast Hospital"), at(2027, 5, 13, 21, place="Coast Hospital")
SECOND, FIRST = at(2027, 10, 31, 1, 15, hours=0.5, place="Mercy Clinic"), at(2027, 10, 31, 0, 15, hours=0.5, place="Mercy Clinic")
NASTY, TOMORROW = at(2027, 3, 18, 18, place=SITE), at(2027, 3, 19, 18, place=SITE)
OPEN, DECIDED, LATE = at(2027, 3, 18, 18, status="TENTATIVE"), at(2027, 3, 18, 18), at(2027, 3, 18, 20, hours=1)
CASES = {
    "student": Case("ana@pupils.example", "workshop", (MARCH, replace(MARCH, partstat="ACCEPTED"), MERCY, MERCY.cancelled, MERCY)),
    "guardian": Case("guardian@families.example", "workshop", (FREE, FREE, FREE_MERCY, FREE_MERCY.cancelled, FREE_MERCY)),
    "host": Case("host@clinic.example", "workshop", (MARCH, MARCH, MERCY, None, None)),
    "online": Case("ana@pupils.example", "online", (SYDNEY, SYDNEY, LATER, LATER.cancelled, None)),
    "zone without rules": Case("ana@pupils.example", "cairo", (CAIRO, CAIRO, SUMMER, SUMMER.cancelled, None)),
    "zone that changed": Case("ana@pupils.example", "vancouver", (VANCOUVER, VANCOUVER, SPRING, SPRING.cancelled, None)),
    "hour shown twice": Case("ana@pupils.example", "overlap", (SECOND, SECOND, FIRST, FIRST.cancelled, None)),
    "awkward names": Case("nasty@pupils.example", "nasty", (NASTY, NASTY, TOMORROW, TOMORROW.cancelled, None)),
    "provisional": Case("ana@pupils.example", "provisional", (OPEN, DECIDED, LATE, LATE.cancelled, None)),
}
MOVES: dict[str, tuple[WhenInput, str]] = {
    "workshop": (WhenInput(day=date(2027, 3, 19), start=time(10), end=time(12)), "Mercy Clinic"),
    "online": (WhenInput(day=date(2027, 10, 14), start=time(9), end=time(10)), ""),
    "cairo": (WhenInput(day=date(2027, 5, 13), start=time(14), end=time(16)), "Nile Hospital"),
    "vancouver": (WhenInput(day=date(2027, 5, 13), start=time(14), end=time(16)), "Coast Hospital"),
    "overlap": (WhenInput(day=date(2027, 10, 31), start=time(1, 15), end=time(1, 45), fold=0), "Mercy Clinic"),
    "nasty": (WhenInput(day=date(2027, 3, 19), start=time(14), end=time(16)), SITE),
    "provisional": (WhenInput(day=date(2027, 3, 18), start=time(16), end=time(17)), "Harbor Hospital"),
}


@dataclass
class Correspondence:
    """The letters of each case and stage."""

    letters: dict[tuple[str, str], Mail] = field(default_factory=dict)

    def of(self, case: str) -> list[tuple[str, Mail, Seen]]:
        """Give stage, letter and what should be seen, in order."""
        wanted = zip(STAGES, CASES[case].seen, strict=True)
        return [(stage, self.letters[case, stage], seen) for stage, seen in wanted if seen is not None]


def correspond(app: Flask, postbox: Postbox) -> Correspondence:
    """Live all cases side by side; a real worker sends to a real mail server after each stage."""
    correspondence = Correspondence()
    with app.app_context():
        programme = Programme(Builder(BEGIN))
        for number, (stage, act) in enumerate(zip(STAGES, programme.acts, strict=True)):
            seen, now = len(postbox.letters), BEGIN + timedelta(hours=number)
            act(now)
            Worker(app, clock=lambda now=now: now + timedelta(minutes=1), timetable=()).deliver()  # type: ignore[misc]
            arrived = [Mail(*one) for one in zip(postbox.recipients[seen:], postbox.letters[seen:], strict=True)]
            for name, case in CASES.items():
                session_id = programme.sessions[case.session].id
                for mail in arrived:
                    if mail.recipient == case.reader and mail.ics and mail.entry.session_id == session_id:
                        assert (name, stage) not in correspondence.letters, "Two letters about one thing."
                        correspondence.letters[name, stage] = mail
    return correspondence


class Programme:
    """The people and sessions of all cases, and what happens at each stage."""

    def __init__(self, make: Builder) -> None:
        self.make = make
        self.host = make.clinician(email="host@clinic.example", given_name="Maya", family_name="Lind")
        self.teacher = make.teacher(make.school(), email="teacher@school.example")
        self.ana, self.nasty = self._students()
        self.sites = {site.name: site for site in self._sites()}
        self.sessions = dict(self._sessions())
        self.acts: tuple[Callable[[datetime], None], ...] = (self.invite, self.tell, self.move, self.end, self.invite_again)

    def invite(self, now: datetime) -> None:
        """Publish and register."""
        for name, outreach_session in self.sessions.items():
            scheduling.publish(outreach_session.id, now=now)
            self._register(name, now)

    def tell(self, now: datetime) -> None:
        """Answer; then tell new words, or that the provisional one takes place."""
        mailbox = db.session.query(Mailbox).filter_by(address=CASES["student"].reader).one()
        workshop = self.sessions["workshop"].id
        answer(Answer.ACCEPTED, mailbox_id=mailbox.id, session_id=workshop, sequence=0, now=now)
        for name, outreach_session in self.sessions.items():
            db.session.refresh(outreach_session)
            if name == "provisional":
                provisional.confirm(outreach_session.id, seen=outreach_session.updated_at, now=now)
            else:
                offer = DetailsInput(title=outreach_session.title, capacity=10, bring="Short sleeves; no rings, please\nA pen")
                scheduling.edit(outreach_session.id, offer, seen=outreach_session.updated_at, now=now, notifies=True)

    def move(self, now: datetime) -> None:
        """Move each."""
        for name, outreach_session in self.sessions.items():
            db.session.refresh(outreach_session)
            when, where = MOVES[name]
            online = WhereInput(zone="Australia/Sydney", video_url=LINK + "2")
            place = WhereInput(site_id=self.sites[where].id, zone="Europe/London", meeting_point="Door 2") if where else online
            apply_move(outreach_session.id, when, place, seen=outreach_session.updated_at, now=now)

    def end(self, now: datetime) -> None:
        """Take Ana off the list of the workshop, cancel the others."""
        for name, outreach_session in self.sessions.items():
            if name == "workshop":
                place = db.session.query(Registration).filter_by(session_id=outreach_session.id).one()
                withdraw(place.id, now=now, by_id=self.teacher.id)
            else:
                scheduling.cancel(outreach_session.id, "The list is full.", now=now)

    def invite_again(self, now: datetime) -> None:
        """Register Ana anew."""
        self._register("workshop", now)

    def _register(self, name: str, now: datetime) -> None:
        student = self.nasty if name == "nasty" else self.ana
        request = RegistrationRequest(
            session_id=self.sessions[name].id,
            school_id=student.school_id,
            student_ids=(student.id,),
            teacher_id=self.teacher.id,
            by_id=self.teacher.id,
            permission_attested=True,
        )
        register_students(request, now=now)

    def _students(self) -> tuple[Student, Student]:
        school_class = self.make.school_class(self.make.school(), self.teacher)
        ana = self.make.student(school_class, email="ana@pupils.example", guardians=("guardian@families.example",))
        return ana, self.make.student(school_class, given_name=STUDENT, email="nasty@pupils.example")

    def _sites(self) -> list[Any]:
        zones = {"Mercy Clinic": "Europe/London", "Nile Hospital": "Africa/Cairo", "Coast Hospital": "America/Vancouver"}
        return [self.make.site(name, zone=zones.get(name, "America/New_York")) for name in ("Harbor Hospital", SITE, *zones)]

    def _sessions(self) -> list[tuple[str, OutreachSession]]:
        november, october = datetime(2027, 11, 18, 14), datetime(2027, 10, 31, 1, 15)
        awkward: User = self.make.clinician(email="awkward@clinic.example", given_name=HOST, family_name="Lee")
        facts: list[tuple[str, str | None, dict[str, Any]]] = [
            ("workshop", "Harbor Hospital", {}),
            ("online", None, {"video_url": LINK, "zone": "Australia/Sydney", "starts_wall": datetime(2027, 3, 18, 9), "minutes": 60}),
            ("cairo", "Nile Hospital", {}),
            ("vancouver", "Coast Hospital", {"starts_wall": november}),
            ("overlap", "Mercy Clinic", {"starts_wall": october, "minutes": 30, "fold": 1}),
            ("nasty", SITE, {"title": TITLE, "meeting_point": "Door\t2;\r\n“left”, then up"}),
            ("provisional", "Harbor Hospital", {"is_provisional": True, "decides_at": datetime(2027, 3, 16, 18, tzinfo=UTC)}),
        ]
        return [
            (
                name,
                self.make.outreach_session(
                    awkward if name == "nasty" else self.host, site=site and self.sites[site], state="draft", **more
                ),
            )
            for name, site, more in facts
        ]
