"""The coordinator sees how each invitation fares, reads the very message, and sends again what got lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from outreach.db import db, transaction
from outreach.mail.transport import local_folder
from outreach.models import (
    Answer,
    AnswerSource,
    BlockedDomain,
    BounceKind,
    Invitation,
    InvitationAnswer,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    User,
)
from outreach.models.snapshots import AccountSnapshot, LetterSnapshot
from outreach.notifications.notify import notify_moved, notify_published
from outreach.notifications.read import snapshot_of
from outreach.outbox.bounces import record_bounce
from outreach.outbox.queue import NewLetter, enqueue
from outreach.runtime.worker import Worker, render_for
from outreach.scheduling.use_cases import cancel
from outreach.settings import ROOT
from outreach.time import clock
from tests.support.builders import Builder

Clients = Callable[[User | None], FlaskClient]
NAMES = ("ana", "ben", "cem", "dua", "eli", "fay", "gus")


@dataclass
class Sent:
    """A session whose invitations have left; everybody's mailbox is named after the student: ana@pupils.example."""

    app: Flask
    outreach_session: OutreachSession
    client: FlaskClient
    now: datetime

    @property
    def path(self) -> str:
        return f"/coordination/sessions/{self.outreach_session.id}/invitations"

    def mailbox(self, name: str) -> Mailbox:
        return db.session.scalars(select(Mailbox).where(Mailbox.address == f"{name}@pupils.example")).one()

    def invitation(self, name: str) -> Invitation:
        wanted = select(Invitation).where(Invitation.mailbox_id == self.mailbox(name).id)
        return db.session.scalars(wanted.execution_options(populate_existing=True)).one()

    def letter(self, name: str) -> Letter:
        wanted = select(Letter).where(Letter.mailbox_id == self.mailbox(name).id).order_by(Letter.id.desc()).limit(1)
        return db.session.scalars(wanted.execution_options(populate_existing=True)).one()

    def deliver(self) -> None:
        db.session.commit()
        Worker(self.app, clock=lambda: self.now).deliver()

    def rows(self, **query: str) -> dict[str, str]:
        """Give the words of each row, by address."""
        page = self.client.get(self.path, query_string=query).text
        rows = re.findall(r"<tr role=\"row\">\s*<th scope=\"row\".*?</tr>", page, re.DOTALL)
        plain = [" ".join(re.sub(r"<[^>]+>", " ", unescape(row)).split()) for row in rows]
        return dict(row.split(" ", 1) for row in plain)


