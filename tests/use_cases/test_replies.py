"""A calendar's reply sets the answer it gives, once; anything that isn't surely that changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from outreach.db import db, transaction
from outreach.inbound.reasons import InboundReason
from outreach.letters import render
from outreach.mail.verp import bounce_address
from outreach.models import Answer, AnswerSource, InboundKind, InboundOutcome, InvitationAnswer, LetterKind, RegistrationState
from outreach.notifications.notify import notify_moved
from outreach.notifications.read import snapshot_of
from outreach.notifications.reminders import plan_reminders
from outreach.scheduling.use_cases import cancel
from tests.support.builders import Builder
from tests.support.inbound import ANA, HOST, PARENT, TEACHER, Family, invited, last, mail, messages
from tests.support.registrations import states

pytestmark = pytest.mark.both_databases("savepoints, and messages inserted once")

APPLIED, HISTORY, IGNORED, QUARANTINED = InboundOutcome.APPLIED, InboundOutcome.HISTORY, InboundOutcome.IGNORED, InboundOutcome.QUARANTINED
MINUTE = timedelta(minutes=1)


@pytest.fixture
def family(make: Builder, now: datetime) -> Family:
    """Ana and her parent, invited."""
    return invited(make, now)


def moved(family: Family) -> None:
    """Let the session begin a day later, and let everybody hear of it."""
    outreach_session = family.outreach_session
    with transaction():
        db.session.add(outreach_session)
        was, day = snapshot_of(outreach_session), timedelta(days=1)
        outreach_session.set_time(
            starts_wall=outreach_session.starts_wall + day,
            ends_wall=outreach_session.ends_wall + day,
            zone=outreach_session.zone,
            fold=0,
            tzdata_version="2026f",
        )
        notify_moved(outreach_session, previous=was, now=family.now + MINUTE)
    family.deliver()


@pytest.mark.parametrize(
    ("partstat", "answer"), [("ACCEPTED", Answer.ACCEPTED), ("TENTATIVE", Answer.TENTATIVE), ("DECLINED", Answer.DECLINED)]
)
@pytest.mark.empty_database
def test_a_reply_sets_the_answer(family: Family, partstat: str, answer: Answer) -> None:
    said = family.reply(partstat=partstat, lines=["COMMENT:I'll be five minutes late"])

    assert family.take(said) is APPLIED

    invitation, message = family.invitation(), last()
    assert (invitation.answer, invitation.answered_at) == (answer, family.now + 2 * MINUTE)
    assert invitation.answer_stamp == family.now + MINUTE
    assert family.invitation(PARENT).answer is Answer.NEEDS_ACTION, "a reply is that mailbox's own"
    [kept] = db.session.query(InvitationAnswer).all()
    assert (kept.answer, kept.source, kept.counts, kept.comment) == (answer, AnswerSource.CALENDAR, True, "I'll be five minutes late")
    assert (message.kind, message.reason, message.raw) == (InboundKind.REPLY, InboundReason.ANSWERED, said)
    assert (message.mailbox_id, message.invitation_id) == (invitation.mailbox_id, invitation.id)
    asked = [(LetterKind.CONFIRM_ANSWER, ANA), (LetterKind.CONFIRM_ANSWER, PARENT)] if partstat == "DECLINED" else []
    assert sorted(family.written()) == asked, "no mail answers a mail, but who can't come is asked once whether to withdraw"


@pytest.mark.one_database
def test_everybody_who_is_invited_may_answer(family: Family) -> None:
    for address in (ANA, PARENT, TEACHER, HOST):
        assert family.take(family.reply(address, attendees=(address.upper(),))) is APPLIED
        assert family.invitation(address).answer is Answer.ACCEPTED


@pytest.mark.one_database
def test_the_last_answer_holds(family: Family) -> None:
    family.take(family.reply(partstat="DECLINED", at=MINUTE))
    family.take(family.reply(partstat="ACCEPTED", at=2 * MINUTE), at=3 * MINUTE)
    assert family.invitation().answer is Answer.ACCEPTED


@pytest.mark.one_database
def test_a_reply_without_sequence_answers_the_first_revision(family: Family) -> None:
    assert family.take(family.reply(sequence=None)) is APPLIED
    assert family.invitation().answer is Answer.ACCEPTED


@pytest.mark.one_database
def test_the_same_message_counts_once(family: Family) -> None:
    said = family.reply()
    assert family.take(said) is APPLIED
    before = family.state()
    assert family.take(said, at=timedelta(hours=1)) is None
    assert family.take(said.replace(b"Subject: A", b"Subject: a")) is None, "same Message-ID"
    assert len(messages()) == 1
    assert family.state() == before


FOREIGN = "foreign@elsewhere.example"
FORGED: dict[str, tuple[dict[str, Any], InboundOutcome, InboundReason]] = {
    "no token": ({"to": "rsvp@outreach.example"}, QUARANTINED, InboundReason.NO_TOKEN),
    "a token nobody has": ({"to": "rsvp+aaaaaaaaaaaaaaaa@outreach.example"}, QUARANTINED, InboundReason.NO_TOKEN),
    "a bounce token we didn't sign": ({"to": "rsvp+b1-aaaaaaaaaaaaaaaa@outreach.example"}, QUARANTINED, InboundReason.NO_TOKEN),
    "an invitation nobody has": ({"uid": "made-up@outreach.example"}, QUARANTINED, InboundReason.UNKNOWN_UID),
    "two attendees": ({"attendees": (ANA, FOREIGN)}, QUARANTINED, InboundReason.SEVERAL_ATTENDEES),
    "the same attendee twice": ({"attendees": (ANA, ANA)}, QUARANTINED, InboundReason.SEVERAL_ATTENDEES),
    "no attendee": ({"attendees": ()}, QUARANTINED, InboundReason.NO_ATTENDEE),
    "a revision to come": ({"sequence": 7}, IGNORED, InboundReason.NEWER_THAN_OURS),
    "nothing said": ({"partstat": "NEEDS-ACTION"}, IGNORED, InboundReason.NO_ANSWER),
    "no PARTSTAT": ({"partstat": None}, IGNORED, InboundReason.NO_ANSWER),
    "another word": ({"partstat": "COMPLETED"}, IGNORED, InboundReason.NO_ANSWER),
}


@pytest.mark.one_database
def test_what_does_not_fit_changes_nothing(family: Family) -> None:
    before = family.state()
    for case, (facts, outcome, reason) in FORGED.items():
        assert (family.take(family.reply(**facts)), last().reason) == (outcome, reason), case
        assert family.state() == before, case
    assert family.written() == []


@pytest.mark.one_database
def test_a_reply_to_somebody_elses_invitation_changes_nothing(family: Family) -> None:
    """The parent's own token, the student's invitation; whoever is named."""
    before = family.state()
    for address in (ANA, PARENT):
        raw = family.reply(ANA, to=family.token_address(PARENT), attendees=(address,))
        assert family.take(raw) is QUARANTINED
        assert last().reason == InboundReason.NOT_THEIRS
        assert last().mailbox_id == family.mailbox(PARENT).id
        assert last().invitation_id is None
    assert family.state() == before


@pytest.mark.one_database
def test_the_envelope_counts_before_the_headers(family: Family) -> None:
    """We never guess: with a wrong token on the envelope, a right one in To is nobody's."""
    assert family.take(family.reply(), to="rsvp+aaaaaaaaaaaaaaaa@outreach.example") is QUARANTINED
    assert family.take(family.reply(to="rsvp+aaaaaaaaaaaaaaaa@outreach.example"), to=family.token_address()) is APPLIED


