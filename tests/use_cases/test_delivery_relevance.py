"""What is stale when its turn comes doesn't leave; what was cancelled before it left is never mentioned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from outreach.db import db, transaction
from outreach.mail.smtp_responses import Rejected
from outreach.models import Answer, Invitation, Letter, LetterKind, LetterState, Mailbox, OutreachSession, SessionState
from outreach.outbox.leases import Pace, lease_due
from outreach.outbox.queue import NewLetter, enqueue
from outreach.outbox.results import RoundStatistics
from tests.support.builders import Builder
from tests.support.outbox import Scripted, about, deliver, invite, letter_named, put, states

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FAMILY_KINDS = [
    *(LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED, LetterKind.WAITING, LetterKind.REMINDER),
    LetterKind.CONFIRM_ANSWER,
]

ALL = set(LetterKind)
ABOUT_THE_READER = {LetterKind.ACCOUNT, LetterKind.APPLICATION, LetterKind.MESSAGE_ANSWER, LetterKind.JOB}
WITHOUT_SESSION = ABOUT_THE_READER | {LetterKind.BLOCKED}
WITH_CALENDAR = {LetterKind.INVITATION, LetterKind.PROMOTED, LetterKind.UPDATED, LetterKind.CANCELLED, LetterKind.REMOVED}
CAN_BE_STOPPED = {LetterKind.REMINDER, LetterKind.THANKS}
STAYS_NEWS = WITHOUT_SESSION | {LetterKind.WRONG_ADDRESS, LetterKind.NOT_MINE, LetterKind.LINK}
FOR_THE_START = {LetterKind.REMINDER, LetterKind.ROSTER, LetterKind.DECISION, LetterKind.KEEP_OR_RELEASE}
OF_WHAT_TAKES_PLACE = WITH_CALENDAR - {LetterKind.CANCELLED, LetterKind.REMOVED} | FOR_THE_START
OF_WHAT_TAKES_PLACE |= {LetterKind.WAITING, LetterKind.NOTE, LetterKind.CONFIRM_ANSWER, LetterKind.THANKS}


@dataclass
class OneOfEach:
    """A letter of each kind in the queue, each to a mailbox of its own, all of them good to go as things stand."""

    make: Builder
    now: datetime

    def __post_init__(self) -> None:
        decides_at = self.now + DAY
        self.make.teacher(self.make.school(), email=f"{LetterKind.BLOCKED}@example.org")
        self.session = self.make.outreach_session(
            self.make.clinician(), is_provisional=True, decides_at=decides_at, reminder_leads=[10080, 1440, 120]
        )
        with transaction():
            mailboxes = [self.make._mailbox(f"{kind}@example.org") for kind in LetterKind]
            self.invitations = [self._invitation(mailbox) for mailbox in mailboxes]
            db.session.add_all(self.invitations)
            db.session.flush()
            snapshot = {"starts_at": self.session.starts_at.isoformat(), "decides_at": decides_at.isoformat()}
            drafts = [self._draft(kind, invitation, snapshot) for kind, invitation in zip(LetterKind, self.invitations, strict=True)]
            enqueue(drafts, now=self.now)

    def _invitation(self, mailbox: Mailbox) -> Invitation:
        about: dict[str, Any] = {"session_id": self.session.id, "mailbox_id": mailbox.id, "sequence": 9, "sent_sequence": 0}
        return Invitation(**about, uid=f"{mailbox.id}@example.org", created_at=self.now, changed_at=self.now)

    def _draft(self, kind: LetterKind, invitation: Invitation, snapshot: dict[str, str]) -> NewLetter:
        about: dict[str, Any] = {} if kind in WITHOUT_SESSION else {"session_id": self.session.id, "invitation_id": invitation.id}
        about["sequence"] = 1 if kind in WITH_CALENDAR else None
        facts = {"session": snapshot} | ({"lead_minutes": 10080} if kind is LetterKind.REMINDER else {})
        return NewLetter(mailbox_id=invitation.mailbox_id, kind=kind, facts=facts, dedupe_key=kind.value, **about)

    def follow(self, kind: LetterKind, sequence: int | None = None, **values: Any) -> None:
        """Put one more letter about its invitation behind each."""
        facts = {"session": {"starts_at": self.session.starts_at.isoformat()}}
        about: dict[str, Any] = {"kind": kind, "facts": facts, "session_id": self.session.id, "sequence": sequence}
        with transaction():
            drafts = [
                NewLetter(mailbox_id=one.mailbox_id, invitation_id=one.id, dedupe_key=f"later {one.id}", **about)
                for one in self.invitations
            ]
            enqueue(drafts, now=self.now)
            if values:
                db.session.execute(update(Letter).where(Letter.dedupe_key.startswith("later")).values(**values))

    def change_all(self, model: type[Invitation | Mailbox], **values: object) -> None:
        """Change each invitation, or each mailbox."""
        keys = [one.id if model is Invitation else one.mailbox_id for one in self.invitations]
        with transaction():
            db.session.execute(update(model).where(model.id.in_(keys)).values(**values))

    def leave(self, at: datetime | None = None) -> set[LetterKind]:
        """Deliver what is due; give the kinds that left."""
        transport = Scripted()
        deliver(transport, at or self.now)
        return {LetterKind(subject) for subject in transport.subjects if not subject.startswith("later")}


@pytest.fixture
def one_of_each(make: Builder, now: datetime) -> OneOfEach:
    return OneOfEach(make, now)


@pytest.fixture
def outreach_session(make: Builder) -> OutreachSession:
    """Thursday 18 March 2027, 18:00 to 20:00 UTC, reminders a week and a day before."""
    return make.outreach_session(make.clinician())


@pytest.fixture
def invitation(make: Builder, outreach_session: OutreachSession, now: datetime) -> Invitation:
    """Nothing about it has left."""
    return invite(outreach_session, make.mailbox("someone@example.org"), now=now)


def change(record: Invitation | OutreachSession | Mailbox, **values: object) -> None:
    with transaction():
        db.session.execute(update(type(record)).where(type(record).id == record.id).values(**values))


def remind(invitation: Invitation, now: datetime, lead: int = 10080) -> str:
    starts_at = invitation.outreach_session.starts_at.isoformat()
    facts = {"session": {"starts_at": starts_at}, "lead_minutes": lead}
    return put(invitation.mailbox, f"reminder {lead}", now=now, kind=LetterKind.REMINDER, facts=facts, **about(invitation, None))


@pytest.mark.parametrize("kind", [LetterKind.CANCELLED, LetterKind.REMOVED])
def test_no_cancel_goes_to_someone_whose_request_never_left(invitation: Invitation, now: datetime, kind: LetterKind) -> None:
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    deliver(Scripted({"someone@example.org": Rejected(words="554 No")}), now)
    change(invitation, sequence=1, is_live=False)
    put(invitation.mailbox, "cancel", now=now, kind=kind, **about(invitation, 1))
    assert deliver(Scripted(), now) == RoundStatistics(dropped=1)
    assert states() == {"request": "failed", "cancel": "dropped"}


def test_the_cancel_follows_a_request_that_left(invitation: Invitation, now: datetime) -> None:
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    deliver(Scripted(), now)
    change(invitation, sequence=1, is_live=False)
    put(invitation.mailbox, "cancel", now=now, kind=LetterKind.REMOVED, **about(invitation, 1))
    assert deliver(Scripted(), now) == RoundStatistics(sent=1)


def test_the_cancel_follows_a_request_that_a_dead_worker_may_have_sent(invitation: Invitation, now: datetime) -> None:
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    with transaction():
        lease_due(now=now, pace=Pace())
    change(invitation, sequence=1, is_live=False)
    put(invitation.mailbox, "cancel", now=now, kind=LetterKind.CANCELLED, **about(invitation, 1))
    assert deliver(Scripted(), now) == RoundStatistics()
    transport = Scripted()
    assert deliver(transport, now + 6 * MINUTE) == RoundStatistics(sent=1, dropped=1)
    assert transport.subjects == ["cancel"]


def test_a_notice_without_an_entry_needs_no_request(invitation: Invitation, outreach_session: OutreachSession, now: datetime) -> None:
    put(invitation.mailbox, "no seat came free", now=now, kind=LetterKind.CANCELLED, session_id=outreach_session.id)
    assert deliver(Scripted(), now) == RoundStatistics(sent=1)


def test_a_request_that_came_back_is_dropped_for_the_newer_one(invitation: Invitation, now: datetime) -> None:
    put(invitation.mailbox, "old time", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    change(invitation, sequence=1)
    put(invitation.mailbox, "new time", now=now, kind=LetterKind.UPDATED, **about(invitation, 1))
    transport = Scripted()
    assert deliver(transport, now) == RoundStatistics(sent=1, dropped=1)
    assert transport.subjects == ["new time"]


def test_a_cancel_to_an_address_that_does_not_exist_is_not_sent_and_not_forgotten(invitation: Invitation, now: datetime) -> None:
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    deliver(Scripted(), now)
    with transaction():
        invitation.mailbox.undeliverable_at = now
    change(invitation, sequence=1, is_live=False)
    put(invitation.mailbox, "cancel", now=now, kind=LetterKind.REMOVED, **about(invitation, 1))
    assert deliver(Scripted(), now) == RoundStatistics(dropped=1)
    db.session.refresh(invitation)
    assert (invitation.sequence, invitation.sent_sequence) == (1, 0)


@pytest.mark.parametrize(
    "happens",
    [
        lambda invitation: change(invitation, answer=Answer.DECLINED),
        lambda invitation: change(invitation, is_live=False),
        lambda invitation: change(invitation.outreach_session, starts_at=invitation.outreach_session.starts_at + HOUR),
        lambda invitation: change(invitation.outreach_session, state=SessionState.CANCELLED),
    ],
    ids=["declined", "withdrawn", "moved", "cancelled"],
)
def test_no_reminder_when_plans_changed(invitation: Invitation, now: datetime, happens: Callable[[Invitation], None]) -> None:
    remind(invitation, now)
    happens(invitation)
    assert deliver(Scripted(), now) == RoundStatistics(dropped=1)


def test_of_two_reminders_that_wait_the_later_one_leaves(invitation: Invitation, now: datetime) -> None:
    remind(invitation, now)
    remind(invitation, now, lead=1440)
    transport = Scripted()
    assert deliver(transport, now) == RoundStatistics(sent=1, dropped=1)
    assert transport.subjects == ["reminder 1440"]


def test_reminders_that_were_stopped_stay_here_and_all_else_leaves(invitation: Invitation, now: datetime) -> None:
    remind(invitation, now)
    change(invitation.mailbox, reminders_stopped_at=now)
    put(invitation.mailbox, "update", now=now, kind=LetterKind.UPDATED, **about(invitation, 0))
    put(invitation.mailbox, "digest", now=now, session_id=invitation.session_id)
    assert deliver(Scripted(), now) == RoundStatistics(sent=2, dropped=1)
    assert states() == {"reminder 10080": "dropped", "update": "sent", "digest": "sent"}


def test_every_kind_of_letter_leaves_as_long_as_it_is_true(one_of_each: OneOfEach) -> None:
    assert one_of_each.leave() == ALL


@pytest.mark.parametrize(
    ("moment", "kinds"),
    [
        (lambda one: one.starts_at - SECOND, ALL - {LetterKind.REMINDER}),  # the next reminder is due
        (lambda one: one.starts_at, ALL - FOR_THE_START),
        (lambda one: one.ends_at - SECOND, ALL - FOR_THE_START),
        (lambda one: one.ends_at, STAYS_NEWS | {LetterKind.THANKS}),
        (lambda one: one.ends_at + DAY, STAYS_NEWS | {LetterKind.THANKS}),
        (lambda one: one.ends_at + 7 * DAY - SECOND, STAYS_NEWS | {LetterKind.THANKS}),
        (lambda one: one.ends_at + 7 * DAY, STAYS_NEWS),
    ],
    ids=[
        "a second before the start",
        "at the start",
        "a second before the end",
        "at the end",
        "a day later",
        "nearly a week later",
        "a week later",
    ],
)
def test_what_is_still_news_before_at_and_after_the_session(
    one_of_each: OneOfEach, moment: Callable[[OutreachSession], datetime], kinds: set[LetterKind]
) -> None:
    assert one_of_each.leave(moment(one_of_each.session)) == kinds


@pytest.mark.parametrize(
    ("told_end", "at", "state"),
    [
        (HOUR, HOUR - SECOND, "sent"),
        (HOUR, HOUR, "dropped"),
        (-HOUR, -SECOND, "sent"),
        (-HOUR, timedelta(0), "dropped"),
    ],
)
def test_a_session_is_over_for_its_readers_when_both_the_old_end_and_the_new_have_passed(
    invitation: Invitation, outreach_session: OutreachSession, now: datetime, told_end: timedelta, at: timedelta, state: str
) -> None:
    was = {"was": {"ends_at": (outreach_session.ends_at + told_end).isoformat()}}
    put(invitation.mailbox, "moved", now=now, kind=LetterKind.UPDATED, session_id=outreach_session.id, facts=was)
    deliver(Scripted(), outreach_session.ends_at + at)
    assert states() == {"moved": state}


@pytest.mark.parametrize(("at", "state"), [(DAY - SECOND, "sent"), (DAY, "dropped")])
def test_who_was_removed_before_the_session_moved_earlier_still_has_it_in_the_calendar(
    invitation: Invitation, outreach_session: OutreachSession, now: datetime, at: timedelta, state: str
) -> None:
    """Their last e-mail was written with the later time, and waits: the entry of that time has to go."""
    written = {"session": {"ends_at": (outreach_session.ends_at + DAY).isoformat()}}
    ids = {"session_id": outreach_session.id, "invitation_id": invitation.id}
    put(invitation.mailbox, "removed", now=now, kind=LetterKind.REMOVED, sequence=1, facts=written, **ids)
    put(invitation.mailbox, "summary", now=now, kind=LetterKind.DIGEST, facts=written, session_id=outreach_session.id)
    change(invitation, is_live=False, sequence=1, sent_sequence=0)
    deliver(Scripted(), outreach_session.ends_at + at)
    assert states() == {"removed": state, "summary": "dropped"}


def test_only_goodbyes_summaries_and_addresses_are_told_of_what_was_cancelled(one_of_each: OneOfEach) -> None:
    change(one_of_each.session, state=SessionState.CANCELLED)
    assert one_of_each.leave() == ALL - OF_WHAT_TAKES_PLACE


@pytest.mark.parametrize("state", [state for state in SessionState if state is not SessionState.CANCELLED])
def test_letters_leave_in_every_state_but_cancelled(one_of_each: OneOfEach, state: SessionState) -> None:
    change(one_of_each.session, state=state)
    assert one_of_each.leave() == ALL


def test_only_goodbyes_summaries_and_addresses_are_told_once_the_last_reason_has_ended(one_of_each: OneOfEach) -> None:
    one_of_each.change_all(Invitation, is_live=False)
    assert one_of_each.leave() == ALL - OF_WHAT_TAKES_PLACE


def test_nothing_is_taken_out_of_a_calendar_it_was_never_sent_to(one_of_each: OneOfEach) -> None:
    one_of_each.change_all(Invitation, sent_sequence=None)
    assert one_of_each.leave() == ALL - {LetterKind.CANCELLED, LetterKind.REMOVED}


@pytest.mark.parametrize("mark", ["stopped_at", "undeliverable_at", "blocked_at"])
def test_where_nothing_about_sessions_may_go_accounts_and_applications_still_do(one_of_each: OneOfEach, mark: str) -> None:
    one_of_each.change_all(Mailbox, **{mark: one_of_each.now})
    with capture_logs() as said:
        assert one_of_each.leave() == ABOUT_THE_READER | ({LetterKind.NOT_MINE} if mark == "stopped_at" else set())
    assert {event["reason"] for event in said if event["event"] == "letter dropped"} == {mark.removesuffix("_at")}


def test_who_stopped_reminders_gets_all_else(one_of_each: OneOfEach) -> None:
    one_of_each.change_all(Mailbox, reminders_stopped_at=one_of_each.now)
    assert one_of_each.leave() == ALL - CAN_BE_STOPPED


@pytest.mark.parametrize("answer", Answer)
def test_who_declined_gets_no_reminder_but_all_else(one_of_each: OneOfEach, answer: Answer) -> None:
    one_of_each.change_all(Invitation, answer=answer)
    assert one_of_each.leave() == (ALL - {LetterKind.REMINDER} if answer is Answer.DECLINED else ALL)


@pytest.mark.parametrize("by", [SECOND, -SECOND])
def test_a_reminder_a_roster_and_thanks_of_another_time_stay_here_and_all_else_leaves(one_of_each: OneOfEach, by: timedelta) -> None:
    change(one_of_each.session, starts_at=one_of_each.session.starts_at + by)
    assert one_of_each.leave() == ALL - {LetterKind.REMINDER, LetterKind.ROSTER, LetterKind.THANKS}


@pytest.mark.parametrize(
    "values",
    [{"is_provisional": False}, {"decides_at": datetime.fromisoformat("2027-03-05T09:00:00+00:00")}],
    ids=["decided", "put off"],
)
def test_nobody_is_asked_for_a_decision_that_was_taken_or_put_off(one_of_each: OneOfEach, values: dict[str, Any]) -> None:
    change(one_of_each.session, **values)
    assert one_of_each.leave() == ALL - {LetterKind.DECISION}


def test_a_later_calendar_object_takes_the_place_of_all_earlier_ones_and_of_nothing_else(one_of_each: OneOfEach) -> None:
    one_of_each.follow(LetterKind.UPDATED, sequence=2)
    assert one_of_each.leave() == ALL - WITH_CALENDAR


def test_a_later_reminder_takes_the_place_of_a_reminder_and_of_nothing_else(one_of_each: OneOfEach) -> None:
    one_of_each.follow(LetterKind.REMINDER)
    assert one_of_each.leave() == ALL - {LetterKind.REMINDER}


@pytest.mark.parametrize(("kind", "sequence"), [(LetterKind.UPDATED, 1), (LetterKind.DIGEST, None), (LetterKind.WAITING, None)])
def test_what_says_something_else_takes_no_letters_place(one_of_each: OneOfEach, kind: LetterKind, sequence: int | None) -> None:
    one_of_each.follow(kind, sequence=sequence)
    assert one_of_each.leave() == ALL


@pytest.mark.parametrize("state", [LetterState.FAILED, LetterState.DROPPED])
@pytest.mark.parametrize(("kind", "sequence"), [(LetterKind.UPDATED, 2), (LetterKind.REMINDER, None)])
def test_a_later_letter_that_will_never_leave_takes_no_letters_place(
    one_of_each: OneOfEach, kind: LetterKind, sequence: int | None, state: LetterState
) -> None:
    one_of_each.follow(kind, sequence=sequence, state=state, settled_at=one_of_each.now)
    assert one_of_each.leave() == ALL


def test_news_of_one_invitation_takes_no_letters_place_in_another(make: Builder, invitation: Invitation, now: datetime) -> None:
    other = invite(invitation.outreach_session, make.mailbox("other@example.org"), now=now, sequence=5)
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    remind(invitation, now)
    put(other.mailbox, "other's update", now=now, kind=LetterKind.UPDATED, **about(other, 5))
    put(other.mailbox, "other's reminder", now=now, kind=LetterKind.REMINDER, **about(other, None))
    transport = Scripted()
    deliver(transport, now)
    assert set(transport.subjects) == {"request", "reminder 10080", "other's update", "other's reminder"}


@pytest.mark.parametrize(
    ("lead", "until_start", "state"),
    [
        (10080, timedelta(minutes=1440) + SECOND, "sent"),
        (10080, timedelta(minutes=1440), "dropped"),
        (1440, timedelta(minutes=120) + SECOND, "sent"),
        (1440, timedelta(minutes=120), "dropped"),
        (120, SECOND, "sent"),
        (120, timedelta(0), "dropped"),
    ],
)
def test_a_reminder_is_good_until_the_next_of_several_is_due(
    make: Builder, now: datetime, lead: int, until_start: timedelta, state: str
) -> None:
    outreach_session = make.outreach_session(make.clinician(), reminder_leads=[10080, 1440, 120])
    remind(invite(outreach_session, make.mailbox("someone@example.org"), now=now), now, lead=lead)
    deliver(Scripted(), outreach_session.starts_at - until_start)
    assert states() == {f"reminder {lead}": state}


def test_a_mailbox_that_stops_us_while_a_batch_is_under_way_gets_no_later_letter(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("someone@example.org")
    put(mailbox, "first", now=now)
    put(mailbox, "second", now=now)
    stop = update(Mailbox).where(Mailbox.id == mailbox.id).values(stopped_at=now)

    def stopped_elsewhere(_envelope: object) -> None:
        with db.engine.begin() as connection:
            connection.execute(stop)

    transport = Scripted(before=stopped_elsewhere)
    assert deliver(transport, now, pace=Pace(batch=1)) == RoundStatistics(sent=1, dropped=1)
    assert states() == {"first": "sent", "second": "dropped"}


def test_what_is_dropped_is_settled_then_and_there(invitation: Invitation, now: datetime) -> None:
    change(invitation, is_live=False)
    put(invitation.mailbox, "request", now=now, kind=LetterKind.INVITATION, **about(invitation, 0))
    deliver(Scripted(), now + MINUTE)
    letter = letter_named("request")
    assert (letter.state, letter.settled_at, letter.attempts) == (LetterState.DROPPED, now + MINUTE, 0)
    assert (letter.lease_token, letter.leased_until) == (None, None)


def test_letters_of_any_kind_leave_though_they_name_no_session_and_no_invitation(make: Builder, now: datetime) -> None:
    mailbox, transport = make.teacher(make.school(), email="someone@example.org").mailbox, Scripted()
    for kind in LetterKind:
        facts = {"lead_minutes": 10080, "session": {"starts_at": now.isoformat(), "decides_at": now.isoformat()}}
        put(mailbox, kind.value, now=now, kind=kind, facts=facts)
    deliver(transport, now)
    assert set(transport.subjects) == ALL


def test_a_question_that_names_no_moment_to_decide_by_is_not_asked(make: Builder, now: datetime) -> None:
    outreach_session = make.outreach_session(make.clinician(), is_provisional=True, decides_at=now + DAY)
    put(make.mailbox("host@example.org"), "question", now=now, kind=LetterKind.DECISION, session_id=outreach_session.id)
    deliver(Scripted(), now)
    assert states() == {"question": "dropped"}
