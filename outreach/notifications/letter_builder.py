"""Writes the letters of one change: one per mailbox, one digest per teacher.

Joins the caller's transaction, never commits. Letters of before that haven't left and are wrong now
were taken back; the news they carried is carried on here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from outreach.db import db
from outreach.models import (
    HAVE_AN_ENTRY,
    Cause,
    EntrySnapshot,
    Letter,
    LetterKind,
    LetterSnapshot,
    LetterState,
    Mailbox,
    OutreachSession,
    Reader,
    ReasonKind,
    Registration,
    RegistrationState,
    SessionSnapshot,
    StudentSnapshot,
)
from outreach.notifications.invitation_store import InvitationRecord, guardians_by_mailbox
from outreach.notifications.participants import StaffContact
from outreach.outbox import NewLetter, take_back_notices
from outreach.people import Participant, for_family, for_school, recipients, teacher_stands_in

GONE = (RegistrationState.WITHDRAWN, RegistrationState.REMOVED, RegistrationState.RELEASED)
IN_LINE = (RegistrationState.WAITING, RegistrationState.OFFERED)
_SHOWN = (
    *("starts_wall", "ends_wall", "zone", "fold", "starts_at", "ends_at", "site_name", "area_name", "meeting_point", "video_url"),
    *("title", "host_name", "bring", "wear", "kit", "is_provisional", "decides_at"),
)
OWN_DOING = (Cause.WITHDRAWN, Cause.REMOVED)


@dataclass
class LetterBuilder:
    """Collects the drafts of one change of one session. `again` tells apart letters that say the same once more."""

    outreach_session: OutreachSession
    session_facts: SessionSnapshot
    now: datetime
    reason: str = ""
    was: SessionSnapshot | None = None
    has_new_description: bool = False
    again: str = ""
    drafts: list[NewLetter] = field(default_factory=list)
    met: dict[int, Participant] = field(default_factory=dict)
    queue: Mapping[int, int] = field(default_factory=dict)
    untold: dict[int, LetterSnapshot] = field(default_factory=dict)
    in_flight: set[int] = field(default_factory=set)

    def meet(self, concerned: Sequence[Participant], queue: Mapping[int, int]) -> None:
        """Learn the students this is about and their places in the queue."""
        self.met = {place.registration_id: place for place in concerned}
        self.queue = queue

    def remember(self, taken_back: Sequence[Letter], invitation_ids: Collection[int]) -> None:
        """Learn which letters never left (their news must be told now) and which may be leaving right now."""
        for letter in taken_back:
            if letter.invitation_id is not None and letter.kind != LetterKind.REMINDER:
                self.untold.setdefault(letter.invitation_id, LetterSnapshot.from_json(letter.facts))
        if not invitation_ids:
            return
        self.in_flight |= set(
            db.session.scalars(
                select(Letter.invitation_id).where(Letter.invitation_id.in_(invitation_ids), Letter.state == LetterState.LEASED)
            )
        )

    def calendar_letter(
        self, to: InvitationRecord, cause: Cause, *, before: InvitationRecord | None, left: Collection[int | None] = ()
    ) -> None:
        """Draft REQUEST, update or CANCEL for one invitation; nothing where there's nothing to take back.

        `before`: the same invitation before the change, None where it is new. Whoever has no reason left reads as they did.
        """
        is_first = to.sent_sequence is None and to.invitation_id not in self.in_flight
        if is_first and not to.is_live:
            return
        untold = self.untold.get(to.invitation_id)
        reads_as = to if to.kinds or before is None else before
        kind = _kind(to, cause, is_first=is_first, was_live=before is not None and before.is_live, untold=untold)
        was = None if is_first else self._known_before(to, untold)
        gone = self._gone(left, untold, to)
        facts = LetterSnapshot(
            reader=reads_as.reader,
            reader_name=reads_as.reader_name,
            reader_zone=reads_as.zone,
            cause=cause,
            session=self.session_facts,
            was=was if was and not _looks_the_same(was, self.session_facts) else None,
            seated=tuple(to.students.values()),
            gone=gone,
            has_new_description=self.has_new_description or (untold is not None and untold.has_new_description and not is_first),
            entry=EntrySnapshot(
                uid=to.uid,
                sequence=to.sequence,
                is_first=is_first,
                is_transparent=reads_as.is_transparent,
                answer=to.answer,
                created_at=to.created_at,
                changed_at=self.now,
            ),
            reason=self._reason_in_calendar(to, left, gone, untold),
        )
        self._draft(to.mailbox_id, kind, facts, f"invitation:{to.invitation_id}:{to.sequence}{self.again}", to.locale, to)

    def letters_without_entry(self, concerned: Sequence[Participant], causes: Mapping[int, Cause]) -> None:
        """Tell families whose student has no entry: who begins to wait, who waits no more, what moved or won't take place."""
        by_mailbox: dict[int, dict[ReasonKind, list[Participant]]] = {}
        for place in concerned:
            for recipient in recipients(place):
                by_mailbox.setdefault(recipient.mailbox_id, {}).setdefault(recipient.kind, []).append(place)
        never_told = take_back_notices(self.outreach_session.id, by_mailbox, now=self.now)
        locales, names = self._readers(by_mailbox)
        for mailbox_id, by_kind in by_mailbox.items():
            about = list({place.registration_id: place for places in by_kind.values() for place in places}.values())
            is_own = ReasonKind.STUDENT in by_kind
            name = (about[0].given_name if len(about) == 1 else "") if is_own else names.get(mailbox_id, "")
            reader = Reader.STUDENT if is_own else Reader.GUARDIAN
            self._notice(mailbox_id, reader, name, about, causes, never_told.get(mailbox_id), locales[mailbox_id])

    def digests(
        self,
        concerned: Sequence[Participant],
        causes: Mapping[int, Cause],
        teachers: Mapping[int, StaffContact],
        *,
        by_id: int | None = None,
    ) -> None:
        """Draft one digest for each teacher concerned; none for what they alone did themselves."""
        for teacher in teachers.values():
            about = [place for place in concerned if place.teacher_id == teacher.user_id]
            why = {causes[place.registration_id] for place in about}
            if about and not (by_id == teacher.user_id and why <= set(OWN_DOING)):
                self._digest(teacher, about, causes[about[0].registration_id])

    def _digest(self, teacher: StaffContact, about: Sequence[Participant], cause: Cause) -> None:
        offers = [place for place in about if place.state == RegistrationState.OFFERED]
        gone = for_school([place for place in about if place.state in GONE])
        facts = LetterSnapshot(
            reader=Reader.TEACHER,
            reader_name=teacher.name,
            reader_zone=teacher.zone,
            cause=cause,
            session=self.session_facts,
            was=self.was,
            seated=for_school([place for place in about if place.state in HAVE_AN_ENTRY]),
            waiting=for_school([place for place in about if place.state == RegistrationState.WAITING], self.queue),
            gone=gone,
            stands_in_for=for_school([place for place in about if place.state not in GONE and teacher_stands_in(place)]),
            offered=for_school(offers),
            offered_until=offers[0].offered_until if offers else None,
            reason=self._reason(has_ended=bool(gone) or cause is Cause.CANCELLED),
        )
        last = max(place.registration_id for place in about)
        key = f"digest:{teacher.user_id}:{self.outreach_session.id}:{self.outreach_session.revision}:{cause}:{last}:{self.now.isoformat()}"
        self._draft(teacher.mailbox_id, LetterKind.DIGEST, facts, key, teacher.locale)

    def _notice(
        self,
        mailbox_id: int,
        reader: Reader,
        name: str,
        about: Sequence[Participant],
        causes: Mapping[int, Cause],
        never_told: Letter | None,
        locale: str,
    ) -> None:
        cause = causes[about[0].registration_id]
        waiting = for_family([place for place in about if place.state in IN_LINE], self.queue) + self._still_waiting(never_told)
        gone = for_family([place for place in about if place.state in GONE])
        kind = _kind_of_notice(cause, is_waiting=bool(waiting), is_gone=bool(gone), never_told=never_told)
        if kind is None:
            return
        facts = LetterSnapshot(
            reader=reader,
            reader_name=name,
            reader_zone=about[0].zone,
            cause=cause,
            session=self.session_facts,
            was=self.was,
            waiting=waiting,
            gone=gone if never_told is None else (),
            reason=self._reason(has_ended=bool(gone) or cause is Cause.CANCELLED),
        )
        last = max(place.registration_id for place in about)
        key = f"{kind}:{mailbox_id}:{self.outreach_session.id}:{self.outreach_session.revision}:{last}:{self.now.isoformat()}"
        self._draft(mailbox_id, kind, facts, key, locale)

    def _still_waiting(self, never_told: Letter | None) -> tuple[StudentSnapshot, ...]:
        """Name those of a notice taken back whose own place hasn't changed: their news is told now."""
        if never_told is None:
            return ()
        return tuple(student for student in LetterSnapshot.from_json(never_told.facts).waiting if student.registration_id not in self.met)

    def _readers(self, mailbox_ids: Collection[int]) -> tuple[dict[int, str], dict[int, str]]:
        if not mailbox_ids:
            return {}, {}
        rows = db.session.execute(select(Mailbox.id, Mailbox.locale).where(Mailbox.id.in_(mailbox_ids)))
        return {row.id: row.locale for row in rows}, guardians_by_mailbox(mailbox_ids)

    def _known_before(self, to: InvitationRecord, untold: LetterSnapshot | None) -> SessionSnapshot | None:
        """Give the session as they knew it: as before the letter that never left, unless that one may have left after all."""
        if untold is None or untold.was is None:
            return self.was
        may_have_left = untold.entry is not None and to.sent_sequence is not None and untold.entry.sequence <= to.sent_sequence
        return self.was or untold.was if may_have_left else untold.was

    def _gone(self, left: Collection[int | None], untold: LetterSnapshot | None, to: InvitationRecord) -> tuple[StudentSnapshot, ...]:
        """Name who left, those of an untold letter too, unless they are back. Whose letters merely go elsewhere still comes."""
        told_now = for_family([self.met[key] for key in left if key in self.met and self.met[key].state in GONE])
        known = {student.registration_id: student for student in (*(untold.gone if untold else ()), *told_now)}
        back = _of_the_same_students(known, to.students) if untold else ()
        return tuple(student for key, student in known.items() if key not in back)

    def _reason_in_calendar(
        self, to: InvitationRecord, left: Collection[int | None], gone: Sequence[StudentSnapshot], untold: LetterSnapshot | None
    ) -> str:
        """Give the one reason that holds for everybody the letter names as gone: of this change, or of the letter that never left."""
        named = {student.registration_id for student in gone}
        ended_now = {key for key in left if key in self.met and self.met[key].state in GONE}
        if named <= ended_now:
            return self._reason(has_ended=bool(ended_now) or not to.is_live)
        is_as_before = untold is not None and not ended_now and named == {student.registration_id for student in untold.gone}
        return untold.reason if untold and is_as_before else ""

    def _reason(self, *, has_ended: bool) -> str:
        """Give the reason to those whose place or session ended; whoever gets the seat instead doesn't read it."""
        return self.reason if has_ended else ""

    def _draft(
        self, mailbox_id: int, kind: LetterKind, facts: LetterSnapshot, key: str, locale: str, to: InvitationRecord | None = None
    ) -> None:
        self.drafts.append(
            NewLetter(
                mailbox_id=mailbox_id,
                kind=kind,
                facts=facts.to_json(),
                dedupe_key=key,
                locale=locale,
                session_id=self.outreach_session.id,
                invitation_id=to.invitation_id if to else None,
                sequence=to.sequence if to else None,
            )
        )


