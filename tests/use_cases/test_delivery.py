"""What becomes of letters: sent, tried again, failed, held back."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from outreach.db import db, transaction
from outreach.mail.smtp_responses import Accepted, Delayed, PauseReason, Rejected, Unavailable
from outreach.mail.transport import Envelope
from outreach.models import Bounce, BounceKind, Letter, LetterKind, LetterState, Mailbox, OutboxPause
from outreach.outbox.leases import Pace, lease_due
from outreach.outbox.results import RoundStatistics, record_result
from tests.support.builders import Builder
from tests.support.outbox import Scripted, about, deliver, invite, letter_named, put, render, states

pytestmark = pytest.mark.both_databases("SKIP LOCKED and leases")

MINUTE = timedelta(minutes=1)
GONE = Unavailable(reason=PauseReason.UNREACHABLE, words="Connection refused")


@pytest.mark.one_database
def test_a_letter_goes_to_its_mailbox_from_an_envelope_sender_of_its_own(make: Builder, now: datetime) -> None:
    mailbox, transport = make.mailbox("someone@example.org"), Scripted()
    put(mailbox, "news", now=now)
    assert deliver(transport, now) == RoundStatistics(sent=1)
    [envelope], letter = transport.sent, letter_named("news")
    assert (envelope.sender, envelope.recipient) == (f"rsvp+b{letter.id}@outreach.example", "someone@example.org")
    assert (letter.state, letter.attempts, letter.settled_at, letter.lease_token) == (LetterState.SENT, 1, now, None)


@pytest.mark.one_database
def test_a_letter_waits_until_it_is_due(make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), "later", now=now, due_at=now + MINUTE)
    assert deliver(Scripted(), now + MINUTE / 2) == RoundStatistics()
    assert deliver(Scripted(), now + MINUTE) == RoundStatistics(sent=1)


def test_more_than_a_batch_leaves_in_the_order_of_becoming_due(make: Builder, now: datetime) -> None:
    transport = Scripted()
    names = [put(make.mailbox(f"someone{number}@example.org"), now=now) for number in range(7)]
    assert deliver(transport, now, pace=Pace(batch=3)) == RoundStatistics(sent=7)
    assert transport.subjects == names


def test_letters_of_one_stream_leave_in_order_and_other_streams_do_not_wait(make: Builder, now: datetime) -> None:
    mailbox, transport = make.mailbox("someone@example.org"), Scripted()
    one, other = make.outreach_session(make.clinician()), make.outreach_session(make.clinician())
    put(mailbox, "first", now=now, session_id=one.id, due_at=now + MINUTE)
    put(mailbox, "second", now=now, session_id=one.id)
    put(mailbox, "other", now=now, session_id=other.id)
    put(mailbox, "none", now=now)
    deliver(transport, now)
    assert transport.subjects == ["other", "none"]
    deliver(transport, now + MINUTE)
    assert transport.subjects == ["other", "none", "first", "second"]


@pytest.mark.one_database
def test_a_failed_letter_does_not_block_its_stream(make: Builder, now: datetime) -> None:
    mailbox, outreach_session = make.mailbox("someone@example.org"), make.outreach_session(make.clinician())
    put(mailbox, "first", now=now, session_id=outreach_session.id)
    assert deliver(Scripted({mailbox.address: Rejected(words="554 No")}), now) == RoundStatistics(failed=1)
    put(mailbox, "second", now=now, session_id=outreach_session.id)
    assert deliver(Scripted(), now) == RoundStatistics(sent=1)
    assert letter_named("first").server_words == "554 No"


@pytest.mark.one_database
def test_a_delayed_letter_comes_back_seven_times_and_then_fails(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("someone@example.org")
    put(mailbox, "news", now=now)
    greylisting = Scripted({mailbox.address: Delayed(words="450 Later")})
    for minutes in (1, 5, 30, 120, 480, 1440, 2880):
        assert deliver(greylisting, now) == RoundStatistics(delayed=1)
        now += timedelta(minutes=minutes)
        assert letter_named("news").due_at == now
        assert deliver(Scripted(), now - timedelta(seconds=1)) == RoundStatistics()
    assert deliver(greylisting, now) == RoundStatistics(failed=1)
    letter = letter_named("news")
    assert (letter.state, letter.attempts, letter.server_words) == (LetterState.FAILED, 8, "450 Later")


@pytest.mark.one_database
def test_a_delayed_letter_holds_back_what_comes_later_in_its_stream(make: Builder, now: datetime) -> None:
    mailbox, outreach_session = make.mailbox("someone@example.org"), make.outreach_session(make.clinician())
    put(mailbox, "first", now=now, session_id=outreach_session.id)
    deliver(Scripted({mailbox.address: Delayed(words="450 Later")}), now)
    put(mailbox, "second", now=now, session_id=outreach_session.id)
    transport = Scripted()
    assert deliver(transport, now) == RoundStatistics()
    deliver(transport, now + MINUTE)
    assert transport.subjects == ["first", "second"]


@pytest.mark.one_database
def test_an_unknown_mailbox_is_marked_and_a_letter_that_is_taken_later_proves_nothing(make: Builder, now: datetime) -> None:
    """Our own relay takes letters for any address; that one doesn't arrive is known only when it comes back."""
    mailbox = make.mailbox("someone@example.org")
    put(mailbox, "first", now=now)
    deliver(Scripted({mailbox.address: Rejected(words="550 5.1.1 No such user", kind=BounceKind.HARD)}), now)
    put(mailbox, "second", now=now, kind=LetterKind.APPLICATION)
    assert deliver(Scripted(), now) == RoundStatistics(sent=1)
    db.session.refresh(mailbox)
    assert (mailbox.undeliverable_at, mailbox.undeliverable_words) == (now, "550 5.1.1 No such user")


