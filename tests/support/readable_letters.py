"""A letter as its reader has it: headers, text, what the HTML shows, the calendar's properties; secret links by what they open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from html.parser import HTMLParser
from typing import ClassVar

from icalendar.parser import Contentline

from outreach import tokens
from tests.support.letter_cases import SETTINGS, WRITTEN
from tests.support.received_letters import Received

HEADERS = (
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
_LINK = re.compile(r"https://outreach\.example/[id]/[\w.-]+(?:/[\w-]+)?")
_PURPOSES = {
    "i": tokens.LinkPurpose.FAMILY,
    "not-mine": tokens.LinkPurpose.NOT_MINE,
    "withdrawal": tokens.LinkPurpose.FAMILY,
    "undo": tokens.LinkPurpose.UNDO,
    "reminders": tokens.LinkPurpose.REMINDERS,
    "d": tokens.LinkPurpose.DECIDE,
}
_FRAME = ("BEGIN", "END", "VERSION", "PRODID", "CALSCALE")


def as_read(letter: Received) -> str:
    """Give the whole letter as text for people."""
    parts = [
        "\n".join(_headers(letter)),
        letter.structure,
        _titled("Text", letter.text),
        _titled("HTML", "\n".join(SeenPage(letter.html).lines)),
    ]
    if letter.ics is not None:
        parts.append(_titled("Calendar", "\n".join(calendar_lines(letter.ics))))
    return _LINK.sub(lambda found: _opened(found.group()), "\n\n".join(part.strip() for part in parts)) + "\n"


def calendar_lines(ics: bytes) -> Iterator[str]:
    """Give the properties of a calendar object, unfolded, its time zone by name alone."""
    unfolded = ics.decode().replace("\r\n ", "").replace("\r\n", "\n")
    without_rules = re.sub(r"^BEGIN:VTIMEZONE\n(TZID:.*\n)(?:.*\n)*?END:VTIMEZONE$", r"\1", unfolded, flags=re.MULTILINE)
    for line in filter(None, without_rules.split("\n")):
        name, parameters, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
        if name not in _FRAME:
            said = "".join(f";{key}={parameter}" for key, parameter in parameters.items())
            further_lines_indented = value.replace("\n", "\n    ")
            yield f"{name}{said}: {further_lines_indented}"


class SeenPage(HTMLParser):
    """What an HTML letter shows, line by line: ~~struck~~, **bold**, # headings, [ button ] and links with their targets."""

    BLOCKS = frozenset({"tr", "p", "div", "h1", "h2", "table", "title"})
    MARKS: ClassVar = {"s": "~~", "b": "**"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self._said: list[str] = []
        self._targets: list[str] = []
        self._is_style = self._is_button = False
        self.feed(html)
        self.close()

    @property
    def lines(self) -> list[str]:
        """The lines that show something."""
        said = "".join(self._said).replace("****", "")
        lines = (" ".join(line.split()) for line in said.split("\n"))
        return [shown for line in lines if (shown := line.strip("| "))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._is_style = tag == "style"
        if tag == "td":
            self._is_button = given.get("class") == "go"
        if tag in self.BLOCKS:
            self._said.append("\n" + {"h1": "# ", "h2": "## ", "title": "title: "}.get(tag, ""))
        if tag == "div" and "display:none" in (given.get("style") or ""):
            self._said.append("preview: ")
        if tag == "br":
            self._said.append(" / ")
        if tag == "a":
            self._targets.append(given["href"] or "")
            self._said.append("[ " if self._is_button else "")
        self._said.append(self.MARKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False
        self._said.append(self.MARKS.get(tag, "\n" if tag in self.BLOCKS else ""))
        if tag in {"td", "th"}:
            self._said.append(" | ")
        if tag == "a":
            self._said.append(f"{' ]' if self._is_button else ''} -> {self._targets.pop()}")

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self._said.append(data.replace("\n", " "))


def _headers(letter: Received) -> Iterator[str]:
    # The modern reader of 3.11 puts blanks between encoded words of a name; the old one follows RFC 2047 6.2.
    message = message_from_bytes(letter.raw)
    for name in HEADERS:
        for value in message.get_all(name, []):
            yield f"{name}: {' '.join(str(make_header(decode_header(value))).split())}"


def _titled(title: str, content: str) -> str:
    return f"=== {title} ===\n{content.strip()}"


def _opened(address: str) -> str:
    """Give what a secret link opens: its purpose, mailbox, session, version and last moment. Raises LinkBroken for a forged one."""
    _scheme, _, _host, path, token, *more = address.split("/")
    ticket = tokens.read(token, _PURPOSES[more[-1] if more else path], SETTINGS.secret_key, WRITTEN)
    about = f"mailbox {ticket.mailbox_id}, session {ticket.session_id}, version {ticket.link_version}"
    return f"<{ticket.purpose} link: {about}, until {ticket.expires_at:%Y-%m-%d %H:%M:%S}>"
