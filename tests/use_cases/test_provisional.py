"""Sessions that aren't certain yet: decided in time or not, everybody's calendar says what is true, and nothing decides itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import OutreachError, Refusal, Stale
from outreach.models import Answer, Invitation, Letter, LetterKind, LetterState, Mailbox, OutreachSession, User
from outreach.notifications.decision_requests import ask_for_decisions
from outreach.runtime.worker import Worker
from outreach.scheduling import use_cases
from outreach.scheduling.inputs import DecisionInput, DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.scheduling.provisional import use_cases as provisional
from tests.support.builders import Builder
from tests.support.outbox import Scripted
from tests.support.rivals import at_once

pytestmark = pytest.mark.both_databases("updates with CASE and typed literals")

DECIDES_AT = datetime(2027, 3, 16, 16, tzinfo=UTC)  # noon in New York, two days before the workshop of the builder
OPEN = DecisionInput(is_provisional=True, wall=datetime(2027, 3, 16, 12))
AFTERNOON = WhenInput(day=date(2027, 3, 18), start=time(14), end=time(16), decision=OPEN)
OFFER = DetailsInput(title="A morning with the surgeons", capacity=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Post = Callable[..., OutreachSession]


@dataclass(frozen=True)
class Told:
    """One letter as it arrived."""

    to: str
    subject: str
    method: str | None
    calendar: str
    text: str

    def line(self, name: str) -> str:
        """Give what the calendar object says on this line."""
        said: list[str] = re.findall(rf"^{name}[:;](.*)$", self.calendar, re.MULTILINE)
        return said[0].strip()


@pytest.fixture
def deliver(app: Flask) -> Callable[[datetime], list[Told]]:
    """Let a worker send what is due; give the letters as they arrive."""

    def sent(now: datetime) -> list[Told]:
        taken = Scripted()
        db.session.rollback()
        Worker(app, clock=lambda: now, transport=taken, timetable=()).deliver()
        db.session.expire_all()
        return [_read(envelope.message) for envelope in taken.sent]

    return sent


def _read(raw: bytes) -> Told:
    message = message_from_bytes(raw, policy=policy.default)
    parts = {part.get_content_type(): part for part in message.walk()}
    calendar = parts.get("text/calendar")
    shown = calendar.get_content().replace("\r\n ", "") if calendar else ""
    words = parts["text/plain"].get_content()
    return Told(message["To"].addresses[0].addr_spec, message["Subject"], calendar and calendar.get_param("method"), shown, words)  # type: ignore[arg-type]


@pytest.fixture
def host(make: Builder) -> User:
    return make.clinician(given_name="Sam", email="sam@adults.example")


@pytest.fixture
def post(make: Builder, host: User, now: datetime) -> Post:
    """Publish a session for one, in New York, decided two days before."""
    site = make.site()

    def posted(when: WhenInput = AFTERNOON, *, publish: bool = True, offer: DetailsInput = OFFER) -> OutreachSession:
        place = WhereInput(site_id=site.id, zone=site.zone)
        key = use_cases.post("shadowing", when, place, offer, by_id=host.id, publish=publish, now=now)
        return again(key)

    return posted


def again(key: int) -> OutreachSession:
    return db.session.get_one(OutreachSession, key, populate_existing=True)


def register(make: Builder, outreach_session: OutreachSession) -> None:
    """One student gets the seat, one waits; each has a guardian."""
    school = make.school()
    teacher = make.teacher(school, email="teacher@adults.example")
    school_class = make.school_class(school, teacher)
    ana = make.student(school_class, email="ana@pupils.example", guardians=("diaz@families.example",))
    ben = make.student(school_class, given_name="Ben", guardians=("kaya@families.example",))
    make.register(outreach_session, teacher, ana, ben)


def confirm(outreach_session: OutreachSession, *, now: datetime) -> None:
    provisional.confirm(outreach_session.id, seen=again(outreach_session.id).updated_at, now=now)


def leave_open(outreach_session: OutreachSession, wall: datetime | None, *, now: datetime) -> None:
    decision = DecisionInput(is_provisional=True, wall=wall)
    provisional.leave_open(outreach_session.id, decision, seen=again(outreach_session.id).updated_at, now=now)


def everybody_answers(answer: Answer, now: datetime) -> None:
    with transaction():
        for invitation in db.session.scalars(select(Invitation)):
            invitation.answer, invitation.answered_at = answer, now


def answers() -> set[Answer]:
    db.session.rollback()
    return set(db.session.scalars(select(Invitation.answer)))


def asked() -> list[tuple[str, str]]:
    """Who is asked to decide, and whether it is late."""
    rows = db.session.execute(
        select(Mailbox.address, Letter.facts)
        .join(Mailbox, Mailbox.id == Letter.mailbox_id)
        .where(Letter.kind == LetterKind.DECISION)
        .order_by(Letter.id)
    )
    return [(row.address, row.facts["cause"]) for row in rows]


# Posting, and what can't be


def test_it_is_decided_on_the_clock_of_the_place(post: Post) -> None:
    posted = post()
    assert (posted.is_provisional, posted.decides_at) == (True, DECIDES_AT)


@pytest.mark.one_database
def test_nobody_need_say_when_it_is_decided(post: Post) -> None:
    posted = post(replace(AFTERNOON, decision=DecisionInput(is_provisional=True)))
    assert posted.decides_at == posted.starts_at - timedelta(hours=48)


@pytest.mark.one_database
def test_an_hour_shown_twice_is_the_first(post: Post) -> None:
    night = WhenInput(day=date(2027, 11, 9), start=time(14), end=time(16))
    posted = post(replace(night, decision=replace(OPEN, wall=datetime(2027, 11, 7, 1, 30))))
    assert posted.decides_at == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("wall", "words"),
    [
        (datetime(2027, 3, 18, 14), "before the session starts"),
        (datetime(2027, 3, 19, 9), "before the session starts"),
        (datetime(2027, 2, 28, 12), "in the past"),
        (datetime(2027, 3, 14, 2, 30), "doesn't exist"),
        (datetime(1, 1, 1), "can't be right"),
    ],
)
def test_a_decision_time_that_cannot_be_is_refused_beside_its_field(post: Post, wall: datetime, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        post(replace(AFTERNOON, decision=replace(OPEN, wall=wall)))
    assert refusal.value.field == "decides"
    assert words in str(refusal.value)


@pytest.mark.one_database
def test_a_session_tomorrow_has_no_usual_decision_time(post: Post) -> None:
    tomorrow = WhenInput(day=date(2027, 3, 2), start=time(14), end=time(16), decision=DecisionInput(is_provisional=True))
    with pytest.raises(Refusal) as refusal:
        post(tomorrow)
    assert (refusal.value.field, "within 48 hours" in str(refusal.value)) == ("decides", True)


@pytest.mark.empty_database
def test_a_draft_changes_it_freely_and_is_not_published_too_late(post: Post, now: datetime) -> None:
    draft = post(publish=False)
    place = WhereInput(site_id=draft.site_id, zone=draft.zone)

    def edit(decision: DecisionInput | None) -> OutreachSession:
        when, seen = replace(AFTERNOON, decision=decision), again(draft.id).updated_at
        use_cases.edit_draft(draft.id, when, place, OFFER, seen=seen, publish=False, now=now)
        return again(draft.id)

    assert (edit(DecisionInput()).is_provisional, again(draft.id).decides_at) == (False, None)
    assert edit(OPEN).decides_at == edit(None).decides_at == DECIDES_AT
    assert db.session.scalar(select(Letter.id)) is None
    with pytest.raises(Refusal) as refusal:
        use_cases.publish(draft.id, now=DECIDES_AT)
    assert refusal.value.field == "decides"


# Calendars follow

SAID_WHILE_PROVISIONAL = [
    (Answer.ACCEPTED, Answer.ACCEPTED, "ACCEPTED"),
    (Answer.DECLINED, Answer.NEEDS_ACTION, "NEEDS-ACTION"),
    (Answer.TENTATIVE, Answer.NEEDS_ACTION, "NEEDS-ACTION"),
]


@pytest.mark.empty_database
@pytest.mark.parametrize(("said", "afterwards", "partstat"), SAID_WHILE_PROVISIONAL)
def test_calendars_follow_from_tentative_to_the_end(
    said: Answer, afterwards: Answer, partstat: str, make: Builder, post: Post, deliver: Callable[[datetime], list[Told]], now: datetime
) -> None:
    """Whoever said yes to the provisional time isn't asked again when it is certain; everybody else is."""
    posted = post()
    register(make, posted)
    first = {received.to: received for received in deliver(now) if received.calendar}
    assert first.keys() == {"sam@adults.example", "teacher@adults.example", "ana@pupils.example", "diaz@families.example"}
    assert {(received.method, received.line("SEQUENCE"), received.line("STATUS")) for received in first.values()} == {
        ("REQUEST", "0", "TENTATIVE")
    }
    assert {received.subject.partition(":")[0] for received in first.values()} == {"Invitation (provisional)"}
    everybody_answers(said, now)

    confirm(posted, now=now + HOUR)
    assert (again(posted.id).is_provisional, again(posted.id).decides_at, again(posted.id).revision) == (False, None, 1)
    assert answers() == {afterwards}
    second = deliver(now + HOUR)
    assert {received.subject.partition(":")[0] for received in second} == {"Going ahead"}
    with_entry = {received.to: received for received in second if received.calendar}
    assert {(received.method, received.line("SEQUENCE"), received.line("STATUS")) for received in with_entry.values()} == {
        ("REQUEST", "1", "CONFIRMED")
    }
    assert all(f"PARTSTAT={partstat}" in received.calendar for received in with_entry.values())
    assert all("is confirmed and will go ahead" in received.text for received in second)
    assert {to: received.line("UID") for to, received in with_entry.items()} == {to: received.line("UID") for to, received in first.items()}
    without_entry = [received.to for received in second if not received.calendar]
    assert sorted(without_entry) == ["kaya@families.example", "teacher@adults.example"], "who waits, and the teacher's list"

    when = replace(AFTERNOON, day=date(2027, 3, 19), decision=None)
    place = WhereInput(site_id=posted.site_id, zone=posted.zone)
    apply_move(posted.id, when, place, seen=again(posted.id).updated_at, now=now + 2 * HOUR)
    third = [received for received in deliver(now + 2 * HOUR) if received.calendar]
    assert {(received.method, received.line("SEQUENCE"), received.line("STATUS")) for received in third} == {("REQUEST", "2", "CONFIRMED")}

    use_cases.cancel(posted.id, "The theatre is needed.", now=now + 3 * HOUR)
    fourth = [received for received in deliver(now + 3 * HOUR) if received.calendar]
    assert {(received.method, received.line("SEQUENCE"), received.line("STATUS")) for received in fourth} == {("CANCEL", "3", "CANCELLED")}
    assert {received.line("UID") for received in fourth} == {received.line("UID") for received in first.values()}


