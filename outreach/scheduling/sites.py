"""Where a session takes place: found by its name, or made while posting.

Reads the caller's transaction; a place that is new is written only when a session takes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import inspect, select

from outreach.db import db
from outreach.errors import Refusal
from outreach.folding import name_key
from outreach.models import Area, OutreachSession, Site
from outreach.people import NamedPlace, is_same
from outreach.scheduling.inputs import WhereInput
from outreach.time import country_of_zones

# ISO 3166-1 keeps ZZ for "unknown": an alias or UTC is in no country.
NOWHERE = "ZZ"


@dataclass(frozen=True, kw_only=True)
class Venue:
    """A site and an area in it, one of them or both perhaps not in the database yet; and the zone."""

    site: Site | None
    area: Area | None
    zone: str
    meeting_point: str
    video_url: str

    def take(self, outreach_session: OutreachSession) -> None:
        """Set the session's site and area; what is new is added to the database."""
        outreach_session.site, outreach_session.area = self.site, self.area
        outreach_session.meeting_point, outreach_session.video_url = self.meeting_point, self.video_url


def find_venue(typed: WhereInput) -> Venue:
    """Give the place that was meant. A new one whose name we know already is the one we know.

    Raises Refusal when nothing was chosen, two things were, or what was chosen isn't there.
    """
    site, area = _chosen(typed)
    if typed.new_site:
        if site is not None:
            raise Refusal(_("Choose a site from the list or name a new one, not both."), field="new_site")
        site = _named_site(typed)
    if site is None and not typed.video_url:
        raise Refusal(_("Say where: choose a site, name a new one or give a video link."), field="where")
    if typed.new_area:
        area = _named_area(site, area, typed.new_area)
    zone = site.zone if site else typed.zone
    return Venue(site=site, area=area, zone=zone, meeting_point=typed.meeting_point if site else "", video_url=typed.video_url)


def _chosen(typed: WhereInput) -> tuple[Site | None, Area | None]:
    # Read afresh: its age floor may have changed since the page was opened.
    area = db.session.get(Area, typed.area_id, populate_existing=True) if typed.area_id is not None else None
    site_id = area.site_id if area else typed.site_id
    site = db.session.get(Site, site_id) if site_id is not None else None
    if site is None and (typed.site_id, typed.area_id) != (None, None):
        raise Refusal(_("This site is no longer in the list. Choose another."), field="where")
    return site, area


def _named_site(typed: WhereInput) -> Site:
    known = db.session.scalar(select(Site).where(Site.folded == name_key(typed.new_site)))
    if known is None:
        _must_be_new(typed.new_site)
    country = typed.country or country_of_zones().get(typed.zone, NOWHERE)
    return known or Site(name=typed.new_site, address=typed.new_address, zone=typed.zone, country=country)


def _must_be_new(name: str) -> None:
    """Raise Refusal where the list has a site that differs in nothing but the kind of house and the town."""
    rows = db.session.execute(select(Site.id, Site.name, Site.address).order_by(Site.folded, Site.id))
    same = next((place for place in (NamedPlace(*row) for row in rows) if is_same(name, place)), None)
    if same is not None:
        sentence = _(
            "The list already has %(name)s. Choose it there; or, if yours is another one, add its town to the name.", name=same.name
        )
        raise Refusal(sentence, field="new_site")


def _named_area(site: Site | None, chosen: Area | None, name: str) -> Area:
    if site is None:
        raise Refusal(_("Choose the site that this room or ward is in."), field="new_area")
    if chosen is not None:
        raise Refusal(_("Choose a room from the list or name a new one, not both."), field="new_area")
    if inspect(site).transient:
        # Both are new: the room is written with its site.
        return Area(name=name, site=site)
    known = db.session.scalar(select(Area).where(Area.site_id == site.id, Area.folded == name_key(name)))
    return known or Area(name=name, site_id=site.id)