@pytest.mark.one_database
def test_a_replay_with_a_new_message_id_changes_nothing(family: Family) -> None:
    first, second = family.reply(partstat="ACCEPTED", at=MINUTE), family.reply(partstat="DECLINED", at=2 * MINUTE)
    family.take(first, at=3 * MINUTE)
    family.take(second, at=4 * MINUTE)
    before = family.state()
    again = family.reply(partstat="ACCEPTED", at=MINUTE)
    assert family.take(again, at=5 * MINUTE) is IGNORED
    assert last().reason == InboundReason.REPLAYED
    assert family.state() == before


@pytest.mark.one_database
def test_a_replay_from_a_clock_that_ran_ahead_changes_nothing(family: Family) -> None:
    ahead = timedelta(days=400)
    family.take(family.reply(partstat="ACCEPTED", at=ahead))
    assert family.invitation().answer_stamp == family.now + 2 * MINUTE, "a clock that runs ahead keeps no later answer out"
    assert family.take(family.reply(partstat="DECLINED", at=3 * MINUTE), at=4 * MINUTE) is APPLIED
    assert family.take(family.reply(partstat="ACCEPTED", at=ahead), at=5 * MINUTE) is IGNORED
    assert family.invitation().answer is Answer.DECLINED


@pytest.mark.one_database
@pytest.mark.empty_database
def test_an_answer_that_overtook_another_stays(family: Family) -> None:
    family.take(family.reply(partstat="DECLINED", at=2 * MINUTE), at=3 * MINUTE)
    assert family.take(family.reply(partstat="ACCEPTED", at=MINUTE), at=4 * MINUTE) is HISTORY
    assert last().reason == InboundReason.OLDER
    assert family.invitation().answer is Answer.DECLINED
    assert [(kept.answer, kept.counts) for kept in db.session.query(InvitationAnswer).order_by(InvitationAnswer.id)] == [
        (Answer.DECLINED, True),
        (Answer.ACCEPTED, False),
    ]


