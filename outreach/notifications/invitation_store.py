"""The reasons a session stands in somebody's calendar, and the people behind the mailboxes.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, insert, select

from outreach.db import db
from outreach.models import (
    EntrySnapshot,
    Guardian,
    Invitation,
    InvitationReason,
    Mailbox,
    OutreachSession,
    Reader,
    ReasonKind,
    Registration,
    School,
    Student,
    StudentSnapshot,
    User,
)

_READER = {
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


@dataclass
class InvitationRecord:
    """One invitation with its living reasons. `names` are the reader's own, by kind of reason."""

    invitation_id: int
    mailbox_id: int
    uid: str
    sequence: int
    sent_sequence: int | None
    is_live: bool
    answer: str
    created_at: datetime
    locale: str
    kinds: set[ReasonKind] = field(default_factory=set)
    names: dict[ReasonKind, str] = field(default_factory=dict)
    zones: dict[ReasonKind, str] = field(default_factory=dict)
    students: dict[int, StudentSnapshot] = field(default_factory=dict)

    @property
    def reader(self) -> Reader:
        """As whom they read: the first that applies."""
        return next((reader for kind, reader in _READER.items() if kind in self.kinds), Reader.GUARDIAN)

    @property
    def reader_name(self) -> str:
        """Give the name to greet them by; empty when unknown."""
        return next((self.names[kind] for kind in _READER if kind in self.names), "")

    @property
    def zone(self) -> str:
        """Give the zone their clock shows: a family's is the school's."""
        return next((self.zones[kind] for kind in _READER if kind in self.zones), "")

    @property
    def is_transparent(self) -> bool:
        """A guardian's day isn't taken by it: only students, teachers and hosts are busy."""
        return self.kinds <= {ReasonKind.GUARDIAN}

    @property
    def entry(self) -> EntrySnapshot:
        """Give the entry as it stands, for a letter that carries no calendar object and stands beside it (`threads`)."""
        return EntrySnapshot(
            uid=self.uid,
            sequence=self.sequence,
            is_first=False,
            is_transparent=self.is_transparent,
            answer=self.answer,
            created_at=self.created_at,
            changed_at=self.created_at,
        )


def standing_reasons(session_id: int, *which: ColumnElement[bool]) -> dict[StandingReason, int]:
    """Read the reasons that stand, each with the id of its row."""
    rows = db.session.execute(
        select(
            InvitationReason.id, Invitation.mailbox_id, InvitationReason.kind, InvitationReason.registration_id, InvitationReason.user_id
        )
        .join(Invitation, Invitation.id == InvitationReason.invitation_id)
        .where(Invitation.session_id == session_id, *which)
    )
    return {StandingReason(row.mailbox_id, row.kind, row.registration_id, row.user_id): row.id for row in rows}


def invitations_of(session_id: int, mailbox_ids: Collection[int]) -> dict[int, int]:
    """Give the invitation of each mailbox that has one, by mailbox."""
    rows = db.session.execute(
        select(Invitation.mailbox_id, Invitation.id).where(Invitation.session_id == session_id, Invitation.mailbox_id.in_(mailbox_ids))
    )
    return {mailbox_id: key for mailbox_id, key in rows}  # noqa: C416 (dict() of rows isn't typed)


def make_invitations(session_id: int, mailbox_ids: Collection[int], *, domain: str, now: datetime) -> dict[int, int]:
    """Give mailboxes their one invitation to this session, with a UID for life (RFC 5545 3.8.4.7)."""
    if not mailbox_ids:
        return {}
    rows = [
        {
            "session_id": session_id,
            "mailbox_id": key,
            "uid": f"{uuid4()}@{domain}",
            "is_live": True,
            "created_at": now,
            "changed_at": now,
        }
        for key in mailbox_ids
    ]
    made = db.session.execute(insert(Invitation).returning(Invitation.mailbox_id, Invitation.id), rows)
    return {mailbox_id: key for mailbox_id, key in made}  # noqa: C416 (dict() of rows isn't typed)


def write_reasons(added: Collection[StandingReason], ended: Collection[int], invitations: dict[int, int]) -> None:
    """Let reasons begin, and delete the rows of those that end."""
    if ended:
        db.session.execute(delete(InvitationReason).where(InvitationReason.id.in_(ended)))
    if added:
        rows = [
            {
                "invitation_id": invitations[reason.mailbox_id],
                "kind": reason.kind,
                "registration_id": reason.registration_id,
                "user_id": reason.user_id,
            }
            for reason in added
        ]
        db.session.execute(insert(InvitationReason), rows)


def invitation_records(outreach_session: OutreachSession, *which: ColumnElement[bool]) -> list[InvitationRecord]:
    """Read invitations of a session with their reasons and the names to use, ordered by id."""
    rows = db.session.execute(
        select(Invitation, Mailbox.locale)
        .join(Mailbox, Mailbox.id == Invitation.mailbox_id)
        .where(Invitation.session_id == outreach_session.id, *which)
        .order_by(Invitation.id)
        .execution_options(populate_existing=True)
    ).all()
    found = {invitation.id: _record(invitation, locale) for invitation, locale in rows}
    _name_people(found)
    return list(found.values())


def _record(invitation: Invitation, locale: str) -> InvitationRecord:
    return InvitationRecord(
        invitation_id=invitation.id,
        mailbox_id=invitation.mailbox_id,
        uid=invitation.uid,
        sequence=invitation.sequence,
        sent_sequence=invitation.sent_sequence,
        is_live=invitation.is_live,
        answer=invitation.answer.value,
        created_at=invitation.created_at,
        locale=locale,
    )


def _name_people(found: dict[int, InvitationRecord]) -> None:
    rows = db.session.execute(
        select(
            InvitationReason.invitation_id,
            InvitationReason.kind,
            InvitationReason.registration_id,
            Student.given_name,
            User.given_name.label("adult"),
            func.coalesce(User.zone, School.zone).label("zone"),
        )
        .outerjoin(Registration, Registration.id == InvitationReason.registration_id)
        .outerjoin(Student, Student.id == Registration.student_id)
        .outerjoin(School, School.id == Registration.school_id)
        .outerjoin(User, User.id == InvitationReason.user_id)
        .where(InvitationReason.invitation_id.in_(found))
        .order_by(Student.given_name, InvitationReason.registration_id)
    ).all()
    guardian_names = guardians_by_mailbox(found[row.invitation_id].mailbox_id for row in rows if row.kind == ReasonKind.GUARDIAN)
    for row in rows:
        addressee = found[row.invitation_id]
        addressee.kinds.add(row.kind)
        addressee.zones[row.kind] = row.zone
        if row.registration_id is not None:
            addressee.students[row.registration_id] = StudentSnapshot(registration_id=row.registration_id, given_name=row.given_name)
        addressee.names[row.kind] = "" if row.kind in addressee.names else row.adult or row.given_name
    for addressee in found.values():
        if ReasonKind.GUARDIAN in addressee.kinds:
            addressee.names[ReasonKind.GUARDIAN] = guardian_names.get(addressee.mailbox_id, "")


def guardians_by_mailbox(mailbox_ids: Iterable[int]) -> dict[int, str]:
    """Give the guardian's name behind each mailbox; two who share one are greeted without a name."""
    names: dict[int, set[str]] = defaultdict(set)
    rows = db.session.execute(select(Guardian.mailbox_id, func.trim(Guardian.name)).where(Guardian.mailbox_id.in_(set(mailbox_ids))))
    for mailbox_id, name in rows:
        names[mailbox_id].add(name)
    return {key: next(iter(known)) for key, known in names.items() if len(known) == 1}