@pytest.mark.empty_database
def test_a_refusal_is_noted_as_what_it_says_and_only_once(make: Builder, now: datetime) -> None:
    """A policy isn't about the mailbox, and bad content not even about its domain."""
    said = {"hard": "550 5.1.1 No such user", "policy": "550 5.7.1 Spam", "soft": "552 5.2.2 Full", "none": "554 5.6.0 Odd"}
    kinds = {name: BounceKind(name) if name != "none" else None for name in said}
    for name in said:
        put(make.mailbox(f"{name}@example.org"), name, now=now)
    deliver(Scripted({f"{name}@example.org": Rejected(words=words, kind=kinds[name]) for name, words in said.items()}), now)
    noted = db.session.execute(select(Bounce.kind, Bounce.status, Bounce.words, Bounce.letter_id).order_by(Bounce.status)).all()
    assert [tuple(row) for row in noted] == [
        (BounceKind.HARD, "5.1.1", said["hard"], letter_named("hard").id),
        (BounceKind.SOFT, "5.2.2", said["soft"], letter_named("soft").id),
        (BounceKind.POLICY, "5.7.1", said["policy"], letter_named("policy").id),
    ]
    refused = db.session.scalars(select(Mailbox.address).where(Mailbox.undeliverable_at.is_not(None)))
    assert list(refused) == ["hard@example.org"]


@pytest.mark.one_database
@pytest.mark.empty_database
def test_a_letter_put_off_until_it_failed_counts_as_a_soft_bounce_but_not_when_the_line_broke(make: Builder, now: datetime) -> None:
    later, broken = make.mailbox("later@example.org"), make.mailbox("broken@example.org")
    put(later, "later", now=now)
    put(broken, "broken", now=now)
    answers = {later.address: Delayed(words="452 4.2.2 Full"), broken.address: Delayed(words="timed out", is_break=True)}
    for hours in (0, 1, 2, 6, 20, 50, 110, 170):
        deliver(Scripted(dict(answers)), now + timedelta(hours=hours))
    assert states() == {"later": "failed", "broken": "failed"}
    [bounce] = db.session.scalars(select(Bounce))
    assert (bounce.kind, bounce.status, bounce.mailbox_id) == (BounceKind.SOFT, "4.2.2", later.id)