@pytest.mark.one_database
def test_without_a_stamp_only_the_first_reply_counts(family: Family) -> None:
    assert family.take(family.reply(stamp=None)) is APPLIED
    assert family.take(family.reply(stamp=None, partstat="DECLINED"), at=timedelta(days=1)) is HISTORY
    assert family.invitation().answer is Answer.ACCEPTED


@pytest.mark.empty_database
def test_an_answer_to_an_old_time_is_history_and_the_new_one_is_sent_once_more(family: Family) -> None:
    old = family.reply()
    moved(family)
    before = family.state()[:-1]

    assert family.take(old) is HISTORY

    assert family.state()[:-1] == before
    assert last().reason == InboundReason.OLD_TIME
    assert family.written() == [(LetterKind.UPDATED, ANA)]
    [kept] = db.session.query(InvitationAnswer).all()
    assert (kept.answer, kept.counts, kept.sequence) == (Answer.ACCEPTED, False, 0)
    assert family.take(family.reply(sequence=0, partstat="DECLINED", at=3 * MINUTE), at=4 * MINUTE) is HISTORY
    assert family.written() == [(LetterKind.UPDATED, ANA)], "at most once"


@pytest.mark.one_database
def test_a_clock_that_runs_behind_keeps_nobody_from_answering_the_new_time(family: Family) -> None:
    assert family.take(family.reply(partstat="DECLINED", at=MINUTE)) is APPLIED
    moved(family)
    assert family.take(family.reply(at=-MINUTE), at=3 * MINUTE) is APPLIED
    assert family.invitation().answer is Answer.ACCEPTED


@pytest.mark.one_database
def test_one_meeting_of_a_series_is_history(family: Family) -> None:
    """None of our events recurs."""
    assert family.take(family.reply(lines=["RECURRENCE-ID:20270318T180000Z"])) is HISTORY
    assert last().reason == InboundReason.ONE_MEETING
    assert family.invitation().answer is Answer.NEEDS_ACTION


@pytest.mark.one_database
def test_a_cancelled_session_takes_no_answer(family: Family) -> None:
    cancel(family.outreach_session.id, "Flood", now=family.now)
    family.deliver()
    for sequence in (0, 1):
        assert family.take(family.reply(sequence=sequence, at=sequence * MINUTE)) is HISTORY
        assert last().reason == InboundReason.OVER
    assert family.invitation().answer is Answer.NEEDS_ACTION
    assert family.written() == []


@pytest.mark.one_database
def test_a_session_that_is_over_takes_no_answer(family: Family) -> None:
    assert family.take(family.reply(), at=timedelta(days=30)) is HISTORY
    assert family.invitation().answer is Answer.NEEDS_ACTION


