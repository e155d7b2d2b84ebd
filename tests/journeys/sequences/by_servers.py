"""What mail servers report of letters they took, and what people do about letters that don't arrive."""

from __future__ import annotations

import re
from functools import partial

from sqlalchemy import select

from outreach.db import db
from outreach.deliverability import use_cases as reaching
from outreach.inbound.use_cases import receive
from outreach.mail_admin import resend
from outreach.models import BounceKind, Invitation
from outreach.outbox.use_cases import retry_letter
from tests.journeys.sequences.fates import Settled
from tests.journeys.sequences.model_people import No
from tests.journeys.sequences.picking import NothingToDo, an_entry, one_of
from tests.journeys.sequences.world import World
from tests.support.shaped_reports import STATUS_REPORTS, shaped_report

STATUSES = {"5.1.1": BounceKind.HARD, "5.2.2": BounceKind.SOFT, "5.7.1": BounceKind.POLICY}


def bounce(world: World, a: int, b: int, c: int) -> None:
    """A letter that a server took comes back: it never was in anybody's mailbox. Twice, at times."""
    letter, status = _taken(world, a), one_of(list(STATUSES), b)
    world.wire.lose(letter.key)
    to = letter.bounce_address
    report = shaped_report(one_of(STATUS_REPORTS, c), to=to, message_id=str(letter.mail.message["Message-ID"]), status=status, words=status)
    _report(world, letter, report, STATUSES[status], times=1 + b % 2)


def complain(world: World, a: int, b: int, _c: int) -> None:
    """A reader calls a letter unwanted, or is out of office."""
    letter = _taken(world, a)
    to = letter.bounce_address
    report = shaped_report("complaint", to=to, action="abuse") if b % 2 else shaped_report("out_of_office", to=to)
    _report(world, letter, report, BounceKind.COMPLAINT if b % 2 else None)


def works_again(world: World, a: int, _b: int, _c: int) -> None:
    """A teacher says that an address works after all."""
    address = one_of([one for _text, one in sorted(world.model.people.addresses.items()) if one.is_refused], a)
    mailbox_id = world.mailbox_id(address)
    world.ask(partial(world.model.reached_again, address), lambda: reaching.reactivate_mailbox(mailbox_id, now=world.now))


def lets_us_in(world: World, a: int, _b: int, _c: int) -> None:
    """A school says that its server lets our letters in."""
    domain = one_of([domain for domain, lifted_at in sorted(world.model.people.turned_away.items()) if lifted_at is None], a)
    world.ask(partial(world.model.let_in, domain), lambda: reaching.unblock_domain(domain, now=world.now))


def send_as_update(world: World, a: int, b: int, _c: int) -> None:
    """A coordinator sends one invitation again as one revision more, or all that the page says got lost of a session."""
    if b % 2:
        session = one_of(world.model.sessions, a)
        key, lost = world.session_id(session), resend.lost_of(world.session_id(session))
        readers = [world.model.people.at(line.mailbox.address) for line in lost]
        assert all(reader.is_reached for reader in readers)
        shown = [line.invitation.id for line in lost]
        world.ask(
            partial(world.model.send_again, session, readers),
            lambda: resend.send_lost_as_update(key, shown, now=world.now),
        )
        return
    session, address = an_entry(world.model, a)
    this = (Invitation.session_id == world.session_id(session), Invitation.mailbox_id == world.mailbox_id(address))
    invitation_id = db.session.scalars(select(Invitation.id).where(*this)).one()

    def rule() -> None:
        if not address.is_reached:
            raise No("Nothing goes there.")
        world.model.send_again(session, [address])

    world.ask(rule, lambda: resend.send_as_update(invitation_id, now=world.now))


def try_again(world: World, a: int, _b: int, _c: int) -> None:
    """A coordinator sends a failed letter again."""
    failed = sorted((one for one in world.wire.settled.values() if one.key in world.wire.lost), key=lambda one: one.number)
    letter = one_of(failed, a)
    key = letter.number

    def deed() -> None:
        retry_letter(key, now=world.now)
        world.model.people.settled.pop(letter.key)

    world.ask(None, deed)


def _taken(world: World, number: int) -> Settled:
    """Give a letter that arrived, of somebody who hasn't answered: whoever answers has got it."""
    letter = one_of(world.wire.taken(), number)
    if letter.key in world.wire.lost or any(said.address == letter.mail.recipient for said in world.said):
        raise NothingToDo
    return letter


def _report(world: World, letter: Settled, report: bytes, kind: BounceKind | None, *, times: int = 1) -> None:
    own = re.sub(rb"(?i)(message-id:\s*<)", rb"\g<1>%d." % int(world.now.timestamp() * 1000), report, count=1)
    people = world.model.people
    address = people.at(letter.mail.recipient)

    def deed() -> None:
        for _ in range(times):
            receive(own, delivered_to=letter.bounce_address, source="test", now=world.now)

    def rule() -> None:
        if kind is not None:
            people.note_failure(address, letter.key, kind, world.now)

    world.ask(rule, deed)
