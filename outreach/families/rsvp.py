"""What a family is asked on its page: do they come, and if not, shall the student be withdrawn.

Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.lists import format_list
from sqlalchemy import select

from outreach.db import db
from outreach.families.pages import FamilyPage, FamilyRegistration
from outreach.models import HAVE_AN_ENTRY, Answer, Invitation, Registration
from outreach.rsvp.queries import family_rsvps
from outreach.rsvp.rules import decides_alone
from outreach.web import formatting


@dataclass(frozen=True, kw_only=True)
class RsvpQuestion:
    """Whether these students come, and what this mailbox has answered to invitation `sequence`.

    `is_you`: the reader is the one it is about. `about`: the students; `to_agree_on`: those for whom others have a say as well.
    """

    sequence: int
    answer: Answer
    is_verified: bool
    is_you: bool
    about: tuple[FamilyRegistration, ...]
    to_agree_on: tuple[FamilyRegistration, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The given names."""
        return tuple(one.given_name for one in self.about)


def question(page: FamilyPage, *, now: datetime) -> RsvpQuestion | None:
    """Give the question of a family page; None where there is nothing to answer: no invitation, or the session has begun."""
    outreach_session = page.outreach_session
    invitation = invitation_of(page.mailbox.id, outreach_session.id)
    about = tuple(one for one in page.registrations if one.registration.state in HAVE_AN_ENTRY)
    if invitation is None or not about or not outreach_session.is_to_come(now):
        return None
    rsvps = family_rsvps(Registration.id.in_([one.registration.id for one in about]))
    alone = {key for key, family in rsvps.items() if decides_alone(page.mailbox.id, family)}
    return RsvpQuestion(
        sequence=invitation.sequence,
        answer=invitation.answer,
        is_verified=invitation.answer_is_verified or invitation.answer is Answer.NEEDS_ACTION,
        is_you=len(about) == 1 and about[0].registration.student.mailbox_id == page.mailbox.id,
        about=about,
        to_agree_on=tuple(one for one in about if one.registration.id not in alone),
    )


def named(names: Sequence[str]) -> str:
    """'Ana and Ben'."""
    return format_list(names, locale=formatting.locale())


def invitation_of(mailbox_id: int, session_id: int) -> Invitation | None:
    """Read the live invitation of a mailbox afresh."""
    standing = select(Invitation).where(Invitation.session_id == session_id, Invitation.mailbox_id == mailbox_id, Invitation.is_live)
    return db.session.scalar(standing.execution_options(populate_existing=True))
