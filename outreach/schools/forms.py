"""The forms of classes, class lists and students."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FileField,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SearchField,
    SelectField,
    TextAreaField,
)
from wtforms import Form as Part
from wtforms.validators import Optional, StopValidation
from wtforms.widgets import HiddenInput

from outreach.class_lists import (
    MAX_GUARDIANS,
    CellTrouble,
    DateOrder,
    KnownGuardian,
    KnownStudent,
    ListedGuardian,
    ProblemCode,
    read_name,
    read_number,
    read_word,
)
from outreach.mail import one_line
from outreach.models import Student
from outreach.schools.students import FIELDS, StudentInput
from outreach.web import AddressField, Form, NameField, ProseField, SelectChoice, required


class ClassForm(Form):
    """A class's name; the school, for those who work at several."""

    name = NameField(_l("Class name"), (required(_l("Please give the class a name.")),), longest=100)
    school_id = SelectField(_l("School"), coerce=int)


class UploadForm(Form):
    """A class list: a file, or the list itself."""

    file = FileField(_l("File"), description=_l("A spreadsheet (XLSX, XLS or ODS) or a CSV file, 10 MB at most."))
    pasted = TextAreaField(_l("Or paste the list"), description=_l("Copy it from a spreadsheet, or type one student on each line."))

    def content(self) -> bytes | None:
        """Give what was uploaded or pasted; None with a word beside the field when it isn't exactly one of the two."""
        upload, pasted = self.file.data, self.pasted.data or ""
        has_file = bool(upload and getattr(upload, "filename", ""))
        if has_file and pasted.strip():
            self.pasted.errors = [_("You chose a file and pasted a list. Use only one of them.")]
            return None
        if not has_file and not pasted.strip():
            self.file.errors = [_("Choose the file with your class list, or paste the list below.")]
            return None
        content: bytes = upload.read() if has_file else pasted.encode("utf-8", "replace")
        return content

    @property
    def file_name(self) -> str:
        """Give the name of the file; empty: the list was pasted."""
        return one_line(getattr(self.file.data, "filename", "") or "")

    def refuse_list(self, sentence: str) -> None:
        """Show why the list is declined, beside its field."""
        field = self.pasted if (self.pasted.data or "").strip() else self.file
        field.errors = [sentence]


class ReviewForm(Form):
    """What goes with a list from the dry run to the import; columns and answers are read one by one."""

    shown = HiddenField()
    headings = BooleanField(_l("The first row holds headings"))
    date_order = RadioField(
        _l("How are the birth dates written?"),
        choices=[
            SelectChoice(DateOrder.DAY_FIRST.value, _l("Day first: 30/04 is 30 April")),
            SelectChoice(DateOrder.MONTH_FIRST.value, _l("Month first: 04/30 is 30 April")),
        ],
        validators=[Optional()],
        validate_choice=False,
    )


class StudentSearchForm(Form):
    """Finding a student."""

    class Meta:
        """Asked by GET: nothing to protect."""

        csrf = False

    q = SearchField(_l("Name or number"))
    show = HiddenField()


_TROUBLES = {
    ProblemCode.NOT_A_NAME: _l("This is not a name. A name has letters, and no address or link."),
    ProblemCode.FORMULA_CELL: _l("This looks like a spreadsheet formula. Enter its value."),
    ProblemCode.SPREADSHEET_ERROR: _l("This is a spreadsheet error. Enter the value itself."),
    ProblemCode.MANGLED_NUMBER: _l("A spreadsheet has shortened this number. Enter all of its digits."),
    ProblemCode.GARBLED: _l("Some characters here are damaged. Type them again."),
}


class CellField(NameField):
    """One line, read as the same cell of a class list would be: `value` is what it says, None for nothing."""

    value: str | None = None

    def __init__(self, label: Any, validators: tuple[Any, ...], *, read: Callable[[str], str | None], **settings: Any) -> None:
        """Take one of the readers of `class_lists`."""
        super().__init__(label, validators, **settings)
        self.read = read

    def pre_validate(self, form: Any) -> None:
        """Say what is wrong in the words of the form."""
        super().pre_validate(form)
        try:
            self.value = self.read(self.data or "")
        except CellTrouble as trouble:
            raise StopValidation(str(_TROUBLES.get(trouble.code, _("Please shorten this to one line.")))) from None