def _of_the_same_students(ended: Collection[int], seated: Collection[int]) -> set[int]:
    """Give which of the ended registrations are of students who have a seat again: coming back is a new registration."""
    if not ended or not seated:
        return set()
    again = aliased(Registration)
    of_the_same = select(Registration.id).join(again, again.student_id == Registration.student_id)
    return set(db.session.scalars(of_the_same.where(Registration.id.in_(ended), again.id.in_(seated))))


def _kind(to: InvitationRecord, cause: Cause, *, is_first: bool, was_live: bool, untold: LetterSnapshot | None) -> LetterKind:
    if not to.is_live:
        return LetterKind.CANCELLED if cause is Cause.CANCELLED else LetterKind.REMOVED
    if was_live and not is_first:
        return LetterKind.UPDATED
    promoted = cause is Cause.PROMOTED or (untold is not None and untold.cause is Cause.PROMOTED)
    return LetterKind.PROMOTED if promoted else LetterKind.INVITATION


def _looks_the_same(one: SessionSnapshot, other: SessionSnapshot) -> bool:
    """All that a letter shows agrees: moved there and back before anybody was told."""
    return all(getattr(one, name) == getattr(other, name) for name in _SHOWN)


def _kind_of_notice(cause: Cause, *, is_waiting: bool, is_gone: bool, never_told: Letter | None) -> LetterKind | None:
    if cause in (Cause.MOVED, Cause.DECIDED, Cause.PROVISIONAL):
        return LetterKind.UPDATED
    if cause is Cause.CANCELLED:
        return LetterKind.CANCELLED
    if is_waiting and never_told is not None:
        return never_told.kind
    if is_waiting and cause is Cause.REGISTERED:
        return LetterKind.WAITING
    return LetterKind.REMOVED if is_gone and never_told is None else None
