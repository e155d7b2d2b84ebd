"""Letters are written once, in order, and can be taken back while no worker has them in hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select, update

from outreach.db import db, transaction
from outreach.models import Invitation, Letter, LetterKind, LetterState, Mailbox
from outreach.outbox.queue import NewLetter, enqueue
from tests.support.builders import Builder
from tests.support.queued_letters import take_back, take_back_notices

pytestmark = [pytest.mark.both_databases("ON CONFLICT, and the order RETURNING gives"), pytest.mark.empty_database]


def draft(mailbox: Mailbox, dedupe_key: str, **facts: Any) -> NewLetter:
    values: dict[str, Any] = {"mailbox_id": mailbox.id, "kind": LetterKind.DIGEST, "facts": {}, "dedupe_key": dedupe_key}
    return NewLetter(**values | facts)


def letters() -> list[Letter]:
    return list(db.session.scalars(select(Letter).order_by(Letter.id).execution_options(populate_existing=True)))


def test_letters_are_written_in_order_with_one_statement(make: Builder, now: datetime) -> None:
    mailbox, said = make.mailbox("someone@example.org"), []
    event.listen(db.engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    with transaction():
        enqueue([draft(mailbox, f"news {number}") for number in range(200)], now=now)
    assert sum("INSERT" in statement for statement in said) == 1
    assert [letter.dedupe_key for letter in letters()] == [f"news {number}" for number in range(200)]


def test_the_same_news_is_never_written_twice(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("someone@example.org")
    with transaction():
        enqueue([draft(mailbox, "news", facts={"said": "first"}), draft(mailbox, "news", facts={"said": "second"})], now=now)
    with transaction():
        enqueue([draft(mailbox, "news", facts={"said": "third"}), draft(mailbox, "other")], now=now)
    assert [(letter.dedupe_key, letter.facts) for letter in letters()] == [("news", {"said": "first"}), ("other", {})]


def test_a_letter_is_due_at_once_unless_it_says_when(make: Builder, now: datetime) -> None:
    mailbox, later = make.mailbox("someone@example.org"), now + timedelta(hours=3)
    with transaction():
        enqueue([draft(mailbox, "at once"), draft(mailbox, "later", due_at=later)], now=now)
        enqueue([], now=now)
    assert [letter.due_at for letter in letters()] == [now, later]


def test_what_is_queued_is_taken_back_and_what_is_in_hand_stays(make: Builder, now: datetime) -> None:
    outreach_session, mailbox = make.outreach_session(make.clinician()), make.mailbox("someone@example.org")
    with transaction():
        invitation = Invitation(session_id=outreach_session.id, mailbox_id=mailbox.id, uid=uuid4().hex, created_at=now, changed_at=now)
        db.session.add(invitation)
        db.session.flush()
        about = {"invitation_id": invitation.id, "session_id": outreach_session.id}
        in_hand = draft(mailbox, "in hand", kind=LetterKind.INVITATION, sequence=0, **about)
        entry = draft(mailbox, "entry", kind=LetterKind.UPDATED, sequence=1, **about)
        reminder = draft(mailbox, "reminder", kind=LetterKind.REMINDER, **about)
        plain = draft(mailbox, "plain", kind=LetterKind.WAITING, **about)
        enqueue([in_hand, entry, reminder, plain, draft(mailbox, "of another", kind=LetterKind.UPDATED, sequence=0)], now=now)
        leased = db.session.scalars(select(Letter).where(Letter.dedupe_key == "in hand")).one()
        leased.state, leased.lease_token, leased.leased_until = LetterState.LEASED, "token", now
    with transaction():
        assert [letter.kind for letter in take_back([invitation.id], now=now)] == [LetterKind.UPDATED, LetterKind.REMINDER]
    assert {letter.dedupe_key.partition(":dropped")[0]: letter.state.value for letter in letters()} == {
        "in hand": "leased",
        "entry": "dropped",
        "reminder": "dropped",
        "plain": "queued",
        "of another": "queued",
    }
    assert [letter.settled_at for letter in letters() if letter.state == LetterState.DROPPED] == [now, now]


def test_news_taken_back_may_be_written_again(make: Builder, now: datetime) -> None:
    outreach_session, mailbox = make.outreach_session(make.clinician()), make.mailbox("someone@example.org")
    for _ in range(2):
        with transaction():
            enqueue([draft(mailbox, "news", kind=LetterKind.WAITING, session_id=outreach_session.id)], now=now)
            take_back_notices(outreach_session.id, [mailbox.id], now=now)
    assert [letter.state for letter in letters()] == [LetterState.DROPPED, LetterState.DROPPED]


def test_the_first_notice_that_never_left_is_known_when_it_is_taken_back(make: Builder, now: datetime) -> None:
    outreach_session, other = make.outreach_session(make.clinician()), make.outreach_session(make.clinician())
    new, notified = make.mailbox("untold@example.org"), make.mailbox("told@example.org")
    with transaction():
        enqueue([draft(notified, "waits", kind=LetterKind.WAITING, session_id=outreach_session.id)], now=now)
        db.session.execute(update(Letter).values(state=LetterState.SENT, settled_at=now))
        enqueue([draft(notified, "moved", kind=LetterKind.UPDATED, session_id=outreach_session.id)], now=now)
        enqueue([draft(new, "waits too", kind=LetterKind.WAITING, session_id=outreach_session.id)], now=now)
        enqueue([draft(new, "elsewhere", kind=LetterKind.WAITING, session_id=other.id)], now=now)
    with transaction():
        taken_back = take_back_notices(outreach_session.id, [notified.id, new.id], now=now)
    assert {key: letter.kind for key, letter in taken_back.items()} == {notified.id: LetterKind.UPDATED, new.id: LetterKind.WAITING}
    assert [letter.state.value for letter in letters()] == ["sent", "dropped", "dropped", "queued"]


def test_a_letter_is_kept_as_it_was_posted(make: Builder, now: datetime) -> None:
    outreach_session, mailbox = make.outreach_session(make.clinician()), make.mailbox("someone@example.org")
    invitation = Invitation(
        session_id=outreach_session.id, mailbox_id=mailbox.id, uid="uid@example.org", sequence=4, created_at=now, changed_at=now
    )
    with transaction():
        db.session.add(invitation)
        db.session.flush()
        about = {"session_id": outreach_session.id, "invitation_id": invitation.id, "sequence": 4, "locale": "fr"}
        enqueue([draft(mailbox, "news", kind=LetterKind.UPDATED, facts={"a": 1}, **about), draft(mailbox, "other")], now=now)
    [news, other] = letters()
    assert (news.session_id, news.invitation_id, news.sequence, news.locale) == (outreach_session.id, invitation.id, 4, "fr")
    assert (news.mailbox_id, news.kind, news.facts, news.created_at) == (mailbox.id, LetterKind.UPDATED, {"a": 1}, now)
    assert (news.state, news.attempts, news.server_words, news.settled_at) == (LetterState.QUEUED, 0, "", None)
    assert (other.session_id, other.invitation_id, other.sequence, other.locale) == (None, None, None, "en")
    assert news.key != other.key


def test_only_notices_of_these_families_about_this_wait_are_taken_back(make: Builder, now: datetime) -> None:
    this, that = make.outreach_session(make.clinician()), make.outreach_session(make.clinician())
    family, other = make.mailbox("family@example.org"), make.mailbox("other@example.org")
    with transaction():
        for kind in LetterKind:
            enqueue([draft(family, kind.value, kind=kind, session_id=this.id)], now=now)
        enqueue([draft(family, "in an entry", kind=LetterKind.UPDATED, session_id=this.id, sequence=1)], now=now)
        enqueue([draft(family, "other session", kind=LetterKind.WAITING, session_id=that.id)], now=now)
        enqueue([draft(other, "other family", kind=LetterKind.WAITING, session_id=this.id)], now=now)
        enqueue([draft(family, "in hand", kind=LetterKind.WAITING, session_id=this.id)], now=now)
        in_hand = update(Letter).where(Letter.dedupe_key == "in hand")
        db.session.execute(in_hand.values(state=LetterState.LEASED, lease_token="token", leased_until=now))
    with transaction():
        taken = take_back_notices(this.id, [family.id], now=now)
    dropped = [letter.dedupe_key.partition(":")[0] for letter in letters() if letter.state is LetterState.DROPPED]
    assert dropped == ["updated", "waiting"]
    assert {key: letter.kind for key, letter in taken.items()} == {family.id: LetterKind.UPDATED}


def test_calendar_objects_and_reminders_of_these_invitations_alone_are_taken_back_oldest_first(make: Builder, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    mailboxes = [make.mailbox(f"{name}@example.org") for name in ("one", "other")]
    with transaction():
        about = {"session_id": outreach_session.id, "created_at": now, "changed_at": now}
        invitations = [Invitation(mailbox_id=mailbox.id, uid=mailbox.address, **about) for mailbox in mailboxes]
        db.session.add_all(invitations)
        db.session.flush()
        for number, kind in enumerate(LetterKind):
            ours: dict[str, Any] = {"kind": kind, "invitation_id": invitations[0].id}
            drafts = [draft(mailboxes[0], f"{kind} entry", sequence=number, **ours), draft(mailboxes[0], f"{kind} plain", **ours)]
            enqueue([*drafts, draft(mailboxes[1], f"{kind} other", kind=kind, invitation_id=invitations[1].id, sequence=0)], now=now)
    with transaction():
        taken = take_back([invitations[0].id], now=now + timedelta(minutes=1))
    names = [letter.dedupe_key.partition(":dropped:")[0] for letter in taken]
    plain = [f"{LetterKind.REMINDER} plain"]
    assert names == [name for kind in LetterKind for name in (f"{kind} entry", *(plain if kind is LetterKind.REMINDER else ()))]
    assert {letter.settled_at for letter in taken} == {now + timedelta(minutes=1)}
    assert [letter.id for letter in taken] == sorted(letter.id for letter in taken)


def test_letters_of_several_invitations_are_taken_back_in_the_order_they_were_posted(make: Builder, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician())
    mailboxes = [make.mailbox(f"{name}@example.org") for name in ("one", "other")]
    with transaction():
        times = {"created_at": now, "changed_at": now}
        invitations = [Invitation(session_id=outreach_session.id, mailbox_id=one.id, uid=one.address, **times) for one in mailboxes]
        db.session.add_all(invitations)
        db.session.flush()
        for key, number in enumerate((1, 0, 1, 0)):
            about: dict[str, Any] = {"kind": LetterKind.UPDATED, "invitation_id": invitations[number].id, "sequence": 0}
            enqueue([draft(mailboxes[number], f"news {key}", **about)], now=now - timedelta(minutes=key))  # the clock was put back
    with transaction():
        taken = [letter.id for letter in take_back([one.id for one in invitations], now=now)]
    assert (len(taken), taken) == (4, sorted(taken))
