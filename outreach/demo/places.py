"""The hospitals and schools of the demo: invented, in three cities with clocks of their own.

Joins the caller's transaction, never commits.
"""

from __future__ import annotations

from outreach.db import db
from outreach.demo.world import World
from outreach.models import Area, School, Site

NEW_YORK, LOS_ANGELES, LONDON = "America/New_York", "America/Los_Angeles", "Europe/London"
LANTERN_HILL, PELICAN_POINT, ST_ELSWYTH = "Lantern Hill Hospital", "Pelican Point Medical Center", "St Elswyth’s Hospital"
MAPLE_HOLLOW, SUNDIAL_BAY, WILLOWBROOK = "Maple Hollow High School", "Sundial Bay High School", "Willowbrook Academy"

SITES = (
    (LANTERN_HILL, "400 Lantern Hill Road\nNew York, NY", "US", NEW_YORK),
    (PELICAN_POINT, "88 Pelican Point Drive\nLos Angeles, CA", "US", LOS_ANGELES),
    (ST_ELSWYTH, "Elswyth Row\nLondon", "GB", LONDON),
)
# (site, area, the age from which it lets students in)
AREAS = (
    (LANTERN_HILL, "Skills lab", None),
    (LANTERN_HILL, "Outpatient clinic", 16),
    (LANTERN_HILL, "Lecture hall", None),
    (PELICAN_POINT, "Simulation centre", None),
    (PELICAN_POINT, "Atrium", None),
    (ST_ELSWYTH, "Education centre", None),
    (ST_ELSWYTH, "Physiotherapy", 15),
)
SCHOOLS = (
    (MAPLE_HOLLOW, "New York", "US", NEW_YORK, "+1 212 555 0142"),
    (SUNDIAL_BAY, "Los Angeles", "US", LOS_ANGELES, "+1 213 555 0116"),
    (WILLOWBROOK, "London", "GB", LONDON, "+44 20 7946 0018"),
)


def make_places(world: World) -> None:
    """Write sites, their areas, and schools."""
    sites = {name: Site(name=name, address=address, country=country, zone=zone) for name, address, country, zone in SITES}
    areas = {name: Area(site=sites[site], name=name, age_floor=floor) for site, name, floor in AREAS}
    schools = {name: School(name=name, town=town, country=country, zone=zone, phone=phone) for name, town, country, zone, phone in SCHOOLS}
    db.session.add_all([*sites.values(), *areas.values(), *schools.values()])
    db.session.flush()
    world.sites = {name: site.id for name, site in sites.items()}
    world.areas = {name: area.id for name, area in areas.items()}
    world.schools = {name: school.id for name, school in schools.items()}