@pytest.fixture
def sent(app: Flask, make: Builder, client_of: Clients, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Sent:
    monkeypatch.setattr(clock, "now", lambda: now)
    school = make.school()
    teacher = make.teacher(school, email="teacher@schools.example")
    school_class = make.school_class(school, teacher)
    students = [make.student(school_class, given_name=name.title(), email=f"{name}@pupils.example") for name in NAMES]
    outreach_session = make.outreach_session(make.clinician(email="host@hospital.example"))
    make.register(outreach_session, teacher, *students)
    ready = Sent(app, outreach_session, client_of(make.coordinator()), now)
    ready.deliver()
    return ready


def everything_happens(sent: Sent) -> None:
    """Ben answered, Cem's server knows him not, Dua's domain is closed, Eli's came back, Fay's never left, Gus waits for an update."""
    with transaction():
        ben, gus = sent.invitation("ben"), sent.invitation("gus")
        ben.answer, ben.answered_at = Answer.ACCEPTED, sent.now
        db.session.add(
            InvitationAnswer(invitation_id=ben.id, answer=ben.answer, source=AnswerSource.PAGE, at=sent.now, counts=True, comment="Yes!")
        )
        record_bounce(sent.mailbox("cem").id, sent.letter("cem").id, BounceKind.HARD, status="5.1.1", words="550 no Cem here", now=sent.now)
        sent.mailbox("dua").blocked_at = sent.now
        record_bounce(sent.mailbox("eli").id, sent.letter("eli").id, BounceKind.SOFT, status="4.2.2", words="mailbox full", now=sent.now)
        fay, letter = sent.invitation("fay"), sent.letter("fay")
        fay.sent_sequence, letter.state, letter.server_words = None, LetterState.FAILED, "421 too busy"
        gus.sequence = 1


def test_each_mailbox_has_a_state_and_the_reason(sent: Sent) -> None:
    everything_happens(sent)
    rows = sent.rows()
    for name, words in {
        "ana": r"Student Ana Student\d+ Sent The mail server accepted it on Mon 1 Mar 2027, 09:00 \(London\)\.",
        "ben": r"Student Ben .* Answered Coming, on the page, Mon 1 Mar 2027, 09:00",
        "cem": r".* Address refused The mail server has refused this address since .*\. The server said: 550 no Cem here",
        "dua": r".* Domain blocked Its domain has blocked our e-mails since Mon",
        "eli": r".* Bounced Accepted on .*, but the last e-mail came back\. The server said: mailbox full",
        "fay": r".* Never sent The server said: 421 too busy",
        "gus": r".* Out of date A newer version hasn't been sent\.",
    }.items():
        assert re.match(words, rows[f"{name}@pupils.example"]), rows[f"{name}@pupils.example"]
    assert rows["teacher@schools.example"].startswith("Teacher Robin")
    assert list(rows)[:2] == ["cem@pupils.example", "dua@pupils.example"]  # what needs a person comes first


def test_the_chips_count_the_states_and_narrow_the_list(sent: Sent) -> None:
    everything_happens(sent)
    page = sent.client.get(sent.path).text
    assert re.findall(r">([A-Z][a-z ]+[a-z])\s*<span class=\"count\">(\d+)</span>", page) == [
        *(("All", "8"), ("Address refused", "1"), ("Domain blocked", "1"), ("Never sent", "1"), ("Bounced", "1")),
        *(("Out of date", "1"), ("Sent", "2"), ("Answered", "1")),
    ]
    assert list(sent.rows(state="bounced")) == ["eli@pupils.example"]
    assert len(sent.rows(state="nonsense")) == 8


def test_what_got_lost_is_sent_again_to_them_and_to_nobody_else(sent: Sent) -> None:
    everything_happens(sent)
    question = sent.client.get(f"{sent.path}/resend")
    assert "Send 3 e-mails" in question.text
    shown = re.findall(r'name="invitation_ids" value="(\d+)"', question.text)
    assert {int(key) for key in shown} == {sent.invitation(name).id for name in ("eli", "fay", "gus")}
    assert sent.client.post(f"{sent.path}/resend", data={"invitation_ids": shown[:2]}).status_code == 303
    waiting = select(Letter).where(Letter.state == LetterState.QUEUED)
    assert len(db.session.scalars(waiting).all()) == 2
    assert sent.client.post(f"{sent.path}/resend", data={"invitation_ids": [*shown, sent.invitation("ana").id]}).status_code == 303
    assert {letter.mailbox_id for letter in db.session.scalars(waiting)} == {sent.mailbox(name).id for name in ("eli", "fay", "gus")}
    sent.deliver()
    rows = sent.rows()
    assert all(" Sent " in rows[f"{name}@pupils.example"] for name in ("eli", "fay", "gus"))
    assert "No lost invitations" in sent.client.get(f"{sent.path}/resend").text


def test_one_is_sent_again_as_a_new_version_and_keeps_the_answer(sent: Sent) -> None:
    everything_happens(sent)
    one = f"/coordination/invitations/{sent.invitation('ben').id}"
    page = unescape(sent.client.get(one).text)
    assert "ben@pupils.example gets the session's current details as version 1" in page
    assert "Yes!" in page
    assert sent.client.post(f"{one}/resend").status_code == 303
    letter = sent.letter("ben")
    assert (letter.kind, letter.state, letter.sequence) == (LetterKind.UPDATED, LetterState.QUEUED, 1)
    ben = sent.invitation("ben")
    assert (ben.sequence, ben.answer) == (1, Answer.ACCEPTED)
    sent.deliver()
    assert sent.invitation("ben").sent_sequence == 1


@pytest.mark.parametrize(
    ("name", "words"), [("cem", "doesn't know this address"), ("dua", "blocks our e-mails"), ("ana", "This session is over")]
)
def test_what_can_reach_nobody_is_refused_in_words(sent: Sent, name: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everything_happens(sent)
    if name == "ana":
        monkeypatch.setattr(clock, "now", lambda: sent.outreach_session.ends_at)
        assert sent.client.post(f"{sent.path}/resend", data={"invitation_ids": [1]}).status_code == 422
    response = sent.client.post(f"/coordination/invitations/{sent.invitation(name).id}/resend")
    assert response.status_code == 422
    assert words in unescape(response.text)
    assert db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED)).all() == []


def test_a_cancellation_that_got_lost_is_sent_again(sent: Sent) -> None:
    cancel(sent.outreach_session.id, "Ill", now=sent.now)
    with transaction():
        letter = sent.letter("ana")
        letter.state, letter.settled_at, letter.server_words = LetterState.FAILED, sent.now, "421 too busy"
    sent.deliver()
    rows = sent.rows()
    out_of_date = r"Student Ana .* Out of date The cancellation hasn't been sent\. The server said: 421 too busy"
    assert re.match(out_of_date, rows["ana@pupils.example"])
    assert "Cancelled The mail server accepted the cancellation on Mon 1 Mar 2027, 09:00 (London)." in rows["ben@pupils.example"]
    assert sent.client.post(f"/coordination/invitations/{sent.invitation('ana').id}/resend").status_code == 303
    letter = sent.letter("ana")
    assert (letter.kind, letter.sequence, sent.invitation("ana").is_live) == (LetterKind.CANCELLED, 2, False)
    sent.deliver()
    assert "Cancelled The mail server accepted the cancellation" in sent.rows()["ana@pupils.example"]


