"""How each invitation fares, read from what it left behind; and who gets it again when a coordinator sends it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal
from outreach.mail_admin.invitation_labels import readers, why
from outreach.mail_admin.invitation_status import InvitationLine, counts_of, invitation_lines
from outreach.mail_admin.queries import history
from outreach.mail_admin.resend import lost_of, send_as_update, send_lost_as_update
from outreach.mail_admin.status_rules import State
from outreach.models import (
    UNSETTLED,
    Answer,
    AnswerSource,
    Bounce,
    BounceKind,
    Invitation,
    InvitationAnswer,
    InvitationReason,
    Letter,
    LetterKind,
    LetterState,
    Mailbox,
    OutreachSession,
    ReasonKind,
)
from tests.support.builders import Builder
from tests.support.outbox import invite, letter_named, put

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def clock_shows(at: datetime | None) -> str:
    return f"{at:%H:%M}" if at else "never"


@dataclass
class Desk:
    """Two sessions, and what was sent about them."""

    make: Builder
    now: datetime
    session: OutreachSession
    other: OutreachSession

    def invitation(self, name: str, *, session: OutreachSession | None = None, **facts: Any) -> Invitation:
        """Give an invitation whose only letter has left, unless `facts` say otherwise."""
        return invite(session or self.session, self.make.mailbox(f"{name}@families.example"), now=self.now, **{"sent_sequence": 0} | facts)

    def letter(self, invitation: Invitation, state: LetterState = LetterState.SENT, **facts: Any) -> Letter:
        """Give a letter that carried its entry."""
        known: dict[str, Any] = {"kind": LetterKind.UPDATED, "sequence": 0, "session_id": invitation.session_id}
        known |= {name: facts.pop(name) for name in ("kind", "sequence", "session_id") if name in facts}
        name = put(db.session.get_one(Mailbox, invitation.mailbox_id), now=self.now, invitation_id=invitation.id, **known)
        until = self.now + HOUR if state is LetterState.LEASED else None
        done = None if state in UNSETTLED else self.now
        lease = {"lease_token": "token" if until else None, "leased_until": until}
        with transaction():
            letter = letter_named(name)
            for key, value in ({"state": state, "settled_at": done} | lease | facts).items():
                setattr(letter, key, value)
        return letter

    def bounce(self, letter: Letter, kind: BounceKind, words: str = "", **facts: Any) -> Bounce:
        bounce = Bounce(
            **{"mailbox_id": letter.mailbox_id, "letter_id": letter.id, "domain": "x.example", "at": self.now} | facts,
            kind=kind,
            words=words,
        )
        with transaction():
            db.session.add(bounce)
        return bounce

    def answer(self, invitation: Invitation, **facts: Any) -> InvitationAnswer:
        known = {"answer": Answer.ACCEPTED, "source": AnswerSource.PAGE, "counts": True, "at": self.now}
        given = InvitationAnswer(invitation_id=invitation.id, **known | facts)
        with transaction():
            db.session.add(given)
        return given

    def mark(self, invitation: Invitation, **facts: Any) -> None:
        with transaction():
            mailbox = db.session.get_one(Mailbox, invitation.mailbox_id)
            for name, value in facts.items():
                setattr(mailbox, name, value)

    def line(self, invitation: Invitation) -> InvitationLine:
        [line] = invitation_lines(Invitation.id == invitation.id)
        return line


@pytest.fixture
def desk(make: Builder, now: datetime) -> Desk:
    host = make.clinician()
    return Desk(make, now, make.outreach_session(host), make.outreach_session(host, minutes=150))


# What is read of each.


def test_what_needs_a_person_stands_first_and_then_by_address(desk: Desk) -> None:
    for name in ("zoe", "ben"):
        desk.invitation(name, sent_sequence=None)
    for name in ("cem", "ana"):
        desk.invitation(name)
    desk.mark(desk.invitation("dua"), stopped_at=desk.now)
    desk.invitation("other", session=desk.other)
    lines = invitation_lines(Invitation.session_id == desk.session.id)
    assert [line.mailbox.address.partition("@")[0] for line in lines] == ["dua", "ben", "zoe", "ana", "cem"]
    assert list(counts_of(lines).items()) == [(State.STOPPED, 1), (State.NEVER_LEFT, 2), (State.SENT, 2)]


def test_the_last_letter_that_carried_the_entry_counts(desk: Desk) -> None:
    ana, ben = desk.invitation("ana"), desk.invitation("ben")
    desk.letter(ana, settled_at=desk.now - 2 * HOUR)
    desk.letter(ana, settled_at=desk.now - HOUR)
    last = desk.letter(ana, LetterState.FAILED, server_words="421 busy", settled_at=desk.now, due_at=desk.now - SECOND)
    desk.letter(ana, kind=LetterKind.REMINDER, sequence=None, server_words="250 fine")
    desk.letter(ben, server_words="250 fine", settled_at=desk.now + HOUR)
    letter = desk.line(ana).letter
    assert letter is not None
    assert (letter.id, letter.state, letter.reply, letter.due_at) == (last.id, LetterState.FAILED, "421 busy", desk.now - SECOND)
    assert (letter.accepted_at, letter.returned) == (desk.now - HOUR, None)
    assert desk.line(desk.invitation("cem")).letter is None


def test_only_what_came_back_of_the_last_letter_is_news(desk: Desk) -> None:
    ana = desk.invitation("ana")
    desk.bounce(desk.letter(ana), BounceKind.SOFT, "an older one")
    last = desk.letter(ana)
    assert (desk.line(ana).state, desk.line(ana).traces.has_bounced) == (State.SENT, False)
    desk.bounce(last, BounceKind.COMPLAINT, "abuse")
    assert desk.line(ana).state is State.SENT
    for words in ("first", "second"):
        desk.bounce(last, BounceKind.SOFT, words)
        line = desk.line(ana)
        assert line.letter is not None
        assert (line.state, line.letter.returned) == (State.BOUNCED, words)


def test_the_letter_that_failed_has_bounced_and_no_other(desk: Desk) -> None:
    for state in LetterState:
        invitation = desk.invitation(state.value)
        desk.letter(invitation, state)
        assert desk.line(invitation).traces.has_bounced is (state is LetterState.FAILED)
        assert desk.line(invitation).traces.last_letter is state
    assert not desk.line(desk.invitation("none")).traces.has_bounced


@pytest.mark.parametrize("mark", ["stopped_at", "undeliverable_at", "blocked_at"])
def test_each_mark_of_the_mailbox_is_seen(desk: Desk, mark: str) -> None:
    ana, ben = desk.invitation("ana"), desk.invitation("ben")
    desk.mark(ana, **{mark: desk.now})
    expected = {"stopped_at": State.STOPPED, "undeliverable_at": State.UNDELIVERABLE, "blocked_at": State.BLOCKED}
    assert (desk.line(ana).state, desk.line(ben).state) == (expected[mark], State.SENT)


def test_the_source_is_that_of_the_last_answer_that_counts(desk: Desk) -> None:
    ana, ben = desk.invitation("ana"), desk.invitation("ben")
    assert desk.line(ana).source is None
    desk.answer(ana, source=AnswerSource.PAGE)
    desk.answer(ana, source=AnswerSource.CALENDAR)
    desk.answer(ana, source=AnswerSource.PAGE, counts=False)
    desk.answer(ben, source=AnswerSource.PAGE)
    assert (desk.line(ana).source, desk.line(ben).source) == (AnswerSource.CALENDAR, AnswerSource.PAGE)


def test_who_reads_there_is_named_by_why_they_have_it(make: Builder) -> None:
    school = make.school()
    teacher = make.teacher(school, given_name="Tess", family_name="Smith", email="tess@schools.example")
    school_class = make.school_class(school, teacher)
    both, hers = ("home@families.example", "tess@schools.example"), ("tess@schools.example",)
    students = [make.student(school_class, given_name=name, family_name="Diaz", guardians=both) for name in ("Ana", "Ben")]
    cleo = make.student(school_class, given_name="Cleo", family_name="Okoro", email="cleo@pupils.example", guardians=hers)
    outreach_session = make.outreach_session(make.clinician(given_name="Sam", family_name="Lee", email="sam@hospital.example"))
    make.register(outreach_session, teacher, *students, cleo)
    found = {line.mailbox.address: readers(line) for line in invitation_lines(Invitation.session_id == outreach_session.id)}
    assert found["home@families.example"] == ["Guardian of Ana Diaz and Ben Diaz"]
    assert found["tess@schools.example"] == ["Teacher Tess Smith", "Guardian of Ana Diaz, Ben Diaz, and Cleo Okoro"]
    assert found["cleo@pupils.example"] == ["Student Cleo Okoro"]


def test_nobody_reads_where_the_last_reason_has_ended(desk: Desk) -> None:
    ana, host = desk.invitation("ana"), desk.make.clinician(given_name="Sam", family_name="Lee")
    assert (desk.line(ana).people, readers(desk.line(ana))) == ((), [])
    with transaction():
        db.session.add(InvitationReason(invitation_id=ana.id, kind=ReasonKind.HOST, user_id=host.id))
    assert readers(desk.line(ana)) == ["Host Sam Lee"]
    assert desk.line(desk.invitation("ben")).people == ()


# Why it is in its state.


def reply(desk: Desk, invitation: Invitation) -> str:
    return why(desk.line(invitation), clock_shows)


def test_an_address_that_gets_nothing_says_since_when_and_why(desk: Desk) -> None:
    stopped, refused, silent, blocked = (desk.invitation(name) for name in ("ana", "ben", "cem", "dua"))
    desk.mark(stopped, stopped_at=desk.now)
    desk.mark(refused, undeliverable_at=desk.now, undeliverable_words="550 no Ben")
    desk.mark(silent, undeliverable_at=desk.now, undeliverable_words=None)
    desk.mark(blocked, blocked_at=desk.now)
    assert reply(desk, stopped) == "The reader reported a wrong address on 09:00."
    assert reply(desk, refused) == "The mail server has refused this address since 09:00. The server said: 550 no Ben"
    assert reply(desk, silent) == "The mail server has refused this address since 09:00."
    assert reply(desk, blocked) == "Its domain has blocked our e-mails since 09:00."


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (LetterState.QUEUED, "It is waiting to be sent on 08:00. The server said: 421 busy"),
        (LetterState.LEASED, "It is waiting to be sent on 08:00. The server said: 421 busy"),
        (LetterState.FAILED, "The server said: 421 busy"),
        (LetterState.DROPPED, "It was dropped. The server said: 421 busy"),
        (LetterState.SENT, ""),
    ],
)
def test_what_never_left_says_what_becomes_of_its_letter(desk: Desk, state: LetterState, words: str) -> None:
    invitation = desk.invitation("ana", sent_sequence=None)
    assert reply(desk, invitation) == ""
    desk.letter(invitation, state, server_words="421 busy", due_at=desk.now - HOUR)
    assert reply(desk, invitation) == words


@pytest.mark.parametrize(("is_live", "words"), [(True, "A newer version hasn't been sent."), (False, "The cancellation hasn't been sent.")])
def test_what_is_out_of_date_says_which_news_has_not_left(desk: Desk, *, is_live: bool, words: str) -> None:
    invitation = desk.invitation("ana", sequence=1, is_live=is_live)
    assert (desk.line(invitation).state, reply(desk, invitation)) == (State.STALE, words)
    letter = desk.letter(invitation, LetterState.FAILED, server_words="421 busy")
    assert reply(desk, invitation) == f"{words} The server said: 421 busy"
    desk.bounce(letter, BounceKind.SOFT, "mailbox full")
    assert reply(desk, invitation) == f"{words} The server said: mailbox full"


def test_what_came_back_says_when_it_was_accepted_and_what_was_said(desk: Desk) -> None:
    invitation = desk.invitation("ana")
    desk.letter(invitation, settled_at=desk.now - HOUR)
    last = desk.letter(invitation, LetterState.FAILED, server_words="421 busy")
    assert reply(desk, invitation) == "Accepted on 08:00, but the last e-mail came back. The server said: 421 busy"
    desk.bounce(last, BounceKind.HARD, "550 no")
    assert reply(desk, invitation) == "Accepted on 08:00, but the last e-mail came back. The server said: 550 no"


@pytest.mark.parametrize(
    ("answer", "source", "is_verified", "words"),
    [
        (Answer.ACCEPTED, AnswerSource.PAGE, True, "Coming, on the page, 09:00"),
        (Answer.DECLINED, AnswerSource.CALENDAR, True, "Can't come, by calendar, 09:00"),
        (Answer.TENTATIVE, AnswerSource.CALENDAR, False, "Not sure, by calendar, 09:00, unverified"),
        (Answer.ACCEPTED, None, True, "Coming, 09:00"),
    ],
)
def test_an_answer_says_how_and_when_it_came(
    desk: Desk, answer: Answer, source: AnswerSource | None, words: str, *, is_verified: bool
) -> None:
    invitation = desk.invitation("ana", answer=answer, answered_at=desk.now, answer_is_verified=is_verified)
    if source is not None:
        desk.answer(invitation, answer=answer, source=source)
    assert (desk.line(invitation).state, reply(desk, invitation)) == (State.ANSWERED, words)


def test_what_was_sent_says_when_a_server_took_it(desk: Desk) -> None:
    invitation = desk.invitation("ana")
    assert reply(desk, invitation) == "The mail server accepted it on never."
    desk.letter(invitation, settled_at=desk.now - HOUR)
    assert reply(desk, invitation) == "The mail server accepted it on 08:00."


def test_what_stands_no_more_says_whether_it_may_still_be_seen(desk: Desk) -> None:
    nothing, taken, silent, without = (
        desk.invitation("ana", is_live=False, sent_sequence=None),
        desk.invitation("ben", is_live=False, sequence=1, sent_sequence=1),
        desk.invitation("cem", is_live=False, sequence=1),
        desk.invitation("dua", is_live=False, sequence=1, sent_sequence=1),
    )
    desk.letter(taken, settled_at=desk.now - HOUR)
    desk.letter(silent)
    desk.mark(silent, blocked_at=desk.now)
    assert reply(desk, nothing) == "Nothing had been sent, so there was nothing to cancel."
    assert reply(desk, taken) == "The mail server accepted the cancellation on 08:00."
    for invitation in (silent, without):
        assert reply(desk, invitation) == "The entry may still be in their calendar, because we don't send e-mails to that address."


# Its history.


def test_a_history_is_that_of_one_mailbox_and_session_newest_first(desk: Desk) -> None:
    ana, ben, elsewhere = desk.invitation("ana"), desk.invitation("ben"), desk.invitation("ana", session=desk.other)
    letters: list[int] = []
    bounces: list[int] = []
    answers: list[int] = []
    for invitation in (ana, ben, elsewhere, ana):
        letter = desk.letter(invitation)
        bounce, answer = desk.bounce(letter, BounceKind.SOFT), desk.answer(invitation)
        if invitation is ana:
            letters, bounces, answers = [letter.id, *letters], [bounce.id, *bounces], [answer.id, *answers]
    desk.bounce(desk.letter(ben), BounceKind.SOFT, letter_id=None)
    reminder = desk.letter(ana, kind=LetterKind.REMINDER, sequence=None)
    found = history(ana)
    assert [letter.id for letter in found.letters] == [reminder.id, *letters]
    assert ([bounce.id for bounce in found.bounces], [answer.id for answer in found.answers]) == (bounces, answers)


# Sending again.


def waiting() -> list[tuple[str, LetterKind, int | None]]:
    rows = db.session.execute(
        select(Mailbox.address, Letter.kind, Letter.sequence)
        .join(Mailbox, Mailbox.id == Letter.mailbox_id)
        .where(Letter.state == LetterState.QUEUED)
        .order_by(Letter.id)
    )
    return [(row.address.partition("@")[0], row.kind, row.sequence) for row in rows]


def test_one_invitation_is_sent_again_as_the_next_revision_and_nothing_else(desk: Desk) -> None:
    ana = desk.invitation("ana", sequence=2, sent_sequence=2, answer=Answer.ACCEPTED, answered_at=desk.now)
    ben, elsewhere = desk.invitation("ben"), desk.invitation("ana", session=desk.other)
    send_as_update(ana.id, now=desk.now)
    assert waiting() == [("ana", LetterKind.UPDATED, 3)]
    for invitation in (ana, ben, elsewhere):
        db.session.refresh(invitation)
    assert (ana.sequence, ben.sequence, elsewhere.sequence, ana.answer) == (3, 0, 0, Answer.ACCEPTED)


def test_what_stands_no_more_is_cancelled_again_where_it_had_left(desk: Desk) -> None:
    left, never = desk.invitation("ana", is_live=False, sequence=1), desk.invitation("ben", is_live=False, sent_sequence=None)
    send_as_update(left.id, now=desk.now)
    assert [(name, sequence) for name, _kind, sequence in waiting()] == [("ana", 2)]
    with pytest.raises(Refusal, match="was never sent"):
        send_as_update(never.id, now=desk.now)
    db.session.refresh(never)
    assert (never.sequence, len(waiting())) == (0, 1)


@pytest.mark.parametrize(("later", "is_sent"), [(-SECOND, True), (0 * SECOND, False), (SECOND, False)])
def test_until_the_session_ends_it_is_sent_again(desk: Desk, later: timedelta, *, is_sent: bool) -> None:
    now = desk.session.ends_at + later
    one, lost = desk.invitation("ana"), desk.invitation("ben", sent_sequence=None)
    if is_sent:
        send_as_update(one.id, now=now)
        assert send_lost_as_update(desk.session.id, [lost.id], now=now) == 1
    else:
        with pytest.raises(Refusal, match="over"):
            send_as_update(one.id, now=now)
        with pytest.raises(Refusal, match="over"):
            send_lost_as_update(desk.session.id, [lost.id], now=now)
    assert len(waiting()) == 2 * is_sent


@pytest.mark.parametrize("marks", [marks for marks in product((True, False), repeat=3) if any(marks)])
def test_to_an_address_that_gets_nothing_it_is_refused_in_the_words_of_the_first_mark(desk: Desk, marks: tuple[bool, ...]) -> None:
    ana = desk.invitation("ana")
    desk.mark(
        ana, **{name: desk.now for name, is_set in zip(("stopped_at", "undeliverable_at", "blocked_at"), marks, strict=True) if is_set}
    )
    words = ("wrong address", "doesn't know this address", "blocks our e-mails")[marks.index(True)]
    with pytest.raises(Refusal, match=words):
        send_as_update(ana.id, now=desk.now)
    assert waiting() == []


@pytest.mark.usefixtures("app")
def test_what_is_not_there_is_not_sent(now: datetime) -> None:
    for send in (lambda: send_as_update(999, now=now), lambda: send_lost_as_update(999, [1], now=now)):
        with pytest.raises(NotThere):
            send()


def test_what_got_lost_is_what_does_not_get_there_by_itself(desk: Desk) -> None:
    lost = [desk.invitation("never", sent_sequence=None), desk.invitation("old", sequence=1), desk.invitation("back")]
    desk.letter(lost[2], LetterState.FAILED)
    under_way = desk.invitation("waits", sequence=1)
    desk.letter(under_way, LetterState.QUEUED, sequence=1)
    desk.invitation("sent")
    desk.mark(desk.invitation("refused", sequence=1), undeliverable_at=desk.now)
    elsewhere = desk.invitation("elsewhere", session=desk.other, sent_sequence=None)
    assert [line.invitation.id for line in lost_of(desk.session.id)] == [lost[0].id, lost[2].id, lost[1].id]
    before = len(waiting())
    shown = [lost[0].id, lost[1].id, under_way.id, elsewhere.id]
    assert send_lost_as_update(desk.session.id, shown, now=desk.now) == 2, "one that wasn't shown stays"
    assert {name for name, _kind, _sequence in waiting()[before:]} == {"never", "old"}
    assert send_lost_as_update(desk.session.id, shown, now=desk.now) == 0, "they are under way"
