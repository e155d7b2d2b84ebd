"""What people confirm when they register, withdraw, remove or decide: the facts about a session that their page shows.

Reads only. The link to a video call isn't among them: who has no seat may not know it.
"""

from __future__ import annotations

from flask_babel import gettext as _

from outreach.models import OutreachSession, Registration, RegistrationState
from outreach.people import age_rule
from outreach.web import AttestedFact, formatting


def time_and_place(outreach_session: OutreachSession) -> list[AttestedFact]:
    """Say when and where it is, and whether that is certain."""
    one = outreach_session
    place = ", ".join(part.name for part in (one.site, one.area) if part is not None)
    until = formatting.moment(one.decides_at, one.zone) if one.is_provisional and one.decides_at else ""
    return [
        AttestedFact("when", _("When"), formatting.when(one.starts_wall, one.ends_wall, one.zone, one.fold)),
        AttestedFact("where", _("Where"), place or _("Online")),
        AttestedFact("status", _("Status"), _("Provisional, to be decided by %(until)s", until=until) if until else _("Confirmed")),
    ]


def what_a_school_confirms(outreach_session: OutreachSession) -> list[AttestedFact]:
    """Give what guardians gave their permission for: time, place, the adults, and what is asked of students."""
    one, floor = outreach_session, age_rule(outreach_session).floor
    hosts = ", ".join(user.name for user in (one.host, *sorted(one.co_hosts, key=lambda user: user.id)))
    return [
        AttestedFact("title", _("Session"), one.title),
        *time_and_place(one),
        AttestedFact("meet", _("Where to meet"), one.meeting_point),
        AttestedFact("adults", _("Hosts"), hosts),
        AttestedFact("age", _("Minimum age"), "" if floor is None else str(floor)),
        AttestedFact("bring", _("What to bring"), one.bring),
        AttestedFact("wear", _("What to wear"), one.wear),
    ]


def what_a_withdrawal_says(*registrations: Registration) -> list[AttestedFact]:
    """Give what is asked before somebody is withdrawn: from which session, and from a seat or the waiting list."""
    seats = [AttestedFact(f"seat {one.id}", one.student.given_name, _seat(one.state)) for one in registrations if one.is_active]
    return [*(fact for fact in time_and_place(registrations[0].outreach_session) if fact.key != "status"), *seats] if registrations else []


def _seat(state: RegistrationState) -> str:
    if state is RegistrationState.WAITING:
        return _("on the waiting list")
    return _("seat offered") if state is RegistrationState.OFFERED else _("has a seat")
