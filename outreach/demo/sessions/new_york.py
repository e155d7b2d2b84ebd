"""The sessions of the demo in New York."""

from __future__ import annotations

from datetime import time

from outreach.demo.people import JULIAN, MAYA
from outreach.demo.places import NEW_YORK
from outreach.demo.sessions.planned import ABOUT_STITCHES, CANCELLED, DRAFT, FREE_WORKSHOP, SHADOWING, TALK, Planned

IN_NEW_YORK = (
    Planned(
        key=FREE_WORKSHOP,
        format_key="stitch_workshop",
        host=MAYA,
        co_hosts=(JULIAN,),
        title="Power of a Stitch: your first knot",
        specialty="General surgery",
        description=ABOUT_STITCHES,
        in_days=12,
        start=time(15, 30),
        end=time(17),
        capacity=10,
        area="Skills lab",
        meeting_point="Main entrance, by the fish tank",
        day_phone="+1 212 555 0142",
    ),
    Planned(
        key=SHADOWING,
        format_key="shadowing",
        host=MAYA,
        title="A morning in the outpatient clinic",
        specialty="General surgery",
        description="You sit in while patients are seen before and after an operation, one student at a time. "
        "You watch; **patients are asked first** and may say no.\n\n"
        "If the surgeon is needed in theatre, it can't take place: the operating list is known a few days before.",
        in_days=16,
        decided_days_before=2,
        start=time(9),
        end=time(12),
        capacity=1,
        area="Outpatient clinic",
        meeting_point="Reception, second floor",
        day_phone="+1 212 555 0142",
    ),
    Planned(
        key=TALK,
        format_key="talk",
        host=JULIAN,
        title="Asleep on purpose: what an anaesthetist does",
        specialty="Anaesthesia",
        description="Why nobody remembers their operation, what all those screens say, and how a dose is found.\n\n"
        "- 30 minutes of stories\n- 30 minutes of your questions",
        in_days=9,
        start=time(16),
        end=time(17),
        capacity=60,
        area="Lecture hall",
        meeting_point="Lecture hall, ground floor",
    ),
    Planned(
        key=DRAFT,
        format_key="online_qa",
        host=MAYA,
        title="Working in theatre: ask us anything",
        specialty="General surgery",
        description="Still to be agreed with the theatre team.",
        in_days=34,
        start=time(16, 30),
        end=time(17, 15),
        capacity=100,
        zone=NEW_YORK,
        is_draft=True,
    ),
    Planned(
        key=CANCELLED,
        format_key="networking",
        host=MAYA,
        title="Evening with the surgical residents",
        specialty="Surgery",
        description="Six residents, six tables, ten minutes each.",
        in_days=20,
        start=time(18),
        end=time(20),
        capacity=24,
        area="Lecture hall",
        meeting_point="Main entrance",
    ),
)
