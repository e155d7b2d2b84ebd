"""The facts a letter carries: what was true when it was written, and all that is needed to render it.

Pure. They lie as JSON in `Letter.facts`; a letter is a pure function of its row.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cattrs.preconf.json import make_converter

from outreach.models.school_snapshot import SchoolSnapshot

_converter = make_converter()


class Reader(enum.StrEnum):
    """As whom somebody reads a letter; who is several reads as the first that applies."""

    HOST = "host"
    TEACHER = "teacher"
    STUDENT = "student"
    GUARDIAN = "guardian"
    COORDINATOR = "coordinator"


class Cause(enum.StrEnum):
    """What happened, that a letter was written."""

    PUBLISHED = "published"
    REGISTERED = "registered"
    PROMOTED = "promoted"
    OFFERED = "offered"
    MOVED = "moved"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    REMOVED = "removed"
    RESTORED = "restored"
    ADDRESS = "address"
    TIME = "time"
    WORDING = "wording"
    ZONE = "zone"
    AGAIN = "again"
    PROVISIONAL = "provisional"
    DECIDED = "decided"
    UNDECIDED = "undecided"
    BOUNCED = "bounced"
    COUNTERED = "countered"
    FORWARDED = "forwarded"
    AGE = "age"
    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    NOT_MINE = "not_mine"
    UNDONE = "undone"
    BLOCKED = "blocked"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, kw_only=True)
class SessionSnapshot:
    """A session as it was at that moment. Wall times are naive; `starts_at` is aware, UTC."""

    id: int
    title: str
    format_key: str
    format_name: str
    host_name: str
    starts_wall: datetime
    ends_wall: datetime
    zone: str
    fold: int
    starts_at: datetime
    ends_at: datetime
    site_name: str = ""
    area_name: str = ""
    address: str = ""
    meeting_point: str = ""
    video_url: str = ""
    bring: str = ""
    wear: str = ""
    kit: str = ""
    is_cancelled: bool = False
    cancel_reason: str = ""
    is_provisional: bool = False
    decides_at: datetime | None = None
    frees_declined_seats: bool = False


@dataclass(frozen=True, kw_only=True)
class StudentSnapshot:
    """A student as one reader may know them: families see the given name alone, teachers the family name too.

    `told_apart_by`: class and year for their teacher, where the school has another student of that name.
    `is_held`: the seat is held until nothing is missing; `held_for`: what is (`HoldReason` values), as it was then, or was when
    the seat was released. `held_until`: when it is released, unless somebody settles that (aware, UTC); None: it stays held.
    """

    registration_id: int
    given_name: str
    family_name: str = ""
    told_apart_by: str = ""
    school_name: str = ""
    place_in_queue: int | None = None
    is_held: bool = False
    held_for: tuple[str, ...] = ()
    held_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class EntrySnapshot:
    """The calendar entry a letter carries. `is_first`: nothing about it has ever left. `is_held`: so are all seats it is about.

    `thread`: the key of the letter that began the thread this one belongs to, "" for the first one ever sent; `begins_thread`: this
    letter begins another (`letters/threads.py`).
    """

    uid: str
    sequence: int
    is_first: bool
    is_transparent: bool
    answer: str
    created_at: datetime
    changed_at: datetime
    is_held: bool = False
    thread: str = ""
    begins_thread: bool = False


@dataclass(frozen=True, kw_only=True)
class ProposalSnapshot:
    """What somebody's calendar asks for or answered, where that isn't simply theirs to have.

    `by`: as whom they read; `name`: an adult's, where no student is meant. `starts_at`, `ends_at`: the time they propose (aware,
    UTC); None: they named none that can be read. `comment`: in their words. `answer`: given from another address.
    """

    by: Reader
    name: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    comment: str = ""
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterSnapshot:
    """One letter about a session.

    `seated`, `waiting` and `gone` name exactly the students this mailbox may know of. `was` is the
    session as last told, where that differs. `stands_in_for`: students for whom nobody else gets letters.
    `offered`: a teacher is asked whether these may have a free seat, until `offered_until` (aware, UTC).
    `has_new_description`: the text on the session's page, too long for a letter, has changed.
    `reader_zone`: the clock the reader lives by, where known; an online session is told in it too.
    `note`: what the host adds about a move, in their words.
    `instead_of`: the name of the teacher or host in whose place the reader gets it; empty: it is the reader's own.
    `schools`: of the students it names, for families and teachers; added when it is queued.
    """

    reader: Reader
    reader_name: str
    cause: Cause
    session: SessionSnapshot
    was: SessionSnapshot | None = None
    seated: tuple[StudentSnapshot, ...] = ()
    waiting: tuple[StudentSnapshot, ...] = ()
    gone: tuple[StudentSnapshot, ...] = ()
    stands_in_for: tuple[StudentSnapshot, ...] = ()
    offered: tuple[StudentSnapshot, ...] = ()
    offered_until: datetime | None = None
    entry: EntrySnapshot | None = None
    reason: str = ""
    note: str = ""
    asked: ProposalSnapshot | None = None
    lead_minutes: int | None = None
    has_new_description: bool = False
    reader_zone: str = ""
    instead_of: str = ""
    schools: tuple[SchoolSnapshot, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give plain values for the JSON column."""
        return _plain(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> LetterSnapshot:
        """Read back what `to_json` wrote."""
        return _converter.structure(plain, cls)


@dataclass(frozen=True, kw_only=True)
class AccountSnapshot:
    """A letter about an account: `purpose` is confirm, reset, password_changed, already_here or welcome.

    `link` opens the page it is about (an address of ours, with its token); it is wiped when the letter is settled.
    """

    purpose: str
    reader_name: str
    link: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give plain values for the JSON column."""
        return _plain(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> AccountSnapshot:
        """Read back what `to_json` wrote."""
        return _converter.structure(plain, cls)


@dataclass(frozen=True, kw_only=True)
class ApplicationSnapshot:
    """A coordinator decided on an application for a role at a place (a school or a site)."""

    reader_name: str
    role: str
    place: str
    is_approved: bool
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give plain values for the JSON column."""
        return _plain(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> ApplicationSnapshot:
        """Read back what `to_json` wrote."""
        return _converter.structure(plain, cls)


@dataclass(frozen=True, kw_only=True)
class BlockedDomainSnapshot:
    """A domain's mail server turns our letters away; so many `students` of the reader have addresses there."""

    reader_name: str
    domain: str
    students: int
    server_words: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give plain values for the JSON column."""
        return _plain(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> BlockedDomainSnapshot:
        """Read back what `to_json` wrote."""
        return _converter.structure(plain, cls)


@dataclass(frozen=True, kw_only=True)
class MessageAnswerSnapshot:
    """A coordinator answers a message that came in. `comment`: in their words.

    `student_name`: the given name of the minor who is answered, in the copy for an adult of theirs; "" for whoever wrote.
    """

    reader_name: str
    comment: str
    student_name: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give plain values for the JSON column."""
        return _plain(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> MessageAnswerSnapshot:
        """Read back what `to_json` wrote."""
        return _converter.structure(plain, cls)


@dataclass(frozen=True, kw_only=True)
class JobSnapshot:
    """Long work that the reader started has ended. `words`: what came of it, or why it failed; `page`: the path of its page."""

    reader_name: str
    title: str
    is_done: bool
    words: str
    page: str

    def to_json(self) -> dict[str, Any]:
        """Give plain values for the JSON column."""
        return _plain(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> JobSnapshot:
        """Read back what `to_json` wrote."""
        return _converter.structure(plain, cls)


def _plain(facts: object) -> dict[str, Any]:
    plain: dict[str, Any] = _converter.unstructure(facts)
    return plain
