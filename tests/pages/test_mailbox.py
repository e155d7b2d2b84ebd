"""The demo's mailbox shows each letter as a reader, a calendar and a mail program see it, and gives away nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from outreach.calendars.itip import Method, compose
from outreach.mail.mime import Mail, build
from outreach.mail.transport import Envelope, LocalMailbox, local_folder
from outreach.settings import Settings
from tests.support.calendar_entries import entry

WRITTEN = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def mail(number: int = 1, to: str = "ana@pupils.example", method: Method | None = None, html: str = "<p>Hello</p>") -> bytes:
    return build(
        Mail(
            sender_name="Outreach",
            sender_address="rsvp+abc@outreach.example",
            to_name="Ana",
            to_address=to,
            subject=f"Letter {number}: <stitches>",
            text="Open http://127.0.0.1:5000/i/token <now>",
            html=f"<html><head><title>x</title></head><body>{html}</body></html>",
            message_id=f"<{number}@outreach.example>",
            date=WRITTEN + timedelta(minutes=number),
            calendar=compose(entry(), method) if method else None,
            method=method.value if method else None,
        )
    )


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Anybody: the mailbox of a demo holds invented people only."""
    return app.test_client()


@pytest.fixture
def deliver(settings: Settings) -> Callable[..., str]:
    """Write a letter as the worker does, and give its name."""

    def write(number: int = 1, **values: object) -> str:
        name = f"20270301T0900{number:02}-{number:09}-abc"
        message = mail(number, **values)  # type: ignore[arg-type]  # the keywords of mail()
        LocalMailbox(local_folder(settings)).send(Envelope(name=name, sender="a@b.example", recipient="c@d.example", message=message))
        return name

    return write


def test_an_empty_mailbox_says_what_will_be_there(client: FlaskClient) -> None:
    page = client.get("/mailbox")
    assert page.status_code == 200
    assert "No e-mails yet" in page.text


def test_letters_are_listed_newest_first_with_what_they_ask_of_a_calendar(client: FlaskClient, deliver: Callable[..., str]) -> None:
    deliver(1, method=Method.REQUEST)
    deliver(2, method=Method.CANCEL)
    deliver(3)
    text = client.get("/mailbox").text
    places = [text.index(f"Letter {number}: &lt;stitches&gt;") for number in (3, 2, 1)]
    assert places == sorted(places)
    assert text.index("</svg>E-mail<") < text.index("Cancellation") < text.index("Invitation")
    assert "3 e-mails." in text
    assert "Monday 1 March 2027, 09:03 UTC" in text


def test_letters_are_found_by_address_and_paged(client: FlaskClient, deliver: Callable[..., str]) -> None:
    for number in range(60):
        deliver(number, to=f"pupil{number % 2}@schools.example")
    assert client.get("/mailbox").text.count("Letter ") == 50
    assert client.get("/mailbox?page=2").text.count("Letter ") == 10
    assert "Page 2 of 2" in client.get("/mailbox?page=99").text
    found = client.get("/mailbox?q=PUPIL1@").text
    assert "30 e-mails." in found
    assert "pupil0@" not in found
    assert "No e-mails to such an address" in client.get("/mailbox?q=nobody@").text
    assert client.get("/mailbox?page=x&q=%00").status_code == 200


def test_a_letter_is_shown_in_all_its_forms(client: FlaskClient, deliver: Callable[..., str]) -> None:
    name = deliver(method=Method.REQUEST)
    page = client.get(f"/mailbox/{name}")
    shown = entry()
    for words in (
        "Letter 1: &lt;stitches&gt;",
        "Ana &lt;ana@pupils.example&gt;",
        "rsvp+abc@outreach.example",
        shown.uid,
        "CONFIRMED",
        "REQUEST",
        'href="http://127.0.0.1:5000/i/token"',
        "&lt;now&gt;",
        "Message-ID",
        "&lt;1@outreach.example&gt;",
        f'src="/mailbox/{name}/html"',
    ):
        assert words in page.text
    assert page.headers["Content-Security-Policy"].endswith("; frame-src 'self'")


def test_a_cancellation_says_that_it_takes_the_entry_back(client: FlaskClient, deliver: Callable[..., str]) -> None:
    text = client.get(f"/mailbox/{deliver(method=Method.CANCEL)}").text
    assert "Removes the entry" in text
    assert "CANCELLED" in text


def test_a_plain_letter_has_no_card(client: FlaskClient, deliver: Callable[..., str]) -> None:
    assert "What the calendar shows" not in client.get(f"/mailbox/{deliver()}").text


def test_the_html_runs_nothing_and_loads_nothing(client: FlaskClient, deliver: Callable[..., str]) -> None:
    page = client.get(f"/mailbox/{deliver(html='<script>alert(1)</script>')}/html")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert '<head><base target="_blank">' in page.text


def test_a_letter_can_be_had_as_it_was_sent(client: FlaskClient, deliver: Callable[..., str]) -> None:
    name = deliver(method=Method.REQUEST)
    page = client.get(f"/mailbox/{name}/email.eml")
    assert page.data == mail(method=Method.REQUEST)
    assert page.headers["Content-Disposition"] == f'attachment; filename="{name}.eml"'
    assert page.content_type == "message/rfc822"


@pytest.mark.parametrize(
    "name", ["..%2Fsecret", "../secret", "%2e%2e/secret", "..", ".hidden", "secret%00", "no-such-letter", "a" * 300, "%2Fetc%2Fpasswd"]
)
@pytest.mark.parametrize("form", ["", "/html", "/email.eml"])
def test_nothing_outside_the_folder_can_be_had(
    client: FlaskClient, settings: Settings, deliver: Callable[..., str], name: str, form: str
) -> None:
    deliver()
    (settings.instance_path / "secret.eml").write_bytes(mail())
    (local_folder(settings) / ".hidden.eml").write_bytes(mail())
    page = client.get(f"/mailbox/{name}{form}")
    assert page.status_code == 404
    assert "stitches" not in page.text


def test_an_unfinished_or_foreign_file_is_no_letter(client: FlaskClient, settings: Settings) -> None:
    folder = local_folder(settings)
    folder.mkdir()
    for name in (".1.part", "notes.txt", "with space.eml"):
        (folder / name).write_bytes(b"x")
    assert "No e-mails yet" in client.get("/mailbox").text


def test_a_letter_that_no_program_understands_is_still_shown(client: FlaskClient, settings: Settings) -> None:
    folder: Path = local_folder(settings)
    folder.mkdir()
    (folder / "odd.eml").write_bytes(b"Content-Type: text/calendar; method=REQUEST\r\n\r\nnot a calendar\r\n")
    assert "(no subject)" in client.get("/mailbox").text
    assert client.get("/mailbox/odd").status_code == 200


@pytest.mark.parametrize("changes", [{"mail_server": "127.0.0.1"}, {"mode": "production"}])
def test_where_letters_are_really_sent_there_is_no_mailbox(app_with: Callable[..., Flask], changes: dict[str, str]) -> None:
    client = app_with(**changes).test_client()
    for path in ("/mailbox", "/mailbox/x", "/mailbox/x/html", "/mailbox/x/email.eml"):
        assert client.get(path).status_code == 404