def test_news_that_still_waits_is_not_lost_with_the_letter_it_waits_in(sent: Sent) -> None:
    with transaction():
        one = db.session.get_one(OutreachSession, sent.outreach_session.id)
        was, later = snapshot_of(one), timedelta(days=1)
        one.set_time(starts_wall=one.starts_wall + later, ends_wall=one.ends_wall + later, zone=one.zone, fold=0, tzdata_version="2026f")
        notify_moved(one, previous=was, now=sent.now)
    assert sent.client.post(f"/coordination/invitations/{sent.invitation('ana').id}/resend").status_code == 303
    facts = LetterSnapshot.from_json(sent.letter("ana").facts)
    assert facts.was is not None
    assert (facts.was.starts_wall, facts.session.starts_wall) == (was.starts_wall, was.starts_wall + later)


def test_the_message_is_byte_for_byte_what_left(sent: Sent) -> None:
    letter = sent.letter("ana")
    response = sent.client.get(f"/coordination/emails/{letter.id}/message.eml")
    (as_sent,) = local_folder(sent.app.extensions["outreach"]).glob(f"*{letter.key}.eml")
    assert response.data == as_sent.read_bytes()
    assert message_from_bytes(response.data, policy=policy.default)["To"] == "Ana <ana@pupils.example>"
    assert (response.content_type, response.headers["Cache-Control"]) == ("message/rfc822", "no-store")
    assert response.headers["Content-Disposition"] == f'attachment; filename="email-{letter.id}.eml"'


def test_the_message_is_signed_as_it_left(sent: Sent) -> None:
    ours = sent.app.extensions["outreach"]
    signing = replace(ours, mail_server="127.0.0.1", dkim_selector="s1", dkim_key_file=ROOT / "tests" / "support" / "keys" / "dkim.pem")
    letter = sent.letter("ana")
    as_worker = render_for(signing)(letter)
    assert as_worker.startswith(b"DKIM-Signature:")
    sent.app.extensions["outreach"] = signing
    assert sent.client.get(f"/coordination/emails/{letter.id}/message.eml").data == as_worker
    sent.app.extensions["outreach"] = replace(signing, dkim_key_file=ROOT / "no-such-key.pem")
    response = sent.client.get(f"/coordination/emails/{letter.id}/message.eml")
    assert (response.status_code, "This e-mail can't be built" in unescape(response.text)) == (422, True)


def test_what_opens_an_account_is_never_shown(sent: Sent, make: Builder) -> None:
    link = "http://127.0.0.1:5000/reset/secret"
    facts = AccountSnapshot(purpose="reset", reader_name="Robin", link=link).to_json()
    with transaction():
        # even where it were about a session
        draft = NewLetter(
            mailbox_id=make.mailbox("x@y.example").id,
            kind=LetterKind.ACCOUNT,
            facts=facts,
            dedupe_key="k",
            session_id=sent.outreach_session.id,
        )
        enqueue([draft], now=sent.now)
    letter = db.session.scalars(select(Letter).where(Letter.kind == LetterKind.ACCOUNT)).one()
    assert sent.client.get(f"/coordination/emails/{letter.id}/message.eml").status_code == 404
    assert "message.eml" not in sent.client.get(f"/coordination/emails/{letter.id}").text


@pytest.mark.empty_database
def test_the_programme_shows_what_fails_what_is_late_and_who_turns_us_away(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    everything_happens(sent)
    with transaction():
        db.session.add(BlockedDomain(domain="closed.example", since=sent.now))
        letter = sent.letter("gus")
        letter.state, letter.settled_at, letter.due_at = LetterState.QUEUED, None, sent.now
    monkeypatch.setattr(clock, "now", lambda: sent.now + timedelta(hours=3))
    words = " ".join(re.sub(r"<[^>]+>", " ", unescape(sent.client.get("/coordination/invitations").text)).split())
    assert "37.5 % 3 of 8 e-mails failed or came back" in words
    assert "3 hours late, due on Mon 1 Mar 2027, 09:00" in words
    assert "14 % 1 of 7 invitations to upcoming sessions" in words
    assert "pupils.example 1 0 1" in words
    assert "closed.example 0 0 0 since Mon 1 Mar 2027, 09:00" in words
    assert re.search(r"Power of a Stitch Thursday 18 March 2027, .*? 4 ", words)


@pytest.mark.empty_database
def test_a_programme_without_letters_has_no_figures_to_fear(make: Builder, client_of: Clients) -> None:
    page = unescape(client_of(make.coordinator()).get("/coordination/invitations").text)
    assert "0.0 %" in page
    assert "nothing is late" in page
    assert "accepted every invitation to an upcoming session" in page


def test_many_invitations_cost_as_many_queries_as_few(sent: Sent, make: Builder) -> None:
    small = make.outreach_session(make.clinician())
    with transaction():
        notify_published(small, now=sent.now)
    spent = []
    for path in (sent.path, f"/coordination/sessions/{small.id}/invitations"):
        statements: list[str] = []

        def note(*call: object, kept: list[str] = statements) -> None:
            kept.append(str(call[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        assert sent.client.get(path).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        spent.append(len(statements))
    assert spent[0] == spent[1]


def test_a_long_list_has_pages(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.mail_admin.invitation_views.PAGE_SIZE", 3)
    assert [len(sent.rows(page=number)) for number in ("1", "2", "3", "9")] == [3, 3, 2, 2]
