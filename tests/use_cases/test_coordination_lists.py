"""What each list and count of the coordinator holds, and what it leaves out on each side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Select

from outreach.coordination import queries
from outreach.coordination.dashboard import dashboard, full_or_nearly_empty
from outreach.coordination.forms import TimeFilter
from outreach.db import db, transaction
from outreach.mail_admin import queries as mail_queries
from outreach.mail_admin import undeliverable
from outreach.mail_admin.forms import Shown
from outreach.mail_admin.mail_statistics import MOST_DOMAINS, MOST_SESSIONS, DomainStatistics, MailStatistics, mail_statistics
from outreach.mail_admin.undeliverable import MailboxFilter
from outreach.models import (
    UNSETTLED,
    Answer,
    Application,
    ApplicationState,
    BlockedDomain,
    Bounce,
    BounceKind,
    InboundKind,
    InboundMessage,
    InboundOutcome,
    InvitationReason,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutboxPause,
    OutreachSession,
    ReasonKind,
    RoleName,
    SessionState,
    User,
)
from tests.support.builders import Builder
from tests.support.outbox import invite, letter_named, put

pytestmark = pytest.mark.empty_database

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
_numbers = count(1)


def rows(wanted: Select[*tuple[Any, ...]]) -> list[Any]:
    return list(db.session.execute(wanted).all())


def applied(user: User, at: datetime, **facts: Any) -> Application:
    asked = Application(**{"user_id": user.id, "role": RoleName.TEACHER, "place": "Hill School", "created_at": at} | facts)
    with transaction():
        db.session.add(asked)
    return asked


def came(at: datetime, **facts: Any) -> InboundMessage:
    known = {"kind": InboundKind.OTHER, "outcome": InboundOutcome.QUARANTINED, "reason": "person_wrote", "size": 1, "raw": b"x"}
    message = InboundMessage(digest=f"digest{next(_numbers)}", received_at=at, **known | facts)
    with transaction():
        db.session.add(message)
    return message


def written(mailbox: Mailbox, now: datetime, **facts: Any) -> Letter:
    """Give a letter with these facts; `sequence`, `session_id` and the like are as given."""
    at_first = {name: facts.pop(name) for name in ("kind", "session_id", "invitation_id", "sequence") if name in facts}
    name = put(mailbox, now=now, **at_first)
    with transaction():
        letter = letter_named(name)
        for key, value in facts.items():
            setattr(letter, key, value)
    return letter


def in_state(mailbox: Mailbox, now: datetime, state: LetterState, **facts: Any) -> Letter:
    """Give a letter in this state, with what belongs to it."""
    is_leased, is_unsettled = state is LetterState.LEASED, state in UNSETTLED
    lease = {"lease_token": "token" if is_leased else None, "leased_until": now + DAY if is_leased else None}
    return written(mailbox, now, **{"state": state, "settled_at": None if is_unsettled else now} | lease | facts)


def at(session_time: datetime) -> datetime:
    """Give what the clock shows where it is UTC."""
    return session_time.replace(tzinfo=None)


def posted(make: Builder, starts: datetime, **facts: Any) -> OutreachSession:
    """Give a session that begins at this moment and lasts an hour."""
    return make.outreach_session(facts.pop("host", None) or make.clinician(), starts_wall=at(starts), minutes=60, zone="UTC", **facts)


# Applications.


def test_who_waits_longest_stands_first_and_who_was_decided_last(make: Builder, now: datetime) -> None:
    old, new = applied(make.user(), now - DAY), applied(make.user(), now - 2 * DAY)
    assert [row[0].id for row in rows(queries.applications(ApplicationState.PENDING))] == [new.id, old.id]
    decided = [applied(make.user(), now, state=ApplicationState.DECLINED, decided_at=now - number * DAY) for number in (2, 1, 3)]
    applied(make.user(), now, state=ApplicationState.APPROVED, decided_at=now)
    assert [row[0].id for row in rows(queries.applications(ApplicationState.DECLINED))] == [decided[key].id for key in (1, 0, 2)]


def test_at_the_same_moment_the_first_stands_first(make: Builder, now: datetime) -> None:
    both = [applied(make.user(), now).id for _ in range(2)]
    assert [row[0].id for row in rows(queries.applications(ApplicationState.PENDING))] == both


# People, schools, sites.


@pytest.fixture
def named(make: Builder) -> dict[str, User]:
    """People whose order isn't that in which they came."""
    return {
        "zoe": make.clinician(given_name="Zoe", family_name="Able", email="one@hospital.example"),
        "ann": make.teacher(make.school("Hill School"), given_name="Ann", family_name="Able", email="two@schools.example"),
        "bob": make.user(given_name="Bob", family_name="A_ble%", email="three@elsewhere.example"),
    }