@pytest.mark.one_database
def test_one_that_is_called_off_goes_out_of_calendars(
    make: Builder, post: Post, deliver: Callable[[datetime], list[Told]], now: datetime
) -> None:
    posted = post()
    register(make, posted)
    deliver(now)
    provisional.call_off(posted.id, "An emergency list.", seen=posted.updated_at, now=now + HOUR)
    received = deliver(now + HOUR)
    entries = {(one.method, one.line("STATUS")) for one in received if one.calendar}
    assert (len(received), entries) == (6, {("CANCEL", "CANCELLED")})
    assert all("An emergency list." in one.text and "certain" not in one.text for one in received)


@pytest.mark.one_database
@pytest.mark.empty_database
def test_what_was_certain_becomes_provisional_and_asks_again(
    make: Builder, post: Post, deliver: Callable[[datetime], list[Told]], now: datetime
) -> None:
    posted = post(replace(AFTERNOON, decision=None))
    register(make, posted)
    deliver(now)
    everybody_answers(Answer.ACCEPTED, now)
    leave_open(posted, OPEN.wall, now=now + HOUR)
    assert answers() == {Answer.NEEDS_ACTION}
    received = deliver(now + HOUR)
    assert {one.line("STATUS") for one in received if one.calendar} == {"TENTATIVE"}
    assert all("is now provisional" in one.text and "16 March 2027, 12:00 (New York" in one.text for one in received)