def test_an_unreachable_server_pauses_everything_and_uses_up_no_attempt(make: Builder, now: datetime) -> None:
    for number in range(3):
        put(make.mailbox(f"someone{number}@example.org"), f"letter {number}", now=now)
    tried: list[Envelope] = []
    away = Scripted(dict.fromkeys((f"someone{number}@example.org" for number in range(3)), GONE), before=tried.append)
    for seconds in (30, 60, 120, 240, 480, 900, 900):
        assert deliver(away, now) == RoundStatistics(is_paused=True)
        assert deliver(away, now + timedelta(seconds=seconds - 1)) == RoundStatistics(is_paused=True)
        now += timedelta(seconds=seconds)
    assert len(tried) == 7
    pause = db.session.get_one(OutboxPause, 1)
    assert (pause.times, pause.reason, pause.server_words) == (7, "unreachable", "Connection refused")
    assert {(letter_named(f"letter {n}").attempts, letter_named(f"letter {n}").state) for n in range(3)} == {(0, LetterState.QUEUED)}
    assert deliver(Scripted(), now) == RoundStatistics(sent=3)
    db.session.expire_all()
    assert db.session.get(OutboxPause, 1) is None


@pytest.mark.one_database
def test_a_refused_recipient_ends_a_pause_too(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("someone@example.org")
    put(mailbox, now=now)
    deliver(Scripted({mailbox.address: GONE}), now)
    assert deliver(Scripted({mailbox.address: Rejected(words="554 No")}), now + MINUTE) == RoundStatistics(failed=1)
    db.session.expire_all()
    assert db.session.get(OutboxPause, 1) is None


@pytest.mark.one_database
def test_a_server_that_keeps_hanging_up_pauses_everything_after_three_letters(make: Builder, now: datetime) -> None:
    addresses = [f"someone{number}@example.org" for number in range(5)]
    for address in addresses:
        put(make.mailbox(address), now=now)
    assert deliver(Scripted(dict.fromkeys(addresses, Delayed(words="timed out", is_break=True))), now) == RoundStatistics(
        delayed=3, is_paused=True
    )


@pytest.mark.one_database
def test_a_letter_that_cannot_be_written_fails_alone(make: Builder, now: datetime) -> None:
    def fragile(letter: Letter) -> bytes:
        if letter.dedupe_key == "broken":
            raise ValueError("who is secret@example.org?")
        return render(letter)

    for name in ("one", "broken", "other"):
        put(make.mailbox(f"{name}@example.org"), name, now=now)
    with capture_logs() as said:
        assert deliver(Scripted(), now, render=fragile) == RoundStatistics(sent=2, failed=1)
    assert letter_named("broken").server_words == "ValueError: who is secret@example.org?"
    assert [(event["error"], event["place"].split(",")[0]) for event in said if event["log_level"] == "error"] == [
        ("ValueError", "fragile")
    ]
    assert "@" not in str(said)


@pytest.mark.one_database
def test_an_address_no_mail_can_go_to_fails(make: Builder, now: datetime) -> None:
    put(make.mailbox("two\nlines@example.org"), "odd", now=now)
    assert deliver(Scripted(), now) == RoundStatistics(failed=1)


@pytest.mark.one_database
def test_a_batch_ends_before_its_lease_does(make: Builder, now: datetime) -> None:
    moments = [now]
    for number in range(4):
        put(make.mailbox(f"someone{number}@example.org"), f"letter {number}", now=now)

    def slow(_envelope: Envelope) -> None:
        moments.append(moments[-1] + MINUTE)
        if len(moments) == 4:
            raise KeyboardInterrupt

    transport = Scripted(before=slow)
    with pytest.raises(KeyboardInterrupt):
        deliver(transport, now, clock=lambda: moments[-1], pace=Pace(lease=3 * MINUTE, reserve=MINUTE))
    assert transport.subjects == ["letter 0", "letter 1"]
    assert letter_named("letter 2").leased_until == now + 5 * MINUTE


@pytest.mark.one_database
def test_asked_to_stop_a_worker_settles_the_letter_in_hand_and_gives_the_rest_back(make: Builder, now: datetime) -> None:
    asked: list[Envelope] = []
    for name in ("one", "two", "three"):
        put(make.mailbox(f"{name}@example.org"), name, now=now)
    transport = Scripted(before=asked.append)
    assert deliver(transport, now, stopping=lambda: bool(asked)) == RoundStatistics(sent=1)
    assert states() == {"one": "sent", "two": "queued", "three": "queued"}


def test_a_lapsed_lease_makes_the_letter_due_again_and_the_old_token_settles_nothing(make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), "news", now=now)
    with transaction():
        old = lease_due(now=now, pace=Pace())
    assert deliver(Scripted(), now + 5 * MINUTE) == RoundStatistics()
    with transaction():
        new = lease_due(now=now + 6 * MINUTE, pace=Pace())
    assert [letter.id for letter in new.current] == [letter.id for letter in old.current]
    with transaction():
        assert record_result(old.current[0], old, Rejected(words="550 No"), jitter=0.5, now=now) is None
    letter = letter_named("news")
    assert (letter.state, letter.lease_token, letter.server_words) == (LetterState.LEASED, new.token, "")
    with transaction():
        assert record_result(letter, new, Accepted(), jitter=0.5, now=now) is LetterState.SENT


