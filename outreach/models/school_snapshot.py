"""A school as letters name it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SchoolSnapshot:
    """A school on whose behalf a family gets a letter, and whom they can ask there; of it a teacher's letters carry the name alone.

    `registration_ids`: of the students named whom it registered. `looked_after_by`, `travel`, `day_contact`: what it says of the day.
    """

    name: str
    registration_ids: tuple[int, ...] = ()
    phone: str = ""
    classes: tuple[str, ...] = ()
    teacher_name: str = ""
    teacher_address: str = ""
    looked_after_by: str = ""
    travel: str = ""
    day_contact: str = ""
