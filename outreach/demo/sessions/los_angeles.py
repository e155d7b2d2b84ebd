"""The sessions of the demo in Los Angeles."""

from __future__ import annotations

from datetime import time

from outreach.demo.people import TERESA
from outreach.demo.sessions.planned import ABOUT_STITCHES, EVENING, FULL, NIGHT_SHIFT, Planned

IN_LOS_ANGELES = (
    Planned(
        key=FULL,
        format_key="stitch_workshop",
        host=TERESA,
        title="Stitches in the simulation centre",
        specialty="Emergency medicine",
        description=ABOUT_STITCHES,
        in_days=17,
        start=time(13),
        end=time(14, 30),
        capacity=16,
        area="Simulation centre",
        meeting_point="Visitors’ desk",
        day_phone="+1 213 555 0167",
    ),
    Planned(
        key=NIGHT_SHIFT,
        format_key="talk",
        host=TERESA,
        title="One night in the emergency department",
        specialty="Emergency medicine",
        description="Twelve hours, told in sixty minutes.",
        in_days=24,
        start=time(10),
        end=time(11),
        capacity=40,
        area="Atrium",
        meeting_point="Atrium, by the stairs",
    ),
    Planned(
        key=EVENING,
        format_key="networking",
        host=TERESA,
        title="Twenty jobs in one hospital",
        specialty="Allied health",
        description="Radiographers, pharmacists, paramedics, midwives, engineers: talk to all of them in one evening.",
        in_days=27,
        start=time(17, 30),
        end=time(19, 30),
        capacity=40,
        per_school_limit=12,
        area="Atrium",
        meeting_point="Atrium",
    ),
)