def test_what_a_dead_worker_may_have_sent_is_taken_back_later_though_the_next_try_is_refused(make: Builder, now: datetime) -> None:
    mailbox, outreach_session = make.mailbox("someone@example.org"), make.outreach_session(make.clinician())
    invitation = invite(outreach_session, mailbox, now=now)
    put(mailbox, "invitation", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    with transaction():
        assert lease_due(now=now, pace=Pace())
    refusing = Scripted({"someone@example.org": Rejected(words="550 5.7.1 No")})
    assert deliver(refusing, now + 6 * MINUTE) == RoundStatistics(failed=1)
    db.session.refresh(invitation)
    assert invitation.has_left


@pytest.mark.one_database
def test_a_letter_in_whose_hand_every_worker_died_fails_at_last(make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), "deadly", now=now)
    for number in range(8):
        with transaction():
            assert lease_due(now=now + 6 * MINUTE * number, pace=Pace())
    transport = Scripted()
    assert deliver(transport, now + timedelta(hours=1)) == RoundStatistics(failed=1)
    assert transport.sent == []


def test_what_was_accepted_is_remembered_by_the_invitation_and_never_falls_back(make: Builder, now: datetime) -> None:
    mailbox, outreach_session = make.mailbox("someone@example.org"), make.outreach_session(make.clinician())
    invitation = invite(outreach_session, mailbox, now=now, sequence=2)
    put(mailbox, now=now, kind=LetterKind.UPDATED, **about(invitation, 2))
    deliver(Scripted(), now)
    db.session.refresh(invitation)
    assert invitation.sent_sequence == 2
    put(mailbox, now=now, kind=LetterKind.UPDATED, **about(invitation, 1))
    deliver(Scripted(), now)
    db.session.refresh(invitation)
    assert invitation.sent_sequence == 2


