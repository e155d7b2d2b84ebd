"""The sessions of the demo in London."""

from __future__ import annotations

from datetime import time

from outreach.demo.people import IMRAN, ROSALIND
from outreach.demo.places import LONDON
from outreach.demo.sessions.planned import ABOUT_STITCHES, ASK_A_SURGEON, LATER, MENTORING, NEARLY_FULL, Planned

IN_LONDON = (
    Planned(
        key=NEARLY_FULL,
        format_key="stitch_workshop",
        host=ROSALIND,
        co_hosts=(IMRAN,),
        title="Power of a Stitch for sixth-formers",
        specialty="Plastic surgery",
        description=ABOUT_STITCHES,
        in_days=14,
        start=time(14),
        end=time(15, 30),
        capacity=20,
        area="Education centre",
        meeting_point="Education centre, reception",
        day_phone="+44 20 7946 0018",
    ),
    Planned(
        key=LATER,
        format_key="shadowing",
        host=IMRAN,
        title="An afternoon in physiotherapy",
        specialty="Rehabilitation",
        description="How people learn to walk again after a new hip. Observation only.",
        in_days=38,
        start=time(13, 30),
        end=time(16),
        capacity=2,
        per_school_limit=1,
        area="Physiotherapy",
        meeting_point="Main reception",
        day_phone="+44 20 7946 0023",
        opens_in_days=7,
    ),
    Planned(
        key=ASK_A_SURGEON,
        format_key="online_qa",
        host=ROSALIND,
        title="Ask a surgeon anything",
        specialty="Plastic surgery",
        description="How long it takes, what it costs, what goes wrong, what it is like at three in the morning. No question is too small.",
        in_days=3,
        start=time(16),
        end=time(16, 45),
        capacity=100,
        zone=LONDON,
    ),
    Planned(
        key=MENTORING,
        format_key="mentoring",
        host=IMRAN,
        title="Mentoring: applying to medical school",
        specialty="General practice",
        description="Four students, one doctor, one hour. Your teacher or a guardian is copied on everything.",
        in_days=10,
        start=time(17),
        end=time(17, 45),
        capacity=4,
        zone=LONDON,
    ),
)
