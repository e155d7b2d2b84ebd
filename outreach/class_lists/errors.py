"""What a class list can say (fields) and what can be wrong with it (codes), by name.

Pure. `labels` has the sentences for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

MAX_GUARDIANS = 4


class ListField(StrEnum):
    """The fields a column may be."""

    GIVEN_NAME = "given_name"
    PREFERRED_NAME = "preferred_name"
    FAMILY_NAME = "family_name"
    FAMILY_PREFIX = "family_prefix"
    SECOND_FAMILY_NAME = "second_family_name"
    FULL_NAME = "full_name"
    FULL_NAME_FAMILY_FIRST = "full_name_family_first"
    NUMBER = "number"
    EMAIL = "email"
    YEAR_GROUP = "year_group"
    CLASS_NAME = "class_name"
    BIRTH_DATE = "birth_date"
    NEEDS = "needs"
    ROLE = "role"
    STATUS = "status"
    ENROLMENT_CODE = "enrolment_code"
    ACTIVE = "active"
    GONE = "gone"
    LEFT_ON = "left_on"
    EXTERNAL_ID = "external_id"
    GUARDIAN_IDS = "guardian_ids"
    GUARDIAN_1_NAME = "guardian_1_name"
    GUARDIAN_1_GIVEN_NAME = "guardian_1_given_name"
    GUARDIAN_1_FAMILY_PREFIX = "guardian_1_family_prefix"
    GUARDIAN_1_FAMILY_NAME = "guardian_1_family_name"
    GUARDIAN_1_SECOND_FAMILY_NAME = "guardian_1_second_family_name"
    GUARDIAN_1_EMAIL = "guardian_1_email"
    GUARDIAN_1_RELATIONSHIP = "guardian_1_relationship"
    GUARDIAN_1_PRIORITY = "guardian_1_priority"
    GUARDIAN_1_MAY_CONTACT = "guardian_1_may_contact"
    GUARDIAN_1_NO_CONTACT = "guardian_1_no_contact"
    GUARDIAN_2_NAME = "guardian_2_name"
    GUARDIAN_2_GIVEN_NAME = "guardian_2_given_name"
    GUARDIAN_2_FAMILY_PREFIX = "guardian_2_family_prefix"
    GUARDIAN_2_FAMILY_NAME = "guardian_2_family_name"
    GUARDIAN_2_SECOND_FAMILY_NAME = "guardian_2_second_family_name"
    GUARDIAN_2_EMAIL = "guardian_2_email"
    GUARDIAN_2_RELATIONSHIP = "guardian_2_relationship"
    GUARDIAN_2_PRIORITY = "guardian_2_priority"
    GUARDIAN_2_MAY_CONTACT = "guardian_2_may_contact"
    GUARDIAN_2_NO_CONTACT = "guardian_2_no_contact"
    GUARDIAN_3_NAME = "guardian_3_name"
    GUARDIAN_3_GIVEN_NAME = "guardian_3_given_name"
    GUARDIAN_3_FAMILY_PREFIX = "guardian_3_family_prefix"
    GUARDIAN_3_FAMILY_NAME = "guardian_3_family_name"
    GUARDIAN_3_SECOND_FAMILY_NAME = "guardian_3_second_family_name"
    GUARDIAN_3_EMAIL = "guardian_3_email"
    GUARDIAN_3_RELATIONSHIP = "guardian_3_relationship"
    GUARDIAN_3_PRIORITY = "guardian_3_priority"
    GUARDIAN_3_MAY_CONTACT = "guardian_3_may_contact"
    GUARDIAN_3_NO_CONTACT = "guardian_3_no_contact"
    GUARDIAN_4_NAME = "guardian_4_name"
    GUARDIAN_4_GIVEN_NAME = "guardian_4_given_name"
    GUARDIAN_4_FAMILY_PREFIX = "guardian_4_family_prefix"
    GUARDIAN_4_FAMILY_NAME = "guardian_4_family_name"
    GUARDIAN_4_SECOND_FAMILY_NAME = "guardian_4_second_family_name"
    GUARDIAN_4_EMAIL = "guardian_4_email"
    GUARDIAN_4_RELATIONSHIP = "guardian_4_relationship"
    GUARDIAN_4_PRIORITY = "guardian_4_priority"
    GUARDIAN_4_MAY_CONTACT = "guardian_4_may_contact"
    GUARDIAN_4_NO_CONTACT = "guardian_4_no_contact"

    @property
    def is_of_guardian(self) -> bool:
        """The column says something of a guardian."""
        return self.value.startswith("guardian_") and self is not ListField.GUARDIAN_IDS


@cache
def guardian_field(position: int, part: str) -> ListField:
    """Give the field of one guardian (1 to 4); part is name, email, relationship ... as in ListField."""
    return ListField(f"guardian_{position}_{part}")


class FileCode(StrEnum):
    """Why a whole file is declined."""

    EMPTY = "file_empty"
    TOO_BIG = "file_too_big"
    SPREADSHEET = "file_is_spreadsheet"
    ARCHIVE = "file_is_archive"
    DOCUMENT = "file_is_document"
    PDF = "file_is_pdf"
    NUMBERS = "file_is_numbers"
    WEB_PAGE = "file_is_web_page"
    PASSWORD = "file_has_password"  # noqa: S105 (a code)
    BROKEN_WORKBOOK = "workbook_is_broken"
    WORKBOOK_TOO_LARGE = "workbook_too_large"
    UNPACKS_TOO_BIG = "unpacks_too_big"
    BINARY = "file_is_binary"
    GARBLED = "file_is_garbled"
    UNCLOSED_QUOTE = "unclosed_quote"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    CELL_TOO_LONG = "cell_too_long"
    NO_STUDENTS = "no_students"
    NO_NAME_COLUMN = "no_name_column"
    FIELD_CHOSEN_TWICE = "field_chosen_twice"
    NO_SUCH_COLUMN = "no_such_column"


class ListError(Exception):
    """The whole file is declined: `code` says why, `facts` (limit, line, column, field) fill its sentence."""

    def __init__(self, code: FileCode, **facts: int | str) -> None:
        """Keep the code and its facts for `labels.error_words`."""
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


class ProblemCode(StrEnum):
    """What is wrong in one row."""

    MISSING_NAME = "missing_name"
    NOT_A_NAME = "not_a_name"
    BAD_EMAIL = "bad_email"
    SEVERAL_EMAILS = "several_emails"
    BAD_DATE = "bad_date"
    AMBIGUOUS_DATE = "ambiguous_date"
    FUTURE_BIRTH_DATE = "future_birth_date"
    IMPLAUSIBLE_AGE = "implausible_age"
    MANGLED_NUMBER = "mangled_number"
    FORMULA_CELL = "formula_cell"
    SPREADSHEET_ERROR = "spreadsheet_error"
    CONTROL_CHARACTERS = "control_characters"
    GARBLED = "garbled"
    TOO_LONG = "too_long"
    TOO_MANY_CELLS = "too_many_cells"
    TOO_MANY_GUARDIANS = "too_many_guardians"
    DUPLICATE_ROW = "duplicate_row"
    DUPLICATE_NUMBER = "duplicate_number"
    REPEATED_ROW = "repeated_row"
    NAMESAKE = "namesake"
    NAME_WAS_SPLIT = "name_was_split"
    MISSING_NUMBER = "missing_number"
    UNKNOWN_STATUS = "unknown_status"
    ONE_NAME = "one_name"
    PARENTS_ADDRESS = "parents_address"
    NAME_WITH_DIGIT = "name_with_digit"
    STRANGE_LETTERS = "strange_letters"


DOUBTS = frozenset({ProblemCode.PARENTS_ADDRESS, ProblemCode.NAME_WITH_DIGIT, ProblemCode.STRANGE_LETTERS})
WARNINGS = frozenset(
    {
        *(ProblemCode.REPEATED_ROW, ProblemCode.NAMESAKE, ProblemCode.NAME_WAS_SPLIT, ProblemCode.ONE_NAME, ProblemCode.UNKNOWN_STATUS),
        *(ProblemCode.TOO_MANY_GUARDIANS,),
        *DOUBTS,
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one row; `value` is what was there (clipped), or the other row's number."""

    line: int
    field: ListField | None
    code: ProblemCode
    value: str = ""

    @property
    def is_warning(self) -> bool:
        """The row is good all the same: what is wrong with a guardian never drops a student."""
        return self.code in WARNINGS or (self.field is not None and self.field.is_of_guardian)

    @property
    def is_doubt(self) -> bool:
        """A person must look: the value is taken, but it looks wrong for its field, or a guardian's can't be read."""
        return self.code in DOUBTS or (self.field is not None and self.field.is_of_guardian)


class CellTrouble(Exception):
    """One cell can't be read; the reader of the row makes a Problem of it."""

    def __init__(self, code: ProblemCode) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code
