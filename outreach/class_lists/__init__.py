"""The import of class lists: from an uploaded file to a plan of what it changes. Pure, but for `words`."""

from outreach.class_lists.cells import read_name, read_number, read_word
from outreach.class_lists.dates import PLAUSIBLE_AGES, DateOrder
from outreach.class_lists.errors import MAX_GUARDIANS, CellTrouble, ListError, ListField, Problem, ProblemCode
from outreach.class_lists.files.csv_file import MAX_BYTES, ListTable, read_table
from outreach.class_lists.headings.columns import ListColumns, choose_columns, guess_columns
from outreach.class_lists.labels import error_words, field_words, problem_words, question_words
from outreach.class_lists.match import plan_import
from outreach.class_lists.names import akin, richer
from outreach.class_lists.plan import (
    GuardianChange,
    ImportPlan,
    ImportQuestion,
    KnownGuardian,
    KnownStudent,
    ListedGuardian,
    ListedStudent,
    StudentUpdate,
    Value,
    merged,
    number_key,
)
from outreach.class_lists.row_reader import ListReading, read_rows

__all__ = [
    "MAX_BYTES",
    "MAX_GUARDIANS",
    "PLAUSIBLE_AGES",
    "CellTrouble",
    "DateOrder",
    "GuardianChange",
    "ImportPlan",
    "ImportQuestion",
    "KnownGuardian",
    "KnownStudent",
    "ListColumns",
    "ListError",
    "ListField",
    "ListReading",
    "ListTable",
    "ListedGuardian",
    "ListedStudent",
    "Problem",
    "ProblemCode",
    "StudentUpdate",
    "Value",
    "akin",
    "choose_columns",
    "error_words",
    "field_words",
    "guess_columns",
    "merged",
    "number_key",
    "plan_import",
    "problem_words",
    "question_words",
    "read_name",
    "read_number",
    "read_rows",
    "read_table",
    "read_word",
    "richer",
]
