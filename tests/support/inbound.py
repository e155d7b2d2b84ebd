"""What tests of replies share: a registered family whose invitations have left, and mail as calendars and servers write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from outreach.db import db, transaction
from outreach.inbound.use_cases import receive
from outreach.models import (
    InboundMessage,
    InboundOutcome,
    Invitation,
    InvitationAnswer,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    User,
)
from outreach.notifications.notify import notify_hosts
from outreach.settings import Settings
from tests.support.builders import Builder
from tests.support.worlds import written_once

ANA, PARENT, TEACHER, HOST = "ana@pupils.example", "parent@families.example", "teacher@schools.example", "host@hospital.example"
STATE_OF = (Invitation.answer, Invitation.answered_at, Invitation.answer_stamp, Invitation.sequence, Invitation.is_live)
_WORDS = {"5.7.1": "Message refused by policy", "4.2.2": "Mailbox full", "5.2.2": "Mailbox full"}
_numbers = count(1)


@dataclass
class Family:
    """Ana and her parent, invited to one session; the mail that says so has left."""

    outreach_session: OutreachSession
    host: User
    now: datetime
    known: set[int] = field(default_factory=set)

    @property
    def settings(self) -> Settings:
        """The running service's."""
        settings: Settings = current_app.extensions["outreach"]
        return settings

    def mailbox(self, address: str = ANA) -> Mailbox:
        """Give the mailbox of an address."""
        return db.session.scalars(select(Mailbox).where(Mailbox.address == address)).one()

    def invitation(self, address: str = ANA) -> Invitation:
        """Give the invitation of an address to this session as it is now."""
        mine = select(Invitation).join(Mailbox).where(Mailbox.address == address, Invitation.session_id == self.outreach_session.id)
        return db.session.scalars(mine.execution_options(populate_existing=True)).one()

    def token_address(self, address: str = ANA) -> str:
        """Give our address that stands for a mailbox."""
        return self.settings.reply_address_of(self.mailbox(address).token)

    def letter(self, address: str = ANA) -> Letter:
        """Give the invitation's letter."""
        return db.session.scalars(select(Letter).join(Mailbox).where(Mailbox.address == address).order_by(Letter.id).limit(1)).one()

    def reply(self, address: str = ANA, *, method: str = "REPLY", at: timedelta = timedelta(minutes=1), **facts: Any) -> bytes:
        """Give a calendar's message about this invitation; `facts` change single ones of `calendar_mail`."""
        invitation = self.invitation(address)
        known: dict[str, Any] = {
            "uid": invitation.uid,
            "sequence": invitation.sequence,
            "attendees": (address,),
            "stamp": self.now + at,
            "to": self.token_address(address),
        }
        return calendar_mail(method, **known | facts)

    def take(self, raw: bytes, *, at: timedelta = timedelta(minutes=2), to: str | None = None) -> InboundOutcome | None:
        """Take the message in."""
        return receive(raw, delivered_to=to, source="test", now=self.now + at)

    def written(self) -> list[tuple[LetterKind, str]]:
        """Give the kind and address of each letter written since the invitations."""
        rows = db.session.execute(
            select(Letter.id, Letter.kind, Mailbox.address).join(Mailbox, Mailbox.id == Letter.mailbox_id).order_by(Letter.id)
        )
        return [(row.kind, row.address) for row in rows if row.id not in self.known]

    def deliver(self) -> None:
        """Let everything leave."""
        with transaction():
            for letter in db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED)):
                letter.state, letter.settled_at = LetterState.SENT, self.now
            for invitation in db.session.scalars(select(Invitation)):
                invitation.sent_sequence = invitation.sequence
        self.known = set(db.session.scalars(select(Letter.id)))

    def state(self) -> list[tuple[Any, ...]]:
        """Give everything about the invitations that a reply may change, and how many answers are remembered."""
        invitations = [tuple(row) for row in db.session.execute(select(*STATE_OF).order_by(Invitation.id))]
        return [*invitations, (db.session.scalar(select(func.count()).select_from(InvitationAnswer)),)]


def invited(make: Builder, now: datetime, **facts: Any) -> Family:
    """Register Ana, who is a minor with one guardian, for a session; hosts, teacher and family have their invitations."""
    return written_once(lambda: _invited(make, now, facts), "invited", make.now, now, repr(facts))


