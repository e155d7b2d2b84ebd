"""The letter that brings one revision of one invitation: REQUEST, update or CANCEL.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from outreach.models import Cause, EntrySnapshot, LetterKind, LetterSnapshot, SessionSnapshot, StudentSnapshot
from outreach.notifications.facts import GONE, Facts, InvitationRecord
from outreach.notifications.plan import Change, PlannedLetter
from outreach.people import for_family

_SHOWN = (
    *("starts_wall", "ends_wall", "zone", "fold", "starts_at", "ends_at", "site_name", "area_name", "meeting_point", "video_url"),
    *("title", "host_name", "bring", "wear", "kit", "is_provisional", "decides_at"),
)


def calendar_letter(
    facts: Facts, change: Change, new: InvitationRecord, old: InvitationRecord, cause: Cause, *, left: Collection[int] = ()
) -> PlannedLetter | None:
    """Give the letter for one invitation; None where it would take back what never left.

    `new`: the invitation as it becomes, `old`: as it was. `left`: the registrations it isn't about any more. Whoever has no
    reason left reads as they did. News that never left is carried on. Whoever says "not my child" reads no name at all.
    """
    is_first = new.sent_sequence is None and new.invitation_id not in facts.in_flight
    if is_first and not new.is_live:
        return None
    unsent = _unsent(facts, new)
    reads_as = new if new.kinds else old
    is_goodbye = cause is Cause.NOT_MINE and not new.is_live
    previous = None if is_first else _known_before(change.old, new, unsent)
    kind = _kind(new, old, cause, unsent, is_first=is_first)
    gone = () if is_goodbye else _gone(facts, left, unsent, new)
    snapshot = LetterSnapshot(
        reader=reads_as.reader,
        reader_name="" if is_goodbye else reads_as.reader_name,
        reader_zone=reads_as.zone,
        cause=cause,
        session=facts.session,
        was=previous if previous and not looks_the_same(previous, facts.session) else None,
        seated=tuple(new.students.values()),
        gone=gone,
        has_new_description=change.has_new_description or (unsent is not None and unsent.has_new_description and not is_first),
        entry=EntrySnapshot(
            uid=new.uid,
            sequence=new.sequence,
            is_first=is_first,
            is_transparent=reads_as.is_transparent,
            answer=new.answer,
            created_at=new.created_at,
            changed_at=facts.now,
            is_held=new.is_held,
            thread=new.thread,
            begins_thread=not is_first and (kind is not LetterKind.UPDATED or _starts_at_another_time(previous, facts.session)),
        ),
        reason=_reason(facts, change, left, gone, unsent, is_live=new.is_live),
        note=(change.note or (unsent.note if unsent else "")) if new.is_live and not is_first else "",
    )
    return PlannedLetter(
        mailbox_id=new.mailbox_id,
        kind=kind,
        snapshot=snapshot,
        locale=new.locale,
        key=f"{new.sequence}{change.key}",
        sequence=new.sequence,
    )


def _starts_at_another_time(previous: SessionSnapshot | None, now: SessionSnapshot) -> bool:
    """Its subject states another time than the thread's first."""
    return previous is not None and any(getattr(previous, name) != getattr(now, name) for name in ("starts_wall", "zone", "fold"))


def _unsent(facts: Facts, one: InvitationRecord) -> LetterSnapshot | None:
    """Give the first letter with a calendar object that hasn't left."""
    letters = (letter for letter in facts.unsent if letter.invitation_id is not None and letter.invitation_id == one.invitation_id)
    return next((letter.snapshot for letter in letters if letter.belongs_to_entry and letter.kind is not LetterKind.REMINDER), None)


def _known_before(old: SessionSnapshot | None, to: InvitationRecord, unsent: LetterSnapshot | None) -> SessionSnapshot | None:
    """Give the session as they knew it: as before the letter that never left, unless that one may have left after all."""
    if unsent is None or unsent.was is None:
        return old
    may_have_left = unsent.entry is not None and to.sent_sequence is not None and unsent.entry.sequence <= to.sent_sequence
    return old or unsent.was if may_have_left else unsent.was


def _gone(facts: Facts, left: Collection[int], unsent: LetterSnapshot | None, to: InvitationRecord) -> tuple[StudentSnapshot, ...]:
    """Name the students whose registration ended, those of an unsent letter too, unless they are back or only have another address."""
    ended_now = for_family([one for one in facts.participants if one.registration_id in left and one.state in GONE])
    known = {student.registration_id: student for student in (*(unsent.gone if unsent else ()), *ended_now)}
    back = {facts.student_of.get(key) for key in to.students} - {None} if unsent else set()
    return tuple(student for key, student in known.items() if facts.student_of.get(key) not in back)


def _reason(
    facts: Facts,
    change: Change,
    left: Collection[int],
    gone: Sequence[StudentSnapshot],
    unsent: LetterSnapshot | None,
    *,
    is_live: bool,
) -> str:
    """Give the one reason that is true for everybody the letter names as gone: of this change, or of the letter that never left."""
    named = {student.registration_id for student in gone}
    ended_now = {one.registration_id for one in facts.participants if one.registration_id in left and one.state in GONE}
    if named <= ended_now:
        return change.reason if ended_now or not is_live else ""
    is_as_before = unsent is not None and not ended_now and named == {student.registration_id for student in unsent.gone}
    return unsent.reason if unsent and is_as_before else ""


def _kind(new: InvitationRecord, old: InvitationRecord, cause: Cause, unsent: LetterSnapshot | None, *, is_first: bool) -> LetterKind:
    if not new.is_live:
        return _LAST_LETTERS.get(cause, LetterKind.REMOVED)
    if old.is_live and not is_first:
        return LetterKind.UPDATED
    was_promoted = cause is Cause.PROMOTED or (unsent is not None and unsent.cause is Cause.PROMOTED)
    return LetterKind.PROMOTED if was_promoted else LetterKind.INVITATION


_LAST_LETTERS = {Cause.CANCELLED: LetterKind.CANCELLED, Cause.NOT_MINE: LetterKind.NOT_MINE}


def looks_the_same(one: SessionSnapshot, other: SessionSnapshot) -> bool:
    """All that a letter shows agrees: moved there and back before anybody read of it."""
    return all(getattr(one, name) == getattr(other, name) for name in _SHOWN)
