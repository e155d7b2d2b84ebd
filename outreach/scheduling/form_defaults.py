"""What the forms begin with: a format's defaults, or a session as it is. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from outreach.db import db
from outreach.models import Appointment, Area, Format, OutreachSession, Site, User
from outreach.scheduling.form_parts import USUAL, LeadUnit, in_largest_unit, in_order
from outreach.scheduling.queries import clinicians
from outreach.time import is_shown_twice, to_wall_time
from outreach.web import SelectChoice

USUAL_START = time(14, 0)
AS_THEY_ARE = (
    *("title", "specialty", "description", "capacity", "per_school_limit", "age_floor", "frees_declined_seats"),
    *("bring", "wear", "kit", "day_phone"),
)


def from_format(a_format: Format, user: User) -> dict[str, Any]:
    """A new session of this format: one edits only what differs."""
    end = datetime.combine(date.min, USUAL_START) + timedelta(minutes=a_format.length_minutes)
    return {
        "title": a_format.name,
        "start": USUAL_START,
        "end": end.time(),
        "zone": user.zone if a_format.is_online else "",
        "capacity": a_format.capacity,
        "age_floor": a_format.age_floor,
        "bring": a_format.bring,
        "wear": a_format.wear,
        "kit": a_format.kit,
        "leads": a_format.reminder_leads,
        "where": "" if a_format.is_online else _usual_place(user),
        "host": user.id,
    }


def _usual_place(user: User) -> str:
    """Where somebody works, if that is one place."""
    sites = list(db.session.scalars(select(Appointment.site_id).where(Appointment.user_id == user.id).limit(2)))
    return f"site-{sites[0]}" if len(sites) == 1 else ""


def from_session(outreach_session: OutreachSession) -> dict[str, Any]:
    """A session as it is."""
    return (
        _time(outreach_session) | _place(outreach_session) | _offer(outreach_session) | {"seen_at": outreach_session.updated_at.isoformat()}
    )


def for_another_time(outreach_session: OutreachSession, *, now: datetime) -> dict[str, Any]:
    """A session as it is, but for a decision time that has passed: it needs another."""
    is_past = outreach_session.decides_at is not None and outreach_session.decides_at <= now
    return from_session(outreach_session) | ({"decides": None} if is_past else {})


def for_another_day(outreach_session: OutreachSession) -> dict[str, Any]:
    """The same again: everything but the days."""
    return from_session(outreach_session) | dict.fromkeys(("day", "decides", "opens", "closes", "fold", "seen_at"))


def _time(outreach_session: OutreachSession) -> dict[str, Any]:
    starts, ends, zone = outreach_session.starts_wall, outreach_session.ends_wall, outreach_session.zone
    is_asked = is_shown_twice(starts, zone) or is_shown_twice(ends, zone)
    return {
        "day": starts.date(),
        "start": starts.time(),
        "end": ends.time(),
        "ends_next_day": ends.date() > starts.date(),
        "fold": str(outreach_session.fold) if is_asked else None,
        "zone": "" if outreach_session.site_id else zone,
        "provisional": outreach_session.is_provisional,
        "decides": _on_wall(outreach_session.decides_at, zone),
    }


def _place(outreach_session: OutreachSession) -> dict[str, Any]:
    site_id, area_id = outreach_session.site_id, outreach_session.area_id
    return {
        "where": f"area-{area_id}" if area_id else f"site-{site_id}" if site_id else "",
        "meeting_point": outreach_session.meeting_point,
        "video_url": outreach_session.video_url,
    }


def _offer(outreach_session: OutreachSession) -> dict[str, Any]:
    return {name: getattr(outreach_session, name) for name in AS_THEY_ARE} | {
        "opens": _on_wall(outreach_session.opens_at, outreach_session.zone),
        "closes": _on_wall(outreach_session.closes_at, outreach_session.zone),
        "leads": outreach_session.reminder_leads,
        "co_hosts": "\n".join(user.email for user in outreach_session.co_hosts),
        "host": outreach_session.host_id,
    }


def _on_wall(moment: datetime | None, zone: str) -> datetime | None:
    return to_wall_time(moment, zone) if moment else None


def places_to_choose(user: User) -> list[SelectChoice]:
    """Every site with its areas, those where this user works first."""
    own = set(db.session.scalars(select(Appointment.site_id).where(Appointment.user_id == user.id)))
    areas: dict[int, list[tuple[str, str]]] = {}
    for key, site_id, name in db.session.execute(select(Area.id, Area.site_id, Area.name).order_by(Area.folded)):
        areas.setdefault(site_id, []).append((f"area-{key}", name))
    sites = db.session.execute(select(Site.id, Site.name).order_by(Site.folded, Site.id)).all()
    choices = [SelectChoice("", _("A new site, or online"))]
    for key, name in sorted(sites, key=lambda row: row[0] not in own):
        choices.append(SelectChoice(f"site-{key}", name, optgroup=name))
        choices += [SelectChoice(value, f"{name}: {area}", optgroup=name) for value, area in areas.get(key, [])]
    return choices


def hosts_to_choose() -> list[SelectChoice]:
    """Every clinician, for a coordinator who posts for one."""
    listed = [SelectChoice(user.id, f"{user.listed_name} ({user.email})") for user in clinicians()]
    return [SelectChoice(0, _("Choose the host")), *listed]


def leads_to_choose(chosen: Collection[int]) -> list[SelectChoice]:
    """The usual reminders and those chosen before."""
    return [SelectChoice(minutes, lead_label(minutes)) for minutes in in_order([*USUAL, *chosen])]


def lead_label(minutes: int) -> str:
    """'3 days before'."""
    amount, unit = in_largest_unit(minutes)
    labels = {
        LeadUnit.DAYS: ngettext("%(num)s day before", "%(num)s days before", amount),
        LeadUnit.HOURS: ngettext("%(num)s hour before", "%(num)s hours before", amount),
        LeadUnit.MINUTES: ngettext("%(num)s minute before", "%(num)s minutes before", amount),
    }
    return str(labels[unit])
