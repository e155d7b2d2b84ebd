"""Every code has its sentence, kind and exact."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask_babel import Babel

from outreach.class_lists.errors import FileCode, ListError, ListField, Problem, ProblemCode
from outreach.class_lists.files.csv_file import read_table
from outreach.class_lists.files.table import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS
from outreach.class_lists.labels import error_words, field_words, problem_words, question_words
from outreach.class_lists.plan import AskReason

JARGON = re.compile(
    r"\b(UTF-16LE|NUL|byte|parse|invalid|delimiter|encoding|null|regex|exception|error code|field|header)\b|!", re.IGNORECASE
)
FACTS: dict[str, int | str] = {"limit": 9, "line": 3, "column": 2, "field": "email"}


@pytest.mark.parametrize("code", FileCode)
def test_each_refusal_of_a_file_has_a_sentence(code: FileCode) -> None:
    _reads_well(error_words(ListError(code, **FACTS)))


@pytest.mark.parametrize("code", ProblemCode)
def test_each_problem_of_a_row_has_a_sentence(code: ProblemCode) -> None:
    words = problem_words(Problem(7, ListField.EMAIL, code, "50% off"))
    assert words.startswith("Row 7")
    _reads_well(words)


@pytest.mark.parametrize("reason", AskReason)
def test_each_question_has_a_sentence(reason: AskReason) -> None:
    words = question_words(reason, line=7, name="Maria Garcia")
    assert words.startswith("Row 7: ")
    assert words.endswith("?")
    assert "Maria Garcia" in words


def test_each_field_has_a_name_of_its_own() -> None:
    names = [field_words(field) for field in ListField]
    assert len(set(names)) == len(ListField)
    assert field_words(ListField.GUARDIAN_2_EMAIL) == "e-mail address of guardian 2"


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            Problem(7, ListField.EMAIL, ProblemCode.BAD_EMAIL, "maria@@x"),
            'Row 7: "maria@@x" is not an e-mail address. Correct it, or leave the cell empty.',
        ),
        (
            Problem(7, ListField.FULL_NAME, ProblemCode.MISSING_NAME),
            "Row 7 has no name. Every student needs one.",
        ),
        (Problem(9, None, ProblemCode.REPEATED_ROW, "4"), "Row 9 is the same as row 4. We count it once."),
        (Problem(2, ListField.NEEDS, ProblemCode.FORMULA_CELL, "=1+1"), 'Row 2: "=1+1" is a formula. Replace it with its value.'),
    ],
)
def test_what_a_teacher_reads(problem: Problem, words: str) -> None:
    assert problem_words(problem) == words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * (MAX_BYTES + 1), "larger than 10 MB"),
        (b"Maria,Garcia\n" * (MAX_ROWS + 2), f"more than {MAX_ROWS} rows"),
        (b"x," * MAX_COLUMNS + b"x", f"Row 1 has more than {MAX_COLUMNS} columns"),
        (b"a\n" + b"x" * (MAX_CELL + 1), f"A cell in row 2 is longer than {MAX_CELL} characters"),
    ],
)
def test_limits_are_said_in_numbers(content: bytes, words: str) -> None:
    with pytest.raises(ListError) as caught:
        read_table(content)
    assert words in error_words(caught.value)


def test_sentences_are_spoken_in_the_language_of_the_page() -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        assert problem_words(Problem(9, None, ProblemCode.REPEATED_ROW, "4")) == "Row 9 is the same as row 4. We count it once."


def _reads_well(words: str) -> None:
    assert words[0].isupper()
    assert words.endswith((".", "?"))
    assert "%(" not in words
    assert not JARGON.search(words)
