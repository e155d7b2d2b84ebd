"""Birth dates as schools write them, and who decides what 03/04 means."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.class_lists.row_reader import DateOrder
from tests.support.class_lists import codes, one, read


@pytest.mark.parametrize(
    "cell",
    [
        "2011-04-30",
        "2011/4/30",
        "20110430",
        "2011-04-30 00:00:00",
        "2011-04-30T00:00:00Z",
        "30/04/2011",
        "30.4.2011",
        "30-04-11",
        "4/30/2011",
        "30 04 2011",
        "30 Apr 2011",
        "30-abr-11",
        "April 30, 2011",
        "30 avril 2011",
        "30 de abril de 2011",
        "2011 Apr 30",
        "30th April 2011",
        "30/04/2011 0:00",
        "30. 4. 2011",
    ],
)
def test_dates_are_read_as_schools_write_them(cell: str) -> None:
    reading = one("Date of birth", cell)
    assert reading.problems == ()
    assert reading.rows[0].birth_date == date(2011, 4, 30)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2011", "bad_date"),
        ("31/02/2011", "bad_date"),
        ("30/13/2011", "bad_date"),
        ("30 Jui 2011", "bad_date"),
        ("April", "bad_date"),
        ("30/04", "bad_date"),
        ("0000-00-00", "bad_date"),
        ("99999999999999999999", "bad_date"),
        ("30/04/2027", "future_birth_date"),
        ("2027-03-02", "future_birth_date"),
        ("30/04/1975", "implausible_age"),
        ("2025-01-01", "implausible_age"),
        ("########", "spreadsheet_error"),
        ("03/04/2011", "ambiguous_date"),
        ("2/3/11", "ambiguous_date"),
    ],
)
def test_a_date_that_cannot_be_is_refused(cell: str, code: str) -> None:
    reading = one("Date of birth", cell)
    assert codes(reading) == [(2, code)]
    assert reading.asks_date_order is (code == "ambiguous_date")


def births(*cells: str, heading: str = "DOB", date_order: DateOrder | None = None) -> list[date | None]:
    rows = [f"Pupil{chr(65 + place)};Garcia;{cell}" for place, cell in enumerate(cells)]
    reading = read(f"First name;Surname;{heading}", *rows, date_order=date_order)
    found = {row.line: row.birth_date for row in reading.rows}
    return [found.get(place + 2) for place in range(len(cells))]


def test_one_value_above_twelve_settles_the_column() -> None:
    assert births("03/04/2011", "30/04/2011") == [date(2011, 4, 3), date(2011, 4, 30)]
    assert births("03/04/2011", "04/30/2011") == [date(2011, 3, 4), date(2011, 4, 30)]


def test_the_heading_settles_what_the_column_leaves_open() -> None:
    assert births("03/04/2011", heading="Birth date (dd/mm/yyyy)") == [date(2011, 4, 3)]
    assert births("03/04/2011", heading="Birth date (mm/dd/yyyy)") == [date(2011, 3, 4)]
    assert births("03/04/2011", heading="Né(e) le (jj/mm/aaaa)") == [date(2011, 4, 3)]


def test_a_person_settles_what_nothing_else_does() -> None:
    assert births("03/04/2011", date_order=DateOrder.DAY_FIRST) == [date(2011, 4, 3)]
    assert births("03/04/2011", date_order=DateOrder.MONTH_FIRST) == [date(2011, 3, 4)]


def test_a_mixed_column_asks_for_the_dates_that_have_two_readings_only() -> None:
    mixed = ("03/04/2011", "30/04/2011", "04/30/2011", "05/05/2011", "2011-02-01")
    assert births(*mixed) == [None, date(2011, 4, 30), date(2011, 4, 30), date(2011, 5, 5), date(2011, 2, 1)]
    assert births(*mixed, date_order=DateOrder.MONTH_FIRST)[0] == date(2011, 3, 4)


def test_two_digits_of_a_year_lie_in_the_past() -> None:
    assert births("30/04/11", "30/04/98") == [date(2011, 4, 30), date(1998, 4, 30)]
