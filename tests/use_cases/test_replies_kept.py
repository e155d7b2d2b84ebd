"""Each message is kept as it came, whatever it is made of, and forgotten after 30 days."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from outreach.db import db
from outreach.inbound import apply, use_cases
from outreach.inbound.parsing.reading import HEAD_AT_MOST, MAX_SIZE
from outreach.inbound.reasons import InboundReason
from outreach.models import Answer, InboundKind, InboundOutcome, InvitationAnswer
from outreach.rsvp.record import record_old_rsvp
from tests.support.builders import Builder
from tests.support.inbound import Family, invited, last, mail, messages

pytestmark = pytest.mark.both_databases("savepoints, and messages inserted once")

IGNORED, QUARANTINED = InboundOutcome.IGNORED, InboundOutcome.QUARANTINED


@pytest.fixture
def family(make: Builder, now: datetime) -> Family:
    """Ana and her parent, invited."""
    return invited(make, now)


@pytest.mark.usefixtures("app")
def test_what_does_not_fit_a_column_is_cut_and_not_refused(now: datetime) -> None:
    nasty = [
        mail(
            to="rsvp@outreach.example",
            subject="a\0b\x1b" + "s" * 900,
            sender=f"{'x' * 200}@{'y' * 200}.example",
            message_id=f"<{'m' * 900}@x>",
        ),
        b"From: \xff\xfe@x\r\nSubject: =?utf-8?b?/////w==?= \xed\xa0\x80\r\nMessage-ID: <\xff\0@x>\r\n\r\n\0\xff",
        b"\0" * 300,
        b"no headers at all",
    ]
    for raw in nasty:
        assert use_cases.receive(raw, delivered_to="rsvp+\0\ud800@outreach.example", source="test", now=now) is QUARANTINED
    assert [message.raw for message in messages()] == nasty
    assert all(len(text) <= 255 for message in messages() for text in (message.sender, message.subject, message.message_id or ""))


@pytest.mark.one_database
def test_a_message_too_large_is_noted_and_not_looked_at(family: Family) -> None:
    """The reply in it would count, were it smaller."""
    raw = family.reply() + b"X" * MAX_SIZE
    before = family.state()

    assert family.take(raw) is QUARANTINED
    assert (last().reason, last().size, last().raw) == (InboundReason.TOO_LARGE, len(raw), raw[:MAX_SIZE])

    head = raw[:300_000].replace(b".test@", b".other@")
    for expected in (QUARANTINED, None):
        assert use_cases.receive_oversized(head, size=10**9, source="test", now=family.now) is expected
    assert (last().reason, last().size, last().raw) == (InboundReason.TOO_LARGE, 10**9, head[:HEAD_AT_MOST])
    assert last().mailbox_id == family.mailbox().id
    assert family.state() == before


def test_a_message_of_more_bytes_than_the_column_counts_is_noted_too(family: Family) -> None:
    assert use_cases.receive_oversized(family.reply(), size=2**40, source="test", now=family.now) is QUARANTINED
    assert (last().reason, last().size) == (InboundReason.TOO_LARGE, 2**31 - 1)


@pytest.mark.one_database
def test_too_many_parts_or_events_are_left_to_a_person(family: Family) -> None:
    said = family.reply()
    event = said[said.index(b"BEGIN:VEVENT") : said.index(b"END:VCALENDAR")]
    parts = b"--b\r\n\r\nx\r\n" * 60 + b"--b\r\n" + said[said.index(b"Content-Type") :] + b"\r\n--b--\r\n"
    before = family.state()
    assert family.take(said.replace(b"END:VCALENDAR", event * 11 + b"END:VCALENDAR")) is QUARANTINED
    assert last().reason == InboundReason.TOO_MANY_EVENTS
    to = family.token_address()
    assert family.take(mail(to=to, headers=("Content-Type: multipart/mixed; boundary=b",), body=parts.decode())) is QUARANTINED
    assert last().reason == InboundReason.TOO_MANY_PARTS
    assert family.state() == before


@pytest.mark.one_database
def test_a_fault_of_ours_leaves_the_message_to_a_person(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is half done, and the message doesn't come back for ever."""

    def fail(*args: object, **kwargs: object) -> None:
        record_old_rsvp(*args, **kwargs)  # type: ignore[arg-type]  # whatever it was called with
        raise KeyError("a fault")

    monkeypatch.setattr(apply, "apply_rsvp", fail)
    before = family.state()
    assert family.take(family.reply()) is QUARANTINED
    assert (last().kind, last().reason) == (InboundKind.OTHER, InboundReason.FAULT)
    assert family.state() == before


@pytest.mark.one_database
def test_a_database_that_is_away_keeps_nothing(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail server brings the message again, and then it counts."""
    said = family.reply()

    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    with monkeypatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(apply, "apply_rsvp", away)
        family.take(said)
    assert messages() == []
    assert family.take(said) is InboundOutcome.APPLIED


@pytest.mark.usefixtures("app")
def test_after_30_days_what_strangers_wrote_is_wiped(now: datetime) -> None:
    old, new = (mail(to="rsvp@outreach.example", subject=subject) for subject in ("old", "new"))
    use_cases.receive(old, delivered_to=None, source="test", now=now)
    use_cases.receive(new, delivered_to=None, source="test", now=now + timedelta(days=1))
    at = now + use_cases.KEPT
    assert [use_cases.forget_raw(now=moment) for moment in (at - timedelta(seconds=1), at, at)] == [0, 1, 0]
    wiped, kept = messages()
    assert (wiped.raw, wiped.sender, wiped.subject, wiped.reason) == (None, "", "", InboundReason.NO_TOKEN)
    assert (kept.raw, kept.subject) == (new, "new")
    assert use_cases.receive(old, delivered_to=None, source="test", now=at) is None, "it still counts as had"


@pytest.mark.one_database
@pytest.mark.empty_database
def test_after_30_days_the_words_of_an_answer_are_wiped_and_the_answer_stays(family: Family, now: datetime) -> None:
    family.take(family.reply(lines=["COMMENT:Ana is ill"]))
    [answer] = db.session.scalars(select(InvitationAnswer))
    assert (answer.comment, use_cases.forget_raw(now=now + use_cases.KEPT)) == ("Ana is ill", 0)
    use_cases.forget_raw(now=now + use_cases.KEPT + timedelta(hours=1))
    db.session.refresh(answer)
    assert (answer.comment, answer.answer, answer.counts) == ("", Answer.ACCEPTED, True)


@pytest.mark.one_database
@pytest.mark.usefixtures("app")
def test_what_a_person_has_looked_at_stays_so(now: datetime) -> None:
    use_cases.receive(mail(to="rsvp@outreach.example"), delivered_to=None, source="test", now=now)
    for later in (1, 2):
        use_cases.mark_reviewed(last().id, now=now + timedelta(hours=later))
    assert last().reviewed_at == now + timedelta(hours=1)
    assert last().outcome is QUARANTINED
