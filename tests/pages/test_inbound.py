"""The coordinator's pages of mail that came in, as she and others get them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from outreach.inbound import use_cases
from outreach.mail.verp import bounce_address
from outreach.models import InboundMessage, LetterKind, User
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.inbound import PARENT, Family, bounce, invited, last, mail

ClientOf = Callable[[User | None], FlaskClient]
NOWHERE = "rsvp@outreach.example"


@pytest.fixture
def client(client_of: ClientOf, make: Builder, now: datetime, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Give the coordinator's browser; it is that moment for the pages too."""
    monkeypatch.setattr(clock, "now", lambda: now)
    return client_of(make.coordinator())


def came(raw: bytes, now: datetime) -> InboundMessage:
    """Take a message in, and give its row."""
    use_cases.receive(raw, delivered_to=None, source="test", now=now)
    return last()


def test_what_needs_a_look_is_counted_listed_and_put_away(client: FlaskClient, now: datetime) -> None:
    message = came(mail(to=NOWHERE, sender="parent@families.example", subject="A question"), now)
    assert "<b>1</b><span>received e-mail to review</span>" in client.get("/coordination").text
    assert "A question" in client.get("/coordination/received").text
    shown = client.get(f"/coordination/received/{message.id}").text
    assert "parent@families.example" in shown
    assert "It wasn't sent to any of the addresses we send from" in unescape(shown)

    answer = client.post(f"/coordination/received/{message.id}/review", follow_redirects=True)

    assert "Marked as reviewed." in answer.text
    assert "Nothing needs review" in answer.text
    assert "to review" not in client.get("/coordination").text
    assert last().reviewed_at == now
    assert "A question" in client.get("/coordination/received?shown=quarantined").text
    assert "Mark as reviewed" not in client.get(f"/coordination/received/{message.id}").text


def test_others_see_nothing_of_it_and_change_nothing(client_of: ClientOf, make: Builder, now: datetime) -> None:
    """The message holds a family's data: even the student's own teacher and host don't see it."""
    message = came(mail(to=NOWHERE, subject="A question"), now)
    paths = [f"/coordination/received{rest}" for rest in ("", f"/{message.id}", f"/{message.id}/message.eml")]
    for other in (make.teacher(make.school()), make.clinician(), make.user()):
        assert [client_of(other).get(path).status_code for path in paths] == [403] * 3
        assert client_of(other).post(f"/coordination/received/{message.id}/review").status_code == 403
    assert client_of(None).get(paths[1]).location.startswith("/login")
    assert last().reviewed_at is None


def test_the_message_is_shown_as_text_and_never_as_a_page(client: FlaskClient, now: datetime) -> None:
    trap = "<script>alert(1)</script><img src=x onerror=alert(2)>\r\n\u202eevil\x1b[31m"
    raw = mail(to=NOWHERE, sender="a@b.example", subject=trap.splitlines()[0], headers=("Content-Type: text/html",), body=trap)
    message = came(raw, now)
    listed, page = (client.get(f"/coordination/received{rest}").text for rest in ("", f"/{message.id}"))
    assert "<script>alert" not in listed + page
    assert "<img src=x" not in listed + page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    assert "\u202e" not in page
    assert "\x1b" not in page

    file = client.get(f"/coordination/received/{message.id}/message.eml")
    assert file.data == raw
    assert file.headers["Content-Type"].startswith("message/rfc822")
    assert file.headers["Content-Disposition"] == f'attachment; filename="received-{message.id}.eml"'
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert file.headers["Cache-Control"] == "no-store"


def test_of_a_long_message_the_beginning_is_shown(client: FlaskClient, now: datetime) -> None:
    message = came(mail(to=NOWHERE, body="x" * 900_000 + "the end"), now)
    page = client.get(f"/coordination/received/{message.id}").text
    assert "Only the beginning is shown." in page
    assert "the end" not in page
    assert len(page) < 60_000


def test_what_was_wiped_says_so(client: FlaskClient, now: datetime) -> None:
    message = came(mail(to=NOWHERE, subject="A question"), now)
    use_cases.forget_raw(now=now + use_cases.KEPT)
    page = client.get(f"/coordination/received/{message.id}").text
    assert "more than 30 days ago" in page
    assert "A question" not in page
    assert client.get(f"/coordination/received/{message.id}/message.eml").status_code == 404


@pytest.fixture
def mixed(make: Builder, now: datetime) -> Family:
    """One message of each outcome."""
    family = invited(make, now)
    family.take(family.reply(subject="Accepted"))
    family.take(family.reply(subject="Somebody elses", attendees=("foreign@elsewhere.example",)))
    family.take(mail(to=family.token_address(), subject="Away", headers=("Auto-Submitted: auto-replied",)))
    family.take(mail(to=family.token_address(), subject="A question"))
    family.take(bounce(to=bounce_address(family.letter().id, family.settings)))
    return family


