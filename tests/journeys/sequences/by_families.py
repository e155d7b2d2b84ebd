"""What readers of letters do: answer in their calendar or on their page, give a place back, say that it isn't for them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from outreach.families import use_cases as families
from outreach.families.pages import open_page
from outreach.families.use_cases import answer
from outreach.inbound.use_cases import receive
from outreach.models import Answer
from outreach.registration import By, Side
from outreach.tokens import LinkPurpose
from tests.journeys.sequences import checking
from tests.journeys.sequences.model_people import Address
from tests.journeys.sequences.model_sessions import Session
from tests.journeys.sequences.picking import NothingToDo, a_place, an_ended_place, an_entry, at_times, one_of
from tests.journeys.sequences.world import Said, World
from tests.support.calendars import Mail
from tests.support.shaped_replies import PROGRAMS, shaped_reply

AUTHSERV_ID = "mx.outreach.example"
PARTSTATS = {
    "ACCEPTED": Answer.ACCEPTED,
    "TENTATIVE": Answer.TENTATIVE,
    "DECLINED": Answer.DECLINED,
    "DELEGATED": Answer.NEEDS_ACTION,
}


def reply(world: World, a: int, b: int, c: int) -> None:
    """Answer in the calendar, to a letter that came: mostly the newest, at times an old one, twice, or ten minutes ago.

    Two in three prove where they come from.
    """
    world.wait(timedelta(seconds=1))
    mail = one_of([mail for mail in reversed(world.wire.arrived) if mail.ics is not None and mail.entry.method == "REQUEST"], a)
    partstat, is_proven = one_of(list(PARTSTATS), b), a % 3 > 0
    stamp = world.now.replace(microsecond=0) - timedelta(minutes=10) * (b % 8 == 7)
    session, address = _about(world, mail)
    message = _proof(mail, is_proven=is_proven) + shaped_reply(
        one_of(PROGRAMS, c),
        uid=mail.entry.uid,
        attendee=mail.recipient,
        partstat=partstat,
        sequence=mail.entry.sequence,
        stamp=stamp,
        to=mail.entry.organizer,
    )

    def rule() -> None:
        if world.model.reply(session, address, PARTSTATS[partstat], mail.entry.sequence, stamp=stamp, is_proven=is_proven):
            world.said.append(Said(mail.recipient, mail.entry.session_id, mail.entry.sequence, PARTSTATS[partstat]))

    def deed() -> None:
        for _ in range(1 + b % 2):
            receive(message, delivered_to=mail.entry.organizer, source="test", now=world.now)

    world.ask(rule, deed)
    checking.roster_is_true(world, session)


def ask(world: World, a: int, b: int, c: int) -> None:
    """Ask for the invitation again, or for another time: neither is an answer."""
    world.wait(timedelta(seconds=1))
    mail = one_of([mail for mail in world.wire.arrived if mail.ics is not None], a)
    message = shaped_reply(
        one_of(PROGRAMS, c),
        uid=mail.entry.uid,
        attendee=mail.recipient,
        partstat="ACCEPTED",
        sequence=mail.entry.sequence,
        stamp=world.now,
        to=mail.entry.organizer,
        method=one_of(("REFRESH", "COUNTER"), b),
    )
    world.ask(lambda: None, lambda: receive(message, delivered_to=mail.entry.organizer, source="test", now=world.now))


def forge(world: World, a: int, b: int, c: int) -> None:
    """Answer for somebody else: with another's token, as another attendee, or to an invitation nobody has."""
    mails = [mail for mail in world.wire.arrived if mail.ics is not None]
    mine, theirs = one_of(mails, a), one_of(mails, b)
    if mine.recipient == theirs.recipient:
        raise NothingToDo
    forged = (
        {"uid": theirs.entry.uid, "attendee": theirs.recipient},
        {"uid": theirs.entry.uid, "attendee": mine.recipient},
        {"uid": mine.entry.uid, "attendee": theirs.recipient},
        {"uid": "nobodys@outreach.example", "attendee": mine.recipient},
    )[c % 4]
    message = _proof(theirs, is_proven=True) + shaped_reply(
        one_of(PROGRAMS, c), **forged, partstat="DECLINED", sequence=theirs.entry.sequence, stamp=world.now, to=mine.entry.organizer
    )
    world.ask(lambda: None, lambda: receive(message, delivered_to=mine.entry.organizer, source="test", now=world.now))


