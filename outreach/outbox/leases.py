"""Leases: a worker takes a batch of letters under a token, and only that token can record their results.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import cast
from uuid import uuid4

from sqlalchemy import ColumnElement, Integer, Select, Table, and_, bindparam, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from outreach.db import db
from outreach.letters import KINDS, kinds_where
from outreach.models import UNSETTLED, Invitation, Letter, LetterKind, LetterState, OutreachSession
from outreach.outbox.passing_on import pass_on
from outreach.outbox.readers import capacities, others_come

NO_LONGER_THEIRS, OTHERS_COME = "no_longer_theirs", "others_come"
_LETTERS = cast(Table, Letter.__table__)
_LET_GO = {"state": LetterState.QUEUED, "lease_token": None, "leased_until": None}
_EARLIER, _NEWER = aliased(Letter, name="earlier"), aliased(Letter, name="newer")


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How many letters a worker leases at once, for how long, and how much of that time is reserved for the last one.

    A batch fits well inside its lease: 50 letters take seconds; one that hangs takes the transport's timeout.
    """

    batch: int = 50
    lease: timedelta = timedelta(minutes=5)
    reserve: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Leased letters: `current` to be sent in this order, `stale` to be dropped, each with the reason.

    `lapsed`: ids of letters that an earlier worker leased and never settled: they may have left.
    """

    token: str
    until: datetime
    current: list[Letter] = field(default_factory=list)
    stale: list[tuple[Letter, str]] = field(default_factory=list)
    lapsed: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.current or self.stale)

    def has_time(self, now: datetime, pace: Pace) -> bool:
        """There is still time for one more letter."""
        return now < self.until - pace.reserve


def is_anything_due(*, now: datetime) -> bool:
    """Look without a lock, so that an idle worker blocks nobody."""
    return db.session.scalar(_anything_due(), {"now": now}) is not None


def lease_due(*, now: datetime, pace: Pace) -> Lease:
    """Lease the oldest due letters, at most one of each stream: later ones wait until it is settled.

    Asked now is also whether whoever reads at a mailbox still is as whom they were to get the letter; one for several capacities is
    composed anew for those that remain. A roster that names others than those who come now is dropped: `plan_rosters` writes another
    where the host doesn't know. Rivals skip each other's rows (PostgreSQL) or take turns (SQLite): no letter is leased twice.
    """
    lease = Lease(token=uuid4().hex, until=now + pace.lease)
    batch = db.session.execute(_batch(), {"now": now, "batch": pace.batch}).all()
    readers = capacities([letter for letter, _is_superseded in batch]) if batch else {}
    for letter, is_superseded in batch:
        if letter.state is LetterState.LEASED:
            lease.lapsed.add(letter.id)
        reason = KINDS[letter.kind].why_out_of_date(letter, is_superseded=is_superseded, now=now)
        if reason is None and letter.kind is LetterKind.ROSTER and others_come(letter):
            reason = OTHERS_COME
        facts = KINDS[letter.kind].for_whom_it_still_is(letter, readers[letter.id]) if reason is None else None
        if reason is None and facts != letter.facts and KINDS[letter.kind].names_as_staff:
            pass_on(letter, facts, now=now)
        if facts is None:
            lease.stale.append((letter, reason or NO_LONGER_THEIRS))
            continue
        if facts != letter.facts:
            letter.facts = facts
        lease.current.append(letter)
    _take(lease)
    return lease


def put_back(lease: Lease, letters: Collection[Letter]) -> None:
    """Return what is still leased; no attempt is used up."""
    if letters:
        leased = update(Letter).where(Letter.id.in_([letter.id for letter in letters]), Letter.lease_token == lease.token)
        db.session.execute(leased.values(**_LET_GO).execution_options(synchronize_session=False))


def put_off(lease: Lease, moments: Mapping[int, datetime]) -> None:
    """Return letters, by id, to be sent at these moments; no attempt is used up."""
    if moments:
        this_one = _LETTERS.c.id == bindparam("this_letter"), _LETTERS.c.lease_token == lease.token
        due_again = update(_LETTERS).where(*this_one).values(**_LET_GO, due_at=bindparam("moment"))
        db.session.execute(due_again, [{"this_letter": key, "moment": moment} for key, moment in moments.items()])


def _take(lease: Lease) -> None:
    """Two statements at most, however many letters."""
    ids = [letter.id for letter in (*lease.current, *(letter for letter, _reason in lease.stale))]
    if lease.lapsed:
        db.session.execute(update(Letter).where(Letter.id.in_(lease.lapsed)).values(attempts=Letter.attempts + 1))
    if ids:
        taken = {"state": LetterState.LEASED, "lease_token": lease.token, "leased_until": lease.until}
        db.session.execute(update(Letter).where(Letter.id.in_(ids)).values(**taken))


@cache
def _anything_due() -> Select[int]:
    return select(Letter.id).where(*_due()).limit(1)


@cache
def _batch() -> Select[Letter, bool]:
    without_calendar = kinds_where(lambda kind: kind.can_be_superseded and kind.calendar_method is None)
    next_of_its_kind = and_(Letter.kind.in_(without_calendar), _NEWER.kind == Letter.kind, _NEWER.id > Letter.id)
    says_the_same_later = or_(_NEWER.sequence > Letter.sequence, next_of_its_kind)
    same_invitation = _NEWER.invitation_id == Letter.invitation_id
    # Not its state: SQLite would take the index on states for the better one and read every letter that waits.
    is_superseded = select(_NEWER.id).where(same_invitation, says_the_same_later, _NEWER.settled_at.is_(None)).exists()
    return (
        select(Letter, is_superseded.label("is_superseded"))
        .where(*_due())
        .order_by(Letter.due_at, Letter.id)
        .limit(bindparam("batch", type_=Integer))
        .options(
            joinedload(Letter.mailbox),
            joinedload(Letter.invitation).load_only(Invitation.is_live, Invitation.sent_sequence, Invitation.answer),
            joinedload(Letter.outreach_session).load_only(
                OutreachSession.state,
                OutreachSession.starts_at,
                OutreachSession.ends_at,
                OutreachSession.reminder_leads,
                OutreachSession.is_provisional,
                OutreachSession.decides_at,
            ),
        )
        .with_for_update(of=Letter, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _due() -> Iterator[ColumnElement[bool]]:
    yield _is_unsettled(Letter.state)
    yield Letter.due_at <= bindparam("now")
    yield or_(Letter.state == LetterState.QUEUED, Letter.leased_until < bindparam("now"))
    same_stream = and_(_EARLIER.mailbox_id == Letter.mailbox_id, _EARLIER.session_id == Letter.session_id)
    yield ~select(_EARLIER.id).where(same_stream, _EARLIER.id < Letter.id, _is_unsettled(_EARLIER.state)).exists()


def _is_unsettled(state: InstrumentedAttribute[LetterState]) -> ColumnElement[bool]:
    """Written out, not bound: only then do both databases see that the partial indexes answer it."""
    return state.in_(bindparam("unsettled", UNSETTLED, expanding=True, literal_execute=True, unique=True))