@pytest.mark.one_database
def test_what_may_have_left_counts_as_left_so_that_it_can_be_taken_back(make: Builder, now: datetime) -> None:
    mailbox, outreach_session = make.mailbox("someone@example.org"), make.outreach_session(make.clinician())
    invitation = invite(outreach_session, mailbox, now=now)
    put(mailbox, now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    deliver(Scripted({mailbox.address: Delayed(words="timed out", is_break=True, may_have_left=True)}), now)
    db.session.refresh(invitation)
    assert invitation.sent_sequence == 0


def test_the_link_of_an_account_letter_is_wiped_once_it_is_settled(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("someone@example.org")
    facts: dict[str, Any] = {"purpose": "reset", "reader_name": "Robin", "link": "https://outreach.example/reset/secret"}
    put(mailbox, "reset", now=now, kind=LetterKind.ACCOUNT, facts=facts)
    deliver(Scripted({mailbox.address: Delayed(words="450 Later")}), now)
    assert letter_named("reset").facts == facts
    transport = Scripted()
    deliver(transport, now + MINUTE)
    assert b"reset/secret" in transport.sent[0].message
    assert letter_named("reset").facts == facts | {"link": None}
    put(mailbox, "refused", now=now, kind=LetterKind.ACCOUNT, facts=facts)
    deliver(Scripted({mailbox.address: Rejected(words="550 No")}), now)
    assert letter_named("refused").facts["link"] is None


@pytest.mark.one_database
def test_a_database_that_is_away_for_a_moment_does_not_send_a_letter_twice(
    make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(make.mailbox("someone@example.org"), "news", now=now)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    away: list[str] = []

    def refuse_twice(*call: Any) -> None:
        if "server_words" in call[2] and call[2].startswith("UPDATE") and len(away) < 2:
            away.append(call[2])
            raise OperationalError(call[2], {}, Exception("server closed the connection"))

    event.listen(db.engine, "before_cursor_execute", refuse_twice)
    transport = Scripted()
    assert deliver(transport, now) == RoundStatistics(sent=1)
    assert (len(away), transport.subjects) == (2, ["news"])


@pytest.mark.one_database
def test_a_refused_letter_is_written_to_the_log_without_an_address(make: Builder, now: datetime) -> None:
    mailbox: Mailbox = make.mailbox("secret@example.org")
    put(mailbox, now=now)
    with capture_logs() as said:
        deliver(Scripted({mailbox.address: Rejected(words="550 <secret@example.org> unknown")}), now)
    assert [event["state"] for event in said] == ["failed"]
    assert "secret" not in str(said)
    assert mailbox.token not in str(said)


def test_after_a_weekend_without_a_server_all_that_is_current_leaves_and_nothing_stale(make: Builder, now: datetime) -> None:
    friday = datetime.fromisoformat("2027-03-12T17:00:00+00:00")
    saturday = make.outreach_session(make.clinician(), starts_wall=datetime(2027, 3, 13, 14))
    thursday = make.outreach_session(make.clinician())
    addresses = [f"someone{number}@example.org" for number in range(120)]
    away = Scripted(dict.fromkeys(addresses, GONE))
    for number, address in enumerate(addresses):
        invitation = invite(saturday if number % 3 == 0 else thursday, make.mailbox(address), now=now)
        put(invitation.mailbox, f"request {number}", now=friday, kind=LetterKind.INVITATION, **about(invitation, 0))
        if number % 3 == 1:
            facts = {"session": {"starts_at": thursday.starts_at.isoformat()}, "lead_minutes": 10080}
            put(invitation.mailbox, f"reminder {number}", now=friday, kind=LetterKind.REMINDER, facts=facts, **about(invitation, None))
    monday, dropped = friday + timedelta(days=2, hours=12), 0
    for hour in range(0, 60, 3):
        tally = deliver(away, friday + timedelta(hours=hour))
        assert (tally.is_paused, tally.sent, tally.failed, tally.delayed) == (True, 0, 0, 0)
        dropped += tally.dropped
    transport = Scripted()
    last = deliver(transport, monday)
    assert (last.sent, last.dropped + dropped) == (120, 40)
    expected = {f"request {number}" for number in range(120) if number % 3} | {f"reminder {number}" for number in range(1, 120, 3)}
    assert set(transport.subjects) == expected
