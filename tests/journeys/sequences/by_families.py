"""What readers of letters do: answer in their calendar or on their page, give a place back, say that it isn't for them."""

from __future__ import annotations

from datetime import timedelta

from outreach.families import use_cases as families
from outreach.families.answering import answer
from outreach.models import Answer, Invitation
from outreach.replies.use_cases import take_in
from tests.journeys.sequences.picking import a_registration, all_of, at_times, one_of
from tests.journeys.sequences.world import Said, World
from tests.support.shaped_replies import PROGRAMS, shaped_reply

PARTSTATS = {
    "ACCEPTED": Answer.ACCEPTED,
    "TENTATIVE": Answer.TENTATIVE,
    "DECLINED": Answer.DECLINED,
    "DELEGATED": Answer.NEEDS_ACTION,
}


def reply(world: World, a: int, b: int, c: int) -> None:
    """Answer in the calendar, to a letter that came: mostly the newest, at times an old one, at times twice."""
    world.wait(timedelta(seconds=1))
    mail = one_of([mail for mail in reversed(world.wire.arrived) if mail.ics is not None and mail.entry.method == "REQUEST"], a)
    partstat = one_of(list(PARTSTATS), b)
    message = shaped_reply(
        one_of(PROGRAMS, c),
        uid=mail.entry.uid,
        attendee=mail.recipient,
        partstat=partstat,
        sequence=mail.entry.sequence,
        stamp=world.now,
        to=mail.entry.organizer,
    )
    for _ in range(1 + b % 2):
        take_in(message, delivered_to=mail.entry.organizer, source="test", now=world.now)
    world.said.append(Said(mail.recipient, mail.entry.uid, mail.entry.sequence, PARTSTATS[partstat], world.now))


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
    take_in(message, delivered_to=mail.entry.organizer, source="test", now=world.now)


def forge(world: World, a: int, b: int, c: int) -> None:
    """Answer for somebody else: with another's token, as another attendee, or to an invitation nobody has."""
    mails = [mail for mail in world.wire.arrived if mail.ics is not None]
    mine, theirs = one_of(mails, a), one_of(mails, b)
    if mine.recipient == theirs.recipient:
        return
    forged = (
        {"uid": theirs.entry.uid, "attendee": theirs.recipient},
        {"uid": theirs.entry.uid, "attendee": mine.recipient},
        {"uid": mine.entry.uid, "attendee": theirs.recipient},
        {"uid": "nobodys@outreach.example", "attendee": mine.recipient},
    )[c % 4]
    message = shaped_reply(
        one_of(PROGRAMS, c), **forged, partstat="DECLINED", sequence=theirs.entry.sequence, stamp=world.now, to=mine.entry.organizer
    )
    take_in(message, delivered_to=mine.entry.organizer, source="test", now=world.now)


def answer_on_page(world: World, a: int, b: int, _c: int) -> None:
    """Answer on one's page."""
    world.wait(timedelta(seconds=1))
    invitation: Invitation = one_of(all_of(Invitation, Invitation.is_live.is_(True)), a)
    address, uid, sequence, given = invitation.mailbox.address, invitation.uid, invitation.sequence, one_of(list(Answer)[1:], b)
    answer(given, mailbox_id=invitation.mailbox_id, session_id=invitation.session_id, sequence=sequence, now=world.now)
    world.said.append(Said(address, uid, sequence, given, world.now))


def give_back(world: World, a: int, _b: int, _c: int) -> None:
    """Give a place back by the link."""
    registration = a_registration(a)
    if registration.student.mailbox_id is not None:
        families.withdraw(registration.id, mailbox_id=registration.student.mailbox_id, now=world.now)


def say_not_mine(world: World, a: int, _b: int, c: int) -> None:
    """Say that a letter was for somebody else; most times they think better of it."""
    at_times(c)
    invitation: Invitation = one_of(all_of(Invitation), a)
    families.not_mine(invitation.mailbox_id, session_id=invitation.session_id, now=world.now)


def stop_reminders(world: World, a: int, _b: int, c: int) -> None:
    """Want no reminders, or want them again."""
    invitation: Invitation = one_of(all_of(Invitation), a)
    if c % 2:
        families.stop_reminders(invitation.mailbox_id, now=world.now)
    else:
        families.remind_again(invitation.mailbox_id)
