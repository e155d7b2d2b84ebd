"""One cell to one value: names, numbers, e-mail addresses, words; formulas are refused.

Pure.
"""

from __future__ import annotations

import re
import unicodedata

from outreach.class_lists.errors import CellTrouble, ProblemCode
from outreach.mail import has_link
from outreach.people import normal_address

MAX_NAME = 100
MAX_WORD = 64

_QUOTED_AS_FORMULA = re.compile(r'="([^"]*)"')  # how some programs keep the zeros of 00123
_FORMULA_SIGNS = str.maketrans("\uff1d\uff0b\uff0d\uff20", "=+-@")
_PLAIN_AFTER_SIGN = re.compile(r"[\d\s().,/+\-\u2010-\u2015]*")
_WORDS_AFTER_SIGN = re.compile(r"[\d\s().,/\-]*\s\(?[^\W\d]")  # "- nuts", "-1.5 dioptres"
_SPREADSHEET_ERROR = re.compile(r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|NOMBRE\?|VALOR!|NOM \?|VALEUR!|#+)", re.IGNORECASE)
_LINE_BREAK = re.compile(r"[\r\n\t\u2028\u2029]+")
_NOTHING = frozenset(
    {
        *("x", "n/a", "na", "n.a.", "n/d", "nd", "s/d", "none", "null", "nil", "nan", "no", "non"),
        *("ninguno", "ninguna", "aucun", "aucune", "neant", "n\u00e9ant", "rien", "nada"),
    }
)
_DASHES_ONLY = re.compile(r"[\W_]*")
_NUMBER_MANGLED = re.compile(r"\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)


def plain(cell: str) -> str:
    """Give a cell without what only a spreadsheet means. Raises CellTrouble for formulas, their errors and garbling."""
    wrapped = _QUOTED_AS_FORMULA.fullmatch(cell)
    cell = wrapped[1].strip() if wrapped else cell
    if _is_formula(cell):
        raise CellTrouble(ProblemCode.FORMULA_CELL)
    if _SPREADSHEET_ERROR.fullmatch(cell):
        raise CellTrouble(ProblemCode.SPREADSHEET_ERROR)
    if _is_garbled(cell):
        raise CellTrouble(ProblemCode.GARBLED)
    return cell


def read_name(cell: str) -> str | None:
    """Give one person's name on one line, None if empty. A name with an address, a link or no letter is none."""
    name = " ".join(on_one_line(plain(cell)).split())
    if _DASHES_ONLY.fullmatch(name):
        return None
    if len(name) > MAX_NAME:
        raise CellTrouble(ProblemCode.TOO_LONG)
    if "@" in name or has_link(name) or not any(map(str.isalpha, name)):
        raise CellTrouble(ProblemCode.NOT_A_NAME)
    return name


def read_word(cell: str) -> str | None:
    """Give a short text (a year group), None if empty or a placeholder such as '-' or 'n/a'."""
    word = " ".join(on_one_line(plain(cell)).split())
    if is_nothing(word):
        return None
    if len(word) > MAX_WORD:
        raise CellTrouble(ProblemCode.TOO_LONG)
    return word


def read_number(cell: str) -> str | None:
    """Give a student number; what a spreadsheet made of a long one (1.23E+11) is refused, '1234.0' is repaired."""
    number = read_word(cell)
    if number and _NUMBER_MANGLED.fullmatch(number):
        raise CellTrouble(ProblemCode.MANGLED_NUMBER)
    return re.sub(r"^(\d+)\.0$", r"\1", number) if number else None


def read_prose(cell: str) -> str | None:
    """Give a longer text in one line, None if empty or a placeholder such as 'none'."""
    text = _without_controls(_LINE_BREAK.sub(" ", plain(cell)))
    return None if is_nothing(text) else " ".join(text.split())


def is_nothing(text: str) -> bool:
    """Say whether a cell only says that there is nothing to say."""
    return text.casefold() in _NOTHING or (len(text) <= 5 and bool(_DASHES_ONLY.fullmatch(text)))


def on_one_line(text: str) -> str:
    """Give a cell with its line breaks as blanks. Raises CellTrouble for other control characters."""
    return _without_controls(_LINE_BREAK.sub(" ", text))


def _without_controls(text: str) -> str:
    """Refuse control characters, and marks that turn the reading direction (they can disguise a name)."""
    if any(unicodedata.category(sign) == "Cc" or sign in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for sign in text):
        raise CellTrouble(ProblemCode.CONTROL_CHARACTERS)
    return text


def _is_formula(cell: str) -> bool:
    """Distinguish '=A1', '+SUM(A1)', '-2+cmd|x' and '@X' from '-', '- nuts' and '+44 20 7946 0000'."""
    sign, rest = cell[:1].translate(_FORMULA_SIGNS), cell[1:]
    if sign == "=":
        return True
    if sign == "@":
        return bool(rest)
    if sign not in {"+", "-"} or _PLAIN_AFTER_SIGN.fullmatch(rest):
        return False
    return not _WORDS_AFTER_SIGN.match(rest) or bool(re.search(r"\w\(|\|", rest))


def _is_garbled(cell: str) -> bool:
    """Recognise text decoded wrongly before it came to us: a replacement mark, or 'JosÃ©' for José."""
    if "\ufffd" in cell:
        return True
    if cell.isascii():
        return False
    try:
        return cell.encode("cp1252").decode("utf-8") != cell
    except UnicodeError:
        return False


MAX_EMAIL = 254  # RFC 5321 4.5.3.1.3, less the angle brackets

_WRITTEN_WITH_NAME = re.compile(r"[^<>]*<([^<>]+)>")
_BETWEEN_EMAILS = re.compile(r"[\s;,/|]+")


def read_email(cell: str) -> str | None:
    """Give one address in lower case, None if empty. Raises CellTrouble: bad_email, several_emails."""
    address = _bare_address(plain(cell))
    if is_nothing(address):
        return None
    if sum("@" in part for part in _BETWEEN_EMAILS.split(address)) > 1:
        raise CellTrouble(ProblemCode.SEVERAL_EMAILS)
    return normal_email(address)


def read_emails(cell: str) -> list[str]:
    """Give every address of a cell that has those of both parents."""
    text = _bare_address(plain(cell))
    if is_nothing(text):
        return []
    return [normal_email(_bare_address(part)) for part in _BETWEEN_EMAILS.split(text) if part.strip("<>")]


def normal_email(address: str) -> str:
    """Give the form a mailbox is kept in. Raises CellTrouble: bad_email."""
    if len(address) > MAX_EMAIL:
        raise CellTrouble(ProblemCode.BAD_EMAIL)  # before anything slow looks at it
    try:
        return normal_address(address)
    except ValueError:
        raise CellTrouble(ProblemCode.BAD_EMAIL) from None


def _bare_address(text: str) -> str:
    named = _WRITTEN_WITH_NAME.fullmatch(text.rstrip(";, "))
    address = (named[1] if named else text).strip(" \t\r\n;,<>")
    return address[7:] if address.casefold().startswith("mailto:") else address
