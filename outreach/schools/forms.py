"""The forms of classes and class lists."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, HiddenField, RadioField, SearchField, SelectField, TextAreaField
from wtforms.validators import Optional

from outreach.class_lists import DateOrder
from outreach.web import Form, LineField, SelectChoice, required


class ClassForm(Form):
    """A class's name; the school, for those who work at several."""

    name = LineField(_l("Name of the class"), (required(_l("Please give the class a name.")),), longest=100)
    school_id = SelectField(_l("School"), coerce=int)


class UploadForm(Form):
    """A class list: a file, or the list itself."""

    file = FileField(_l("A file"), description=_l("CSV, as any spreadsheet saves it. 2 MB at most."))
    pasted = TextAreaField(_l("Or paste the list"), description=_l("Copied from a spreadsheet, or typed: one student on each line."))

    def content(self) -> bytes | None:
        """Give what was uploaded or pasted; None with a word beside the field when it isn't exactly one of the two."""
        upload, pasted = self.file.data, self.pasted.data or ""
        has_file = bool(upload and getattr(upload, "filename", ""))
        if has_file and pasted.strip():
            self.pasted.errors = [_("You chose a file and pasted a list. Keep one of the two.")]
            return None
        if not has_file and not pasted.strip():
            self.file.errors = [_("Choose the file with your class list, or paste the list below.")]
            return None
        content: bytes = upload.read() if has_file else pasted.encode("utf-8", "replace")
        return content

    def refuse_list(self, sentence: str) -> None:
        """Show why the list is declined, beside its field."""
        field = self.pasted if (self.pasted.data or "").strip() else self.file
        field.errors = [sentence]


class ReviewForm(Form):
    """What goes with a list from the dry run to the import; columns and answers are read one by one."""

    packed = HiddenField()
    seen = HiddenField()
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
