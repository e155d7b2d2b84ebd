"""What mail servers report of letters they took, and what people do about letters that don't arrive."""

from __future__ import annotations

import re
from typing import cast

from outreach.config import Settings
from outreach.coordination import sending_again
from outreach.invitations import use_cases as reaching
from outreach.models import BlockedDomain, Invitation, Letter, LetterState, Mailbox
from outreach.outbox.use_cases import send_again
from outreach.replies.use_cases import take_in
from tests.journeys.sequences.picking import NothingToDo, a_session, all_of, one_of
from tests.journeys.sequences.world import World
from tests.support.shaped_reports import STATUS_REPORTS, shaped_report

STATUSES = ("5.1.1", "5.2.2", "5.7.1")


def bounce(world: World, a: int, b: int, c: int) -> None:
    """A letter that a server took comes back: it never was in anybody's mailbox. Twice, at times."""
    letter = _sent(world, a)
    world.wire.lose(letter.key)
    to, status = _bounce_address(world, letter), one_of(STATUSES, b)
    report = shaped_report(one_of(STATUS_REPORTS, c), to=to, message_id=f"<{letter.key}@outreach.example>", status=status, words=status)
    _take_in(world, report, to, times=1 + b % 2)


def complain(world: World, a: int, b: int, _c: int) -> None:
    """A reader calls a letter unwanted, or is out of office."""
    to = _bounce_address(world, _sent(world, a))
    report = shaped_report("complaint", to=to, action="abuse") if b % 2 else shaped_report("out_of_office", to=to)
    _take_in(world, report, to)


def works_again(world: World, a: int, _b: int, _c: int) -> None:
    """A teacher says that an address works after all."""
    mailbox: Mailbox = one_of(all_of(Mailbox, Mailbox.refused_at.is_not(None)), a)
    reaching.write_again(mailbox.id, now=world.now)


def lets_us_in(world: World, a: int, _b: int, _c: int) -> None:
    """A school says that its server lets our letters in."""
    blocked: BlockedDomain = one_of(all_of(BlockedDomain, BlockedDomain.lifted_at.is_(None)), a)
    reaching.let_in(blocked.domain, now=world.now)


def send_as_update(world: World, a: int, b: int, _c: int) -> None:
    """A coordinator sends one invitation again, or all that got lost of a session."""
    if b % 2:
        session_id = a_session(a).id
        sending_again.send_lost_as_update(session_id, [line.invitation.id for line in sending_again.lost_of(session_id)], now=world.now)
    else:
        invitation: Invitation = one_of(all_of(Invitation), a)
        sending_again.send_as_update(invitation.id, now=world.now)


def try_again(world: World, a: int, _b: int, _c: int) -> None:
    """A coordinator sends a failed letter again."""
    letter: Letter = one_of(all_of(Letter, Letter.state == LetterState.FAILED), a)
    send_again(letter.id, now=world.now)


def _sent(world: World, number: int) -> Letter:
    """Give a letter that arrived, of somebody who hasn't answered: whoever answers has got it."""
    letters = all_of(Letter, Letter.state == LetterState.SENT, Letter.session_id.is_not(None))
    letter: Letter = one_of(letters, len(letters) - 1 - number)
    if any(said.address == letter.mailbox.address for said in world.said):
        raise NothingToDo("They have it.")
    return letter


def _bounce_address(world: World, letter: Letter) -> str:
    return cast(Settings, world.app.extensions["outreach"]).bounce_address_of(letter.id)


def _take_in(world: World, report: bytes, to: str, *, times: int = 1) -> None:
    own = re.sub(rb"(?i)(message-id:\s*<)", rb"\g<1>%d." % int(world.now.timestamp() * 1000), report, count=1)
    for _ in range(times):
        take_in(own, delivered_to=to, source="test", now=world.now)
