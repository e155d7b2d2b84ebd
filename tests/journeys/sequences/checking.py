"""What the service shows, who it writes to and what calendars show, against the model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from outreach.db import db
from outreach.families.pages import open_page
from outreach.families.rsvp import question
from outreach.models import Answer, Letter, LetterKind, LetterState, Mailbox, OutreachSession, ReasonKind, Registration
from outreach.registration.queries import registration_rows
from outreach.tokens import LinkPurpose
from tests.journeys.sequences.model import About
from tests.journeys.sequences.model_people import Address
from tests.journeys.sequences.model_sessions import HAVE_AN_ENTRY, OFFERED, PENDING, WAITING, Place, Session
from tests.journeys.sequences.people import COORDINATORS, PLACES
from tests.support.calendars import Entry, Mail, replay

if TYPE_CHECKING:
    from tests.journeys.sequences.world import World

MayHear = Mapping[int, Mapping[ReasonKind, set[Address]]]
FAREWELLS = {LetterKind.CANCELLED, LetterKind.REMOVED, LetterKind.NOT_MINE}
TO_COORDINATORS = (LetterKind.DECISION, LetterKind.KEEP_OR_RELEASE)
STAND_IN_FOR_HOSTS = (LetterKind.ROSTER, LetterKind.NOTE)
TO_ADULTS: Mapping[LetterKind, set[ReasonKind]] = {
    LetterKind.DIGEST: {ReasonKind.TEACHER},
    LetterKind.WRONG_ADDRESS: {ReasonKind.TEACHER},
    LetterKind.ROSTER: {ReasonKind.HOST},
    LetterKind.NOTE: {ReasonKind.TEACHER, ReasonKind.HOST},
    LetterKind.WAITING: {ReasonKind.STUDENT, ReasonKind.GUARDIAN},
}


@dataclass(frozen=True)
class Shown:
    """One entry as its owner sees it."""

    starts_at: datetime
    ends_at: datetime
    place: str
    status: str
    is_busy: bool


def places_are_as_in_the_model(world: World) -> None:
    """Each session's places are in the model's order, each in the same state, waiting for the same reason; seats are counted right."""
    shown = defaultdict(list)
    columns = (Registration.session_id, Registration.student_id, Registration.state, Registration.wait_reason)
    ends = (Registration.offered_until, Registration.held_until)
    for row in db.session.execute(select(*columns, *ends).order_by(Registration.queued_at, Registration.id)):
        until = row.offered_until if row.state is OFFERED else row.held_until
        shown[row.session_id].append((world.student_number(row.student_id), row.state, row.wait_reason, until))
    taken = {key: number for key, number in db.session.execute(select(OutreachSession.id, OutreachSession.seats_taken))}  # noqa: C416 (rows)
    for session in world.model.sessions:
        wanted = [(one.student.number, one.state, one.why, _until(one)) for one in session.places]
        assert shown[world.session_id(session)] == wanted, f"Session {session.number}: {shown[world.session_id(session)]} != {wanted}"
        session.over = min(session.over, max(session.taken - session.capacity, 0))
        assert taken[world.session_id(session)] == session.taken <= session.capacity + session.over
        if session.is_published and world.now < session.starts:
            assert session.next_in_line(session.queue(world.now)) == [], f"Session {session.number} has a seat nobody is asked about."


def _until(place: Place) -> datetime | None:
    if place.state is OFFERED:
        return place.offered_until
    return place.held_until if place.state is PENDING else None


def who_is_written_to(world: World, before: MayHear | None = None) -> list[tuple[str, LetterKind]]:
    """Whoever must hear of the last act has a letter about it, and nobody who may not; teachers' digests are these and no others.

    What the act itself took back, such as an invitation to a seat whose time was up, nobody gets.
    """
    rows = db.session.execute(
        select(Letter.id, Letter.kind, Letter.session_id, Letter.state, Mailbox.address)
        .join(Mailbox, Mailbox.id == Letter.mailbox_id)
        .where(Letter.id > world.last_letter)
        .order_by(Letter.id)
    ).all()
    letters = {(row.address, world.session_ids.index(row.session_id)) for row in rows if row.session_id is not None}
    if before is not None:
        for row in (one for one in rows if one.state is not LetterState.DROPPED):
            assert _may_get(world, before, row.kind, row.session_id, row.address), f"{row.kind} to {row.address}"
        digests = {(row.address, world.session_ids.index(row.session_id)) for row in rows if row.kind is LetterKind.DIGEST}
        expected = world.model.expected
        assert expected.lists is None or digests == expected.lists, f"Lists go to {digests}, not to {expected.lists}"
        untold = {
            *(expected.must - letters),
            *(about for about in expected.gone - letters if _has_left(world, about)),
            *(about for about in expected.out_of_line - letters if not _was_taken_back(world, about)),
        }
        assert untold == set(), f"Nobody writes to {untold}"
    world.model.written |= letters
    world.last_letter = max([world.last_letter, *(row.id for row in rows)])
    return [(row.address, row.kind) for row in rows]


def what_was_passed_on(world: World) -> None:
    """Between two acts only what somebody with a closed account would have read is written: for whoever stands in."""
    written = who_is_written_to(world)
    assert written == [] or any(address.is_closed for address in world.model.people.addresses.values()), written


def nobody_reads_what_is_not_theirs(world: World, mail: Mail) -> None:
    """Whose account is closed gets nothing any more but what takes an entry back, without names, and what a family of theirs gets."""
    if mail.ics is None or mail.entry.method != "CANCEL":
        read_as_family = {address.text for session in world.model.sessions for address in session.families(session.places)}
        assert mail.recipient in read_as_family, mail.text


def _may_get(world: World, before: MayHear, kind: LetterKind, session_id: int | None, address: str) -> bool:
    if session_id is None:
        return kind in (LetterKind.WRONG_ADDRESS, LetterKind.BLOCKED) and address in _teachers(world)
    session, reader = world.model.sessions[world.session_ids.index(session_id)], world.model.people.at(address)
    if kind is LetterKind.REMINDER:
        return world.model.may_be_reminded(session, reader)
    stands_in = address in COORDINATORS and kind in (*TO_COORDINATORS, *(() if session.open_hosts else STAND_IN_FOR_HOSTS))
    if stands_in or kind in TO_COORDINATORS:
        return stands_in or reader in session.hosts
    if kind is LetterKind.WRONG_ADDRESS:
        return reader in session.teachers(session.places)
    may = (before.get(session.number, {}), world.model.may_hear(session))
    if kind in FAREWELLS and reader in session.entries:
        return True
    return any(reader in some.get(one, ()) for some in may for one in TO_ADULTS.get(kind, set(ReasonKind)))


def _teachers(world: World) -> set[str]:
    return {one.text for session in world.model.sessions for one in session.teachers(session.places)}


def _has_left(world: World, about: About) -> bool:
    return any(one.about == (about[0], world.session_ids[about[1]]) for one in world.wire.taken())


def _was_taken_back(world: World, about: About) -> bool:
    taken_back = select(Letter.id).join(Mailbox, Mailbox.id == Letter.mailbox_id).where(Mailbox.address == about[0])
    which = (Letter.session_id == world.session_ids[about[1]], Letter.state == LetterState.DROPPED, Letter.settled_at == world.now)
    return db.session.scalar(taken_back.where(*which).limit(1)) is not None


def roster_is_true(world: World, session: Session) -> None:
    """The page of a session shows each student's place on the waiting list, and what the family answered."""
    record = db.session.get_one(OutreachSession, world.session_id(session), populate_existing=True)
    rows = {world.student_number(row.student.id): row for row in registration_rows(record, None) if row.registration.is_active}
    waiting = [place for place in session.places if place.state is WAITING]
    for place in session.active:
        row, where = rows[place.student.number], f"{place.student.name}, session {session.number}"
        assert row.position == (waiting.index(place) + 1 if place in waiting else None), where
        shown = row.rsvp and (row.rsvp.answer, row.rsvp.is_verified, row.rsvp.differs)
        asked = place.state in HAVE_AN_ENTRY and session.is_published
        assert shown == (session.shown_answer(place) if asked else None), f"{where}: {shown}"


