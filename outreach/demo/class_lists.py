"""The classes of the demo, as their teachers would list them."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.demo import names
from outreach.demo.adults import CARLA, GWEN, NOOR, PETER, Adult


@dataclass(frozen=True, kw_only=True)
class ClassList:
    """One class. `youngest`: their least age in years, where the school gave birth dates because a session asks for them."""

    name: str
    teachers: tuple[Adult, ...]
    students: str
    year_group: str
    domain: str
    youngest: int | None = None
    is_numbered: bool = False

    @property
    def school(self) -> str:
        """Give the name of its school."""
        return self.teachers[0].place


BIOLOGY_10A = ClassList(
    name="Biology 10A",
    teachers=(NOOR,),
    students=names.BIOLOGY_10A,
    year_group="Grade 10",
    domain="maplehollow.example",
    is_numbered=True,
)
ANATOMY_CLUB = ClassList(
    name="Anatomy Club",
    teachers=(NOOR, PETER),
    students=names.ANATOMY_CLUB,
    year_group="Grade 12",
    domain="maplehollow.example",
    youngest=16,
    is_numbered=True,
)
HEALTH_CAREERS = ClassList(
    name="Health Careers 11",
    teachers=(CARLA,),
    students=names.HEALTH_CAREERS,
    year_group="Grade 11",
    domain="sundialbay.example",
    youngest=16,
)
AP_BIOLOGY = ClassList(
    name="AP Biology",
    teachers=(CARLA,),
    students=names.AP_BIOLOGY,
    year_group="Grade 11",
    domain="sundialbay.example",
)
YEAR_12 = ClassList(
    name="Year 12 Biology",
    teachers=(GWEN,),
    students=names.YEAR_12,
    year_group="Year 12",
    domain="willowbrook.example",
    youngest=16,
)
YEAR_10 = ClassList(
    name="Year 10 Triple Science",
    teachers=(GWEN,),
    students=names.YEAR_10,
    year_group="Year 10",
    domain="willowbrook.example",
)
CLASS_LISTS = (BIOLOGY_10A, ANATOMY_CLUB, HEALTH_CAREERS, AP_BIOLOGY, YEAR_12, YEAR_10)
