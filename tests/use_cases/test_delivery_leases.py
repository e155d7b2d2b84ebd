"""Who has a letter in hand, how long, and what becomes of a batch that ends early."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from outreach.db import db, transaction
from outreach.mail.smtp_responses import Accepted, Delayed, PauseReason, Rejected, Unavailable
from outreach.models import Bounce, BounceKind, Letter, LetterKind, LetterState, OutboxPause
from outreach.outbox.delivery import pause
from outreach.outbox.domain_limit import DomainLimit
from outreach.outbox.leases import Pace, lease_due, put_back, put_off
from outreach.outbox.results import RoundStatistics, record_result
from tests.support.builders import Builder
from tests.support.outbox import Scripted, about, deliver, invite, letter_named, put, states

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LEASE = Pace().lease
LATER, BROKEN = Delayed(words="450 Later"), Delayed(words="timed out", is_break=True)
GONE = Unavailable(reason=PauseReason.UNREACHABLE, words="Connection refused")


def several(make: Builder, now: datetime, number: int, *, domain: str = "example.org") -> list[str]:
    """Put a letter to each of so many addresses into the queue; give their names."""
    return [put(make.mailbox(f"someone{n}@{domain}"), f"letter {n}", now=now) for n in range(number)]


def in_hand(letters: list[Letter]) -> list[str]:
    return [letter.dedupe_key for letter in letters]


def test_a_lease_holds_to_its_last_moment_and_lapses_right_after(make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), "news", now=now)
    with transaction():
        lease = lease_due(now=now, pace=Pace())
    assert (lease.until, letter_named("news").leased_until) == (now + LEASE, now + LEASE)
    for moment in (now, now + LEASE - SECOND, now + LEASE):
        assert deliver(Scripted(), moment) == RoundStatistics()
    assert deliver(Scripted(), now + LEASE + SECOND) == RoundStatistics(sent=1)


def test_a_batch_is_no_larger_than_the_pace_allows(make: Builder, now: datetime) -> None:
    names = several(make, now, 5)
    with transaction():
        assert in_hand(lease_due(now=now, pace=Pace(batch=3)).current) == names[:3]
    assert list(states().values()) == ["leased"] * 3 + ["queued"] * 2


def test_what_became_due_first_leaves_first_though_it_was_written_last(make: Builder, now: datetime) -> None:
    for minutes, name in ((3, "third"), (1, "first"), (2, "second")):
        put(make.mailbox(f"{name}@example.org"), name, now=now, due_at=now + minutes * MINUTE)
    transport = Scripted()
    deliver(transport, now + 3 * MINUTE)
    assert transport.subjects == ["first", "second", "third"]


def test_only_the_same_mailbox_and_the_same_session_wait_for_an_earlier_letter_in_hand(make: Builder, now: datetime) -> None:
    one, other = make.mailbox("one@example.org"), make.mailbox("other@example.org")
    this, that = make.outreach_session(make.clinician()), make.outreach_session(make.clinician())
    put(one, "in hand", now=now, session_id=this.id)
    with transaction():
        assert lease_due(now=now, pace=Pace())
    put(one, "behind it", now=now, session_id=this.id)
    put(one, "of another session", now=now, session_id=that.id)
    put(one, "of no session", now=now)
    put(other, "to another mailbox", now=now, session_id=this.id)
    transport = Scripted()
    deliver(transport, now)
    assert transport.subjects == ["of another session", "of no session", "to another mailbox"]


def test_each_worker_that_dies_uses_up_one_attempt_of_the_letters_it_had_and_of_no_other(make: Builder, now: datetime) -> None:
    put(make.mailbox("old@example.org"), "in hand", now=now)
    with transaction():
        lease_due(now=now, pace=Pace())
    put(make.mailbox("new@example.org"), "fresh", now=now)
    with transaction():
        lease = lease_due(now=now + 6 * MINUTE, pace=Pace())
    assert lease.lapsed == {letter_named("in hand").id}
    assert (letter_named("in hand").attempts, letter_named("fresh").attempts) == (1, 0)


@pytest.mark.parametrize(("deaths", "tally"), [(7, RoundStatistics(sent=1)), (8, RoundStatistics(failed=1))])
def test_a_letter_is_given_up_once_eight_workers_died_with_it(make: Builder, now: datetime, deaths: int, tally: RoundStatistics) -> None:
    put(make.mailbox("someone@example.org"), "deadly", now=now)
    for number in range(deaths):
        with transaction():
            assert lease_due(now=now + 6 * MINUTE * number, pace=Pace())
    assert deliver(Scripted(), now + timedelta(hours=1)) == tally


def test_only_what_a_dead_worker_had_in_hand_counts_as_possibly_sent(make: Builder, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    invitations = [invite(outreach_session, make.mailbox(f"{name}@example.org"), now=now) for name in ("old", "new")]
    put(invitations[0].mailbox, "in hand", now=now, kind=LetterKind.INVITATION, **about(invitations[0], 0))
    with transaction():
        lease_due(now=now, pace=Pace())
    put(invitations[1].mailbox, "fresh", now=now, kind=LetterKind.INVITATION, **about(invitations[1], 0))
    refusing = Scripted(dict.fromkeys(("old@example.org", "new@example.org"), Rejected(words="554 No")))
    assert deliver(refusing, now + 6 * MINUTE) == RoundStatistics(failed=2)
    db.session.expire_all()
    assert [invitation.has_left for invitation in invitations] == [True, False]


@pytest.mark.parametrize("ends", ["paused", "stopped"])
def test_the_domain_limit_holds_after_a_batch_that_was_interrupted(make: Builder, now: datetime, ends: str) -> None:
    several(make, now, 7, domain="school.example")
    put(make.mailbox("last@elsewhere.example"), "elsewhere", now=now)
    put(make.mailbox("never@elsewhere.example"), "in hand", now=now)
    transport = Scripted({"last@elsewhere.example": GONE} if ends == "paused" else {})
    limit = DomainLimit(60)
    tally = deliver(transport, now, limit=limit, stopping=lambda: "elsewhere" in transport.subjects)
    assert (tally.sent, tally.put_off) == (5 + (ends == "stopped"), 2)
    assert (letter_named("letter 5").due_at, letter_named("letter 6").due_at) == (now + SECOND, now + 2 * SECOND)
    back = letter_named("in hand")
    assert (back.state, back.due_at, back.lease_token, back.leased_until) == (LetterState.QUEUED, now, None, None)


def test_letters_are_put_back_and_put_off_only_by_the_worker_that_has_them(make: Builder, now: datetime) -> None:
    several(make, now, 2)
    with transaction():
        old = lease_due(now=now, pace=Pace())
    with transaction():
        new = lease_due(now=now + 6 * MINUTE, pace=Pace())
    with transaction():
        put_back(old, old.current[:1])
        put_off(old, {old.current[1].id: now + MINUTE})
    assert [letter_named(f"letter {n}").lease_token for n in range(2)] == [new.token] * 2
    with transaction():
        put_back(new, new.current[:1])
        put_off(new, {new.current[1].id: now + MINUTE})
    rows = [letter_named(f"letter {n}") for n in range(2)]
    assert [(row.state, row.due_at, row.attempts) for row in rows] == [
        (LetterState.QUEUED, now, 1),
        (LetterState.QUEUED, now + MINUTE, 1),
    ]


@pytest.mark.parametrize(
    ("outcome", "attempts"),
    [
        (Accepted(), 0),
        (Rejected(words="550 5.1.1 No", kind=BounceKind.HARD), 0),
        (Delayed(words="timed out", is_break=True, may_have_left=True), 0),
        (Delayed(words="452 4.2.2 Full", may_have_left=True), 7),
    ],
    ids=["accepted", "refused", "delayed", "given up"],
)
def test_a_worker_whose_lease_was_taken_over_changes_nothing(
    make: Builder, now: datetime, outcome: Accepted | Rejected | Delayed, attempts: int
) -> None:
    invitation = invite(make.outreach_session(make.clinician()), make.mailbox("someone@example.org"), now=now)
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    with transaction():
        db.session.execute(update(Letter).where(Letter.dedupe_key == "request").values(attempts=attempts))
        old = lease_due(now=now, pace=Pace())
    [letter] = old.current
    with transaction():
        new = lease_due(now=now + 6 * MINUTE, pace=Pace())
    with transaction():
        assert record_result(letter, old, outcome, jitter=0.5, now=now) is None
    row = letter_named("request")
    assert (row.state, row.lease_token, row.server_words, row.settled_at) == (LetterState.LEASED, new.token, "", None)
    db.session.refresh(invitation.mailbox)
    db.session.refresh(invitation)
    assert (invitation.sent_sequence, invitation.mailbox.undeliverable_at) == (None, None)
    assert db.session.scalars(select(Bounce.id).where(Bounce.mailbox_id == invitation.mailbox_id)).all() == []


def test_a_letter_taken_over_while_it_is_being_sent_counts_for_the_other_worker(make: Builder, now: datetime) -> None:
    put(make.mailbox("someone@example.org"), "news", now=now)
    take_over = update(Letter).where(Letter.dedupe_key == "news").values(lease_token="another worker's")

    def rival(_envelope: object) -> None:
        with db.engine.begin() as connection:
            connection.execute(take_over)

    assert deliver(Scripted(before=rival), now) == RoundStatistics()
    assert states() == {"news": "leased"}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Accepted(), (LetterState.SENT, 3, "")),
        (Rejected(words="554 No"), (LetterState.FAILED, 3, "554 No")),
        (LATER, (LetterState.QUEUED, 3, "450 Later")),
    ],
)
def test_each_try_is_counted_and_the_last_words_of_the_server_are_kept(
    make: Builder, now: datetime, outcome: Accepted | Rejected | Delayed, expected: tuple[LetterState, int, str]
) -> None:
    mailbox = make.mailbox("someone@example.org")
    put(mailbox, "news", now=now)
    for _ in range(2):
        deliver(Scripted({mailbox.address: Delayed(words="451 Not yet")}), now)
        now = letter_named("news").due_at
    deliver(Scripted({mailbox.address: outcome}), now)
    letter = letter_named("news")
    assert (letter.state, letter.attempts, letter.server_words) == expected
    assert (letter.lease_token, letter.leased_until) == (None, None)
    assert letter.settled_at == (None if outcome == LATER else now)


@pytest.mark.parametrize("attempts", [0, 7], ids=["first try", "last try"])
@pytest.mark.parametrize("may_have_left", [False, True])
def test_a_letter_counts_as_sent_only_if_the_server_may_have_had_all_of_it(
    make: Builder, now: datetime, attempts: int, *, may_have_left: bool
) -> None:
    invitation = invite(make.outreach_session(make.clinician()), make.mailbox("someone@example.org"), now=now)
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    with transaction():
        db.session.execute(update(Letter).where(Letter.dedupe_key == "request").values(attempts=attempts))
    outcome = Delayed(words="timed out", is_break=True, may_have_left=may_have_left)
    deliver(Scripted({"someone@example.org": outcome}), now)
    db.session.refresh(invitation)
    assert invitation.has_left == may_have_left
    assert letter_named("request").attempts == attempts + 1


def test_a_letter_without_a_calendar_object_says_nothing_of_the_invitation(make: Builder, now: datetime) -> None:
    invitation = invite(make.outreach_session(make.clinician()), make.mailbox("someone@example.org"), now=now)
    put(invitation.mailbox, "question", now=now, kind=LetterKind.CONFIRM_ANSWER, **about(invitation, None))
    assert deliver(Scripted(), now) == RoundStatistics(sent=1)
    db.session.refresh(invitation)
    assert not invitation.has_left


@pytest.mark.parametrize(
    ("third", "tally"),
    [
        (BROKEN, RoundStatistics(delayed=3, is_paused=True)),
        (Accepted(), RoundStatistics(sent=1, delayed=4)),
        (Rejected(words="554 No"), RoundStatistics(failed=1, delayed=4)),
    ],
    ids=["hung up again", "accepted", "refused"],
)
def test_only_breaks_one_right_after_the_other_pause_the_queue(
    make: Builder, now: datetime, third: Accepted | Rejected | Delayed, tally: RoundStatistics
) -> None:
    several(make, now, 5)
    answers: dict[str, Any] = dict.fromkeys((f"someone{n}@example.org" for n in range(5)), BROKEN) | {"someone2@example.org": third}
    assert deliver(Scripted(answers), now) == tally
    paused = db.session.get(OutboxPause, 1)
    assert (paused and (paused.reason, paused.server_words)) == (("unreachable", "timed out") if tally.is_paused else None)


def test_a_server_that_hangs_up_does_not_end_a_pause(make: Builder, now: datetime) -> None:
    several(make, now, 1)
    deliver(Scripted({"someone0@example.org": GONE}), now)
    assert deliver(Scripted({"someone0@example.org": BROKEN}), now + MINUTE) == RoundStatistics(delayed=1)
    db.session.expire_all()
    assert db.session.get_one(OutboxPause, 1).times == 1


@pytest.mark.parametrize("outcome", [Accepted(), LATER, Rejected(words="554 No")])
def test_any_answer_of_the_server_ends_a_pause(make: Builder, now: datetime, outcome: Accepted | Delayed | Rejected) -> None:
    several(make, now, 1)
    deliver(Scripted({"someone0@example.org": GONE}), now)
    deliver(Scripted({"someone0@example.org": outcome}), now + MINUTE)
    db.session.expire_all()
    assert db.session.get(OutboxPause, 1) is None


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(seconds=29), (1, 0, 30, "unreachable", "Connection refused")),
        (timedelta(seconds=30), (2, 0, 90, "sign_in", "535 No")),
    ],
)
def test_a_pause_that_still_runs_is_left_as_it_is(
    make: Builder,  # noqa: ARG001 (a database must be there)
    now: datetime,
    after: timedelta,
    expected: tuple[int, int, int, str, str],
) -> None:
    with transaction():
        assert pause(GONE, now=now) == now + timedelta(seconds=30)
    with transaction():
        until = pause(Unavailable(reason=PauseReason.SIGN_IN, words="535 No"), now=now + after)
    row = db.session.get_one(OutboxPause, 1, populate_existing=True)
    since, runs_for = row.since - now, until - now
    assert (row.times, since.seconds, runs_for.seconds, row.reason, row.server_words) == expected
    assert row.until == until


def test_nothing_is_begun_once_a_worker_was_asked_to_stop(make: Builder, now: datetime) -> None:
    several(make, now, 1)
    assert deliver(Scripted(), now, stopping=lambda: True) == RoundStatistics()
    assert states() == {"letter 0": "queued"}


def test_the_connection_is_closed_after_a_round_however_it_ends(make: Builder, now: datetime) -> None:
    closed: list[str] = []

    class Closing(Scripted):
        def close(self) -> None:
            closed.append("closed")

    def interrupt(_envelope: object) -> None:
        raise KeyboardInterrupt

    several(make, now, 1)
    with pytest.raises(KeyboardInterrupt):
        deliver(Closing(before=interrupt), now)
    assert deliver(Closing(), now + 6 * MINUTE) == RoundStatistics(sent=1)
    assert closed == ["closed"] * 2


@pytest.mark.parametrize(
    ("gives_up", "stops"),
    [(lambda now: now + LEASE, False), (lambda now: now, True)],
    ids=["the lease is over", "asked to stop"],
)
def test_a_database_that_stays_away_is_waited_for_as_long_as_the_letter_is_ours(
    make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch, gives_up: Callable[[datetime], datetime], *, stops: bool
) -> None:
    several(make, now, 1)
    moments, tries = [now], list[str]()
    slept: list[float] = []

    def away(*call: Any) -> None:
        if "server_words" in call[2] and call[2].startswith("UPDATE"):
            tries.append(call[2])
            if len(tries) == 3:
                moments.append(gives_up(now))
            raise OperationalError(call[2], {}, Exception("server closed the connection"))

    monkeypatch.setattr("time.sleep", slept.append)
    event.listen(db.engine, "before_cursor_execute", away)
    with pytest.raises(OperationalError):
        deliver(Scripted(), now, clock=lambda: moments[-1], stopping=lambda: stops and len(tries) == 3)
    event.remove(db.engine, "before_cursor_execute", away)
    db.session.rollback()
    assert (len(tries), slept) == (3, [1, 1])
    assert states() == {"letter 0": "leased"}
