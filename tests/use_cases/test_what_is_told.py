"""Only what matters: which change asks again, which is told when asked to, and which nobody gets a letter for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from outreach.db import db, transaction
from outreach.errors import Refusal
from outreach.letters import render
from outreach.models import Answer, Letter, LetterKind, LetterState, OutreachSession, Site, User
from outreach.models.snapshots import LetterSnapshot
from outreach.notifications import recipient_counts
from outreach.registration.use_cases import RegistrationRequest, register_students
from outreach.scheduling import use_cases
from outreach.scheduling.inputs import DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.queued_letters import invitations, waiting_letters

WHEN = WhenInput(day=date(2027, 3, 18), start=time(14), end=time(16))
OFFER = DetailsInput(title="Power of a Stitch", description="Your first stitch.", capacity=2, bring="A pen", reminder_leads=(1440,))


@dataclass
class World:
    """A published session in which two are seated and one waits; everybody has answered, no letter is under way."""

    session: OutreachSession
    host: User
    where: WhereInput
    other: Site
    now: datetime

    def edit(self, *, notifies: bool = False, **changes: Any) -> None:
        use_cases.edit(self.session.id, replace(OFFER, **changes), seen=self.session.updated_at, now=self.now, notifies=notifies)

    def move(self, when: WhenInput = WHEN, **place: Any) -> None:
        apply_move(self.session.id, when, replace(self.where, **place), seen=self.session.updated_at, now=self.now)


@pytest.fixture
def world(make: Builder, now: datetime) -> World:
    host, school, site = make.clinician(), make.school(), make.site()
    where = WhereInput(site_id=site.id, zone="Europe/London", meeting_point="Main entrance")
    key = use_cases.post("stitch_workshop", WHEN, where, OFFER, by_id=host.id, publish=True, now=now)
    teacher = make.teacher(school)
    students = tuple(student.id for student in make.full_class(school, teacher, size=3).students)
    asked = RegistrationRequest(
        session_id=key, school_id=school.id, student_ids=students, teacher_id=teacher.id, by_id=teacher.id, permission_attested=True
    )
    register_students(asked, now=now)
    settle()
    return World(db.session.get_one(OutreachSession, key), host, where, make.site(), now + timedelta(hours=1))


def settle() -> None:
    """Let every letter be sent, and whoever was invited accept."""
    with transaction():
        for letter in waiting_letters():
            letter.state, letter.settled_at = LetterState.SENT, letter.created_at
        for invitation in invitations():
            invitation.sent_sequence = invitation.sequence
            invitation.answer, invitation.answered_at = Answer.ACCEPTED, letter.created_at


def calendar_of(letter: Letter) -> str:
    parts = message_from_bytes(render(letter, settings=settings()), policy=policy.default).walk()
    written = next(str(part.get_content()) for part in parts if part.get_content_type() == "text/calendar")
    return written.replace("\r\n ", "")


WORDS: dict[str, Any] = {
    "title": "Power of Two Stitches", "description": "Another text.", "bring": "Two pens", "wear": "Short sleeves", "kit": "A pad",
    "frees_declined_seats": True,
}  # fmt: skip
UNTOLD: dict[str, Any] = {
    "specialty": "Plastic surgery", "per_school_limit": 5, "opens_wall": datetime(2027, 3, 8), "day_phone": "+44 20 7946",
    "closes_wall": datetime(2027, 3, 17), "reminder_leads": (60,),
}  # fmt: skip
MATERIAL: dict[str, dict[str, Any]] = {
    "day": {"when": replace(WHEN, day=date(2027, 3, 19))},
    "start": {"when": replace(WHEN, start=time(13))},
    "end": {"when": replace(WHEN, end=time(17))},
    "place": {"site_id": None, "new_site": "Another Hospital"},
    "room": {"new_area": "Theatre 3"},
    "where to meet": {"meeting_point": "Back door"},
    "link": {"video_url": "https://video.example/1"},
}


@pytest.mark.empty_database
def test_a_change_of_words_tells_nobody_and_keeps_answers(world: World) -> None:
    world.edit(**WORDS, **UNTOLD)
    assert waiting_letters() == []
    assert {(one.answer, one.is_live, one.sequence) for one in invitations()} == {(Answer.ACCEPTED, True, 0)}


def test_new_words_are_told_when_asked_to_and_answers_stay(world: World) -> None:
    changed: dict[str, Any] = {}
    for sequence, name in enumerate(WORDS, start=1):
        answered = {one.id: one.answered_at for one in invitations()}
        expected = recipient_counts.count_with_entry(world.session).total
        changed[name] = WORDS[name]
        world.edit(notifies=True, **changed)
        letters = waiting_letters()
        assert {(letter.kind, letter.sequence) for letter in letters} == {(LetterKind.UPDATED, sequence)}
        assert len(letters) == expected == 6, "two students, two guardians, teacher and host; who waits hears nothing"
        assert {one.id: one.answered_at for one in invitations()} == answered
        assert {one.answer for one in invitations()} == {Answer.ACCEPTED}
        written = calendar_of(letters[0])
        assert "METHOD:REQUEST" in written
        assert "PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=TRUE" in written
        settle()


def test_what_no_letter_shows_is_not_told(world: World) -> None:
    for changes in (UNTOLD, {}):
        with pytest.raises(Refusal, match="Nothing that the e-mails show has changed") as refused:
            world.edit(notifies=True, **changes)
        db.session.rollback()
        assert (refused.value.field, waiting_letters(), world.session.revision) == ("notifies", [], 0)


@pytest.mark.empty_database
def test_time_place_and_link_ask_again(world: World) -> None:
    for sequence, (name, change) in enumerate(MATERIAL.items(), start=1):
        expected = recipient_counts.count_everybody(world.session)
        world.move(**change)
        letters = waiting_letters()
        assert len(letters) == expected.total == 9, "six entries, the teacher's list, and a student and a guardian who wait"
        assert {(name, one.answer, one.answered_at) for one in invitations()} == {(name, Answer.NEEDS_ACTION, None)}
        in_calendars = [letter for letter in letters if letter.sequence is not None]
        assert [letter.sequence for letter in in_calendars] == [sequence] * 6
        assert {letter.facts["entry"]["answer"] for letter in in_calendars} == {"needs_action"}
        assert "PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE" in calendar_of(in_calendars[0])
        settle()


@pytest.mark.empty_database
def test_a_cancellation_goes_to_everybody_it_was_announced_for(world: World) -> None:
    expected = recipient_counts.count_everybody(world.session)
    use_cases.cancel(world.session.id, "The theatre is closed.", now=world.now)
    assert len(waiting_letters()) == expected.total == 9
    assert {(one.answer, one.is_live) for one in invitations()} == {(Answer.NEEDS_ACTION, False)}


def test_words_changed_silently_come_with_the_next_letter(world: World) -> None:
    world.edit(bring="Two pens")
    world.move(meeting_point="Back door")
    facts = [LetterSnapshot.from_json(letter.facts) for letter in waiting_letters()]
    assert {one.session.bring for one in facts} == {"Two pens"}


@pytest.mark.empty_database
def test_new_words_told_before_a_move_left_are_told_with_it(world: World) -> None:
    world.move(meeting_point="Back door")
    world.edit(notifies=True, bring="Two pens")
    letters = [letter for letter in waiting_letters() if letter.sequence is not None]
    assert [letter.sequence for letter in letters] == [one.sequence for one in invitations()]
    for letter in letters:
        facts = LetterSnapshot.from_json(letter.facts)
        assert facts.was is not None
        assert (facts.was.meeting_point, facts.was.bring) == ("Main entrance", "A pen")
        assert facts.entry is not None
        assert facts.entry.answer == "needs_action", "the place they answered to is another"


def test_a_new_host_is_invited_once_though_everybody_is_told(world: World, make: Builder) -> None:
    helper = make.clinician()
    world.edit(notifies=True, title="Stitches", co_host_emails=(helper.email,))
    (invited,) = [letter for letter in waiting_letters() if letter.mailbox_id == helper.mailbox_id]
    assert (invited.kind, invited.sequence) == (LetterKind.INVITATION, 0)
    assert LetterSnapshot.from_json(invited.facts).session.title == "Stitches"
