"""What a failed letter teaches us about its mailbox."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.models import Bounce, BounceKind, Letter, Mailbox
from outreach.outbox.bounces import LATELY, delayed_lately, record_bounce
from tests.support.builders import Builder
from tests.support.outbox import letter_named, put

HOUR = timedelta(hours=1)


def note(mailbox: Mailbox, letter: Letter | None, kind: BounceKind, now: datetime, *, status: str = "", words: str = "") -> None:
    with transaction():
        record_bounce(mailbox.id, letter.id if letter else None, kind, status=status, words=words, now=now)
    db.session.refresh(mailbox)


def bounces() -> list[tuple[str, str]]:
    return [(bounce.kind.value, bounce.words) for bounce in db.session.scalars(select(Bounce).order_by(Bounce.id))]


@pytest.mark.empty_database
def test_a_hard_bounce_marks_the_mailbox_from_the_first_time_with_the_last_words(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    letters = [letter_named(put(mailbox, now=now)) for _ in range(2)]
    note(mailbox, letters[0], BounceKind.HARD, now, status="5.1.1", words="550 5.1.1 No such user")
    note(mailbox, letters[1], BounceKind.HARD, now + HOUR, status="5.1.10", words="550 5.1.10\n Recipient not found")
    assert (mailbox.undeliverable_at, mailbox.undeliverable_words) == (now, "550 5.1.10 Recipient not found")
    [first, second] = db.session.scalars(select(Bounce).order_by(Bounce.id))
    assert (first.domain, first.status, first.letter_id, first.at) == ("families.example", "5.1.1", letters[0].id, now)
    assert (second.status, second.at) == ("5.1.10", now + HOUR)


@pytest.mark.empty_database
def test_the_same_failure_reported_twice_is_noted_once_and_marks_nothing_anew(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    letter = letter_named(put(mailbox, now=now))
    note(mailbox, letter, BounceKind.HARD, now, words="550 No such user")
    with transaction():
        mailbox.undeliverable_at = mailbox.undeliverable_words = None
    note(mailbox, letter, BounceKind.HARD, now + HOUR, words="550 Really, no such user")
    assert bounces() == [("hard", "550 No such user")]
    assert mailbox.is_reached


@pytest.mark.parametrize("kind", [BounceKind.SOFT, BounceKind.POLICY])
@pytest.mark.empty_database
def test_what_isnt_about_the_address_is_only_counted(make: Builder, now: datetime, kind: BounceKind) -> None:
    mailbox = make.mailbox("ana@families.example")
    for _ in range(2):
        note(mailbox, letter_named(put(mailbox, now=now)), kind, now, words="550 Not from you")
    assert bounces() == [(kind.value, "550 Not from you")] * 2
    assert mailbox.is_reached


def test_a_complaint_stops_reminders_and_nothing_else(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    note(mailbox, letter_named(put(mailbox, now=now)), BounceKind.COMPLAINT, now)
    note(mailbox, letter_named(put(mailbox, now=now)), BounceKind.COMPLAINT, now + HOUR)
    assert mailbox.reminders_stopped_at == now
    assert mailbox.is_reached


@pytest.mark.empty_database
def test_a_failure_that_names_no_letter_counts_each_time(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    for _ in range(2):
        note(mailbox, None, BounceKind.SOFT, now, words="452 Full")
    assert len(bounces()) == 2


@pytest.mark.empty_database
def test_a_link_of_ours_that_a_server_quotes_is_not_kept(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    words = "550 spam: <http://127.0.0.1:5000/i/secret> listed, see https://lists.example/why " + "x" * 600
    note(mailbox, letter_named(put(mailbox, now=now)), BounceKind.HARD, now, words=words)
    assert str(mailbox.undeliverable_words).startswith("550 spam: […] listed, see https://lists.example/why xxx")
    assert len(bounces()[0][1]) == 500


@pytest.mark.parametrize("kind", BounceKind)
def test_a_mailbox_is_marked_by_what_says_something_about_it_alone(make: Builder, now: datetime, kind: BounceKind) -> None:
    mailbox, other = make.mailbox("ana@families.example"), make.mailbox("ben@families.example")
    note(mailbox, letter_named(put(mailbox, now=now)), kind, now, words="550 No")
    is_hard = kind is BounceKind.HARD
    assert (mailbox.undeliverable_at, mailbox.undeliverable_words) == ((now, "550 No") if is_hard else (None, None))
    assert mailbox.reminders_stopped_at == (now if kind is BounceKind.COMPLAINT else None)
    assert (mailbox.stopped_at, mailbox.blocked_at) == (None, None)
    db.session.refresh(other)
    assert (other.undeliverable_at, other.reminders_stopped_at) == (None, None)


@pytest.mark.empty_database
def test_one_letter_may_fail_in_several_ways_and_each_is_noted_once(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    letters = [letter_named(put(mailbox, now=now)) for _ in range(2)]
    for letter in letters * 2:
        for kind in BounceKind:
            note(mailbox, letter, kind, now, words="550 No")
    assert bounces() == [(kind.value, "550 No") for kind in BounceKind] * 2


@pytest.mark.empty_database
def test_a_failure_of_a_mailbox_that_is_gone_is_no_news(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    with transaction():
        record_bounce(mailbox.id + 1, None, BounceKind.HARD, status="", words="550 No", now=now)
    assert bounces() == []


def test_letters_put_off_count_by_mailbox_for_a_week(make: Builder, now: datetime) -> None:
    ana, ben = make.mailbox("ana@families.example"), make.mailbox("ben@families.example")
    for at in (now - LATELY, now - LATELY + timedelta(seconds=1), now):
        note(ana, None, BounceKind.SOFT, at)
    note(ben, None, BounceKind.SOFT, now)
    for kind in (BounceKind.HARD, BounceKind.POLICY, BounceKind.COMPLAINT):
        note(ana, None, kind, now)
    assert timedelta(days=7) == LATELY
    in_order = delayed_lately(now=now).order_by(Bounce.mailbox_id)
    assert [tuple(row) for row in db.session.execute(in_order)] == [(ana.id, 2), (ben.id, 1)]


def test_a_status_is_kept_as_far_as_its_column_goes(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    note(mailbox, None, BounceKind.SOFT, now, status="4" * 65)
    assert db.session.scalar(select(Bounce.status).where(Bounce.mailbox_id == mailbox.id)) == "4" * 64