@pytest.mark.usefixtures("named")
def test_people_stand_by_family_name_and_then_given_name() -> None:
    assert [row[0].given_name for row in rows(queries.people("", None))] == ["Bob", "Ann", "Zoe"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("zoe able", ["Zoe"]),
        ("able", ["Ann", "Zoe"]),
        ("nn A", ["Ann"]),
        ("TWO@", ["Ann"]),
        ("_", []),
        ("%", ["Bob"]),
        ("nobody", []),
    ],
)
@pytest.mark.usefixtures("named")
def test_people_are_found_by_any_part_of_name_or_address(q: str, found: list[str]) -> None:
    assert [row[0].given_name for row in rows(queries.people(q, None))] == found


@pytest.mark.usefixtures("named")
def test_people_are_narrowed_by_role_and_words_together(make: Builder) -> None:
    make.coordinator(given_name="Cora", family_name="Able")
    for role, name in ((RoleName.CLINICIAN, "Zoe"), (RoleName.TEACHER, "Ann"), (RoleName.COORDINATOR, "Cora")):
        assert [row[0].given_name for row in rows(queries.people("able", role))] == [name]
        assert rows(queries.people("three@", role)) == []


def test_the_places_of_each_person_are_their_own(named: dict[str, User], make: Builder) -> None:
    site = make.site("St Luke")
    make.appointment(named["zoe"], site)
    make.appointment(named["ann"], site)
    make.teacher(make.school("Other School"))
    both = queries.workplaces_of([named["zoe"].id, named["ann"].id, named["bob"].id])
    assert both == {named["zoe"].id: ["St Luke"], named["ann"].id: ["Hill School", "St Luke"]}
    assert queries.workplaces_of([named["zoe"].id]) == {named["zoe"].id: ["St Luke"]}


def test_schools_and_sites_stand_by_name_with_their_own_people(make: Builder) -> None:
    beta, alpha = make.school("Beta_School"), make.school("Alpha School")
    for school in (beta, beta, alpha):
        make.teacher(school)
    make.school("Gamma School")
    assert [(row[0].name, row.people) for row in rows(queries.schools(""))] == [
        ("Alpha School", 1),
        ("Beta_School", 2),
        ("Gamma School", 0),
    ]
    assert [row[0].name for row in rows(queries.schools("ALPHA"))] == ["Alpha School"]
    assert [row[0].name for row in rows(queries.schools("beta school"))] == ["Beta_School"]
    sites = [make.site(name) for name in ("West_Wing", "East Wing")]
    for site in (sites[0], sites[0], sites[1]):
        make.appointment(make.clinician(), site)
    assert [(row[0].name, row.people) for row in rows(queries.sites(""))] == [("East Wing", 1), ("West_Wing", 2)]
    assert [row[0].name for row in rows(queries.sites("east"))] == ["East Wing"]
    assert [row[0].name for row in rows(queries.sites("west WING"))] == ["West_Wing"]


# Sessions.


def titles(*wanted: Any, now: datetime) -> list[str]:
    return [row.title for row in rows(queries.sessions(*wanted, now=now))]


def test_a_session_is_to_come_until_its_end(make: Builder, now: datetime) -> None:
    for title, ends in (("ends later", now + SECOND), ("ends now", now), ("ended", now - SECOND)):
        posted(make, ends - timedelta(hours=1), title=title)
    assert titles("", TimeFilter.COMING, None, now=now) == ["ends later"]
    assert titles("", TimeFilter.PAST, None, now=now) == ["ends now", "ended"], "the latest first"
    assert titles("", TimeFilter.ALL, None, now=now) == ["ends later", "ends now", "ended"]


def test_what_comes_soonest_stands_first(make: Builder, now: datetime) -> None:
    for days in (3, 1, 2):
        posted(make, now + days * DAY, title=f"in {days}")
    assert titles("", TimeFilter.COMING, None, now=now) == ["in 1", "in 2", "in 3"]
    assert titles("", TimeFilter.ALL, None, now=now) == ["in 3", "in 2", "in 1"]