def calendars_are_true(world: World) -> None:
    """Who should have an entry has one, with the time, place, status and revision of now; nobody else has any.

    Frozen: what is true now can't reach its owner, for no letters go there, or the newest failed or came back. Of a session
    that is over nobody has an entry still to come.
    """
    calendars = replay(world.wire.arrived)
    there = {(address, entry.session_id): entry for address, entries in calendars.items() for entry in entries.values()}
    for session in world.model.sessions:
        key = world.session_id(session)
        readers = {*(one.text for one in session.entries), *(address for address, session_id in there if session_id == key)}
        for address in sorted(readers):
            _entry_is_true(world, session, world.model.people.at(address), there.get((address, key)))


def _entry_is_true(world: World, session: Session, address: Address, entry: Entry | None) -> None:
    where = f"{address.text}, session {session.number}: {entry}"
    if (
        not address.is_reached
        or (address.is_closed and address in session.live)
        or world.wire.newest_is_lost((address.text, world.session_id(session)))
    ):
        return
    wanted = session.live.get(address)
    is_told_no_more = wanted and ReasonKind.HOST in wanted.kinds and (address not in session.hosts or address.was_closed)
    if session.ends <= world.now and is_told_no_more:
        return  # who was replaced, or let in again, too late to be told before it was over
    if session.ends <= world.now:
        assert entry is None or entry.ends_at <= world.now, where
    elif wanted is None:
        assert entry is None, where
    else:
        is_held = all(isinstance(about, Place) and about.state is PENDING for _kind, about in wanted.reasons)
        status = "TENTATIVE" if session.decides or is_held else "CONFIRMED"
        is_busy = wanted.kinds != {ReasonKind.GUARDIAN}
        assert entry is not None, where
        assert (shown(entry), entry.sequence) == (Shown(session.starts, session.ends, session.place, status, is_busy), wanted.revision), (
            where
        )
        assert what_was_answered(world, address.text, entry, asked_at=wanted.asked_at) == wanted.answer, where


