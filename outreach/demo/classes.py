"""The classes of the demo: 120 students, their guardians, siblings, and addresses that are shared or missing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta

from outreach.db import db
from outreach.demo import names
from outreach.demo.people import CARLA, GWEN, NOOR, PETER, DemoAdult
from outreach.demo.world import World
from outreach.models import Guardian, Mailbox, SchoolClass, Student, User


@dataclass(frozen=True, kw_only=True)
class ClassList:
    """One class. `youngest`: their least age in years, where the school gave birth dates because a session asks for them."""

    name: str
    teachers: tuple[DemoAdult, ...]
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

YEAR = timedelta(days=365.25)
TWINS, REACHED_BY_NOBODY = "Thornbury", 29
FIRST_NUMBER = 4101


def make_classes(world: World, *, today: date) -> None:
    """Write every class with its students and their guardians."""
    office = _Office(world, today)
    for class_list in CLASS_LISTS:
        office.enrol(class_list)


@dataclass
class _Office:
    """Knows who has come before, so that siblings find their guardians."""

    world: World
    today: date
    enrolled: int = 0
    families: dict[tuple[str, str], list[Guardian]] = field(default_factory=dict)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    names: set[tuple[str, str, str]] = field(default_factory=set)

    def enrol(self, class_list: ClassList) -> None:
        teachers = [db.session.get_one(User, self.world.users[teacher.email]) for teacher in class_list.teachers]
        school_class = SchoolClass(school_id=self.world.schools[class_list.school], name=class_list.name, teachers=teachers)
        students = [self._student(class_list, *name) for name in names.full_names(class_list.students)]
        for student in students:
            student.classes = [school_class]
        db.session.add_all(students)
        db.session.flush()
        self.world.classes[class_list.name] = school_class.id
        self.world.students[class_list.name] = [student.id for student in students]

    def _student(self, class_list: ClassList, given_name: str, family_name: str) -> Student:
        n, self.enrolled = self.enrolled, self.enrolled + 1
        return Student(
            school_id=self.world.schools[class_list.school],
            given_name=given_name,
            family_name=family_name,
            number=f"MH-{FIRST_NUMBER + n}" if class_list.is_numbered else None,
            mailbox=self._own_mailbox(n, given_name, family_name, class_list.domain),
            year_group=class_list.year_group,
            birth_date=self._birth_date(n, class_list.youngest),
            needs=names.NEEDS[n // 13 % len(names.NEEDS)] if n % 13 == 4 else "",
            guardians=self._guardians(n, class_list.school, self._family(n, class_list.school, given_name, family_name), family_name),
        )

    def _family(self, n: int, school: str, given_name: str, family_name: str) -> str:
        """Give the family to which somebody belongs: who has the name of somebody before is of another."""
        name = (school, given_name, family_name)
        is_namesake = name in self.names
        self.names.add(name)
        return f"{family_name} {n}" if is_namesake else family_name

    def _own_mailbox(self, n: int, given_name: str, family_name: str, domain: str) -> Mailbox | None:
        """Every eighth has no e-mail; the twins share one."""
        if n % 8 == 5:
            return None
        return self._mailbox(f"{family_name}@post.example" if family_name == TWINS else f"{given_name}.{family_name}@students.{domain}")

    def _guardians(self, n: int, school: str, of_family: str, family_name: str) -> list[Guardian]:
        """One guardian or two; siblings have the same, and every twelfth family's first has no address."""
        family = self.families.setdefault((school, of_family), [])
        for which in range(0 if family else 1 + (n % 3 == 0)):
            given_name = _GUARDIANS[(2 * n + which) % len(_GUARDIANS)]
            has_address = which or (n % 12 != 7 and n != REACHED_BY_NOBODY)
            mailbox = self._mailbox(f"{given_name}.{family_name}@post.example") if has_address else None
            family.append(Guardian(school_id=self.world.schools[school], name=f"{given_name} {family_name}", mailbox=mailbox))
        return list(family)

    def _birth_date(self, n: int, youngest: int | None) -> date | None:
        """Spread over two years; every eleventh is missing."""
        return None if youngest is None or n % 11 == 10 else self.today - youngest * YEAR - timedelta(days=10 + n * 53 % 700)

    def _mailbox(self, address: str) -> Mailbox:
        plain = unicodedata.normalize("NFKD", address).encode("ascii", "ignore").decode().lower()
        return self.mailboxes.setdefault(plain, Mailbox(address=plain))


_GUARDIANS = names.GUARDIANS.split(", ")