def test_sessions_are_found_by_title_or_host_and_state(make: Builder, now: datetime) -> None:
    host = make.clinician(given_name="Cleo", family_name="Reed%")
    posted(make, now + DAY, title="Stitches_", host=host)
    posted(make, now + 2 * DAY, title="Talk", host=host, state=SessionState.DRAFT, published_at=None)
    posted(make, now + 3 * DAY, title="Other")
    assert titles("cleo reed", TimeFilter.COMING, None, now=now) == ["Stitches_", "Talk"]
    assert titles("%", TimeFilter.COMING, None, now=now) == ["Stitches_", "Talk"]
    assert titles("stítches", TimeFilter.COMING, None, now=now) == ["Stitches_"]
    assert titles("TALK", TimeFilter.COMING, None, now=now) == ["Talk"]
    assert titles("", TimeFilter.COMING, SessionState.DRAFT, now=now) == ["Talk"]
    assert titles("other", TimeFilter.ALL, SessionState.DRAFT, now=now) == []
    assert titles("stitches", TimeFilter.PAST, None, now=now) == []


def provisional(make: Builder, now: datetime, title: str, **facts: Any) -> OutreachSession:
    starts = facts.pop("starts", now + DAY)
    return posted(make, starts, title=title, **{"is_provisional": True, "decides_at": now - SECOND} | facts)


def test_undecided_is_what_should_have_been_decided_and_can_be_still(make: Builder, now: datetime) -> None:
    provisional(make, now, "later", starts=now + 2 * DAY)
    provisional(make, now, "due now", decides_at=now)
    provisional(make, now, "due in a second", decides_at=now + SECOND)
    provisional(make, now, "begins", starts=now)
    provisional(make, now, "begins in a second", starts=now + SECOND)
    provisional(make, now, "certain", is_provisional=False, decides_at=None)
    provisional(make, now, "draft", state=SessionState.DRAFT, published_at=None)
    assert titles("", TimeFilter.UNDECIDED, None, now=now) == ["begins in a second", "due now", "later"]
    assert dashboard(now=now).undecided == 3


# Letters and what came in.


def test_the_mail_log_is_narrowed_by_address_kind_and_state(make: Builder, now: datetime) -> None:
    ana, ben = make.mailbox("ana_@families.example"), make.mailbox("ben@families.example")
    first = written(ana, now, kind=LetterKind.DIGEST)
    second = written(ben, now, kind=LetterKind.DIGEST, state=LetterState.SENT, settled_at=now)
    third = written(ben, now, kind=LetterKind.REMINDER)

    def found(*wanted: Any) -> list[int]:
        return [row[0].id for row in rows(mail_queries.letters(*wanted))]

    assert found("", None, None) == [third.id, second.id, first.id]
    assert found("BEN@", None, None) == [third.id, second.id]
    assert found("_", None, None) == [first.id]
    assert found("", LetterKind.DIGEST, None) == [second.id, first.id]
    assert found("", None, LetterState.QUEUED) == [third.id, first.id]
    assert found("ben", LetterKind.DIGEST, LetterState.QUEUED) == []


@pytest.mark.usefixtures("app")
def test_what_came_in_is_narrowed_by_words_kind_and_outcome(now: datetime) -> None:
    messages = {outcome: came(now, outcome=outcome, subject=f"the {outcome.value}") for outcome in InboundOutcome}
    seen = came(now - SECOND, reviewed_at=now, kind=InboundKind.REPLY, sender="ana_@pupils.example")
    later = came(now + SECOND, subject="100%", kind=InboundKind.REPLY)

    def found(*wanted: Any) -> list[int]:
        return [row[0].id for row in rows(mail_queries.inbound(*wanted))]

    quarantined = messages[InboundOutcome.QUARANTINED].id
    newest_first = [later.id, *sorted((message.id for message in messages.values()), reverse=True), seen.id]
    assert found("", Shown.ALL, None) == newest_first
    assert found("", Shown.TO_LOOK_AT, None) == [later.id, quarantined]
    assert found("", Shown.QUARANTINED, None) == [later.id, quarantined, seen.id]
    for outcome in (InboundOutcome.APPLIED, InboundOutcome.HISTORY, InboundOutcome.IGNORED):
        assert found("", Shown(outcome.value), None) == [messages[outcome].id]
    assert found("PUPILS", Shown.ALL, None) == [seen.id]
    assert found("_", Shown.ALL, None) == [seen.id]
    assert found("%", Shown.ALL, None) == [later.id]
    assert found("THE HISTORY", Shown.ALL, None) == [messages[InboundOutcome.HISTORY].id]
    assert found("", Shown.ALL, InboundKind.REPLY) == [later.id, seen.id]
    assert found("pupils", Shown.ALL, InboundKind.OTHER) == []


