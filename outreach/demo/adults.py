"""The adults of the demo, nobody's likeness: who hosts, who teaches, who coordinates, and who waits to be approved."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.demo import sign_ins
from outreach.demo.places import (
    LANTERN_HILL,
    LONDON,
    LOS_ANGELES,
    MAPLE_HOLLOW,
    NEW_YORK,
    PELICAN_POINT,
    ST_ELSWYTH,
    SUNDIAL_BAY,
    WILLOWBROOK,
)
from outreach.models import RoleName


@dataclass(frozen=True)
class Adult:
    """Somebody invented. `place`: the school or site a coordinator gave them; of an applicant, the one they proposed."""

    given_name: str
    family_name: str
    email: str
    zone: str
    role: RoleName
    place: str = ""
    message: str = ""


RUTH = Adult("Ruth", "Castellan", sign_ins.COORDINATOR.email, NEW_YORK, RoleName.COORDINATOR)

MAYA = Adult("Maya", "Lindgren", sign_ins.CLINICIAN.email, NEW_YORK, RoleName.CLINICIAN, LANTERN_HILL)
JULIAN = Adult("Julian", "Achebe", "julian.achebe@lanternhill.example", NEW_YORK, RoleName.CLINICIAN, LANTERN_HILL)
TERESA = Adult("Teresa", "Valdez", "teresa.valdez@pelicanpoint.example", LOS_ANGELES, RoleName.CLINICIAN, PELICAN_POINT)
ROSALIND = Adult("Rosalind", "Hartnell", "rosalind.hartnell@elswyth.example", LONDON, RoleName.CLINICIAN, ST_ELSWYTH)
IMRAN = Adult("Imran", "Qadir", "imran.qadir@elswyth.example", LONDON, RoleName.CLINICIAN, ST_ELSWYTH)

NOOR = Adult("Noor", "Abadi", sign_ins.TEACHER.email, NEW_YORK, RoleName.TEACHER, MAPLE_HOLLOW)
PETER = Adult("Peter", "Vance", "peter.vance@maplehollow.example", NEW_YORK, RoleName.TEACHER, MAPLE_HOLLOW)
CARLA = Adult("Carla", "Montoya", "carla.montoya@sundialbay.example", LOS_ANGELES, RoleName.TEACHER, SUNDIAL_BAY)
GWEN = Adult("Gwen", "Parry", "gwen.parry@willowbrook.example", LONDON, RoleName.TEACHER, WILLOWBROOK)

APPROVED = (RUTH, MAYA, JULIAN, TERESA, ROSALIND, IMRAN, NOOR, PETER, CARLA, GWEN)
APPLICANTS = (
    Adult(
        "Bilal",
        "Hussain",
        "bilal.hussain@foxglove.example",
        LONDON,
        RoleName.TEACHER,
        "Foxglove Community School, London",
        "I teach biology in years 10 to 13. Two of my students asked whether they could come to a workshop.",
    ),
    Adult(
        "Ingrid",
        "Solberg",
        "ingrid.solberg@pelicanpoint.example",
        LOS_ANGELES,
        RoleName.CLINICIAN,
        "Pelican Point Medical Center, Los Angeles",
        "Paediatric surgeon. I would like to offer a stitch workshop every other month.",
    ),
)