@pytest.mark.one_database
def test_another_decision_time_is_told_and_answers_stay(
    make: Builder, post: Post, deliver: Callable[[datetime], list[Told]], now: datetime
) -> None:
    posted = post()
    register(make, posted)
    deliver(now)
    everybody_answers(Answer.ACCEPTED, now)
    leave_open(posted, datetime(2027, 3, 17, 12), now=now + HOUR)
    assert (again(posted.id).decides_at, answers()) == (DECIDES_AT + DAY, {Answer.ACCEPTED})
    received = deliver(now + HOUR)
    assert {(one.line("SEQUENCE"), one.line("STATUS")) for one in received if one.calendar} == {("1", "TENTATIVE")}
    assert all("new decision time" in one.text for one in received)
    with pytest.raises(Refusal):
        leave_open(posted, datetime(2027, 3, 17, 12), now=now + HOUR)


@pytest.mark.one_database
def test_confirmed_before_the_first_letter_left_it_is_a_plain_invitation(
    make: Builder, post: Post, deliver: Callable[[datetime], list[Told]], now: datetime
) -> None:
    posted = post()
    register(make, posted)
    confirm(posted, now=now)
    received = {one.to: one for one in deliver(now) if one.calendar}
    assert received["ana@pupils.example"].subject.startswith("Invitation: ")
    assert {(one.line("STATUS"), "rovisional" in one.text) for one in received.values()} == {("CONFIRMED", False)}


