"""A process that lives by older zone data, in which Vancouver still has winters at UTC-8: it posts a session, and writes its invitation.

Run as a program: `python -m tests.journeys.old_zones FOLDER`, with the settings in the environment.
"""

from __future__ import annotations

import os
import shutil
import sys
import zoneinfo
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path

import tzdata  # type: ignore[import-untyped]  # it has no stubs

if __name__ == "__main__":  # whoever only imports this keeps the data of today
    tzdata.IANA_VERSION = "2025b"

from outreach import create_app
from outreach.db import db
from outreach.letters import render
from outreach.models import Letter
from outreach.scheduling import use_cases
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.settings import read_settings
from tests.support.builders import Builder

WHEN = WhenInput(day=date(2028, 1, 14), start=time(14), end=time(16))
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def main(folder: Path) -> None:
    """Post a session in Vancouver by the old data; its invitation is `invitation.eml` in the folder."""
    _live_by_old_data(folder / "zones")
    settings = read_settings(os.environ)
    with create_app(settings).app_context():
        make = Builder(NOW)
        place = WhereInput(site_id=make.site(zone="America/Vancouver").id, zone="Europe/London")
        offer = DetailsInput(title="Power of a Stitch", capacity=10)
        use_cases.post("stitch_workshop", WHEN, place, offer, by_id=make.clinician().id, publish=True, now=NOW)
        (folder / "invitation.eml").write_bytes(render(db.session.query(Letter).one(), settings=settings))


def _live_by_old_data(zones: Path) -> None:
    """Los Angeles has kept the rules Vancouver had."""
    as_before = zones / "America" / "Vancouver"
    as_before.parent.mkdir(parents=True)
    with files("tzdata").joinpath("zoneinfo", "America", "Los_Angeles").open("rb") as rules, as_before.open("wb") as copy:
        shutil.copyfileobj(rules, copy)
    zoneinfo.reset_tzpath((str(zones),))
    zoneinfo.ZoneInfo.clear_cache()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