def test_the_list_is_filtered_by_kind_outcome_and_words(client: FlaskClient, mixed: Family) -> None:
    subjects = ["Accepted", "Somebody elses", "Away", "A question", "Undelivered"]

    def seen(query: str) -> set[str]:
        page = client.get(f"/coordination/received?{query}").text
        return {subject for subject in subjects if f">{subject}" in page}

    assert mixed.settings is not None
    assert seen("") == {"A question"}
    assert seen("shown=all") == set(subjects)
    assert seen("shown=applied") == {"Accepted", "Undelivered"}
    assert seen("shown=history") == {"Somebody elses"}
    assert seen("shown=ignored") == {"Away"}
    assert seen("shown=all&kind=bounce") == {"Undelivered"}
    assert seen("shown=all&q=quest") == {"A question"}
    assert seen("shown=all&q=MAILER") == {"Undelivered"}
    assert seen("shown=nonsense&kind=nonsense&page=nonsense") == {"A question"}
    assert "No e-mails found" in client.get("/coordination/received?shown=all&q=nothing").text


def test_a_message_leads_to_its_session_and_letter(client: FlaskClient, mixed: Family) -> None:
    page = client.get(f"/coordination/received/{last().id}").text
    assert f'href="/sessions/{mixed.outreach_session.id}"' in page
    assert f'href="/coordination/emails/{mixed.letter().id}"' in page
    assert "ana@pupils.example" in page


def test_a_long_list_has_pages_and_the_newest_stand_first(client: FlaskClient, now: datetime) -> None:
    for number in range(53):
        came(mail(to=NOWHERE, subject=f"Number {number:02}"), now + timedelta(minutes=number))
    first, second = (client.get(f"/coordination/received?page={page}").text for page in (1, 2))
    assert first.index("Number 52") < first.index("Number 03")
    assert "Number 02" not in first
    assert "Number 02" in second


def test_the_page_says_what_it_means_that_no_answer_can_be_proved(client: FlaskClient) -> None:
    extensions = client.application.extensions
    before = extensions["outreach"]
    assert "(OUTREACH_AUTHSERV_ID)" in client.get("/coordination/received").text
    extensions["outreach"] = replace(before, authserv_id="mx.outreach.example")
    try:
        assert "OUTREACH_AUTHSERV_ID" not in client.get("/coordination/received").text
    finally:
        extensions["outreach"] = before


def test_what_a_person_wrote_is_answered_from_its_page(client: FlaskClient, make: Builder, now: datetime) -> None:
    family = invited(make, now)
    message = came(mail(to=family.token_address(PARENT), sender=PARENT, subject="A question", body="Can my brother come?"), now)
    path = f"/coordination/received/{message.id}"
    shown = client.get(path).text
    for words in ("guardian of Ana Diaz", "Northside School", family.outreach_session.title, "Can my brother come?", "Your answer"):
        assert words in shown
    assert client.post(f"{path}/answer", data={"words": " "}).status_code == 422
    assert family.written() == []

    answer = client.post(f"{path}/answer", data={"words": "Yes, <he> can."}, follow_redirects=True)

    assert family.written() == [(LetterKind.MESSAGE_ANSWER, PARENT)]
    for words in ("Your answer is on its way.", "Yes, &lt;he&gt; can.", f"To {PARENT}"):
        assert words in answer.text
    assert "Please read it and answer below" not in answer.text


def test_the_words_of_html_are_shown_as_text(client: FlaskClient, now: datetime) -> None:
    html = "<style>p {color: red}</style><p>Can my <b>brother</b> come?</p><script>alert(1)</script>"
    message = came(mail(to=NOWHERE, headers=("Content-Type: text/html",), body=html), now)
    shown = client.get(f"/coordination/received/{message.id}").text
    assert "Can my brother come?</pre>" in shown
    assert "<script>alert(1)" not in shown


def test_a_comment_that_came_with_an_answer_is_listed(client: FlaskClient, make: Builder, now: datetime) -> None:
    family = invited(make, now)
    message = came(family.reply(PARENT, lines=["COMMENT:Can my brother come?"]), now + timedelta(minutes=2))
    assert f"/coordination/received/{message.id}" in client.get("/coordination/received").text
    assert "<b>1</b><span>received e-mail to review</span>" in client.get("/coordination").text
    shown = client.get(f"/coordination/received/{message.id}").text
    assert "Somebody wrote a comment with it." in shown
    client.post(f"/coordination/received/{message.id}/review")
    assert f"/coordination/received/{message.id}" not in client.get("/coordination/received").text