@pytest.mark.one_database
def test_an_answer_from_another_address_asks_the_invited_one_once(family: Family) -> None:
    before = family.state()
    for number in range(1, 3):
        raw = family.reply(PARENT, attendees=(FOREIGN,), partstat="DECLINED", at=number * MINUTE)
        assert family.take(raw) is HISTORY
        assert last().reason == InboundReason.OTHER_ATTENDEE
    assert family.state() == before
    assert family.written() == [(LetterKind.CONFIRM_ANSWER, PARENT)]


@pytest.mark.one_database
def test_who_asks_a_minor_to_confirm_tells_the_guardian_too(family: Family) -> None:
    raw = family.reply(ANA, attendees=(FOREIGN,), partstat="DECLINED", at=MINUTE)
    assert family.take(raw) is HISTORY
    assert sorted(family.written()) == sorted([(LetterKind.CONFIRM_ANSWER, ANA), (LetterKind.CONFIRM_ANSWER, PARENT)])


@pytest.mark.one_database
def test_where_no_letter_reaches_a_guardian_the_teacher_hears_what_a_minor_is_asked(family: Family) -> None:
    with transaction():
        family.mailbox(PARENT).undeliverable_at = family.now
    assert family.take(family.reply(ANA, attendees=(FOREIGN,), at=MINUTE)) is HISTORY
    assert (LetterKind.CONFIRM_ANSWER, TEACHER) in family.written()


@pytest.mark.one_database
def test_a_room_that_answers_by_itself_is_heard(family: Family) -> None:
    """Room mailboxes mark their replies as automatic: the calendar comes first."""
    assert family.take(family.reply(headers=("Auto-Submitted: auto-replied",))) is APPLIED
    assert family.invitation().answer is Answer.ACCEPTED


@pytest.mark.one_database
def test_a_program_is_never_answered(family: Family) -> None:
    """Not to an old time, not from another address, not on request: two programs would go on for ever."""
    automatic = ("Auto-Submitted: auto-replied",)
    old, elsewhere = family.reply(headers=automatic), family.reply(headers=automatic, attendees=(FOREIGN,), sequence=1)
    refresh = family.reply(method="REFRESH", headers=automatic)
    moved(family)
    for raw in (old, elsewhere, refresh):
        assert family.take(raw) in (HISTORY, IGNORED)
    assert family.written() == []


@pytest.mark.one_database
def test_an_out_of_office_note_is_ignored(family: Family) -> None:
    """It goes to whom the letter came from, or to the envelope's sender (RFC 3834 4)."""
    before = family.state()
    for to in (family.token_address(), bounce_address(family.letter().id, family.settings)):
        for header in ("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", "Return-Path: <>"):
            assert family.take(mail(to=to, headers=(header,), body="I am away until Monday.")) is IGNORED
            assert (last().kind, last().reason) == (InboundKind.AUTOMATIC, InboundReason.AUTOMATIC)
    assert family.state() == before
    assert family.written() == []


@pytest.mark.one_database
def test_a_person_who_writes_is_read_by_a_person(family: Family) -> None:
    assert family.take(mail(to=family.token_address(), subject="Can Ana bring a friend?")) is QUARANTINED
    message = last()
    assert (message.kind, message.reason, message.subject) == (InboundKind.OTHER, InboundReason.PERSON_WROTE, "Can Ana bring a friend?")
    assert message.mailbox_id == family.mailbox().id


@pytest.mark.one_database
def test_nothing_is_ever_imported(family: Family) -> None:
    before = family.state()
    for method in ("REQUEST", "CANCEL", "PUBLISH", "ADD", "DECLINECOUNTER"):
        assert family.take(family.reply(method=method)) is IGNORED
        assert last().reason == InboundReason.NOT_IMPORTED
    assert family.state() == before


@pytest.mark.one_database
def test_two_answers_in_one_message_are_none(family: Family) -> None:
    said = family.reply()
    event = said.partition(b"BEGIN:VEVENT")[2].partition(b"END:VCALENDAR")[0]
    other = b"BEGIN:VEVENT" + event.replace(b"ACCEPTED", b"DECLINED")
    before = family.state()
    assert family.take(said.replace(b"END:VCALENDAR", other + b"END:VCALENDAR")) is QUARANTINED
    assert last().reason == InboundReason.SEVERAL_EVENTS
    assert family.state() == before


