"""A coordinator sends a failed letter again, or ends a pause; and the folder that takes letters in a demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from outreach.db import db, transaction
from outreach.errors import NotThere, OutreachError
from outreach.errors import Refusal as Declined
from outreach.mail.smtp_responses import Accepted, PauseReason, Rejected, Unavailable
from outreach.mail.transport import Envelope, LocalMailbox, local_folder
from outreach.models import Letter, LetterKind, LetterState, OutboxPause, OutreachSession
from outreach.outbox.results import RoundStatistics
from outreach.outbox.use_cases import end_pause, retry_letter
from outreach.settings import Settings
from tests.support.builders import Builder
from tests.support.outbox import Scripted, deliver, letter_named, put

NO = Rejected(words="554 No")


def test_a_failed_letter_is_sent_again_the_same_to_the_byte(make: Builder, now: datetime) -> None:
    mailbox, transport = make.mailbox("someone@example.org"), Scripted()
    put(mailbox, "news", now=now)
    refusing = Scripted({mailbox.address: NO})
    written: list[bytes] = []
    refusing.before = lambda envelope: written.append(envelope.message)
    deliver(refusing, now)
    retry_letter(letter_named("news").id, now=now)
    letter = letter_named("news")
    assert (letter.state, letter.attempts, letter.settled_at) == (LetterState.QUEUED, 0, None)
    assert deliver(transport, now) == RoundStatistics(sent=1)
    assert [envelope.message for envelope in transport.sent] == written


def sent_already(make: Builder, now: datetime) -> int:
    put(make.mailbox("someone@example.org"), "news", now=now)
    deliver(Scripted(), now)
    return letter_named("news").id


def link_is_gone(make: Builder, now: datetime) -> int:
    mailbox = make.mailbox("someone@example.org")
    put(mailbox, "reset", now=now, kind=LetterKind.ACCOUNT, facts={"link": "https://outreach.example/secret"})
    deliver(Scripted({mailbox.address: NO}), now)
    return letter_named("reset").id


def later_news_has_left(make: Builder, now: datetime) -> int:
    mailbox, outreach_session = make.mailbox("someone@example.org"), make.outreach_session(make.clinician())
    put(mailbox, "old", now=now, session_id=outreach_session.id)
    deliver(Scripted({mailbox.address: NO}), now)
    put(mailbox, "new", now=now, session_id=outreach_session.id)
    return letter_named("old").id


@pytest.mark.parametrize("letter_id", [sent_already, link_is_gone, later_news_has_left])
def test_some_letters_are_not_sent_again(make: Builder, now: datetime, letter_id: Callable[[Builder, datetime], int]) -> None:
    key = letter_id(make, now)
    with pytest.raises(Declined):
        retry_letter(key, now=now)


def test_a_letter_that_does_not_exist_cannot_be_sent_again(make: Builder, now: datetime) -> None:  # noqa: ARG001 (a database must be there)
    with pytest.raises(NotThere) as declined:
        retry_letter(12345, now=now)
    assert isinstance(declined.value, OutreachError)


def test_a_pause_can_be_ended(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("someone@example.org")
    put(mailbox, now=now)
    deliver(Scripted({mailbox.address: Unavailable(reason=PauseReason.SIGN_IN, words="535 No")}), now)
    assert deliver(Scripted(), now) == RoundStatistics(is_paused=True)
    end_pause(now=now)
    assert deliver(Scripted(), now) == RoundStatistics(sent=1)
    assert db.session.get(OutboxPause, 1) is None


def test_letters_of_a_demo_are_files_that_appear_whole(settings: Settings) -> None:
    folder = local_folder(settings)
    envelope = Envelope(name="1-abc", sender="a@b.example", recipient="c@d.example", message=b"Subject: x\r\n")
    assert [LocalMailbox(folder).send(envelope) for _ in range(2)] == [Accepted(), Accepted()]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"1-abc.eml": b"Subject: x\r\n"}


def test_a_folder_that_cannot_be_written_holds_the_letters_back(make: Builder, now: datetime, tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("not a folder")
    put(make.mailbox("someone@example.org"), "news", now=now)
    assert deliver(LocalMailbox(tmp_path / "mailbox"), now) == RoundStatistics(is_paused=True)
    (tmp_path / "mailbox").unlink()
    assert deliver(LocalMailbox(tmp_path / "mailbox"), now + timedelta(minutes=1)) == RoundStatistics(sent=1)


def put_as(state: LetterState, make: Builder, now: datetime, *, address: str = "someone@example.org", **values: Any) -> int:
    """Put a letter into the outbox as it stands in this state; give its id."""
    name = put(make.mailbox(address), now=now, **values)
    settled = None if state in (LetterState.QUEUED, LetterState.LEASED) else now
    lease = "token" if state is LetterState.LEASED else None
    with transaction():
        as_it_stands = {"state": state, "settled_at": settled, "lease_token": lease, "attempts": 3}
        db.session.execute(update(Letter).where(Letter.dedupe_key == name).values(**as_it_stands))
    return letter_named(name).id


@pytest.mark.parametrize("state", LetterState)
def test_only_a_letter_that_failed_is_sent_again(make: Builder, now: datetime, state: LetterState) -> None:
    key = put_as(state, make, now)
    if state is LetterState.FAILED:
        retry_letter(key, now=now)
        assert deliver(Scripted(), now) == RoundStatistics(sent=1)
        return
    with pytest.raises(Declined):
        retry_letter(key, now=now)
    assert db.session.get_one(Letter, key, populate_existing=True).state is state


@pytest.mark.parametrize("kind", LetterKind)
def test_a_letter_of_any_kind_but_an_accounts_is_sent_again(make: Builder, now: datetime, kind: LetterKind) -> None:
    key = put_as(LetterState.FAILED, make, now, kind=kind)
    if kind is LetterKind.ACCOUNT:
        with pytest.raises(Declined):
            retry_letter(key, now=now)
    else:
        retry_letter(key, now=now)
    state = LetterState.FAILED if kind is LetterKind.ACCOUNT else LetterState.QUEUED
    assert db.session.get_one(Letter, key, populate_existing=True).state is state


@pytest.fixture
def sessions(make: Builder) -> tuple[OutreachSession, OutreachSession]:
    host = make.clinician()
    return make.outreach_session(host), make.outreach_session(host)


def may_be_sent_again(key: int, now: datetime) -> bool:
    try:
        retry_letter(key, now=now)
    except Declined:
        return False
    return True


@pytest.mark.parametrize("later", LetterState)
def test_a_later_letter_overtakes_unless_it_never_leaves(
    make: Builder, now: datetime, sessions: tuple[OutreachSession, OutreachSession], later: LetterState
) -> None:
    key = put_as(LetterState.FAILED, make, now, session_id=sessions[0].id)
    put_as(later, make, now, session_id=sessions[0].id)
    assert may_be_sent_again(key, now) == (later in (LetterState.FAILED, LetterState.DROPPED))


def test_nothing_earlier_nor_to_others_nor_of_another_session_overtakes(
    make: Builder, now: datetime, sessions: tuple[OutreachSession, OutreachSession]
) -> None:
    this, that = (one.id for one in sessions)
    put_as(LetterState.SENT, make, now, session_id=this)
    key = put_as(LetterState.FAILED, make, now, session_id=this)
    put_as(LetterState.SENT, make, now, session_id=that)
    put_as(LetterState.SENT, make, now)
    put_as(LetterState.SENT, make, now, session_id=this, address="other@example.org")
    assert may_be_sent_again(key, now)


def test_a_letter_is_sent_again_at_once_and_no_other_with_it(make: Builder, now: datetime) -> None:
    key, other = put_as(LetterState.FAILED, make, now), put_as(LetterState.FAILED, make, now)
    retry_letter(key, now=now + timedelta(hours=1))
    again, untouched = (db.session.get_one(Letter, one, populate_existing=True) for one in (key, other))
    assert (again.state, again.due_at, again.attempts, again.settled_at) == (LetterState.QUEUED, now + timedelta(hours=1), 0, None)
    assert (untouched.state, untouched.due_at, untouched.attempts, untouched.settled_at) == (LetterState.FAILED, now, 3, now)


def test_ending_a_pause_that_is_over_does_not_make_the_next_one_begin_anew(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("someone@example.org")
    put(mailbox, now=now)
    gone = Scripted({mailbox.address: Unavailable(reason=PauseReason.UNREACHABLE, words="Connection refused")})
    deliver(gone, now)
    end_pause(now=now + timedelta(seconds=10))
    deliver(gone, now + timedelta(seconds=10))
    row = db.session.get_one(OutboxPause, 1, populate_existing=True)
    assert (row.times, row.until) == (2, now + timedelta(seconds=70))


def test_letters_of_a_demo_lie_in_its_own_folder(settings: Settings) -> None:
    assert local_folder(settings) == settings.instance_path / "mailbox"
