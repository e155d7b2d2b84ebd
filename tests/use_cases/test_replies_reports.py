"""Bounces and complaints find their letter by its token or its Message-ID, never by an address in the text."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.inbound.reasons import InboundReason
from outreach.mail.verp import bounce_address
from outreach.models import Bounce, BounceKind, InboundKind, InboundOutcome, Letter, LetterKind
from outreach.outbox.queue import NewLetter, enqueue
from tests.support.bounce_texts import BOUNCES, server_mail
from tests.support.builders import Builder
from tests.support.inbound import ANA, HOST, PARENT, TEACHER, Family, bounce, complaint, invited, last, mail

APPLIED, IGNORED, QUARANTINED = InboundOutcome.APPLIED, InboundOutcome.IGNORED, InboundOutcome.QUARANTINED
NOBODYS = "<0123456789abcdef0123456789abcdef@outreach.example>"


@pytest.fixture
def family(make: Builder, now: datetime) -> Family:
    """Ana and her parent, invited."""
    return invited(make, now)


def bounces() -> list[tuple[BounceKind, str, int, int | None]]:
    rows = db.session.scalars(select(Bounce).order_by(Bounce.id))
    return [(row.kind, row.status, row.mailbox_id, row.letter_id) for row in rows]


def of_letters() -> list[tuple[BounceKind, str, int, int | None]]:
    return [one for one in bounces() if one[3] is not None]


@pytest.mark.empty_database
def test_a_bounce_marks_the_mailbox_its_token_stands_for(family: Family) -> None:
    """The text names somebody else: it is not believed."""
    letter = family.letter(PARENT)
    assert family.take(bounce(to=bounce_address(letter.id, family.settings))) is APPLIED
    message = last()
    assert (message.kind, message.reason) == (InboundKind.BOUNCE, InboundReason.FAILED)
    assert (message.letter_id, message.mailbox_id, message.invitation_id) == (letter.id, letter.mailbox_id, letter.invitation_id)
    assert bounces() == [(BounceKind.HARD, "5.1.1", letter.mailbox_id, letter.id)]
    db.session.expire_all()
    assert family.mailbox(PARENT).undeliverable_at is not None
    assert family.mailbox(ANA).undeliverable_at is None


def test_without_a_token_the_returned_message_id_says_which_letter_it_was(family: Family) -> None:
    letter, invitation = family.letter(PARENT), family.invitation(PARENT)
    first = f"<{invitation.uid.partition('@')[0]}.first@outreach.example>"
    own, somewhere = f"<{letter.key}@outreach.example>", "postmaster@outreach.example"
    for raw in (
        bounce(to=somewhere, returned=own),
        bounce(to=family.token_address(PARENT), returned=first),
        complaint(to=somewhere, returned=first),
    ):
        assert family.take(raw) is APPLIED
        assert last().letter_id == letter.id


def test_whoever_sees_the_calendar_can_silence_nobody(family: Family) -> None:
    """The first Message-ID holds the UID, which stands in every calendar; the bounce came to no address of a letter."""
    uid = family.invitation(PARENT).uid.partition("@")[0]
    assert family.take(bounce(to="rsvp@outreach.example", returned=f"<{uid}.first@outreach.example>")) is QUARANTINED
    assert last().reason == InboundReason.UNKNOWN_LETTER
    assert family.mailbox(PARENT).undeliverable_at is None


@pytest.mark.empty_database
def test_a_bounce_nobody_can_place_marks_no_mailbox(family: Family) -> None:
    letter = family.letter(PARENT)
    placeless = [
        bounce(to="rsvp@outreach.example"),
        bounce(to="rsvp@outreach.example", returned=NOBODYS),
        bounce(to="rsvp@outreach.example", returned="<%.first@outreach.example>"),
        bounce(to=f"rsvp+b{letter.id}-aaaaaaaaaaaaaaaa@outreach.example"),
        bounce(to=family.token_address(PARENT)),
        bounce(to=family.token_address(ANA), returned=f"<{letter.key}@outreach.example>"),
    ]
    for raw in placeless:
        assert family.take(raw) is QUARANTINED
        assert last().reason == InboundReason.UNKNOWN_LETTER
    assert bounces() == []


@pytest.mark.empty_database
def test_what_is_late_or_arrived_is_no_failure(family: Family) -> None:
    to = bounce_address(family.letter().id, family.settings)
    for action, status in (("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.0.0")):
        assert family.take(bounce(to=to, action=action, status=status)) is IGNORED
        assert last().reason == InboundReason.NO_FAILURE
    assert bounces() == []


@pytest.mark.empty_database
def test_a_full_mailbox_is_counted_and_nothing_else(family: Family) -> None:
    assert family.take(bounce(to=bounce_address(family.letter().id, family.settings), status="5.2.2")) is APPLIED
    assert [kind for kind, *_ in bounces()] == [BounceKind.SOFT]
    assert family.mailbox().undeliverable_at is None


def test_a_complaint_stops_reminders_and_nothing_else(family: Family) -> None:
    letter = family.letter(PARENT)
    assert family.take(complaint(to=bounce_address(letter.id, family.settings))) is APPLIED
    assert (last().kind, last().reason) == (InboundKind.COMPLAINT, InboundReason.COMPLAINED)
    db.session.expire_all()
    mailbox = family.mailbox(PARENT)
    assert mailbox.reminders_stopped_at is not None
    assert mailbox.undeliverable_at is None
    assert family.invitation(PARENT).is_live


@pytest.mark.empty_database
def test_the_same_bounce_counts_once(family: Family) -> None:
    raw = bounce(to=bounce_address(family.letter().id, family.settings), status="4.4.7")
    assert family.take(raw) is APPLIED
    assert family.take(raw) is None
    assert len(bounces()) == 1


def test_the_token_says_which_letter_whatever_came_back(family: Family) -> None:
    ana, parent = family.letter(ANA), family.letter(PARENT)
    assert family.take(bounce(to=bounce_address(parent.id, family.settings), returned=f"<{ana.key}@outreach.example>")) is APPLIED
    assert of_letters() == [(BounceKind.HARD, "5.1.1", parent.mailbox_id, parent.id)]


def test_a_letter_that_is_gone_is_unknown(family: Family) -> None:
    assert family.take(bounce(to=bounce_address(999_999, family.settings))) is QUARANTINED
    assert (last().reason, last().mailbox_id, last().letter_id) == (InboundReason.UNKNOWN_LETTER, None, None)


@pytest.mark.parametrize("kind", LetterKind)
def test_only_the_letter_that_began_an_invitation_is_known_by_its_first_message_id(family: Family, kind: LetterKind) -> None:
    letter, invitation = family.letter(PARENT), family.invitation(PARENT)
    with transaction():
        letter.kind = kind
        db.session.flush()
        put_another = NewLetter(
            mailbox_id=letter.mailbox_id,
            kind=LetterKind.INVITATION,
            facts={},
            dedupe_key="another",
            session_id=letter.session_id,
            invitation_id=invitation.id,
            sequence=1,
        )
        enqueue([put_another], now=family.now)
    later = db.session.scalars(select(Letter).where(Letter.dedupe_key == "another")).one()
    first = f"<{invitation.uid.partition('@')[0]}.first@outreach.example>"
    assert family.take(complaint(to="abuse@outreach.example", returned=first)) is APPLIED
    assert last().letter_id == (letter.id if kind in (LetterKind.INVITATION, LetterKind.PROMOTED) else later.id)


@pytest.mark.parametrize(
    ("status", "kind", "marks"),
    [
        ("5.1.1", BounceKind.HARD, True),
        ("5.7.1", BounceKind.POLICY, False),
        ("4.2.2", BounceKind.SOFT, False),
        ("5.2.2", BounceKind.SOFT, False),
    ],
)
def test_each_kind_of_bounce_marks_no_more_than_it_says(family: Family, status: str, kind: BounceKind, *, marks: bool) -> None:
    letter = family.letter(PARENT)
    assert family.take(bounce(to=bounce_address(letter.id, family.settings), status=status)) is APPLIED
    assert of_letters() == [(kind, status, letter.mailbox_id, letter.id)]
    db.session.expire_all()
    for address in (ANA, PARENT, TEACHER, HOST):
        mailbox = family.mailbox(address)
        assert (mailbox.undeliverable_at is not None) is (marks and address == PARENT)
        assert (mailbox.reminders_stopped_at, mailbox.stopped_at, mailbox.blocked_at) == (None, None, None)
    assert family.invitation(PARENT).is_live


UNREADABLE = {
    "a report": ("Auto-Submitted: auto-replied", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"'),
    "a server": ("Return-Path: <>", "Auto-Submitted: auto-replied"),
    "a server without marks": (),
}


@pytest.mark.parametrize("shape", UNREADABLE)
def test_what_comes_where_bounces_come_and_cant_be_read_needs_a_look(family: Family, shape: str) -> None:
    letter = family.letter(PARENT)
    to, body = (
        bounce_address(letter.id, family.settings),
        "Qwfp zxcv.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: qwfp\r\n--b--",
    )
    raw = mail(to=to, sender="MAILER-DAEMON@mx.pupils.example", subject="Qwfp", headers=UNREADABLE[shape], body=body)
    assert family.take(raw) is QUARANTINED
    message = last()
    assert (message.kind, message.reason) == (InboundKind.BOUNCE, InboundReason.UNCLEAR_REPORT)
    assert (message.letter_id, message.mailbox_id) == (letter.id, letter.mailbox_id)
    assert of_letters() == []


def test_a_note_to_the_address_of_bounces_that_somebody_is_away_stays_silent(family: Family) -> None:
    to = bounce_address(family.letter(PARENT).id, family.settings)
    assert family.take(mail(to=to, sender=PARENT, subject="Automatic reply: You have a seat", body="I am away.")) is IGNORED
    assert last().reason == InboundReason.AUTOMATIC


@pytest.mark.parametrize(("name", "kind", "sender", "subject", "lines"), BOUNCES, ids=[shape[0] for shape in BOUNCES])
def test_bounces_of_all_shapes_count(
    family: Family, name: str, kind: BounceKind, sender: str, subject: str, lines: tuple[str, ...]
) -> None:
    letter = family.letter(PARENT)
    raw = server_mail(*lines, to=bounce_address(letter.id, family.settings), sender=sender, subject=subject)
    assert family.take(raw) is APPLIED, name
    assert [one[0] for one in of_letters()] == [kind]
    db.session.expire_all()
    assert (family.mailbox(PARENT).undeliverable_at is not None) is (kind is BounceKind.HARD)
