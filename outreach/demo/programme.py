"""Posts the twelve sessions of the demo as their clinicians would: all six formats, three cities, in the weeks to come."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from outreach.db import db
from outreach.demo.sessions.cities import IN_LONDON, IN_LOS_ANGELES, IN_NEW_YORK
from outreach.demo.sessions.planned import Planned
from outreach.demo.world import World
from outreach.models import Area, Format
from outreach.scheduling import DecisionInput, DetailsInput, WhenInput, WhereInput, use_cases

PROGRAMME = (*IN_NEW_YORK, *IN_LONDON, *IN_LOS_ANGELES)
MORNING, NOON = time(8), time(12)


def post_programme(world: World, *, today: date, now: datetime) -> None:
    """Post every session; all but the draft are published."""
    for planned in PROGRAMME:
        when, where, offer = _when(planned, today), _where(world, planned), _offer(planned, today)
        host_id = world.users[planned.host.email]
        session_id = use_cases.post(planned.format_key, when, where, offer, by_id=host_id, publish=not planned.is_draft, now=now)
        world.sessions[planned.key] = session_id


def weekday(day: date) -> date:
    """Give this day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _when(planned: Planned, today: date) -> WhenInput:
    day = weekday(today + timedelta(days=planned.in_days))
    return WhenInput(day=day, start=planned.start, end=planned.end, decision=_decision(planned, day))


def _decision(planned: Planned, day: date) -> DecisionInput:
    if planned.decided_days_before is None:
        return DecisionInput()
    decided = day - timedelta(days=planned.decided_days_before)
    return DecisionInput(is_provisional=True, wall=datetime.combine(decided - timedelta(days=max(0, decided.weekday() - 4)), NOON))


def _where(world: World, planned: Planned) -> WhereInput:
    if not planned.area:
        return WhereInput(zone=planned.zone, video_url=f"https://video.example/{planned.key.replace(' ', '-')}")
    area = db.session.get_one(Area, world.areas[planned.area])
    return WhereInput(area_id=area.id, zone=area.site.zone, meeting_point=planned.meeting_point)


def _offer(planned: Planned, today: date) -> DetailsInput:
    """Fill in the format's own defaults, as the page does."""
    a_format = db.session.get_one(Format, planned.format_key)
    opens = None if planned.opens_in_days is None else datetime.combine(today + timedelta(days=planned.opens_in_days), MORNING)
    return DetailsInput(
        title=planned.title,
        description=planned.description,
        specialty=planned.specialty,
        capacity=planned.capacity,
        per_school_limit=planned.per_school_limit,
        age_floor=a_format.age_floor,
        opens_wall=opens,
        bring=a_format.bring,
        wear=a_format.wear,
        kit=a_format.kit,
        day_phone=planned.day_phone,
        reminder_leads=tuple(a_format.reminder_leads),
        co_host_emails=tuple(adult.email for adult in planned.co_hosts),
    )
