"""Schools, their classes, students and guardians.

The school is the boundary: students and guardians belong to one school and are never merged across schools.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, ColumnElement, ForeignKey, Index, Table, UniqueConstraint, extract, or_, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from outreach.db import Base, Key, Line, Prose, Word
from outreach.folding import full_name
from outreach.models.folded import Folded
from outreach.models.mailbox import Mailbox
from outreach.models.user import User


class School(Folded, Base):
    """A school, and the law its students live under."""

    FOLDS = ("name",)

    __tablename__ = "school"

    id: Mapped[Key]
    name: Mapped[Line] = mapped_column(unique=True)
    town: Mapped[Line] = mapped_column(default="")
    country: Mapped[Word] = mapped_column(comment="ISO 3166-1 alpha-2")
    zone: Mapped[Word]
    majority_age: Mapped[int] = mapped_column(default=18)
    people_version: Mapped[int] = mapped_column(default=1, server_default="1", comment="One more with each change of its people")
    guardian_default: Mapped[Word | None] = mapped_column(
        comment="What another guardian on a list means here, unless a person says otherwise; none: they say it each time"
    )
    phone: Mapped[Word] = mapped_column(default="", server_default="", comment="For families: in every e-mail to them")

    __table_args__ = (CheckConstraint("majority_age BETWEEN 16 AND 21", name="majority_age_is_plausible"),)


class Membership(Base):
    """A teacher works at a school, because a coordinator said so."""

    __tablename__ = "membership"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id", ondelete="CASCADE"), primary_key=True, index=True)
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    approved_at: Mapped[datetime]

    user: Mapped[User] = relationship(foreign_keys=user_id)
    school: Mapped[School] = relationship()


class_teacher = Table(
    "class_teacher",
    Base.metadata,
    Column("class_id", ForeignKey("school_class.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
)

enrolment = Table(
    "enrolment",
    Base.metadata,
    Column("class_id", ForeignKey("school_class.id", ondelete="CASCADE"), primary_key=True),
    Column("student_id", ForeignKey("student.id", ondelete="CASCADE"), primary_key=True, index=True),
)

guardianship = Table(
    "guardianship",
    Base.metadata,
    Column("student_id", ForeignKey("student.id", ondelete="CASCADE"), primary_key=True),
    Column("guardian_id", ForeignKey("guardian.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class SchoolClass(Folded, Base):
    """A class: a list of students that its teachers keep."""

    FOLDS = ("name",)

    __tablename__ = "school_class"

    id: Mapped[Key]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id", ondelete="CASCADE"))
    name: Mapped[Line]
    external_id: Mapped[Word | None] = mapped_column(comment="Its id in the school's own system (sourcedId of OneRoster)")

    school: Mapped[School] = relationship()
    teachers: Mapped[list[User]] = relationship(secondary=class_teacher)
    students: Mapped[list[Student]] = relationship(secondary=enrolment, back_populates="classes", order_by="Student.folded, Student.id")

    __table_args__ = (UniqueConstraint("school_id", "name"),)


class Student(Folded, Base):
    """A student: what we need to know from the school, and no more. One with a single name has it as the given name."""

    FOLDS = ("family_name", "given_name")

    __tablename__ = "student"

    id: Mapped[Key]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id", ondelete="CASCADE"))
    given_name: Mapped[Line]
    family_name: Mapped[Line]
    preferred_name: Mapped[Line | None] = mapped_column(comment="Greets the student alone; never shown to families")
    number: Mapped[Word | None] = mapped_column(comment="The school's own student number")
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    year_group: Mapped[Word | None]
    birth_date: Mapped[date | None]
    guardians_gone_at: Mapped[datetime | None] = mapped_column(
        comment="The last guardian left then; none: there is one, a teacher took responsibility, or there never was one"
    )
    needs: Mapped[Prose] = mapped_column(default="", comment="Health data: shown behind sign-in, never mailed")
    external_id: Mapped[Word | None] = mapped_column(comment="Its id in the school's own system (sourcedId of OneRoster)")
    left_on: Mapped[date | None] = mapped_column(comment="Not on a list of the whole school since; who comes into a class again is back")

    school: Mapped[School] = relationship()
    mailbox: Mapped[Mailbox | None] = relationship()
    classes: Mapped[list[SchoolClass]] = relationship(secondary=enrolment, back_populates="students")
    guardians: Mapped[list[Guardian]] = relationship(secondary=guardianship, back_populates="students", order_by="Guardian.id")

    __table_args__ = (
        Index("ix_student_school_id_folded", "school_id", "folded", info={"question": "Who is at this school, by name?"}),
        Index(
            "uq_student_number_is_unique_in_its_school",
            "school_id",
            "number",
            unique=True,
            sqlite_where=text("number IS NOT NULL"),
            postgresql_where=text("number IS NOT NULL"),
        ),
    )

    @property
    def name(self) -> str:
        """Give the full name, for their own school's eyes."""
        return full_name(self.given_name, self.family_name)

    def age_on(self, day: date) -> int | None:
        """Give the age in years on a day; None when the birth date isn't known."""
        if self.birth_date is None:
            return None
        born = self.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def is_minor_on(self, day: date, majority_age: int) -> bool:
        """Say whether they are a minor that day; an unknown age counts as one."""
        age = self.age_on(day)
        return age is None or age < majority_age

    @classmethod
    def is_minor_in_sql(cls, day: InstrumentedAttribute[datetime], majority_age: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Say the same as `is_minor_on`, of columns. Days are compared as numbers: 20270318 for 18 March 2027."""
        comes_of_age = _as_number(cls.birth_date) + majority_age * 10_000
        return or_(cls.birth_date.is_(None), _as_number(day) < comes_of_age)


def _as_number(day: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    return extract("year", day) * 10_000 + extract("month", day) * 100 + extract("day", day)


class Guardian(Base):
    """An adult responsible for one or more students of one school."""

    __tablename__ = "guardian"

    id: Mapped[Key]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id", ondelete="CASCADE"), index=True)
    name: Mapped[Line] = mapped_column(default="")
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), index=True)
    external_id: Mapped[Word | None] = mapped_column(comment="Its id in the school's own system (sourcedId of OneRoster)")

    mailbox: Mapped[Mailbox | None] = relationship()
    students: Mapped[list[Student]] = relationship(secondary=guardianship, back_populates="guardians")


class ListLayout(Base):
    """What a person chose for the columns of a school's class lists with one set of headings."""

    __tablename__ = "list_layout"

    school_id: Mapped[int] = mapped_column(ForeignKey("school.id", ondelete="CASCADE"), primary_key=True)
    headings: Mapped[Word] = mapped_column(primary_key=True, comment="A sign of the whole row of headings")
    fields: Mapped[Prose] = mapped_column(comment="The field of each column from the left, empty where it is left out, as JSON")


class EndedLink(Base):
    """What "not my child" ended: the reader of this mailbox isn't this guardian, or isn't at this student's address. It can be undone."""

    __tablename__ = "ended_link"

    id: Mapped[Key]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id", ondelete="CASCADE"), index=True)
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id", ondelete="CASCADE"), index=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id", ondelete="CASCADE"), index=True)
    ended_at: Mapped[datetime]
    restored_at: Mapped[datetime | None] = mapped_column(comment="Its reader said then that it was a mistake")

    __table_args__ = (CheckConstraint("(guardian_id IS NULL) <> (student_id IS NULL)", name="is_about_a_guardian_or_a_student"),)
