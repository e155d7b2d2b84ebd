"""Reads XLSX, XLS and ODS files with python-calamine, in a process of its own whose death is an error in words."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import as_file, files

from outreach.class_lists.errors import FileCode, ListError
from outreach.class_lists.files.table import ListTable, SheetFacts, lines_of

SECONDS = 30  # waited for; the process itself ends after 20 of computing

_ERRORS = {"password": FileCode.PASSWORD, "broken": FileCode.BROKEN_WORKBOOK}


def read_workbook(content: bytes, *, sheet: str | None = None) -> ListTable:
    """Read one sheet, the first visible one with cells unless `sheet` names another.

    Raises ListError for a file that is broken, has a password, or needs more memory or time than a class list does.
    """
    with as_file(files(__package__).joinpath("workbook_process.py")) as program:
        request = json.dumps({"sheet": sheet}).encode() + b"\n" + content
        try:
            done = subprocess.run(  # noqa: S603 (our own program)
                [sys.executable, "-I", str(program)], input=request, capture_output=True, timeout=SECONDS, check=False, env={}
            )
        except subprocess.TimeoutExpired:
            raise ListError(FileCode.WORKBOOK_TOO_LARGE) from None
    if done.returncode:
        raise ListError(FileCode.WORKBOOK_TOO_LARGE)
    found = json.loads(done.stdout)
    if "error" in found:
        raise ListError(_ERRORS[found["error"]])
    lines = lines_of(enumerate(found["rows"], 1))
    facts = SheetFacts(tuple(found["names"]), found["chosen"], tuple(found["hidden"]), found["hidden_rows"])
    return ListTable(lines, sheets=facts)
