"""How a letter is read back: its parts, as a mail program would find them."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property, lru_cache
from html.parser import HTMLParser
from typing import Any, cast

from icalendar import Calendar

from outreach.letters import render
from outreach.models import Letter
from tests.support.letter_cases import SETTINGS


@dataclass(frozen=True)
class Received:
    """One letter as it arrives."""

    raw: bytes
    message: EmailMessage

    @cached_property
    def text(self) -> str:
        return self._body("plain")

    @cached_property
    def html(self) -> str:
        return self._body("html")

    @cached_property
    def ics(self) -> bytes | None:
        parts = [part for part in self.message.walk() if part.get_content_type() == "text/calendar"]
        return cast(bytes, parts[0].get_payload(decode=True)) if parts else None

    @property
    def event(self) -> Any:
        assert self.ics is not None
        (event,) = Calendar.from_ical(self.ics).walk("VEVENT")
        return event

    @cached_property
    def everything(self) -> str:
        """All that can be read in it: headers, text, HTML, calendar."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.message.items())
        calendar = (self.ics or b"").replace(b"\r\n ", b"").decode()
        return f"{headers}\n{self.text}\n{self.html}\n{calendar}"

    @property
    def headers(self) -> str:
        """The headers as they came over the wire, but for the drawn boundary."""
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
        return "\n".join(line for line in lines if not line.startswith("Content-Type"))

    @property
    def structure(self) -> str:
        """The tree of parts, a line each."""
        return "\n".join(self._tree(self.message, 0))

    def _body(self, subtype: str) -> str:
        for part in self.message.walk():
            if part.get_content_type() == f"text/{subtype}":
                return cast(bytes, part.get_payload(decode=True)).decode().replace("\r\n", "\n")
        raise AssertionError(f"no text/{subtype}")

    def _tree(self, part: Any, depth: int) -> list[str]:
        parameters = [f"{name}={part.get_param(name)}" for name in ("charset", "method", "name") if part.get_param(name)]
        words = [
            part.get_content_type(),
            *parameters,
            part["Content-Transfer-Encoding"],
            part.get_content_disposition(),
            part.get_filename(),
        ]
        line = "  " * depth + " ".join(str(word) for word in words if word)
        below = [self._tree(one, depth + 1) for one in part.iter_parts()] if part.is_multipart() else []
        return [line, *(line for lines in below for line in lines)]


@lru_cache(maxsize=1024)
def received(letter: Letter) -> Received:
    """Render a letter and open it: each once, however many tests read it."""
    raw = render(letter, settings=SETTINGS)
    return Received(raw, message_from_bytes(raw, policy=policy.default))


class Page(HTMLParser):
    """What stands in an HTML letter: tags opened and not closed, addresses, words."""

    VOID = frozenset({"meta", "br", "img", "hr", "link", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.loads += [value or "" for name, value in attrs if name in {"src", "srcset", "background"} or "url(" in (value or "")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