@pytest.mark.one_database
@pytest.mark.empty_database
def test_an_answer_is_verified_when_the_mail_proves_that_the_invited_address_sent_it(app: Flask, family: Family) -> None:
    """One that proves nothing is taken too, for the token is a secret, and shown as unverified."""
    app.extensions["outreach"] = replace(family.settings, authserv_id="mx.outreach.example")
    proof = "Authentication-Results: mx.outreach.example; dmarc=pass header.from={}".format
    said: list[tuple[bool, dict[str, Any]]] = [
        (True, {"headers": (proof("pupils.example"),)}),
        (False, {}),
        (False, {"headers": (proof("pupils.example").replace("pass", "fail"),)}),
        (False, {"headers": (proof("elsewhere.example"),), "sender": FOREIGN}),
        (False, {"headers": (proof("pupils.example"),), "sender": "ben@pupils.example"}),
    ]
    for number, (is_verified, facts) in enumerate(said, 1):
        assert family.take(family.reply(at=number * MINUTE, **facts), at=(number + 1) * MINUTE) is APPLIED
        assert family.invitation().answer_is_verified is is_verified, facts
    assert [kept.is_verified for kept in db.session.query(InvitationAnswer).order_by(InvitationAnswer.id)] == [one for one, _ in said]


@pytest.mark.one_database
def test_only_a_proven_decline_frees_the_seat(app: Flask, make: Builder, now: datetime) -> None:
    """A forged mail may say "can't come"; it doesn't cost the place."""
    app.extensions["outreach"] = replace(app.extensions["outreach"], authserv_id="mx.outreach.example")
    family = invited(make, now, frees_declined_seats=True)
    family.take(family.reply(partstat="DECLINED"))
    assert family.invitation().is_live
    proof = "Authentication-Results: mx.outreach.example; dkim=pass header.d=pupils.example"
    family.take(family.reply(partstat="DECLINED", at=2 * MINUTE, headers=(proof,)), at=3 * MINUTE)
    assert not family.invitation().is_live
    assert (LetterKind.REMOVED, PARENT) in family.written()


@pytest.mark.one_database
def test_our_own_letter_that_comes_back_is_ignored(family: Family) -> None:
    """Looped, forwarded to us, or with its Auto-Submitted lost on the way."""
    letter = family.letter()
    raw = render(letter, settings=family.settings)
    before = family.state()
    assert family.take(raw, to=family.token_address()) is IGNORED
    assert last().reason == InboundReason.OUR_OWN
    stripped = raw.replace(b"Auto-Submitted: auto-generated\r\n", b"").replace(letter.key.encode(), b"another")
    stripped = stripped.replace(b".first@", b".second@")
    assert family.take(stripped, to=family.token_address()) is IGNORED
    assert family.take(stripped.replace(b"REQUEST", b"REFRESH").replace(b".second@", b".third@"), to=family.token_address()) is IGNORED
    assert family.state() == before
    assert family.written() == []


def test_without_proof_another_sender_changes_nothing_and_the_invited_one_is_asked(family: Family) -> None:
    before = family.state()
    assert family.take(family.reply(partstat="DECLINED", sender=FOREIGN)) is InboundOutcome.HISTORY
    assert last().reason == InboundReason.OTHER_SENDER
    assert family.state() == before
    assert (LetterKind.CONFIRM_ANSWER, ANA) in family.written()


def test_an_answer_of_the_present_time_counts_whatever_its_sequence(family: Family) -> None:
    starts = f"DTSTART:{family.outreach_session.starts_at:%Y%m%dT%H%M%SZ}"
    for number, sequence in enumerate((None, 7), 1):
        raw = family.reply(sequence=sequence, lines=(starts,), at=number * MINUTE)
        assert family.take(raw, at=(number + 1) * MINUTE) is APPLIED
    assert family.invitation().answer is Answer.ACCEPTED


