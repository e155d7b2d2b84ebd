"""Letters without a calendar entry: to families whose student has none, and the list for each teacher.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from outreach.models import HAVE_AN_ENTRY, Cause, LetterKind, LetterSnapshot, Reader, ReasonKind, RegistrationState, StudentSnapshot
from outreach.notifications.facts import GONE, IN_LINE, Facts, StaffContact, UnsentLetter
from outreach.notifications.plan import Change, Plan, PlannedLetter
from outreach.people import Participant, for_family, for_school, recipients, stands_in_for_whom, teacher_stands_in

_OWN_DOING = {Cause.WITHDRAWN, Cause.REMOVED, Cause.CONFIRMED, Cause.RESTORED}


def notices(facts: Facts, change: Change, concerned: Sequence[Participant], causes: Mapping[int, Cause]) -> Plan:
    """Tell families whose student has no entry: who begins to wait, who waits no more, what moved or won't take place.

    `causes`: what happened, by registration.
    """
    families: dict[int, dict[ReasonKind, list[Participant]]] = {}
    for one in concerned:
        for recipient in recipients(one):
            families.setdefault(recipient.mailbox_id, {}).setdefault(recipient.kind, []).append(one)
    unsent = [letter for letter in facts.unsent if letter.is_waiting_notice and letter.mailbox_id in families]
    first_unsent = {letter.mailbox_id: letter for letter in reversed(unsent)}
    letters = [
        _Family(mailbox_id, by_kind, first_unsent.get(mailbox_id)).notice(facts, change, causes) for mailbox_id, by_kind in families.items()
    ]
    return Plan(
        dropped=frozenset(letter.letter_id for letter in unsent),
        letters=tuple(letter for letter in letters if letter is not None),
    )


def digests(facts: Facts, change: Change, causes: Mapping[int, Cause], *, by_id: int | None = None) -> Plan:
    """Give each teacher one list of what happened to their students; none of what they alone did themselves (`by_id`)."""
    letters = []
    for teacher in facts.teachers.values():
        about = [one for one in facts.participants if one.teacher_id == teacher.user_id]
        why = {causes[one.registration_id] for one in about}
        if about and not (by_id == teacher.user_id and why <= _OWN_DOING):
            letters.append(_digest(facts, change, teacher, about, causes[about[0].registration_id]))
    return Plan(letters=tuple(letters))


@dataclass(frozen=True)
class _Family:
    """One mailbox of families, with the students it may know of and the notice it never got."""

    mailbox_id: int
    by_kind: Mapping[ReasonKind, Sequence[Participant]]
    unsent: UnsentLetter | None

    def notice(self, facts: Facts, change: Change, causes: Mapping[int, Cause]) -> PlannedLetter | None:
        about = list({one.registration_id: one for several in self.by_kind.values() for one in several}.values())
        cause = causes[about[0].registration_id]
        waiting = for_family([one for one in about if one.state in IN_LINE], facts.positions) + self._still_waiting(facts)
        gone = for_family([one for one in about if one.state in GONE])
        kind = _kind_of_notice(cause, is_waiting=bool(waiting), is_gone=bool(gone), unsent=self.unsent)
        if kind is None:
            return None
        is_own, reader = ReasonKind.STUDENT in self.by_kind, facts.readers[self.mailbox_id]
        called = about[0].preferred_name if self.mailbox_id not in about[0].guardian_mailbox_ids else ""
        own_name = (called or about[0].given_name) if len(about) == 1 else ""
        snapshot = LetterSnapshot(
            reader=Reader.STUDENT if is_own else Reader.GUARDIAN,
            reader_name=own_name if is_own else reader.guardian_name,
            reader_zone=about[0].zone,
            cause=cause,
            session=facts.session,
            was=change.old,
            waiting=waiting,
            gone=gone if self.unsent is None else (),
            reason=_reason(change, cause, gone),
            note=change.note,
        )
        return PlannedLetter(
            mailbox_id=self.mailbox_id,
            kind=kind,
            snapshot=snapshot,
            locale=reader.locale,
            key=f"{kind}:{self.mailbox_id}:{_occasion(facts, about)}",
        )

    def _still_waiting(self, facts: Facts) -> tuple[StudentSnapshot, ...]:
        """Name those of an unsent notice whose own registration hasn't changed: their news is in this one."""
        if self.unsent is None:
            return ()
        changed = {one.registration_id for one in facts.participants}
        return tuple(student for student in self.unsent.snapshot.waiting if student.registration_id not in changed)


def _digest(facts: Facts, change: Change, teacher: StaffContact, about: Sequence[Participant], cause: Cause) -> PlannedLetter:
    offers = [one for one in about if one.state == RegistrationState.OFFERED]
    gone = for_school([one for one in about if one.state in GONE])
    snapshot = LetterSnapshot(
        reader=Reader.TEACHER,
        reader_name=teacher.name,
        reader_zone=teacher.zone,
        cause=cause,
        session=facts.session,
        was=change.old,
        seated=for_school([one for one in about if one.state in HAVE_AN_ENTRY]),
        waiting=for_school([one for one in about if one.state == RegistrationState.WAITING], facts.positions),
        gone=gone,
        stands_in_for=for_school([one for one in about if one.state not in GONE and teacher_stands_in(one)]),
        offered=for_school(offers),
        offered_until=offers[0].offered_until if offers else None,
        reason=_reason(change, cause, gone),
        note=change.note,
        instead_of=stands_in_for_whom(about),
    )
    return PlannedLetter(
        mailbox_id=teacher.mailbox_id,
        kind=LetterKind.DIGEST,
        snapshot=snapshot,
        locale=teacher.locale,
        key=f"digest:{teacher.user_id}:{cause}:{_occasion(facts, about)}",
    )


def _occasion(facts: Facts, about: Collection[Participant]) -> str:
    last = max(one.registration_id for one in about)
    return f"{facts.session.id}:{facts.revision}:{last}:{facts.now.isoformat()}"


def _reason(change: Change, cause: Cause, gone: Collection[StudentSnapshot]) -> str:
    """Give the reason to those whose registration or session ended; whoever gets the seat instead doesn't read it."""
    return change.reason if gone or cause is Cause.CANCELLED else ""


def _kind_of_notice(cause: Cause, *, is_waiting: bool, is_gone: bool, unsent: UnsentLetter | None) -> LetterKind | None:
    if cause in (Cause.MOVED, Cause.DECIDED, Cause.PROVISIONAL):
        return LetterKind.UPDATED
    if cause is Cause.CANCELLED:
        return LetterKind.CANCELLED
    if is_waiting and unsent is not None:
        return unsent.kind
    if is_waiting and cause in (Cause.REGISTERED, Cause.RESTORED):
        return LetterKind.WAITING
    return LetterKind.REMOVED if is_gone and unsent is None else None
