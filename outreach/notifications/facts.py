"""What is known before letters are decided: read once, then never changed.

Pure. `read` fills them from the database, `decide` turns them into a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from outreach.folding import name_key
from outreach.models import (
    EntrySnapshot,
    LetterKind,
    LetterSnapshot,
    Reader,
    ReasonKind,
    RegistrationState,
    SessionSnapshot,
    StudentSnapshot,
)
from outreach.people import Participant

GONE = (RegistrationState.WITHDRAWN, RegistrationState.REMOVED, RegistrationState.RELEASED)
IN_LINE = (RegistrationState.WAITING, RegistrationState.OFFERED)
READER_OF = {
    ReasonKind.HOST: Reader.HOST,
    ReasonKind.TEACHER: Reader.TEACHER,
    ReasonKind.STUDENT: Reader.STUDENT,
    ReasonKind.GUARDIAN: Reader.GUARDIAN,
}


@dataclass(frozen=True)
class StandingReason:
    """Why a mailbox has the entry: one student's seat, or one adult's part."""

    mailbox_id: int
    kind: ReasonKind
    registration_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class NamedReason:
    """A reason with the person behind it. `name`: the student's or adult's given name; `called`: how a student is greeted.

    `row_id`: None where it isn't written yet.
    `is_held`, `held_for`, `held_until`: of the student's seat, as in `StudentSnapshot`.
    """

    reason: StandingReason
    name: str
    zone: str
    called: str = ""
    row_id: int | None = None
    is_held: bool = False
    held_for: tuple[str, ...] = ()
    held_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class InvitationRecord:
    """One invitation with its reasons. `invitation_id`: None where the mailbox has none yet; `guardian_name`: of who reads there.

    `thread`: as in `EntrySnapshot`.
    """

    invitation_id: int | None
    mailbox_id: int
    uid: str
    sequence: int
    sent_sequence: int | None
    is_live: bool
    answer: str
    created_at: datetime
    locale: str
    guardian_name: str = ""
    thread: str = ""
    reasons: tuple[NamedReason, ...] = ()

    @property
    def kinds(self) -> set[ReasonKind]:
        """Give the kinds of reason there are."""
        return {one.reason.kind for one in self.reasons}

    @property
    def students(self) -> dict[int, StudentSnapshot]:
        """Give the students this is about, by registration, in the order of their names."""
        seats = {one.reason.registration_id: one for one in self.reasons if one.reason.registration_id is not None}
        return {
            key: StudentSnapshot(
                registration_id=key, given_name=one.name, is_held=one.is_held, held_for=one.held_for, held_until=one.held_until
            )
            for key, one in sorted(seats.items(), key=lambda seat: (name_key(seat[1].name), seat[0]))
        }

    @property
    def reader(self) -> Reader:
        """As whom they read: the first that applies."""
        return next((reader for kind, reader in READER_OF.items() if kind in self.kinds), Reader.GUARDIAN)

    @property
    def reader_name(self) -> str:
        """Give the name to greet them by; empty when unknown, or when two people read there."""
        kind = self._first_kind()
        if kind is ReasonKind.GUARDIAN:
            return self.guardian_name
        is_private = ReasonKind.GUARDIAN not in self.kinds
        names = [one.called if one.called and is_private else one.name for one in self.reasons if one.reason.kind is kind]
        return names[0] if len(names) == 1 else ""

    @property
    def zone(self) -> str:
        """Give the zone their clock shows: a family's is the school's."""
        kind = self._first_kind()
        return next((one.zone for one in self.reasons if one.reason.kind is kind), "")

    @property
    def is_transparent(self) -> bool:
        """A guardian's day isn't taken by it: only students, teachers and hosts are busy."""
        return self.kinds <= {ReasonKind.GUARDIAN}

    @property
    def is_held(self) -> bool:
        """It is only tentative: all its seats are held (PENDING), and it invites no adult for themselves."""
        return bool(self.reasons) and all(one.is_held for one in self.reasons)

    @property
    def entry(self) -> EntrySnapshot:
        """Give the entry as it is, for a letter without a calendar object that belongs to the same thread (`threads`)."""
        return EntrySnapshot(
            uid=self.uid,
            sequence=self.sequence,
            is_first=False,
            is_transparent=self.is_transparent,
            answer=self.answer,
            created_at=self.created_at,
            changed_at=self.created_at,
            is_held=self.is_held,
            thread=self.thread,
        )

    def with_reasons(self, added: Collection[NamedReason], ended: Collection[StandingReason]) -> InvitationRecord:
        """Give it as it is once these reasons are added and those have ended."""
        kept = tuple(one for one in self.reasons if one.reason not in ended)
        return replace(self, reasons=(*kept, *added))

    def _first_kind(self) -> ReasonKind | None:
        return next((kind for kind in READER_OF if kind in self.kinds), None)


@dataclass(frozen=True, kw_only=True)
class StaffContact:
    """Somebody who signs in, with the mailbox that gets their e-mails. `name`: the given one, which letters greet them by."""

    user_id: int
    mailbox_id: int
    name: str
    locale: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class MailboxReader:
    """Who reads at a mailbox. `guardian_name`: empty where it is no guardian's, or two guardians share it."""

    locale: str
    guardian_name: str = ""


@dataclass(frozen=True, kw_only=True)
class UnsentLetter:
    """A letter that hasn't left yet, locked until the transaction ends."""

    letter_id: int
    kind: LetterKind
    mailbox_id: int
    invitation_id: int | None
    belongs_to_entry: bool
    is_waiting_notice: bool
    snapshot: LetterSnapshot


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that decides who gets which letter about one session.

    `participants`: the registrations a change is about. `positions`: on the waiting list, by registration. `teachers`: who
    answers for these participants, by user; `seated_by_teacher`: how many of all their students have a seat. `invitations`:
    by mailbox, with every reason there is, also for mailboxes that have none yet. `in_flight`: invitations of which a letter
    may be leaving right now. `readers`: by mailbox. `student_of`: the student behind a registration, where letters that
    haven't left name somebody as gone.
    """

    session: SessionSnapshot
    revision: int
    now: datetime
    participants: tuple[Participant, ...] = ()
    positions: Mapping[int, int] = field(default_factory=dict)
    teachers: Mapping[int, StaffContact] = field(default_factory=dict)
    seated_by_teacher: Mapping[int, int] = field(default_factory=dict)
    invitations: Mapping[int, InvitationRecord] = field(default_factory=dict)
    unsent: tuple[UnsentLetter, ...] = ()
    in_flight: frozenset[int] = frozenset()
    readers: Mapping[int, MailboxReader] = field(default_factory=dict)
    student_of: Mapping[int, int] = field(default_factory=dict)

    @property
    def standing(self) -> dict[StandingReason, NamedReason]:
        """Give every reason there is."""
        return {one.reason: one for record in self.invitations.values() for one in record.reasons}
