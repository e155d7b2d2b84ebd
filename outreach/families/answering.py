"""A family answers its invitation on its own page, as others do in their calendar."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from outreach.db import transaction
from outreach.errors import Refused, Stale
from outreach.families.rsvp import invitation_of
from outreach.models import Answer, AnswerSource
from outreach.registration.answering import take_answer
from outreach.registration.checks import locked_session
from outreach.rsvp.record import Given


def answer(given: Answer, *, mailbox_id: int, session_id: int, sequence: int | None, now: datetime) -> tuple[int, ...]:
    """Answer this mailbox's one invitation, as it was shown (`sequence`); gives the registrations whose places that gave back.

    A reply of a calendar that was made before this moment changes nothing any more. Raises Refused where there is nothing
    to answer, Stale when the invitation has changed since it was shown.
    """
    with transaction():
        outreach_session = locked_session(session_id)
        invitation = invitation_of(mailbox_id, session_id)
        if invitation is None or not outreach_session.is_published or now >= outreach_session.starts_at:
            raise Refused(_l("There is nothing to answer any more: the session has begun or was cancelled, or the place was given back."))
        if invitation.sequence != sequence:
            raise Stale(_l("The time, the place or who takes part has changed meanwhile. Please look again, then answer."))
        return take_answer(outreach_session, invitation, Given(answer=given, source=AnswerSource.PAGE), now=now)
