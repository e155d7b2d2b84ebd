"""People at the pages: in a real browser, or by the forms alone, as the oldest browser would send them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener
from uuid import uuid4


class Visitor(Protocol):
    """Somebody who opens pages, fills forms in and presses buttons."""

    def open(self, address: str) -> None:
        """Open a page of the service, or a link from a letter."""

    def follow(self, words: str) -> None:
        """Follow the first link that says this."""

    def fill(self, **fields: str) -> None:
        """Fill in or choose by the names of the fields."""

    def tick(self, name: str) -> None:
        """Tick a box."""

    def attach(self, name: str, filename: str, content: bytes) -> None:
        """Choose a file."""

    def press(self, words: str) -> None:
        """Press the button that says this."""

    @property
    def text(self) -> str:
        """What the page says, on one line."""

    @property
    def path(self) -> str:
        """Where we are."""


def sign_in(visitor: Visitor, email: str, password: str) -> None:
    """Sign in."""
    visitor.open("/login")
    visitor.fill(email=email, password=password)
    visitor.press("Sign in")


@dataclass
class InBrowser:
    """A page of Chromium."""

    page: Any
    base_url: str

    def __post_init__(self) -> None:
        """Wait as long as a busy machine needs."""
        self.page.set_default_timeout(180_000)

    def open(self, address: str) -> None:
        """Open a page."""
        self.page.goto(urljoin(self.base_url, address))

    def follow(self, words: str) -> None:
        """Follow a link."""
        self.page.locator("main").get_by_role("link", name=words).first.click()
        self.page.wait_for_load_state("domcontentloaded")

    def menu(self, words: str) -> None:
        """Follow a link above the page itself."""
        self.page.get_by_role("banner").get_by_role("link", name=words, exact=True).first.click()
        self.page.wait_for_load_state("domcontentloaded")

    def fill(self, **fields: str) -> None:
        """Fill in, or choose where there is a list."""
        for name, value in fields.items():
            found = self.page.locator(f'main [name="{name}"]').first
            if found.evaluate("element => element.tagName") == "SELECT":
                found.select_option(value)
            elif found.get_attribute("type") == "radio":
                self.page.locator(f'main [name="{name}"][value="{value}"]').check()
            else:
                found.fill(value)

    def tick(self, name: str) -> None:
        """Tick."""
        self.page.locator(f'main [name="{name}"]').first.check()

    def attach(self, name: str, filename: str, content: bytes) -> None:
        """Choose a file."""
        self.page.locator(f'main [name="{name}"]').set_input_files({"name": filename, "mimeType": "text/csv", "buffer": content})

    def press(self, words: str) -> None:
        """Press a button and wait for the next page."""
        self.page.locator("main").get_by_role("button", name=words, exact=True).click()
        self.page.wait_for_load_state("domcontentloaded")

    @property
    def text(self) -> str:
        """What stands in the middle of the page."""
        return _on_one_line(self.page.locator("main").inner_text())

    @property
    def path(self) -> str:
        """Where we are."""
        return str(urlsplit(self.page.url).path)


@dataclass
class _Form:
    action: str
    is_multipart: bool
    fields: list[list[str]] = field(default_factory=list)
    boxes: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str, str]] = field(default_factory=dict)


class _Page(HTMLParser):
    """Forms, links and words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._is_open_choice = False
        self._within: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(given.get("action", ""), "multipart" in given.get("enctype", "")))
        elif tag == "input" and self.forms:
            self._input(given)
        elif tag == "select" and self.forms:
            self.forms[-1].fields.append([given["name"], ""])
            self._is_open_choice = True
        elif tag == "option" and (self._is_open_choice or "selected" in given):
            self.forms[-1].fields[-1][1] = given["value"]  # without a chosen one, browsers send the first
            self._is_open_choice = False
        elif tag in {"a", "button", "textarea"}:
            self._within.append((tag, given, []))

    def _input(self, given: dict[str, str]) -> None:
        if "name" not in given or "disabled" in given:
            return
        if given.get("type") in {"checkbox", "radio"}:
            self.forms[-1].boxes.setdefault(given["name"], given.get("value", "on"))
            if "checked" not in given:
                return
        self.forms[-1].fields.append([given["name"], given.get("value", "")])

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        for _tag, _given, words in self._within:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self._within or self._within[-1][0] != tag:
            return
        _tag, given, words = self._within.pop()
        said = _on_one_line("".join(words))
        if tag == "a":
            self.links.setdefault(said, given.get("href", ""))
        elif tag == "textarea":
            self.forms[-1].fields.append([given["name"], "".join(words).removeprefix("\n")])
        elif self.forms:
            self.forms[-1].buttons[said] = (given.get("name", ""), given.get("value", ""), given.get("formaction", ""))


class ByForms:
    """No browser: pages are fetched, and forms sent as they stand in the HTML."""

    def __init__(self, base_url: str) -> None:
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
        self._url = base_url
        self._page = _Page("")
        self._filled: dict[str, str] = {}
        self._ticked: set[str] = set()
        self._files: dict[str, tuple[str, bytes]] = {}

    def open(self, address: str) -> None:
        """Fetch a page."""
        self._ask(Request(urljoin(self._url, address)))  # noqa: S310 (loopback)

    def follow(self, words: str) -> None:
        """Fetch what a link leads to."""
        address = next((address for said, address in self._page.links.items() if words in said), None)
        assert address is not None, f"No link says {words}: {self.text}"
        self.open(address)

    def fill(self, **fields: str) -> None:
        """Remember what to send."""
        self._filled |= fields

    def tick(self, name: str) -> None:
        """Remember what to send."""
        self._ticked.add(name)

    def attach(self, name: str, filename: str, content: bytes) -> None:
        """Remember what to send."""
        self._files[name] = (filename, content)

    def press(self, words: str) -> None:
        """Send the form this button stands in; what was filled in must be in it."""
        form = next((form for form in self._page.forms if words in form.buttons), None)
        assert form is not None, f"No button says {words}: {self.text}"
        known = {name for name, _value in form.fields} | form.boxes.keys()
        assert {*self._filled, *self._ticked} <= known, f"Not in the form: {sorted({*self._filled, *self._ticked} - known)}"
        sent = [(name, value) for name, value in form.fields if name not in self._filled and name not in self._files]
        sent += [*self._filled.items(), *((name, form.boxes[name]) for name in self._ticked)]
        name, value, action = form.buttons[words]
        sent += [(name, value)] if name else []
        body, kind = _multipart(sent, self._files) if form.is_multipart else (urlencode(sent).encode(), "application/x-www-form-urlencoded")
        self._ask(Request(urljoin(self._url, action or form.action), body, {"Content-Type": kind}))  # noqa: S310 (loopback)

    @property
    def text(self) -> str:
        """All words of the page."""
        return _on_one_line("".join(self._page.words))

    @property
    def path(self) -> str:
        """Where we are."""
        return urlsplit(self._url).path

    def _ask(self, request: Request) -> None:
        try:
            answer = self._opener.open(request, timeout=180)
        except HTTPError as refused:
            answer = refused
        with answer:
            self._url, self._page = answer.url, _Page(answer.read().decode())
        self._filled, self._ticked, self._files = {}, set(), {}


def _multipart(fields: list[tuple[str, str]], files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    boundary = uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields]
    for name, (filename, content) in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: text/csv\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _on_one_line(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()
