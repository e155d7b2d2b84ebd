"""Birth dates as schools write them: 2011-04-30, 30/04/2011, 30.4.11, 30 avril 2011, Apr 30, 2011.

Pure. 03/04/2011 has two readings: the whole column decides, or a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from outreach.class_lists.errors import CellTrouble, ProblemCode
from outreach.class_lists.headings.vocabulary import words_of

PLAUSIBLE_AGES = range(4, 36)  # a birth date of 1975 is a parent's in the wrong column, and would make a minor an adult


class DateOrder(StrEnum):
    """How a column writes 30 April: 30/04 or 04/30."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)? ?([ap]\.?m\.?|z|[+-]\d\d:?\d\d)?$", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{1,4}) ?[/.\- ] ?(\d{1,2}) ?[/.\- ] ?(\d{1,4})")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_SERIAL = re.compile(r"[1-9]\d{4}")  # how spreadsheets count days
_FIRST_SERIAL = date(1899, 12, 30)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_MARKS = re.compile("[\u0300-\u036f]")
_SMALL = frozenset({"de", "del", "of", "the", "st", "nd", "rd", "th", "er", "le", "el"})
_MONTHS = tuple(
    tuple(names.split())
    for names in (
        "january enero janvier januar januari gennaio janeiro styczen stycznia",
        "february febrero fevrier februar februari febbraio fevereiro luty lutego",
        "march marzo mars marz maart marco marzec marca",
        "april abril avril aprile kwiecien kwietnia",
        "may mayo mai mei maggio maio maj maja",
        "june junio juin juni giugno junho czerwiec czerwca",
        "july julio juillet juli luglio julho lipiec lipca",
        "august agosto aout augustus sierpien sierpnia",
        "september septiembre setiembre septembre settembre setembro wrzesien wrzesnia",
        "october octubre octobre oktober ottobre outubro pazdziernik pazdziernika",
        "november noviembre novembre novembro listopad listopada",
        "december diciembre decembre dezember dicembre dezembro grudzien grudnia",
    )
)


def column_order(values: Iterable[str], heading: str = "") -> DateOrder | None:
    """Give the order one value above 12 or the heading ("dd/mm/yyyy", "jj/mm") settles; None if nothing or both do."""
    orders = {order for value in values if (order := _only_order(value))}
    if orders:
        return orders.pop() if len(orders) == 1 else None
    words = words_of(heading)
    months = [index for index, word in enumerate(words) if word in {"mm", "mmm", "m"}]
    days = [index for index, word in enumerate(words) if word in {"dd", "jj", "j", "d"}]
    if not months or not days:
        return None
    return DateOrder.DAY_FIRST if days[0] < months[0] else DateOrder.MONTH_FIRST


def read_birth_date(value: str, *, order: DateOrder | None, today: date) -> date:
    """Read one date. Raises CellTrouble: bad_date, ambiguous_date, future_birth_date, implausible_age."""
    readings = _readings(value, today)
    if not readings:
        raise CellTrouble(ProblemCode.BAD_DATE)
    if len(set(readings.values())) > 1 and order is None:
        raise CellTrouble(ProblemCode.AMBIGUOUS_DATE)
    day = readings.get(order) if order else None
    return _plausible(day or next(iter(readings.values())), today)


def days_of(value: str) -> tuple[date, ...]:
    """Give every day a cell may mean, without asking whether it can be a birth date; none where it is no date."""
    return tuple(_readings(value, date.max).values())


def _only_order(value: str) -> DateOrder | None:
    readings = _readings(value, date.max)
    return next(iter(readings)) if len(readings) == 1 else None


def _readings(value: str, today: date) -> dict[DateOrder, date]:
    """Give every reading by the order it needs; one that needs none, as 2011-04-30, is under both."""
    value = _TIME.sub("", " ".join(value.split())).strip(",. ")
    if _SERIAL.fullmatch(value):
        return dict.fromkeys(DateOrder, _FIRST_SERIAL + timedelta(days=int(value)))
    numbers = _NUMBERS.fullmatch(value)
    if numbers and len(numbers[1]) < 3:
        first, second, year = int(numbers[1]), int(numbers[2]), _full_year(numbers[3], today)
        found = {DateOrder.DAY_FIRST: _date(year, second, first), DateOrder.MONTH_FIRST: _date(year, first, second)}
        return {order: day for order, day in found.items() if day}
    certain = numbers or _COMPACT.fullmatch(value)
    day = _date(*map(int, certain.groups())) if certain else _worded(value, today)
    return {DateOrder.DAY_FIRST: day, DateOrder.MONTH_FIRST: day} if day else {}


def _worded(value: str, today: date) -> date | None:
    """Read '3 Apr 2011', 'April 3, 2011', '1er mars 2010', '3-abr-11'."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", value)).casefold()
    words = [word for word in _WORD.findall(plain) if word not in _SMALL]
    numbers = [word for word in words if word.isdecimal()]
    months = [_month(word) for word in words if not word.isdecimal()]
    if len(numbers) != 2 or len(months) != 1 or not months[0]:
        return None
    day, year = reversed(numbers) if len(numbers[0]) == 4 else numbers
    return _date(_full_year(year, today), months[0], int(day)) if len(day) < 3 else None


def _month(word: str) -> int:
    """Give the month a name or an abbreviation of three letters or more means in any of the languages, 0 if none."""
    if len(word) < 3:
        return 0
    meant = [number for number, names in enumerate(_MONTHS, 1) if any(name.startswith(word) for name in names)]
    return meant[0] if len(meant) == 1 else 0


def _full_year(digits: str, today: date) -> int:
    """Make 11 into 2011; birth dates lie in the past, so 98 is 1998. Other lengths than 2 and 4 give no year."""
    if len(digits) == 2:
        century = 2000 if int(digits) <= today.year % 100 else 1900
        return century + int(digits)
    return int(digits) if len(digits) == 4 else 0


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _plausible(born: date, today: date) -> date:
    if born > today:
        raise CellTrouble(ProblemCode.FUTURE_BIRTH_DATE)
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if age not in PLAUSIBLE_AGES:
        raise CellTrouble(ProblemCode.IMPLAUSIBLE_AGE)
    return born