# Moving


@pytest.mark.parametrize(
    ("day", "decision", "kept"),
    [
        (19, None, DECIDES_AT),
        (19, replace(OPEN, wall=datetime(2027, 3, 17, 12)), DECIDES_AT + DAY),
        (19, DecisionInput(is_provisional=True), datetime(2027, 3, 17, 18, tzinfo=UTC)),
        (19, DecisionInput(), None),
        (18, DecisionInput(), None),
        (18, replace(OPEN, wall=datetime(2027, 3, 17, 12)), DECIDES_AT + DAY),
    ],
)
@pytest.mark.one_database
def test_whether_it_is_certain_moves_with_it(
    post: Post, now: datetime, day: int, decision: DecisionInput | None, kept: datetime | None
) -> None:
    posted = post()
    when = replace(AFTERNOON, day=date(2027, 3, day), decision=decision)
    apply_move(posted.id, when, WhereInput(site_id=posted.site_id, zone=posted.zone), seen=posted.updated_at, now=now)
    assert (again(posted.id).decides_at, again(posted.id).is_provisional) == (kept, kept is not None)


def test_moved_before_its_decision_it_needs_another(post: Post, now: datetime) -> None:
    posted = post()
    place = WhereInput(site_id=posted.site_id, zone=posted.zone)
    for decision in (None, OPEN):
        with pytest.raises(Refusal) as refusal:
            apply_move(
                posted.id,
                replace(AFTERNOON, day=date(2027, 3, 16), start=time(9), decision=decision),
                place,
                seen=posted.updated_at,
                now=now,
            )
        assert refusal.value.field == "decides"
    sooner = replace(AFTERNOON, day=date(2027, 3, 16), start=time(9), decision=replace(OPEN, wall=datetime(2027, 3, 15, 12)))
    apply_move(posted.id, sooner, place, seen=posted.updated_at, now=now)
    assert again(posted.id).decides_at == DECIDES_AT - DAY


# Asking


@pytest.mark.empty_database
def test_hosts_are_asked_in_time_then_the_coordinator_hears_and_nothing_decides_itself(
    make: Builder, post: Post, deliver: Callable[[datetime], list[Told]], now: datetime
) -> None:
    partner = make.clinician(email="kim@adults.example")
    make.coordinator(email="ruth@adults.example")
    posted = post(offer=replace(OFFER, co_host_emails=(partner.email,)))
    deliver(now)
    hosts = {"sam@adults.example", "kim@adults.example"}
    for at, number in ((DECIDES_AT - DAY - HOUR, 0), (DECIDES_AT - DAY, 1), (DECIDES_AT - HOUR, 0), (DECIDES_AT, 1)):
        assert ask_for_decisions(now=at) == number
        assert ask_for_decisions(now=at + timedelta(minutes=1)) == 0, "however often one asks"
    assert [{one for one, cause in asked() if cause == why} for why in ("provisional", "undecided")] == [hosts, hosts]
    assert ask_for_decisions(now=DECIDES_AT + 2 * HOUR) == 1
    assert asked()[4:] == [("ruth@adults.example", "undecided")]
    received = {one.to: one for one in deliver(DECIDES_AT + 2 * HOUR)}
    assert "/d/" in received["sam@adults.example"].text
    assert received["ruth@adults.example"].subject.startswith("No decision yet")
    assert ask_for_decisions(now=posted.starts_at - HOUR) == 0
    assert (again(posted.id).is_provisional, again(posted.id).is_published) == (True, True)


