"""Who can be reached about a student, and whose address needs a person.

Pure.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class ContactState(enum.StrEnum):
    """How it stands with one person's address."""

    OPEN = "open"
    MISSING = "missing"
    STOPPED = "stopped"
    REFUSED = "refused"
    BLOCKED = "blocked"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """The student (no name) or one guardian, with an address or without. `put_off`: letters refused for a time, in the last days."""

    name: str
    mailbox_id: int | None = None
    address: str | None = None
    stopped_at: datetime | None = None
    refused_at: datetime | None = None
    blocked_at: datetime | None = None
    server_words: str = ""
    put_off: int = 0

    @property
    def state(self) -> ContactState:
        """Say whether letters reach them, or what stands in the way."""
        if self.address is None:
            return ContactState.MISSING
        if self.stopped_at is not None:
            return ContactState.STOPPED
        if self.refused_at is not None:
            return ContactState.REFUSED
        return ContactState.OPEN if self.blocked_at is None else ContactState.BLOCKED

    @property
    def is_open(self) -> bool:
        """Letters arrive, as far as we know."""
        return self.state is ContactState.OPEN

    @property
    def domain(self) -> str:
        """The part behind the @; nothing without an address."""
        return (self.address or "").rpartition("@")[2]


@dataclass(frozen=True)
class Reach:
    """Everybody who may be written to about a student."""

    own: Contact
    guardians: tuple[Contact, ...]
    is_minor: bool

    @property
    def open_guardians(self) -> int:
        """Count the guardians letters reach; those of adults aren't written to."""
        return sum(guardian.is_open for guardian in self.guardians) if self.is_minor else 0

    @property
    def reaches_nobody(self) -> bool:
        """The teacher must tell them."""
        return not self.own.is_open and not self.open_guardians

    @property
    def needs_stand_in(self) -> bool:
        """A minor without a guardian letters reach: the teacher is copied instead."""
        return self.is_minor and not self.open_guardians and not self.reaches_nobody

    @property
    def troubles(self) -> tuple[Contact, ...]:
        """Give those whose address must be corrected."""
        return tuple(one for one in (self.own, *self.guardians) if one.state in (ContactState.STOPPED, ContactState.REFUSED))

    @property
    def blocked(self) -> tuple[Contact, ...]:
        """Give those whose domain turns our letters away."""
        return tuple(one for one in (self.own, *self.guardians) if one.state is ContactState.BLOCKED)

    @property
    def put_off(self) -> tuple[Contact, ...]:
        """Give those whose server put letters off again and again until we gave up."""
        return tuple(one for one in (self.own, *self.guardians) if one.is_open and one.put_off)
