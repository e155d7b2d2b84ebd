"""A withdrawal is undone: whoever was told of it is told, and what hasn't left is taken back, so that nobody gets both.

Joins the caller's transaction, never commits. The caller holds the lock on the session's row, and has given back seats and positions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from outreach.db import db
from outreach.models import (
    Cause,
    Letter,
    LetterKind,
    LetterSnapshot,
    LetterState,
    OutreachSession,
    StudentSnapshot,
)
from outreach.notifications.calendar_letters import looks_the_same
from outreach.notifications.decide import reconcile, wanted_by_families, wanted_by_teachers
from outreach.notifications.facts import IN_LINE, Facts
from outreach.notifications.notices import digests, notices
from outreach.notifications.plan import Change, Plan, PlannedLetter
from outreach.notifications.read import read_registrations
from outreach.notifications.write import write
from outreach.outbox import NewLetter, enqueue
from outreach.people import only_at, recipients

_ENDED = (LetterKind.REMOVED, LetterKind.CANCELLED)


@dataclass(frozen=True)
class _Told:
    """A letter that has left, or may be leaving: what its reader knows."""

    mailbox_id: int
    kind: LetterKind
    sequence: int | None
    snapshot: LetterSnapshot

    def names(self, students: Collection[StudentSnapshot], registration_id: int) -> bool:
        return any(student.registration_id == registration_id for student in students)

    def says_gone(self, registration_id: int) -> bool | None:
        """Say whether it tells of the end of a registration; None: it says nothing of it."""
        snapshot = self.snapshot
        if self.names(snapshot.gone, registration_id) or (self.kind in _ENDED and self.names(snapshot.seated, registration_id)):
            return True
        still = (*snapshot.seated, *snapshot.waiting, *snapshot.offered)
        return False if self.names(still, registration_id) else None


def notify_undone(outreach_session: OutreachSession, withdrawn_by: Mapping[int, int | None], *, now: datetime, by_id: int | None) -> None:
    """Tell families and teachers who know that these were withdrawn that they weren't; those who never read of it get nothing.

    `withdrawn_by`: the user who withdrew, by registration; None: a family or the service did. A calendar that was sent the CANCEL gets
    the entry back with a new SEQUENCE; one to which the CANCEL hasn't left keeps the entry it has.
    """
    _take_back(outreach_session, withdrawn_by.keys(), now=now)
    facts = read_registrations(outreach_session, withdrawn_by.keys(), now=now)
    told = _told(outreach_session)
    causes = dict.fromkeys(withdrawn_by, Cause.RESTORED)
    write(_entries(facts, told) + _notices(facts, told) + _digests(facts, told, causes, withdrawn_by, by_id=by_id), facts)


def _take_back(outreach_session: OutreachSession, registration_ids: Collection[int], *, now: datetime) -> None:
    """Drop queued letters without a calendar object that name these as gone; what else they say is written again."""
    queued = (
        select(Letter)
        .where(
            Letter.session_id == outreach_session.id,
            Letter.state == LetterState.QUEUED,
            Letter.kind.in_((LetterKind.REMOVED, LetterKind.DIGEST)),
            Letter.sequence.is_(None),
        )
        .order_by(Letter.id)
    )
    for letter in db.session.scalars(queued.with_for_update().execution_options(populate_existing=True)).all():
        snapshot, key = LetterSnapshot.from_json(letter.facts), letter.dedupe_key
        gone = tuple(student for student in snapshot.gone if student.registration_id not in registration_ids)
        if gone == snapshot.gone:
            continue
        letter.drop(now=now)
        db.session.flush()
        if gone or snapshot.seated or snapshot.waiting or snapshot.offered:
            enqueue([_copy(letter, replace(snapshot, gone=gone), key)], now=now)


def _copy(letter: Letter, snapshot: LetterSnapshot, key: str) -> NewLetter:
    return NewLetter(
        mailbox_id=letter.mailbox_id,
        kind=letter.kind,
        facts=snapshot.to_json(),
        dedupe_key=key,
        locale=letter.locale,
        session_id=letter.session_id,
        invitation_id=letter.invitation_id,
    )


def _told(outreach_session: OutreachSession) -> list[_Told]:
    """Read what has left or may be leaving, newest first."""
    may_have_left = Letter.state.in_((LetterState.SENT, LetterState.LEASED))
    found = select(Letter).where(Letter.session_id == outreach_session.id, may_have_left, Letter.kind != LetterKind.ROSTER)
    letters = db.session.scalars(found.order_by(Letter.id.desc()).execution_options(populate_existing=True))
    return [_Told(one.mailbox_id, one.kind, one.sequence, LetterSnapshot.from_json(one.facts)) for one in letters]


def _entries(facts: Facts, told: Collection[_Told]) -> Plan:
    wanted = wanted_by_families(facts.participants) | wanted_by_teachers(facts)
    standing = facts.standing
    changing = {reason.mailbox_id for reason in wanted.keys() - standing.keys()}
    kept = {one: named for one, named in standing.items() if one in wanted}
    plan = reconcile(facts, Change(), wanted, kept, dict.fromkeys(changing, Cause.RESTORED))
    in_calendar: dict[int, _Told] = {}
    for one in told:
        if one.sequence is not None:
            in_calendar.setdefault(one.mailbox_id, one)
    letters, restored = [], []
    for letter in plan.letters:
        known, invitation = in_calendar.get(letter.mailbox_id), facts.invitations[letter.mailbox_id]
        if known is None:
            letters.append(replace(letter, snapshot=replace(letter.snapshot, cause=Cause.REGISTERED)))
        elif known.kind in _ENDED or invitation.invitation_id in facts.in_flight:
            letters.append(letter)
        elif _says_the_same(known, letter) and known.sequence == invitation.sent_sequence:
            restored.append(invitation.invitation_id)
        else:
            letters.append(_news_of_the_rest(known, letter))
    kept_revisions = tuple(one for one in plan.revisions if one.invitation_id not in restored)
    return replace(plan, letters=tuple(letters), revisions=kept_revisions, restored=tuple(key for key in restored if key is not None))


def _says_the_same(known: _Told, letter: PlannedLetter) -> bool:
    one, other = known.snapshot, letter.snapshot
    assert one.entry is not None  # noqa: S101 (it has a SEQUENCE)
    assert other.entry is not None  # noqa: S101 (so has this)
    seats = [{(student.registration_id, student.is_held) for student in snapshot.seated} for snapshot in (one, other)]
    is_same_entry = (one.entry.is_transparent, one.entry.is_held) == (other.entry.is_transparent, other.entry.is_held)
    return seats[0] == seats[1] and is_same_entry and looks_the_same(one.session, other.session) and not other.has_new_description


def _news_of_the_rest(known: _Told, letter: PlannedLetter) -> PlannedLetter:
    """Give the update that remains: the entry never left the calendar, and of those who were withdrawn some still are."""
    missed = {student.registration_id for student in letter.snapshot.seated} - {one.registration_id for one in known.snapshot.seated}
    cause = Cause.RESTORED if missed else Cause.WITHDRAWN
    return replace(letter, kind=LetterKind.UPDATED, snapshot=replace(letter.snapshot, cause=cause))


def _notices(facts: Facts, told: Collection[_Told]) -> Plan:
    """Tell families who wait again: those who were told that they don't, and those who were never told of either."""
    plan = Plan()
    for one in (one for one in facts.participants if one.state in IN_LINE):
        for mailbox_id in {recipient.mailbox_id for recipient in recipients(one)}:
            knows_gone = _knows_gone(told, mailbox_id, one.registration_id)
            if knows_gone is not False:
                cause = Cause.RESTORED if knows_gone else Cause.REGISTERED
                plan += notices(facts, Change(), [only_at(one, {mailbox_id})], {one.registration_id: cause})
    return plan


def _digests(
    facts: Facts, told: Collection[_Told], causes: Mapping[int, Cause], withdrawn_by: Mapping[int, int | None], *, by_id: int | None
) -> Plan:
    known = tuple(
        one
        for one in facts.participants
        if one.teacher_id in facts.teachers
        and (
            withdrawn_by[one.registration_id] == one.teacher_id
            or _knows_gone(told, facts.teachers[one.teacher_id].mailbox_id, one.registration_id)
        )
    )
    return digests(replace(facts, participants=known), Change(), causes, by_id=by_id)


def _knows_gone(told: Collection[_Told], mailbox_id: int, registration_id: int) -> bool | None:
    """Say what the last letter that names this registration told a mailbox; None: none does."""
    said = (one.says_gone(registration_id) for one in told if one.mailbox_id == mailbox_id)
    return next((one for one in said if one is not None), None)