class BirthDateField(DateField):
    """A date, or words that say how to write one."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what the browser's date field sends."""
        if valuelist and not valuelist[0].strip():
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("We can't read this date. Write it like 2011-04-30.")) from None


class BirthDatesForm(Form):
    """The birth dates of students who have none; `birth_dates_form` adds a field for each."""

    students: tuple[Student, ...] = ()

    @property
    def rows(self) -> list[tuple[Student, Any]]:
        """Give each student with their field."""
        return [(student, self[f"birth_date_{student.id}"]) for student in self.students]

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for one date at least."""
        valid = bool(super().validate(extra_validators))
        if valid and not self.typed():
            self.form_errors.append(_("Fill in at least one birth date."))
            return False
        return valid

    def typed(self) -> dict[int, date]:
        """Give the dates that were typed, by student."""
        return {student.id: field.data for student, field in self.rows if field.data}


def birth_dates_form(students: Sequence[Student]) -> BirthDatesForm:
    """Make the form for these students."""
    fields = {f"birth_date_{student.id}": BirthDateField(student.name, (Optional(),)) for student in students}
    kind: type[BirthDatesForm] = type("BirthDatesOfStudents", (BirthDatesForm,), fields)
    kind.students = tuple(students)
    return kind()


class GuardianPart(Part):
    """One guardian; left empty: none."""

    id = IntegerField(validators=[Optional()], widget=HiddenInput())
    name = CellField(_l("Name"), (Optional(),), read=read_name, longest=100)
    email = AddressField(_l("E-mail"), (Optional(),))
    is_removed = BooleanField(_l("Remove this guardian"))

    @property
    def says_something(self) -> bool:
        """Somebody is named or can be written to."""
        return bool((self.name.data or self.email.data) and not self.is_removed.data)


class StudentForm(Form):
    """All we keep about a student, and no more."""

    given_name = CellField(_l("Given name"), (required(_l("Please enter the given name.")),), read=read_name, longest=100)
    family_name = CellField(
        _l("Family name"), (Optional(),), read=read_name, longest=100, description=_l("Leave it empty for a student with one name only.")
    )
    preferred_name = CellField(_l("Preferred first name"), (Optional(),), read=read_name, longest=100)
    email = AddressField(_l("E-mail"), (Optional(),))
    year_group = CellField(_l("Year group"), (Optional(),), read=read_word, longest=64)
    number = CellField(_l("Student number"), (Optional(),), read=read_number, longest=64)
    birth_date = BirthDateField(_l("Birth date"), (Optional(),))
    needs = ProseField(_l("Needs"), (Optional(),), longest=2000)
    guardians = FieldList(FormField(GuardianPart), min_entries=MAX_GUARDIANS, max_entries=20)
    is_another = BooleanField(_l("This is a different person: add them too"))
    leaves_nobody = BooleanField(_l("Save it: there is no guardian for now"))
    seen = HiddenField()

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for a name once blanks and dashes are taken off."""
        valid = bool(super().validate(extra_validators))
        if not self.given_name.errors and not self.given_name.value:
            self.given_name.errors = [_("Please enter the name.")]
            valid = False
        return valid

    def typed(self) -> StudentInput:
        """Give what was typed."""
        return StudentInput(
            given_name=self.given_name.value or "",
            family_name=self.family_name.value or "",
            preferred_name=self.preferred_name.value,
            number=self.number.value,
            email=self.email.data or None,
            year_group=self.year_group.value,
            birth_date=self.birth_date.data,
            needs=self.needs.data or None,
            guardians=tuple(_guardian(part.form) for part in self.guardians if part.form.says_something),
        )

    @property
    def shown_guardians(self) -> int:
        """How many guardians to show at once: those there are, and one more."""
        filled = [index for index, part in enumerate(self.guardians) if part.form.name.data or part.form.email.data or part.form.errors]
        return max(filled, default=0) + 2


def beginning(student: KnownStudent) -> dict[str, Any]:
    """Give what the form of a student begins with."""
    guardians = [{"id": one.id, "name": one.name, "email": one.email} for one in student.guardians]
    return {field: getattr(student, field) for field in FIELDS} | {"guardians": guardians}


def _guardian(part: Any) -> KnownGuardian | ListedGuardian:
    if part.id.data:
        return KnownGuardian(part.id.data, part.name.value, part.email.data or None)
    return ListedGuardian(part.name.value, part.email.data or None)