def answer_on_page(world: World, a: int, b: int, c: int) -> None:
    """Answer on one's page, at times on one that was opened before the last change."""
    world.wait(timedelta(seconds=1))
    session, address = an_entry(world.model, a)
    checking.page_is_true(world, session, address)
    said, entry = one_of(list(Answer)[1:], b), session.live[address]
    sequence = entry.revision - (c % 8 == 7)
    mailbox_id, session_id = world.mailbox_id(address), world.session_id(session)

    def rule() -> None:
        world.model.answer_on_page(session, address, said, sequence)
        world.said.append(Said(address.text, session_id, sequence, said))

    world.ask(rule, lambda: answer(said, mailbox_id=mailbox_id, session_id=session_id, sequence=sequence, now=world.now))
    checking.roster_is_true(world, session)


def give_back(world: World, a: int, b: int, c: int) -> None:
    """Withdraw by a link: the student's own, a guardian's, or one of somebody else to whom we write."""
    session, place = a_place(world.model, a, any_state=b % 8 == 0)
    own, readers = place.student.address, [one.address for one in place.student.guardians if one.address]
    anybody = [world.model.people.at(one) for one, number in sorted(world.model.written) if number == session.number]
    address = one_of(([own] if own else []) + readers or anybody, c) if c % 4 else one_of(anybody, b)
    if (address.text, session.number) not in world.model.written:
        raise NothingToDo
    checking.page_is_true(world, session, address)
    key, token = world.registration_id(session, place), world.link(session, address, LinkPurpose.FAMILY, version=address.links)

    def deed() -> None:
        page = open_page(token, LinkPurpose.FAMILY, secret_key=world.settings.secret_key, now=world.now)
        families.withdraw(page.registration(key).registration.id, mailbox_id=page.mailbox.id, now=world.now)

    world.ask(partial(world.model.give_back_by_link, session, address, place), deed)


def undo_give_back(world: World, a: int, b: int, c: int) -> None:
    """Undo by a link what one's family gave back: as whoever did it, a guardian, or the child."""
    session, place = an_ended_place(world.model, a, is_by_host=False)
    student = place.student
    readers = [one for one in (place.ended and place.ended.by, student.address, *(one.address for one in student.guardians)) if one]
    address = one_of([one for one in readers if place in world.model.knows(session, one).values()], b * (c % 2))
    world.undo(session, place, By(Side.FAMILY, mailbox_id=world.mailbox_id(address)), partial(world.model.undo, session, place, address))


def say_not_mine(world: World, a: int, b: int, c: int) -> None:
    """Say that a letter was for somebody else; most times they think better of it. A link from before the last time is void."""
    at_times(c)
    session, address = an_entry(world.model, a, any_state=True)
    version = address.links - (b % 2)
    token = world.link(session, address, LinkPurpose.NOT_MINE, version=version)

    def deed() -> None:
        page = open_page(token, LinkPurpose.NOT_MINE, secret_key=world.settings.secret_key, now=world.now)
        families.not_mine(page.mailbox.id, session_id=page.outreach_session.id, now=world.now)

    world.ask(partial(world.model.not_mine, session, address, version), deed)


def undo_not_mine(world: World, a: int, _b: int, c: int) -> None:
    """Say that it was a mistake, or say so twice."""
    address = one_of(sorted(world.model.left_at, key=lambda one: one.text), a)
    session = one_of(world.model.sessions, c)
    mailbox_id, session_id = world.mailbox_id(address), world.session_id(session)
    world.ask(
        partial(world.model.undo_not_mine, session, address),
        lambda: families.undo_not_mine(mailbox_id, session_id=session_id, now=world.now),
    )


def stop_reminders(world: World, a: int, _b: int, c: int) -> None:
    """Want no reminders, or want them again."""
    _session, address = an_entry(world.model, a, any_state=True)
    mailbox_id, stops = world.mailbox_id(address), c % 2 > 0
    world.ask(
        lambda: setattr(address, "wants_no_reminders", stops),
        lambda: families.stop_reminders(mailbox_id, now=world.now) if stops else families.remind_again(mailbox_id),
    )


def _about(world: World, mail: Mail) -> tuple[Session, Address]:
    return world.model.sessions[world.session_ids.index(mail.entry.session_id)], world.model.people.at(mail.recipient)


def _proof(mail: Mail, *, is_proven: bool) -> bytes:
    """What our own mail server writes on top of a message: whether it comes from where it says."""
    word, domain = "pass" if is_proven else "fail", mail.recipient.partition("@")[2]
    return f"Authentication-Results: {AUTHSERV_ID}; dmarc={word} header.from={domain}\r\n".encode()
