"""What didn't arrive is one number, wherever a coordinator reads it: on the home page, in the mail log, among the figures, by session."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from outreach.db import db, transaction
from outreach.mail_admin.invitation_status import invitation_lines
from outreach.mail_admin.mail_statistics import mail_statistics
from outreach.models import Answer, Bounce, BounceKind, Invitation, Letter, LetterKind, LetterState, Mailbox, OutreachSession, User
from outreach.time import clock
from tests.support.builders import Builder
from tests.support.outbox import about, invite, letter_named, put

ClientOf = Callable[[User | None], FlaskClient]
pytestmark = pytest.mark.empty_database  # every number is of all there is
SECOND = timedelta(seconds=1)


class Post:
    """Letters and invitations of one session, each to an address of its own."""

    def __init__(self, make: Builder) -> None:
        self.make, self.now = make, make.now
        self.session: OutreachSession = make.outreach_session(make.clinician())
        self.other: OutreachSession = make.outreach_session(make.clinician(), title="Another")

    def letter(self, name: str, state: LetterState, *bounces: BounceKind, carries: Invitation | None = None, to: str = "") -> Letter:
        values: dict[str, Any] = about(carries, carries.sequence) if carries else {"session_id": self.session.id}
        mailbox = carries.mailbox if carries else self.make.mailbox(f"{to or name}@families.example")
        put(mailbox, name, now=self.now, kind=LetterKind.INVITATION if carries else LetterKind.DIGEST, **values)
        written = letter_named(name)
        is_settled = state not in (LetterState.QUEUED, LetterState.LEASED)
        with transaction():
            written.state, written.settled_at = state, self.now if is_settled else None
            for kind in bounces:
                facts = {"mailbox_id": mailbox.id, "letter_id": written.id, "domain": "families.example"}
                db.session.add(Bounce(**facts, kind=kind, at=self.now + SECOND))
        return written

    def invitation(self, name: str, state: LetterState | None, *bounces: BounceKind, mark: str = "", **values: Any) -> None:
        found = invite(self.session, self.make.mailbox(f"{name}@families.example"), now=self.now, **values)
        if state:
            self.letter(name, state, *bounces, carries=found)
        if mark:
            with transaction():
                setattr(db.session.get_one(Mailbox, found.mailbox_id), mark, self.now)


@pytest.fixture
def post(make: Builder, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setattr(clock, "now", lambda: make.now + SECOND)
    return Post(make)


def words(client: FlaskClient, address: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", client.get(address).text)).split())


def listed(client: FlaskClient, address: str) -> set[str]:
    return set(re.findall(r"([\w-]+)@families\.example", client.get(address).text))


@pytest.mark.both_databases("every number is counted by the database")
def test_an_email_that_failed_or_came_back_is_counted_alike_everywhere(post: Post, client_of: ClientOf) -> None:
    sent, failed = LetterState.SENT, LetterState.FAILED
    for name, state, bounces in (
        ("refused", failed, ()),
        ("returned", sent, (BounceKind.HARD,)),
        ("expired", sent, (BounceKind.SOFT, BounceKind.SOFT)),
        ("complained", sent, (BounceKind.COMPLAINT,)),
        ("fine", sent, ()),
        ("waits", LetterState.QUEUED, (BounceKind.SOFT,)),
        ("dropped", LetterState.DROPPED, ()),
    ):
        post.letter(name, state, *bounces)
    for state, later in ((failed, sent), (sent, LetterState.QUEUED), (failed, failed)):
        name = f"overtaken-by-{later}-{state}"
        post.letter(f"first {name}", state, *((BounceKind.HARD,) if state is sent else ()), to=name)
        post.letter(f"later {name}", later, to=name)
    again = post.letter("sent-again", sent, BounceKind.HARD)
    with transaction():
        again.settled_at = post.now + 2 * SECOND
    expected = {"refused", "returned", "expired", "overtaken-by-failed-failed"}
    client = client_of(post.make.coordinator())
    address = "/coordination/emails?state=not_arrived"
    assert f'href="{address}"' in client.get("/coordination").text
    assert listed(client, address) == expected
    assert mail_statistics(now=post.now).lost == 5, "of one address two failed, and no later one is on its way"
    assert "5 e-mails didn't arrive" in words(client, "/coordination")
    assert client.get(address).text.count('role="rowheader"') == 5
    assert "5 of 11 e-mails failed or came back" in words(client, "/coordination/invitations")


@pytest.mark.both_databases("the rule of one line is counted for many by the database")
def test_an_invitation_that_does_not_arrive_is_counted_alike_everywhere(post: Post, client_of: ClientOf) -> None:
    sent, failed, queued = LetterState.SENT, LetterState.FAILED, LetterState.QUEUED
    post.invitation("never-left", None)
    post.invitation("first-waits", queued)
    post.invitation("first-failed", failed)
    post.invitation("old", failed, sequence=1, sent_sequence=0)
    post.invitation("old-but-on-its-way", queued, sequence=1, sent_sequence=0)
    post.invitation("came-back", sent, BounceKind.SOFT, sent_sequence=0)
    post.invitation("complained", sent, BounceKind.COMPLAINT, sent_sequence=0)
    post.invitation("answered-all-the-same", sent, BounceKind.SOFT, sent_sequence=0, answer=Answer.ACCEPTED, answered_at=post.now)
    post.invitation("fine", sent, sent_sequence=0)
    post.invitation("stopped", sent, sent_sequence=0, mark="stopped_at")
    post.invitation("undeliverable", sent, sent_sequence=0, mark="undeliverable_at")
    post.invitation("blocked", queued, mark="blocked_at")
    post.invitation("ended", sent, sequence=1, sent_sequence=1, is_live=False)
    post.invitation("cancel-lost", failed, sequence=1, sent_sequence=0, is_live=False)
    post.invitation("ended-and-blocked", failed, sequence=1, sent_sequence=0, is_live=False, mark="blocked_at")
    expected = {"never-left", "first-failed", "old", "came-back", "stopped", "undeliverable", "blocked", "cancel-lost"}
    lines = [line for line in invitation_lines(Invitation.session_id == post.session.id) if line.does_not_arrive]
    assert {line.mailbox.address.partition("@")[0] for line in lines} == expected
    [troubled] = mail_statistics(now=post.now).troubled
    assert troubled.missing == len(expected)
    client = client_of(post.make.coordinator())
    assert listed(client, f"/coordination/sessions/{post.session.id}/invitations?state=not_arrived") == expected
    assert f"Didn't arrive {len(expected)}" in words(client, f"/coordination/sessions/{post.session.id}/invitations")


def test_addresses_are_as_many_on_the_home_page_as_on_their_list(post: Post, client_of: ClientOf) -> None:
    school_class = post.make.school_class(post.make.school())
    names = ("refused", "wrong", "both", "all", "blocked")
    post.make.student(school_class, guardians=tuple(f"{name}@families.example" for name in names))
    with transaction():
        for name, marks in zip(names, ("u", "s", "us", "usb", "b"), strict=True):
            mailbox = post.make._mailbox(f"{name}@families.example")
            for column in (key for key in ("undeliverable_at", "stopped_at", "blocked_at") if key[0] in marks):
                setattr(mailbox, column, post.now)
        db.session.add(Mailbox(address="nobodys@families.example", undeliverable_at=post.now))
    client = client_of(post.make.coordinator())
    home = words(client, "/coordination")
    assert "1 address is refused by its mail server" in home
    assert "3 addresses were reported as wrong by their readers" in home
    assert listed(client, "/coordination/undeliverable") == {"refused"}
    assert listed(client, "/coordination/undeliverable?show=stopped") == {"wrong", "both", "all"}
    assert listed(client, "/coordination/undeliverable?show=blocked") == {"blocked"}
