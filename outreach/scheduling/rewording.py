"""New words for a published session: what would change in people's letters and calendars, should the host want to tell them.

Reads only; the change itself is `use_cases.edit`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask_babel import lazy_gettext as _l

from outreach.db import db
from outreach.errors import NotThere, Refused
from outreach.invitations.facts import SessionFacts
from outreach.invitations.snapshot import session_facts
from outreach.models import OutreachSession
from outreach.scheduling.facts import Offer
from outreach.scheduling.hosting import host


@dataclass(frozen=True, kw_only=True)
class Rewording:
    """What letters would show as new. The description is too long for a letter: that one is told of, not shown."""

    was: SessionFacts
    becomes: SessionFacts
    has_new_description: bool


def plan_rewording(session_id: int, offer: Offer) -> Rewording:
    """Say what would be told; writes nothing. Raises Refused when nothing that letters show would change."""
    outreach_session = db.session.get(OutreachSession, session_id)
    if outreach_session is None:
        raise NotThere(_l("This session isn't there any more."))
    was = session_facts(outreach_session)
    its_host = host(offer.host_id, default_id=outreach_session.host_id)
    becomes = replace(was, title=offer.title, host_name=its_host.name, bring=offer.bring, wear=offer.wear, kit=offer.kit)
    return must_be_news(was, becomes, has_new_description=offer.description != outreach_session.description)


def must_be_news(was: SessionFacts, becomes: SessionFacts, *, has_new_description: bool) -> Rewording:
    """Give what is to be told. Raises Refused when that is nothing."""
    if was == becomes and not has_new_description:
        raise Refused(_l("Letters show title, host, description, and what to bring, wear and use: none of it changed."), field="tells")
    return Rewording(was=was, becomes=becomes, has_new_description=has_new_description)
