"""The import of class lists: from an uploaded file to a plan of what it changes. Pure, but for `words`."""

from outreach.class_lists.cells import read_name, read_number, read_word
from outreach.class_lists.dates import PLAUSIBLE_AGES, DateOrder
from outreach.class_lists.errors import MAX_GUARDIANS, CellTrouble, ListError, ListField, Problem, ProblemCode
from outreach.class_lists.files.encodings import CODE_PAGES
from outreach.class_lists.files.read import read_file
from outreach.class_lists.files.table import ListTable
from outreach.class_lists.guardian_matching import GuardianAnswer, GuardianChoice, GuardianQuestion, QuestionKey
from outreach.class_lists.headings.columns import ListColumns, choose_columns, guess_columns, left_out_columns
from outreach.class_lists.headings.left_out import LeftOut
from outreach.class_lists.labels import (
    error_words,
    field_words,
    guardian_answer_words,
    guardian_question_words,
    left_out_words,
    not_student_words,
    problem_words,
    question_words,
)
from outreach.class_lists.match import ImportPlan, plan_import
from outreach.class_lists.names import NameCuts, NameOrder, akin, richer
from outreach.class_lists.plan import (
    GuardianChange,
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
from outreach.class_lists.roles import LeftRow, NotStudent
from outreach.class_lists.row_reader import ListReading, read_rows

__all__ = [
    "CODE_PAGES",
    "MAX_GUARDIANS",
    "PLAUSIBLE_AGES",
    "CellTrouble",
    "DateOrder",
    "GuardianAnswer",
    "GuardianChange",
    "GuardianChoice",
    "GuardianQuestion",
    "ImportPlan",
    "ImportQuestion",
    "KnownGuardian",
    "KnownStudent",
    "LeftOut",
    "LeftRow",
    "ListColumns",
    "ListError",
    "ListField",
    "ListReading",
    "ListTable",
    "ListedGuardian",
    "ListedStudent",
    "NameCuts",
    "NameOrder",
    "NotStudent",
    "Problem",
    "ProblemCode",
    "QuestionKey",
    "StudentUpdate",
    "Value",
    "akin",
    "choose_columns",
    "error_words",
    "field_words",
    "guardian_answer_words",
    "guardian_question_words",
    "guess_columns",
    "left_out_columns",
    "left_out_words",
    "merged",
    "not_student_words",
    "number_key",
    "plan_import",
    "problem_words",
    "question_words",
    "read_file",
    "read_name",
    "read_number",
    "read_rows",
    "read_word",
    "richer",
]
