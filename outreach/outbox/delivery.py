"""Sends what is due: leases a batch, sends each e-mail outside any transaction, records the result before the next one.

An e-mail is rendered from its row alone, so every try gives the same bytes. One row stops the whole queue while the mail
server is away or refuses us.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError, OperationalError

from outreach.db import db, end_reading, locked, transaction
from outreach.logs import place_of
from outreach.mail import Accepted, Delayed, Envelope, Outcome, PauseReason, Rejected, Transport, Unavailable
from outreach.models import Letter, LetterState, OutboxPause
from outreach.outbox.domain_limit import DomainLimit
from outreach.outbox.leases import Lease, Pace, is_anything_due, lease_due, put_back, put_off
from outreach.outbox.results import RoundStatistics, drop, record_lapsed, record_result, write_without_waiting_for_disk
from outreach.outbox.retry import TRY_AGAIN_AFTER, pause_length

_THE_ONE = 1


class CannotBeWritten(Exception):
    """Rendering failed. `kind` and `place` may be logged; the message may contain what a person typed."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:500])
        self.kind = type(error).__name__
        self.place = place_of(error)


BREAKS_IN_A_ROW = 3
USUAL_PACE = Pace()
_log = structlog.get_logger()


def deliver_due(
    *,
    render: Callable[[Letter], bytes],
    transport: Transport,
    sender_of: Callable[[int], str],
    clock: Callable[[], datetime],
    jitter: Callable[[], float] = random.random,
    pace: Pace = USUAL_PACE,
    limit: DomainLimit | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> RoundStatistics:
    """Send all that is due, until nothing is, the queue pauses, or `stopping` says so (the current letter is settled first).

    `render` gives the message from the letter's row alone, `sender_of` the envelope's sender from its id. What is over
    the `limit` of its domain is due again when that has room, and no attempt is used up.
    Raises what the database raises; leased letters then come back when the lease ends.
    """
    delivery = _Delivery(render, transport, sender_of, clock, jitter, pace, limit, stopping)
    try:
        while delivery.goes_on() and (lease := delivery.lease()):
            delivery.work_off(lease)
    finally:
        transport.close()
        db.session.expire_all()
    return delivery.tally


@dataclass
class _Delivery:
    render: Callable[[Letter], bytes]
    transport: Transport
    sender_of: Callable[[int], str]
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    pace: Pace
    limit: DomainLimit | None
    stopping: Callable[[], bool]
    tally: RoundStatistics = field(default_factory=RoundStatistics)
    was_paused: bool = False
    breaks: int = 0

    def goes_on(self) -> bool:
        """Say whether to go on sending."""
        return not self.tally.is_paused and not self.stopping()

    def lease(self) -> Lease | None:
        """Lease the next batch; None while the queue pauses or when nothing is due."""
        now, until = self.clock(), paused_until()
        self.was_paused, self.tally.is_paused = until is not None, until is not None and now < until
        is_due = not self.tally.is_paused and is_anything_due(now=now)
        end_reading()
        if not is_due:
            return None
        with transaction():
            return lease_due(now=now, pace=self.pace)

    def work_off(self, lease: Lease) -> None:
        """Drop what is stale, send the rest one by one; what there was no time for, or isn't its domain's turn, goes back."""
        self._note_lapsed(lease)
        self._drop(lease)
        leased, later = deque(lease.current), dict[int, datetime]()
        while leased and self.goes_on() and lease.has_time(self.clock(), self.pace):
            if moment := self._must_wait(leased[0]):
                later[leased.popleft().id] = moment
                continue
            outcome = self._try(leased[0], lease)
            if isinstance(outcome, Unavailable):
                self._pause(outcome)
            else:
                self._settle(leased.popleft(), lease, outcome)
        self.tally.put_off += len(later)
        if leased or later:
            with transaction():
                put_back(lease, leased)
                put_off(lease, later)

    def _must_wait(self, letter: Letter) -> datetime | None:
        if self.limit is None:
            return None
        has_waited = letter.due_at > letter.created_at
        return self.limit.put_off(letter.mailbox.domain, has_waited=has_waited, now=self.clock())

    def _note_lapsed(self, lease: Lease) -> None:
        """Not while leasing: who changes invitations meanwhile may wait for letters that are being leased."""
        if lease.lapsed:
            with transaction():
                record_lapsed(lease)

    def _drop(self, lease: Lease) -> None:
        if not lease.stale:
            return
        with transaction():
            drop(lease.stale, lease, now=self.clock())
        self.tally.dropped += len(lease.stale)
        for letter, reason in lease.stale:
            _log.info("letter dropped", letter=letter.id, kind=letter.kind.value, reason=reason)

    def _try(self, letter: Letter, lease: Lease) -> Outcome:
        if letter.id in lease.lapsed and letter.attempts > len(TRY_AGAIN_AFTER):
            return Rejected(words=letter.server_words)  # each worker that leased it died
        try:
            envelope = written(letter, self.render, self.sender_of)
        except CannotBeWritten as failed:
            _log.error("letter cannot be written", letter=letter.id, kind=letter.kind.value, error=failed.kind, place=failed.place)
            return Rejected(words=str(failed))
        return self.transport.send(envelope)

    def _settle(self, letter: Letter, lease: Lease, outcome: Accepted | Rejected | Delayed) -> None:
        state = self._written_down(letter, lease, outcome)
        if state is None:
            _log.warning("letter taken over by another worker", letter=letter.id)
            return
        self.tally.count(state)
        if state is not LetterState.SENT:  # those that left are counted in a line of the worker
            _log.info("letter tried", letter=letter.id, kind=letter.kind.value, state=state.value, attempts=letter.attempts + 1)
        self._learn_of_the_server(outcome)

    def _written_down(self, letter: Letter, lease: Lease, outcome: Accepted | Rejected | Delayed) -> LetterState | None:
        """Settle even if the database is away for a moment: forgetting now would send the letter twice."""
        while True:
            try:
                with transaction():
                    write_without_waiting_for_disk()
                    return record_result(letter, lease, outcome, jitter=self.jitter(), now=self.clock())
            except OperationalError:
                db.session.rollback()
                if self.stopping() or self.clock() >= lease.until:
                    raise
                time.sleep(1)

    def _learn_of_the_server(self, outcome: Accepted | Rejected | Delayed) -> None:
        """An answer ends a pause; a server that keeps hanging up isn't about single letters."""
        if not (isinstance(outcome, Delayed) and outcome.is_break):
            self.breaks = 0
            self._resume()
            return
        self.breaks += 1
        if self.breaks == BREAKS_IN_A_ROW:
            self._pause(Unavailable(reason=PauseReason.UNREACHABLE, words=outcome.words))

    def _pause(self, outcome: Unavailable) -> None:
        self.tally.is_paused = True
        with suppress(IntegrityError), transaction():  # a rival may have written the same row first
            until = pause(outcome, now=self.clock())
            _log.warning("delivery pauses", reason=outcome.reason.value, until=until.isoformat())

    def _resume(self) -> None:
        if not self.was_paused:
            return
        with transaction():
            resume()
        self.was_paused = False
        _log.info("delivery resumed")


def written(letter: Letter, render: Callable[[Letter], bytes], sender_of: Callable[[int], str]) -> Envelope:
    """Give the envelope; whatever goes wrong is this letter's trouble alone. Raises CannotBeWritten."""
    try:
        return Envelope(
            name=f"{letter.created_at:%Y%m%dT%H%M%S}-{letter.id:09}-{letter.key}",
            sender=sender_of(letter.id),
            recipient=letter.mailbox.address,
            message=render(letter),
        )
    except Exception as error:
        raise CannotBeWritten(error) from error


def paused_until() -> datetime | None:
    """Give the moment of the next try, past once it has come; None: there is no pause."""
    return db.session.scalar(select(OutboxPause.until).where(OutboxPause.id == _THE_ONE))


def pause(outcome: Unavailable, *, now: datetime) -> datetime:
    """Wait a while, longer each time; give the moment of the next try. A rival's pause that still runs is left as it is."""
    row = locked(OutboxPause, _THE_ONE)
    if row is None:
        row = OutboxPause(id=_THE_ONE, since=now, until=now, times=0, reason=outcome.reason.value)
        db.session.add(row)
    if row.until <= now:
        row.times += 1
        row.until = now + pause_length(row.times)
        row.reason, row.server_words = outcome.reason.value, outcome.words
    return row.until


def resume() -> None:
    """The server talks to us again."""
    db.session.execute(delete(OutboxPause))