# What needs your attention.


@pytest.mark.usefixtures("app")
def test_nothing_waits_in_an_empty_house(now: datetime) -> None:
    seen = dashboard(now=now)
    counts = (seen.applications, seen.unconfirmed, seen.lost_letters, seen.undeliverable_mailboxes, seen.stopped_mailboxes)
    assert counts == (0, 0, 0, 0, 0)
    assert (seen.blocked_domains, seen.inbound_to_look_at, seen.undecided, seen.skipped_sessions) == (0, 0, 0, [])
    assert (seen.late_since, seen.pause) == (None, None)


def test_applications_are_counted_by_whether_the_address_is_confirmed(make: Builder, now: datetime) -> None:
    people = [make.user() for _ in range(3)]
    with transaction():
        people[0].confirmed_at = None
    for user in people:
        applied(user, now)
    for state in (ApplicationState.APPROVED, ApplicationState.DECLINED):
        applied(people[0], now, state=state)
        applied(people[1], now, state=state)
    assert (dashboard(now=now).applications, dashboard(now=now).unconfirmed) == (2, 1)


def test_a_letter_is_late_ten_minutes_after_it_was_due(make: Builder, now: datetime) -> None:
    mailbox, due = make.mailbox("ana@families.example"), now - timedelta(minutes=10)
    for state in (LetterState.SENT, LetterState.FAILED, LetterState.DROPPED):
        in_state(mailbox, now, state, due_at=due - DAY)
    written(mailbox, now, due_at=due + SECOND)
    assert dashboard(now=now).late_since is None
    for state, moment in ((LetterState.QUEUED, due), (LetterState.LEASED, due - SECOND)):
        in_state(mailbox, now, state, due_at=moment)
        assert dashboard(now=now).late_since == moment
    written(mailbox, now, due_at=due - DAY)
    assert dashboard(now=now).late_since == due - DAY, "the oldest"


