"""The sentences for everything a class list import can say: what happened, and what to do next.

Translated when asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from outreach.class_lists.errors import FileCode, ListError, ListField, Problem, ProblemCode
from outreach.class_lists.guardian_matching import GuardianAnswer, GuardianChoice, GuardianQuestion
from outreach.class_lists.headings.left_out import LeftOut
from outreach.class_lists.plan import AskReason
from outreach.class_lists.roles import NotStudent

_FILE: Mapping[FileCode, LazyString] = {
    FileCode.EMPTY: _l("This file is empty. Choose the file with your class list, or paste the list."),
    FileCode.TOO_BIG: _l("This file is larger than %(limit)s MB. Keep only the columns we need, or split the list into several files."),
    FileCode.SPREADSHEET: _l("This is a spreadsheet of a kind we can't read. Save it as XLSX or CSV, then upload that file."),
    FileCode.ARCHIVE: _l("This is a compressed file. Unpack it first, then upload the class list inside as CSV."),
    FileCode.DOCUMENT: _l("This is a document or a picture, not a class list. Save the list from your spreadsheet as CSV, or paste it."),
    FileCode.WEB_PAGE: _l(
        "This is a web page, although its name may end in .xls. Open it in your spreadsheet, save it as XLSX or CSV and upload that file."
    ),
    FileCode.PDF: _l("This is a PDF, made for printing. Export the list from your school's program as XLSX or CSV instead."),
    FileCode.NUMBERS: _l('This is an Apple Numbers file. In Numbers choose "File", "Export To", "Excel" or "CSV", then upload that file.'),
    FileCode.PASSWORD: _l("This spreadsheet has a password. Save a copy without one, then upload the copy."),
    FileCode.BROKEN_WORKBOOK: _l(
        "We can't open this spreadsheet: the file is damaged. Open it, save it again as XLSX and upload that file."
    ),
    FileCode.WORKBOOK_TOO_LARGE: _l(
        "This spreadsheet is too large to read, perhaps because of cells far below or beside the list. "
        "Copy the list into a new spreadsheet, or save it as CSV."
    ),
    FileCode.UNPACKS_TOO_BIG: _l("This spreadsheet is larger than %(limit)s MB inside. Copy only the list into a new spreadsheet."),
    FileCode.BINARY: _l("We can't read this file as text. Save the list from your spreadsheet as CSV, or paste it."),
    FileCode.GARBLED: _l('Some characters in this file are damaged, perhaps those with accents. Save it again as "CSV UTF-8".'),
    FileCode.UNCLOSED_QUOTE: _l('Row %(line)s opens a quotation mark (") that is never closed. Close it or take it out.'),
    FileCode.TOO_MANY_ROWS: _l("This list has more than %(limit)s rows. Upload one class at a time."),
    FileCode.TOO_MANY_COLUMNS: _l("Row %(line)s has more than %(limit)s columns. Keep only the columns we need."),
    FileCode.CELL_TOO_LONG: _l(
        "A cell in row %(line)s is longer than %(limit)s characters. Shorten it, or look for a quotation mark that is missing."
    ),
    FileCode.NO_STUDENTS: _l("We found no students in this list. There should be one row for each, below the headings."),
    FileCode.NO_NAME_COLUMN: _l("We don't know which columns hold the names. Choose the given name and the family name, or the full name."),
    FileCode.FIELD_CHOSEN_TWICE: _l("Two columns are chosen for “%(field)s”. Choose one of them."),
    FileCode.NO_SUCH_COLUMN: _l("There is no column %(column)s in this list. Upload the list again."),
}

_ROW: Mapping[ProblemCode, LazyString] = {
    ProblemCode.MISSING_NAME: _l("Row %(line)s has no name. Every student needs one."),
    ProblemCode.NOT_A_NAME: _l('Row %(line)s: "%(value)s" is not a name. Check that the right columns are chosen.'),
    ProblemCode.BAD_EMAIL: _l('Row %(line)s: "%(value)s" is not an e-mail address. Correct it, or leave the cell empty.'),
    ProblemCode.SEVERAL_EMAILS: _l('Row %(line)s: "%(value)s" is more than one e-mail address. Keep one for the student.'),
    ProblemCode.BAD_DATE: _l('Row %(line)s: we can\'t read "%(value)s" as a date. Write it like 2011-04-30.'),
    ProblemCode.AMBIGUOUS_DATE: _l('Row %(line)s: "%(value)s" can be read in two ways. Choose which comes first, the day or the month.'),
    ProblemCode.FUTURE_BIRTH_DATE: _l('Row %(line)s: the birth date "%(value)s" is in the future. Check the year.'),
    ProblemCode.IMPLAUSIBLE_AGE: _l(
        'Row %(line)s: the birth date "%(value)s" can\'t be right for a student. Correct it or empty the cell.'
    ),
    ProblemCode.MANGLED_NUMBER: _l(
        'Row %(line)s: your spreadsheet shortened a long student number to "%(value)s". Format that column as text and save again.'
    ),
    ProblemCode.FORMULA_CELL: _l('Row %(line)s: "%(value)s" is a formula. Replace it with its value.'),
    ProblemCode.SPREADSHEET_ERROR: _l('Row %(line)s: "%(value)s" is a spreadsheet error. Correct the cell or empty it.'),
    ProblemCode.CONTROL_CHARACTERS: _l(
        "Row %(line)s: “%(field)s” has a line break or a hidden character in it. Type it again on one line."
    ),
    ProblemCode.GARBLED: _l('Row %(line)s: some characters in "%(value)s" are damaged. Type them again, or save the list as "CSV UTF-8".'),
    ProblemCode.TOO_LONG: _l('Row %(line)s: "%(value)s" is too long for “%(field)s”. Shorten it.'),
    ProblemCode.TOO_MANY_CELLS: _l(
        'Row %(line)s has more cells than there are headings: "%(value)s" has none. Look for a comma that splits a cell, or add a heading.'
    ),
    ProblemCode.TOO_MANY_GUARDIANS: _l("Row %(line)s has more than four guardians. We leave out %(value)s."),
    ProblemCode.DUPLICATE_ROW: _l(
        "Row %(line)s is the same student as row %(value)s, with different details. "
        "Keep one of them, or add something that tells two students apart, such as a birth date."
    ),
    ProblemCode.DUPLICATE_NUMBER: _l("Row %(line)s has the same student number as row %(value)s. Correct one of them."),
    ProblemCode.REPEATED_ROW: _l("Row %(line)s is the same as row %(value)s. We count it once."),
    ProblemCode.NAMESAKE: _l("Row %(line)s has the same name as row %(value)s. We count them as two students."),
    ProblemCode.NAME_WAS_SPLIT: _l('Row %(line)s: we split the name as "%(value)s" (given name | family name). Check this is right.'),
    ProblemCode.MISSING_NUMBER: _l("Row %(line)s has no student number, so we can't tell who it is about."),
    ProblemCode.UNKNOWN_STATUS: _l('Row %(line)s: we don\'t know the status "%(value)s", so we take this row. Is this student still here?'),
    ProblemCode.ONE_NAME: _l('Row %(line)s: "%(value)s" is the only name in this row. Check this is right.'),
    ProblemCode.PARENTS_ADDRESS: _l(
        "Row %(line)s: the list gives \"%(value)s\" as a guardian's address too. Is it really the student's own?"
    ),
    ProblemCode.NAME_WITH_DIGIT: _l('Row %(line)s: “%(field)s” has a digit in it: "%(value)s". Is that right?'),
    ProblemCode.STRANGE_LETTERS: _l('Row %(line)s: the letters of "%(value)s" look damaged. Is it spelled like this?'),
}

_ASK: Mapping[AskReason, LazyString] = {
    AskReason.NUMBER_OF_ANOTHER: _l(
        "Row %(line)s: %(name)s has the same student number as somebody with another name. Is it the same student?"
    ),
    AskReason.SEVERAL_STUDENTS: _l("Row %(line)s: %(name)s could be one of several students. Which one is it?"),
    AskReason.SEVERAL_ROWS: _l("Row %(line)s: this row and another may both be the same %(name)s. Which one is it?"),
    AskReason.SAME_NAME: _l("Row %(line)s: this class has a student called %(name)s with other details. Is it the same student?"),
    AskReason.RENAMED: _l(
        "Row %(line)s: nobody here is called %(name)s, but somebody of a like name is missing from the list. Is it the same student?"
    ),
    AskReason.OTHER_CLASS: _l("Row %(line)s: another class at your school has a student called %(name)s. Is it the same student?"),
}

_GUARDIAN_ASK: Mapping[GuardianChoice, LazyString] = {
    GuardianChoice.CORRECTS: _l("The same person as %(known)s, corrected"),
    GuardianChoice.REPLACES: _l("Another person, who replaces %(known)s; %(known)s gets no more invitations"),
    GuardianChoice.ADDS: _l("Another guardian"),
    GuardianChoice.STOPS: _l("Remove %(known)s; %(known)s gets no more invitations"),
    GuardianChoice.KEEPS: _l("Keep this guardian anyway"),
}

_FIELD: Mapping[ListField, LazyString] = {
    ListField.GIVEN_NAME: _l("given name"),
    ListField.PREFERRED_NAME: _l("preferred first name"),
    ListField.FAMILY_NAME: _l("family name"),
    ListField.FAMILY_PREFIX: _l("first part of the family name"),
    ListField.SECOND_FAMILY_NAME: _l("second family name"),
    ListField.FULL_NAME: _l("full name"),
    ListField.FULL_NAME_FAMILY_FIRST: _l("full name, family name first"),
    ListField.NUMBER: _l("student number"),
    ListField.EMAIL: _l("e-mail address"),
    ListField.YEAR_GROUP: _l("year group"),
    ListField.BIRTH_DATE: _l("birth date"),
    ListField.CLASS_NAME: _l("class"),
    ListField.NEEDS: _l("needs"),
    ListField.ROLE: _l("role: student, teacher, parent"),
    ListField.STATUS: _l("status: here or gone"),
    ListField.ENROLMENT_CODE: _l("enrolment code: 0 is here"),
    ListField.ACTIVE: _l("is here: yes or no"),
    ListField.GONE: _l("is gone: yes or no"),
    ListField.LEFT_ON: _l("last day at school"),
    ListField.EXTERNAL_ID: _l("identifier in another program"),
    ListField.GUARDIAN_IDS: _l("identifiers of guardians"),
}
_LEFT_OUT: Mapping[LeftOut, LazyString] = {
    LeftOut.TELEPHONE: _l("left out on purpose: we keep no telephone numbers"),
    LeftOut.ADDRESS: _l("left out on purpose: we keep no home addresses"),
    LeftOut.MEDICAL: _l("left out on purpose: we keep no medical records"),
    LeftOut.UNKNOWN: _l("left out: we don't know this column"),
    LeftOut.HAS_EMAILS: _l("left out, but it has e-mail addresses: say whose they are, or confirm that it is left out"),
    LeftOut.MAYBE_CONTACT: _l("left out, but it may name a guardian: say who this is, or confirm that it is left out"),
}
_GUARDIAN: Mapping[str, LazyString] = {
    "name": _l("name of guardian %(number)s"),
    "given_name": _l("given name of guardian %(number)s"),
    "family_name": _l("family name of guardian %(number)s"),
    "family_prefix": _l("first part of the family name of guardian %(number)s"),
    "second_family_name": _l("second family name of guardian %(number)s"),
    "email": _l("e-mail address of guardian %(number)s"),
    "relationship": _l("relationship of guardian %(number)s"),
    "priority": _l("priority of guardian %(number)s"),
    "may_contact": _l("guardian %(number)s may be contacted"),
    "no_contact": _l("guardian %(number)s must not be contacted"),
}


def error_words(error: ListError) -> str:
    """Say why the whole list is declined."""
    facts = dict(error.facts)
    if "field" in facts:
        facts["field"] = field_words(ListField(str(facts["field"])))
    return str(_FILE[error.code]) % facts


def problem_words(problem: Problem) -> str:
    """Say what is wrong in one row."""
    field = field_words(problem.field) if problem.field else ""
    return str(_ROW[problem.code]) % {"line": problem.line, "field": field, "value": problem.value}


def left_out_words(reason: LeftOut) -> str:
    """Say why a column is left out."""
    return str(_LEFT_OUT[reason])


def not_student_words(reason: NotStudent, count: int) -> str:
    """Count the rows that are no students, by reason."""
    sentences = {
        NotStudent.STAFF: ngettext("%(num)d member of staff", "%(num)d members of staff", count),
        NotStudent.GUARDIAN: ngettext("%(num)d parent", "%(num)d parents", count),
        NotStudent.OTHER_ROLE: ngettext("%(num)d person with a role we don't know", "%(num)d people with a role we don't know", count),
        NotStudent.GONE: ngettext(
            "%(num)d person who left, was deleted or cancelled", "%(num)d people who left, were deleted or cancelled", count
        ),
        NotStudent.TEST_PERSON: ngettext("%(num)d test account", "%(num)d test accounts", count),
        NotStudent.TOTAL: ngettext("%(num)d row with totals", "%(num)d rows with totals", count),
        NotStudent.FOOTER: ngettext("%(num)d line of print, such as a page number", "%(num)d lines of print, such as page numbers", count),
    }
    return sentences[reason]


def question_words(reason: AskReason, *, line: int, name: str) -> str:
    """Ask who one row is; `name` is the student's full name."""
    return str(_ASK[reason]) % {"line": line, "name": name}


def guardian_question_words(question: GuardianQuestion, *, student: str) -> str:
    """Ask who one guardian of a row is; `student` is the student's full name."""
    who = " ".join(filter(None, (question.guardian.name, question.guardian.email)))
    facts = {"line": question.line, "who": who, "student": student}
    if question.is_barred:
        return _("Row %(line)s: the list says that %(who)s must not be contacted, but they are a guardian of %(student)s here.", **facts)
    return _("Row %(line)s: the list gives %(who)s as a guardian of %(student)s. Who is that?", **facts)


def guardian_answer_words(answer: GuardianAnswer, *, known: str) -> str:
    """Offer one answer; `known` is the known guardian's name and address."""
    return str(_GUARDIAN_ASK[answer.choice]) % {"known": known}


def field_words(field: ListField) -> str:
    """Name a field, in the middle of a sentence or in a list to choose from."""
    if field in _FIELD:
        return str(_FIELD[field])
    _guardian, number, part = field.split("_", 2)
    return str(_GUARDIAN[part]) % {"number": number}