def what_was_answered(world: World, address: str, entry: Entry, *, asked_at: int) -> Answer:
    """Give what this calendar's owner answered last since they were asked, on the page or by a reply; else what the e-mail says of it.

    An answer to the revision before counts too, though the update that was on its way then shows none.
    """
    given = [
        said.answer
        for said in world.said
        if (said.address, said.session_id) == (address, entry.session_id) and asked_at <= said.sequence <= entry.sequence
    ]
    return given[-1] if given else Answer(entry.partstat.lower().replace("-", "_"))


def shown(entry: Entry) -> Shown:
    """Give what an entry shows; a place without its rooms."""
    place = next((name for name in PLACES if name in entry.place.split(", ")), "Online")
    return Shown(entry.starts_at, entry.ends_at, place, entry.status, entry.is_busy)


def page_is_true(world: World, session: Session, address: Address) -> None:
    """The page behind a link shows this family's places, and asks what the model would ask."""
    token = world.link(session, address, LinkPurpose.FAMILY, version=address.links)
    page = open_page(token, LinkPurpose.FAMILY, secret_key=world.settings.secret_key, now=world.now)
    waiting = [place for place in session.places if place.state is WAITING]
    known = world.model.knows(session, address)
    shown = {(world.student_number(one.registration.student_id), one.registration.state, one.position) for one in page.registrations}
    in_line = {one.student.number: waiting.index(one) + 1 for one in waiting}
    assert shown == {(one.number, place.state, in_line.get(one.number)) for one, place in known.items()}
    asked, entry = question(page, now=world.now), session.live.get(address)
    about = [place for place in known.values() if place.state in HAVE_AN_ENTRY]
    if entry is None or not about or world.now >= session.starts:
        assert asked is None
        return
    assert asked is not None
    alone = [place for place in about if session.speaks_alone(address, place)]
    assert (asked.answer, asked.sequence) == (entry.answer, entry.revision)
    assert _numbers(world, asked.about) == {place.student.number for place in about}
    assert _numbers(world, asked.to_agree_on) == {place.student.number for place in about if place not in alone}


def _numbers(world: World, places: Iterable[object]) -> set[int]:
    return {world.student_number(place.registration.student_id) for place in places}  # type: ignore[attr-defined]  # a place of the page