def test_failures_addresses_domains_and_messages_are_counted(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    for state in LetterState:
        in_state(mailbox, now, state)
    with transaction():
        db.session.add(Mailbox(address="stopped@families.example", stopped_at=now))
        db.session.add(Mailbox(address="blocked@turned.example", blocked_at=now))
        db.session.add(BlockedDomain(domain="turned.example", since=now))
        db.session.add(BlockedDomain(domain="lifted.example", since=now, lifted_at=now))
        db.session.add(OutboxPause(id=1, since=now, until=now, times=1, reason="sign_in", server_words=""))
    for outcome in InboundOutcome:
        came(now, outcome=outcome)
        came(now, outcome=outcome, reviewed_at=now)
    seen = dashboard(now=now)
    assert (seen.lost_letters, seen.stopped_mailboxes, seen.blocked_domains, seen.inbound_to_look_at) == (1, 1, 1, 1)
    assert seen.pause is not None


def test_a_failed_letter_that_a_later_one_overtook_needs_nobody(make: Builder, now: datetime) -> None:
    outreach_session, mailbox = make.outreach_session(make.clinician()), make.mailbox("ana@families.example")
    written(mailbox, now, session_id=outreach_session.id, state=LetterState.FAILED, settled_at=now)
    assert dashboard(now=now).lost_letters == 1
    written(mailbox, now, session_id=outreach_session.id, state=LetterState.SENT, settled_at=now)
    assert dashboard(now=now).lost_letters == 0


def test_sessions_of_two_weeks_that_are_full_or_less_than_a_quarter_taken(make: Builder, now: datetime) -> None:
    for title, starts, taken, capacity in (
        ("full", now + DAY, 10, 10),
        ("a quarter", now + DAY, 2, 8),
        ("less than a quarter", now + 2 * DAY, 1, 8),
        ("one left", now + DAY, 9, 10),
        ("begins", now, 10, 10),
        ("begins in a second", now + SECOND, 10, 10),
        ("in two weeks", now + 14 * DAY, 0, 10),
        ("in two weeks and a second", now + 14 * DAY + SECOND, 0, 10),
    ):
        posted(make, starts, title=title, seats_taken=taken, capacity=capacity)
    posted(make, now + DAY, title="draft", state=SessionState.DRAFT, published_at=None)
    found = [row.title for row in rows(full_or_nearly_empty(now=now))]
    assert found == ["begins in a second", "full", "less than a quarter", "in two weeks"]


# Undeliverable addresses.


@pytest.fixture
def addresses(make: Builder, now: datetime) -> dict[str, Mailbox]:
    """Addresses of every kind; those of families belong to one student each."""
    names = ("fine", "refused", "stopped", "blocked", "both", "soft", "old")
    school_class = make.school_class(make.school())
    make.student(school_class, email="own@pupils.example", guardians=tuple(f"{name}@families.example" for name in names))
    user = make.user(email="adult@hospital.example", given_name="Robin", family_name="Adult")
    found = {name: make.mailbox(f"{name}@families.example") for name in (*names, "nobodys")}
    found |= {"own": make.mailbox("own@pupils.example"), "adult": user.mailbox}
    with transaction():
        for number, name in enumerate(("refused", "nobodys", "own", "adult")):
            found[name].undeliverable_at = now - number * DAY
        found["stopped"].stopped_at = now - 4 * DAY
        found["blocked"].blocked_at = now - 5 * DAY
        found["both"].stopped_at, found["both"].blocked_at = now - 6 * DAY, now
        for name, at, kind in (("soft", now - 7 * DAY + SECOND, BounceKind.SOFT), ("old", now - 7 * DAY, BounceKind.SOFT)):
            for _ in range(2):
                db.session.add(Bounce(mailbox_id=found[name].id, domain="families.example", kind=kind, at=at))
        for name in ("refused", "stopped", "blocked"):
            db.session.add(Bounce(mailbox_id=found[name].id, domain="families.example", kind=BounceKind.SOFT, at=now))
        db.session.add(Bounce(mailbox_id=found["fine"].id, domain="families.example", kind=BounceKind.HARD, at=now))
    return found


def shelf(which: MailboxFilter, now: datetime) -> list[tuple[str, str | None, int | None]]:
    found = rows(undeliverable.mailboxes(which, now=now))
    return [(row[0].address.partition("@")[0], row[1].name if row[1] else None, row.put_off) for row in found]


def test_each_silent_address_stands_on_one_shelf_the_latest_first(addresses: dict[str, Mailbox], now: datetime) -> None:
    assert shelf(MailboxFilter.UNDELIVERABLE, now) == [
        ("refused", None, 1),
        ("own", None, None),
        ("adult", "Robin Adult", None),
    ]
    assert shelf(MailboxFilter.STOPPED, now) == [("stopped", None, 1), ("both", None, None)]
    assert shelf(MailboxFilter.BLOCKED, now) == [("blocked", None, 1)]
    assert shelf(MailboxFilter.TEMPORARY, now) == [("soft", None, 2)]
    assert undeliverable.filter_counts(now=now) == dict(zip(MailboxFilter, (3, 2, 1, 1), strict=True))
    assert dashboard(now=now).undeliverable_mailboxes == 3, "one that nobody is known by needs nobody"
    assert dashboard(now=now).stopped_mailboxes == 2
    assert len(addresses) == 10


@pytest.mark.usefixtures("app")
def test_domains_that_turn_us_away_stand_the_latest_first_with_their_addresses(now: datetime) -> None:
    with transaction():
        blocked = [("old.example", now - DAY, None), ("new.example", now, None), ("in.example", now, now), ("also.example", now, None)]
        for name, since, lifted in blocked:
            db.session.add(BlockedDomain(domain=name, since=since, lifted_at=lifted))
        for address, blocked_at in (("a@old.example", now), ("b@old.example", now), ("c@old.example", None), ("d@very-old.example", now)):
            db.session.add(Mailbox(address=address, blocked_at=blocked_at))
    found = [(row[0].domain, row.marked) for row in undeliverable.blocked_domains()]
    assert found == [
        ("also.example", 0),
        ("new.example", 0),
        ("old.example", 2),
    ]


# How the letters of the programme fare.


def test_letters_of_thirty_days_are_counted_by_whether_they_arrived(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    made = now - 30 * DAY

    kept = [in_state(mailbox, now, state, created_at=made) for state in LetterState]
    in_state(mailbox, now, LetterState.FAILED, created_at=made - SECOND)
    sent = next(letter for letter in kept if letter.state is LetterState.SENT)
    assert figures(now) == (2, 1)
    for kind, expected in ((BounceKind.COMPLAINT, (2, 1)), (BounceKind.SOFT, (2, 2)), (BounceKind.HARD, (2, 2))):
        with transaction():
            db.session.add(Bounce(mailbox_id=mailbox.id, letter_id=sent.id, domain="families.example", kind=kind, at=now))
        assert figures(now) == expected


def figures(now: datetime) -> tuple[int, int]:
    seen = mail_statistics(now=now)
    return seen.settled, seen.lost


def test_the_oldest_letter_that_should_have_left_is_named(make: Builder, now: datetime) -> None:
    mailbox = make.mailbox("ana@families.example")
    written(mailbox, now, due_at=now + SECOND)
    written(mailbox, now, due_at=now - DAY, state=LetterState.SENT, settled_at=now)
    assert mail_statistics(now=now).oldest_due is None
    written(mailbox, now, due_at=now)
    assert mail_statistics(now=now).oldest_due == now
    written(mailbox, now, due_at=now - SECOND)
    assert mail_statistics(now=now).oldest_due == now - SECOND


def test_answers_are_counted_for_what_left_about_sessions_to_come(make: Builder, now: datetime) -> None:
    coming = posted(make, now - timedelta(hours=1) + SECOND)
    over = posted(make, now - timedelta(hours=1))
    draft = posted(make, now + DAY, state=SessionState.DRAFT, published_at=None)
    assert (mail_statistics(now=now).asked, mail_statistics(now=now).answered_percent) == (0, 0.0)
    invite(coming, make.mailbox("silent@families.example"), now=now, sent_sequence=0)
    for answer in (Answer.ACCEPTED, Answer.DECLINED, Answer.TENTATIVE):
        invite(coming, make.mailbox(f"{answer.value}@families.example"), now=now, sent_sequence=0, answer=answer, answered_at=now)
    for number, outreach_session in enumerate((over, draft)):
        invite(outreach_session, make.mailbox(f"other{number}@families.example"), now=now, sent_sequence=0, answer=Answer.ACCEPTED)
    invite(coming, make.mailbox("dead@families.example"), now=now, sent_sequence=0, is_live=False)
    invite(coming, make.mailbox("waits@families.example"), now=now)
    host = make.clinician()
    invitation = invite(coming, host.mailbox, now=now, sent_sequence=0, answer=Answer.ACCEPTED)
    with transaction():
        db.session.add(InvitationReason(invitation_id=invitation.id, kind=ReasonKind.HOST, user_id=host.id))
    seen = mail_statistics(now=now)
    assert (seen.asked, seen.answered, seen.answered_percent) == (4, 3, 75.0)


@pytest.mark.usefixtures("app")
def test_shares_are_per_cent() -> None:
    none = MailStatistics(settled=0, lost=0, oldest_due=None, asked=0, answered=0, domains=(), troubled=())
    some = MailStatistics(settled=8, lost=1, oldest_due=None, asked=4, answered=3, domains=(), troubled=())
    assert [(one.lost_percent, one.answered_percent) for one in (none, some)] == [(0.0, 0.0), (12.5, 75.0)]


def bounced(make: Builder, domain: str, at: datetime, *kinds: BounceKind) -> None:
    mailbox = make.mailbox(f"ana@{domain}")
    with transaction():
        for kind in kinds:
            db.session.add(Bounce(mailbox_id=mailbox.id, domain=domain, kind=kind, at=at))


def test_domains_stand_by_how_often_they_turned_letters_away(make: Builder, now: datetime) -> None:
    since = now - 30 * DAY
    bounced(make, "b.example", since, BounceKind.HARD, BounceKind.SOFT, BounceKind.SOFT)
    bounced(make, "a.example", now, BounceKind.POLICY)
    bounced(make, "c.example", now, BounceKind.HARD)
    bounced(make, "c.example", since - SECOND, *[BounceKind.HARD] * 5)
    bounced(make, "junk.example", now, *[BounceKind.COMPLAINT] * 4)
    with transaction():
        for name, lifted in (("a.example", None), ("z.example", None), ("y.example", None), ("c.example", now)):
            db.session.add(BlockedDomain(domain=name, since=now - DAY, lifted_at=lifted))
    assert mail_statistics(now=now).domains == (
        DomainStatistics(name="b.example", hard=1, soft=2),
        DomainStatistics(name="a.example", policy=1, blocked_since=now - DAY),
        DomainStatistics(name="c.example", hard=1),
        DomainStatistics(name="y.example", blocked_since=now - DAY),
        DomainStatistics(name="z.example", blocked_since=now - DAY),
    )


def test_fifty_domains_are_shown(make: Builder, now: datetime) -> None:
    for number in range(51):
        bounced(make, f"d{number:02}.example", now, BounceKind.SOFT)
    names = [domain.name for domain in mail_statistics(now=now).domains]
    assert (names, MOST_DOMAINS) == ([f"d{number:02}.example" for number in range(50)], 50)


def troubled(now: datetime) -> list[tuple[str, int]]:
    return [(row.title, row.missing) for row in mail_statistics(now=now).troubled]


def test_a_session_is_in_trouble_where_its_last_revision_did_not_get_there(make: Builder, now: datetime) -> None:
    long_ago = now - timedelta(minutes=10)
    coming = posted(make, now - timedelta(hours=1) + SECOND, title="coming")
    cases: Sequence[tuple[str, dict[str, Any], bool]] = (
        ("never", {"changed_at": long_ago}, True),
        ("old", {"changed_at": long_ago, "sequence": 1, "sent_sequence": 0}, True),
        ("new", {"changed_at": long_ago, "sequence": 1, "sent_sequence": 1}, False),
        ("dead", {"changed_at": long_ago, "sequence": 1, "sent_sequence": 0, "is_live": False}, True),
        ("dead and gone", {"changed_at": long_ago, "sequence": 1, "sent_sequence": 1, "is_live": False}, False),
    )
    for name, facts, is_missing in cases:
        before = sum(missing for _, missing in troubled(now))
        invitation = invite(coming, make.mailbox(f"{name}@families.example"), now=now)
        with transaction():
            for key, value in facts.items():
                setattr(invitation, key, value)
        assert sum(missing for _, missing in troubled(now)) - before == is_missing, name
    assert troubled(now) == [("coming", 3)]


@pytest.mark.parametrize("mark", ["stopped_at", "undeliverable_at", "blocked_at"])
def test_a_session_is_in_trouble_where_an_address_gets_nothing(make: Builder, now: datetime, mark: str) -> None:
    coming = posted(make, now + DAY, title="coming")
    for name, is_live in (("ana", True), ("ben", False)):
        mailbox = make.mailbox(f"{name}@families.example")
        invite(coming, mailbox, now=now, sent_sequence=0, is_live=is_live)
        with transaction():
            setattr(mailbox, mark, now)
    invite(coming, make.mailbox("fine@families.example"), now=now, sent_sequence=0)
    assert troubled(now) == [("coming", 1)]


def test_only_published_sessions_to_come_are_in_trouble_the_next_first(make: Builder, now: datetime) -> None:
    for title, starts, facts in (
        ("later", now + 2 * DAY, {}),
        ("next", now + DAY, {}),
        ("over", now - timedelta(hours=1), {}),
        ("draft", now + DAY, {"state": SessionState.DRAFT, "published_at": None}),
    ):
        outreach_session = posted(make, starts, title=title, **facts)
        invitation = invite(outreach_session, make.mailbox(f"{title}@families.example"), now=now)
        with transaction():
            invitation.changed_at = now - DAY
    assert troubled(now) == [("next", 1), ("later", 1)]


def test_twenty_sessions_in_trouble_are_shown(make: Builder, now: datetime) -> None:
    host, mailbox = make.clinician(), make.mailbox("ana@families.example")
    for number in range(21):
        invitation = invite(posted(make, now + (21 - number) * DAY, title=f"s{number:02}", host=host), mailbox, now=now)
        with transaction():
            invitation.changed_at = now - DAY
    assert ([title for title, _ in troubled(now)], MOST_SESSIONS) == ([f"s{number:02}" for number in range(20, 0, -1)], 20)