def test_an_outlook_answer_is_for_a_person_and_says_which(family: Family) -> None:
    headers = ("Content-Type: application/ms-tnef; name=winmail.dat",)
    raw = mail(to=family.token_address(), subject="Declined: Power of a Stitch", headers=headers, body="x")
    assert family.take(raw) is InboundOutcome.QUARANTINED
    assert (last().kind, last().reason) == (InboundKind.REPLY, InboundReason.OUTLOOK_DECLINED)


@pytest.mark.both_databases("reminders are chosen in SQL")
@pytest.mark.parametrize("teacher_is_reminded", [True, False])
def test_a_guardians_unproven_no_never_stops_the_childs_reminders(family: Family, *, teacher_is_reminded: bool) -> None:
    """It stops the guardian's own; where no teacher has them either, the guardian keeps them, so that no child is written to alone."""
    assert family.take(family.reply(PARENT, partstat="DECLINED")) is APPLIED
    if not teacher_is_reminded:
        with transaction():
            family.mailbox(TEACHER).reminders_stopped_at = family.now
    plan_reminders(now=family.outreach_session.starts_at - timedelta(days=1))
    told = {address for kind, address in family.written() if kind is LetterKind.REMINDER}
    assert told == ({ANA, TEACHER} if teacher_is_reminded else {ANA, PARENT})


@pytest.mark.parametrize("teacher_is_reminded", [True, False])
def test_a_proven_no_of_the_only_adult_stops_the_childs_reminders_too(app: Flask, family: Family, *, teacher_is_reminded: bool) -> None:
    app.extensions["outreach"] = replace(family.settings, authserv_id="mx.outreach.example")
    proof = "Authentication-Results: mx.outreach.example; dmarc=pass header.from=families.example"
    assert family.take(family.reply(PARENT, partstat="DECLINED", headers=(proof,))) is APPLIED
    if not teacher_is_reminded:
        with transaction():
            family.mailbox(TEACHER).reminders_stopped_at = family.now
    plan_reminders(now=family.outreach_session.starts_at - timedelta(days=1))
    told = {address for kind, address in family.written() if kind is LetterKind.REMINDER}
    assert told == ({ANA, TEACHER} if teacher_is_reminded else set())


@pytest.mark.parametrize("html", [True, False])
def test_what_a_person_wrote_is_read_though_the_invitation_is_attached(family: Family, *, html: bool) -> None:
    """Many programs attach the invitation to a reply, or forward it."""
    words = "<p>Can my brother <b>come</b> too?</p>" if html else "Can my brother come too?"
    raw = attached(family, words, f"text/{'html' if html else 'plain'}")
    assert family.take(raw) is QUARANTINED
    assert last().reason == InboundReason.PERSON_WROTE


def test_an_invitation_sent_back_with_nothing_but_quotes_is_ignored(family: Family) -> None:
    assert family.take(attached(family, "On 1 March 2027 Outreach wrote:\r\n> You have a seat", "text/plain")) is IGNORED


def attached(family: Family, words: str, content_type: str) -> bytes:
    invitation = family.reply(method="REQUEST").partition(b"\r\n\r\n")[2].decode()
    parts = (f"Content-Type: {content_type}\r\n\r\n{words}", f"Content-Type: text/calendar; method=REQUEST\r\n\r\n{invitation}")
    body = "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--"
    return mail(to=family.token_address(), headers=('Content-Type: multipart/mixed; boundary="b"',), body=body)


@pytest.mark.one_database
def test_who_declines_in_a_calendar_is_asked_once_whether_to_withdraw(family: Family) -> None:
    """However often they change their mind; a minor's guardian gets a copy, and nobody is withdrawn."""
    for minute, partstat in enumerate(("DECLINED", "ACCEPTED", "DECLINED")):
        assert family.take(family.reply(partstat=partstat, at=minute * MINUTE)) is APPLIED
    assert sorted(family.written()) == [(LetterKind.CONFIRM_ANSWER, ANA), (LetterKind.CONFIRM_ANSWER, PARENT)]
    assert states(family.outreach_session)["Ana"] is RegistrationState.CONFIRMED