def _invited(make: Builder, now: datetime, facts: dict[str, Any]) -> Family:
    school = make.school("Northside School")
    teacher = make.teacher(school, email=TEACHER, family_name="Smith")
    host = make.clinician(email=HOST, given_name="Sam", family_name="Lee")
    ana = make.student(make.school_class(school, teacher), given_name="Ana", family_name="Diaz", email=ANA, guardians=(PARENT,))
    family = Family(make.outreach_session(host, **facts), host, now)
    with transaction():
        notify_hosts(family.outreach_session, now=now)
    make.register(family.outreach_session, teacher, ana)
    family.deliver()
    return family


def calendar_mail(
    method: str,
    *,
    uid: str,
    sequence: int | None,
    attendees: Sequence[str],
    stamp: datetime | None,
    to: str,
    partstat: str | None = "ACCEPTED",
    lines: Sequence[str] = (),
    message_id: str | None = None,
    sender: str | None = None,
    headers: Sequence[str] = (),
    subject: str = "Accepted: Power of a Stitch",
) -> bytes:
    """Give a message of a calendar program; `lines` are more lines of its event, `headers` stand on top."""
    said = f";PARTSTAT={partstat}" if partstat else ""
    event = [
        f"UID:{uid}",
        *([f"SEQUENCE:{sequence}"] if sequence is not None else []),
        *([f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"] if stamp else []),
        *(f"ATTENDEE{said}:mailto:{address}" for address in attendees),
        *lines,
    ]
    calendar = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", f"METHOD:{method}", "BEGIN:VEVENT", *event]
    calendar += ["END:VEVENT", "END:VCALENDAR", ""]
    return mail(
        to=to,
        sender=sender or (attendees[0] if attendees else "somebody@example.org"),
        subject=subject,
        message_id=message_id,
        headers=(*headers, f"Content-Type: text/calendar; charset=utf-8; method={method}"),
        body="\r\n".join(calendar),
    )


def mail(
    *,
    to: str,
    sender: str = ANA,
    subject: str = "Hello",
    message_id: str | None = None,
    headers: Sequence[str] = (),
    body: str = "",
) -> bytes:
    """Give a message; each has a Message-ID of its own."""
    message_id = message_id or f"<{next(_numbers)}.test@example.org>"
    top = [*headers, f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: {message_id}", "MIME-Version: 1.0"]
    return "\r\n".join((*top, "", body)).encode()


def bounce(*, to: str, status: str = "5.1.1", action: str = "failed", returned: str = "", message_id: str | None = None) -> bytes:
    """Give a delivery report (RFC 3464) as mail servers write it; `returned` is the Message-ID of the letter that came back."""
    body = [
        "--b",
        "Content-Type: text/plain",
        "",
        "It could not be delivered to somebody-else@pupils.example.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.pupils.example",
        "",
        "Final-Recipient: rfc822; somebody-else@pupils.example",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; 550 {status} {_WORDS.get(status, 'No such user here')}",
        "",
        *(("--b", "Content-Type: text/rfc822-headers", "", f"Message-ID: {returned}", "Subject: Invitation", "") if returned else ()),
        "--b--",
        "",
    ]
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"'
    return mail(
        to=to,
        sender="MAILER-DAEMON@mx.pupils.example",
        subject="Undelivered Mail Returned to Sender",
        message_id=message_id,
        headers=("Return-Path: <>", "Auto-Submitted: auto-replied", kind),
        body="\r\n".join(body),
    )


def complaint(*, to: str, returned: str = "<unknown@outreach.example>") -> bytes:
    """Give an abuse report (RFC 5965) as a mailbox provider writes it when somebody presses "junk"."""
    body = [
        *("--b", "Content-Type: text/plain", "", "This is an abuse report.", "--b", "Content-Type: message/feedback-report", ""),
        *("Feedback-Type: abuse", "User-Agent: Provider/1.0", "Version: 1", "", "--b", "Content-Type: text/rfc822-headers", ""),
        *(f"Message-ID: {returned}", "Subject: Invitation", "", "--b--", ""),
    ]
    kind = 'Content-Type: multipart/report; report-type=feedback-report; boundary="b"'
    return mail(to=to, sender="abuse@provider.example", subject="Abuse report", headers=(kind,), body="\r\n".join(body))


def messages() -> list[InboundMessage]:
    """Give what came in, oldest first, as the database has it."""
    wanted = select(InboundMessage).order_by(InboundMessage.id).execution_options(populate_existing=True)
    return list(db.session.scalars(wanted))


def last() -> InboundMessage:
    """Give what came in last."""
    return messages()[-1]