@pytest.mark.one_database
def test_nobody_is_asked_about_what_is_decided_cancelled_or_begun(post: Post, make: Builder, now: datetime) -> None:
    make.coordinator()
    decided, cancelled, draft = post(), post(), post(publish=False)
    confirm(decided, now=now)
    use_cases.cancel(cancelled.id, "No theatre.", now=now)
    assert [ask_for_decisions(now=moment) for moment in (DECIDES_AT - HOUR, DECIDES_AT, DECIDES_AT + 3 * HOUR)] == [0, 0, 0]
    assert again(draft.id).is_provisional
    begun = post()
    assert ask_for_decisions(now=begun.starts_at) == 0


def test_a_question_that_waits_in_the_queue_is_dropped_once_it_is_decided(
    post: Post, deliver: Callable[[datetime], list[Told]], now: datetime
) -> None:
    confirmed, put_off = post(), post()
    deliver(now)
    ask_for_decisions(now=DECIDES_AT - DAY)
    confirm(confirmed, now=DECIDES_AT - DAY)
    leave_open(put_off, datetime(2027, 3, 17, 12), now=DECIDES_AT - DAY)
    deliver(DECIDES_AT - DAY)
    deliver(DECIDES_AT - DAY)
    states = db.session.scalars(select(Letter.state).where(Letter.kind == LetterKind.DECISION))
    assert set(states) == {LetterState.DROPPED}


@pytest.mark.one_database
def test_a_new_decision_time_asks_anew(post: Post) -> None:
    posted = post()
    ask_for_decisions(now=DECIDES_AT - DAY)
    leave_open(posted, datetime(2027, 3, 17, 12), now=DECIDES_AT - HOUR)
    assert ask_for_decisions(now=DECIDES_AT - HOUR) == 0
    assert ask_for_decisions(now=DECIDES_AT) == 1
    assert len(asked()) == 2


def test_two_workers_ask_once(app: Flask, post: Post) -> None:
    post()
    at_once(app, *(partial(ask_for_decisions, now=DECIDES_AT) for _worker in range(2)))
    assert asked() == [("sam@adults.example", "undecided")]


# Deciding


@pytest.mark.one_database
def test_what_is_decided_is_not_decided_again(post: Post, now: datetime) -> None:
    posted = post()
    confirm(posted, now=now)
    for act in (provisional.confirm, partial(provisional.call_off, reason="No theatre.")):
        with pytest.raises(Refusal) as refusal:
            act(posted.id, seen=posted.updated_at, now=now)
        assert "already confirmed" in str(refusal.value)
    use_cases.cancel(posted.id, "No theatre.", now=now)
    with pytest.raises(Refusal) as refusal:
        leave_open(posted, None, now=now)
    assert "already been cancelled" in str(refusal.value)


@pytest.mark.one_database
def test_once_begun_there_is_nothing_to_decide(post: Post) -> None:
    posted = post()
    with pytest.raises(Refusal):
        confirm(posted, now=posted.starts_at)


@pytest.mark.one_database
def test_whoever_looks_at_an_old_page_looks_again(post: Post, now: datetime) -> None:
    posted = post()
    when, place = replace(AFTERNOON, day=date(2027, 3, 19), decision=None), WhereInput(site_id=posted.site_id, zone=posted.zone)
    apply_move(posted.id, when, place, seen=posted.updated_at, now=now + HOUR)
    for act in (provisional.confirm, partial(provisional.call_off, reason="No theatre."), partial(provisional.leave_open, decision=OPEN)):
        with pytest.raises(Stale):
            act(posted.id, seen=now, now=now + HOUR)
    assert again(posted.id).awaits_decision


def test_of_two_hosts_who_confirm_and_cancel_at_once_one_is_heard(app: Flask, make: Builder, post: Post, now: datetime) -> None:
    posted = post()
    register(make, posted)
    key, seen = posted.id, posted.updated_at
    yes = partial(provisional.confirm, key, seen=seen, now=now)
    no = partial(provisional.call_off, key, "No theatre.", seen=seen, now=now)
    done = at_once(app, yes, no)
    refused = [one for one in done if isinstance(one, OutreachError)]
    assert [type(one) for one in refused] == [Refusal]
    is_confirmed = done[0] is None
    assert (again(key).is_published, again(key).is_provisional) == (is_confirmed, not is_confirmed)
    received = set(db.session.scalars(select(Letter.kind).where(Letter.state == LetterState.QUEUED, Letter.sequence == 1)))
    assert received == ({LetterKind.INVITATION} if is_confirmed else set()), "what never left needs no CANCEL"
