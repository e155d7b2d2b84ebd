"""A coordinator answers what somebody wrote: who gets the e-mail, who a copy, and when it is refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.errors import NotThere, Refusal
from outreach.inbound import about, answers_to
from outreach.inbound.use_cases import answer_message
from outreach.models import InboundMessage, LetterKind, MessageAnswerSnapshot, Student, User
from tests.support.builders import Builder
from tests.support.inbound import ANA, HOST, PARENT, TEACHER, Family, bounce, invited, last, mail

WORDS = "Yes, he can.\nPlease write to the school."
MINUTE = timedelta(minutes=1)


@pytest.fixture
def family(make: Builder, now: datetime) -> Family:
    """Ana and her parent, invited."""
    return invited(make, now)


def wrote(family: Family, address: str) -> InboundMessage:
    """Take in a question from this address."""
    family.take(mail(to=family.token_address(address), sender=address, subject="Can my brother come?", body="Can he?"))
    return last()


def answered(family: Family, message: InboundMessage, words: str = WORDS) -> list[tuple[LetterKind, str]]:
    answer_message(message.id, words, now=family.now + 5 * MINUTE)
    return family.written()


@pytest.mark.parametrize("address", [PARENT, TEACHER, HOST])
def test_an_adult_gets_the_answer_alone(family: Family, address: str) -> None:
    message = wrote(family, address)
    assert answered(family, message) == [(LetterKind.MESSAGE_ANSWER, address)]
    [letter] = answers_to(message)
    assert MessageAnswerSnapshot.from_json(letter.facts).comment == WORDS
    assert last().reviewed_at == family.now + 5 * MINUTE


def test_an_answer_to_a_minor_is_copied_to_the_guardian(family: Family) -> None:
    message = wrote(family, ANA)
    assert answered(family, message) == [(LetterKind.MESSAGE_ANSWER, ANA), (LetterKind.MESSAGE_ANSWER, PARENT)]
    facts = [MessageAnswerSnapshot.from_json(letter.facts) for letter in answers_to(message)]
    assert [one.student_name for one in facts] == ["", "Ana"]
    assert {one.comment for one in facts} == {WORDS}


def test_where_no_guardian_is_reached_the_teacher_has_the_copy(family: Family) -> None:
    with transaction():
        family.mailbox(PARENT).undeliverable_at = family.now
    assert answered(family, wrote(family, ANA)) == [(LetterKind.MESSAGE_ANSWER, ANA), (LetterKind.MESSAGE_ANSWER, TEACHER)]


def test_a_minor_without_any_adult_isnt_answered_alone(family: Family) -> None:
    message = wrote(family, ANA)
    with transaction():
        ana = db.session.scalars(select(Student).where(Student.mailbox_id == family.mailbox(ANA).id)).one()
        ana.guardians.clear()
        for school_class in ana.classes:
            school_class.teachers.clear()
    with pytest.raises(Refusal, match="we have no adult"):
        answer_message(message.id, WORDS, now=family.now)
    assert (family.written(), last().reviewed_at) == ([], None)


@pytest.mark.parametrize("what", ["closed", "undeliverable", "blocked", "stopped"])
def test_a_teacher_who_left_or_is_not_reached_has_no_copy(family: Family, now: datetime, what: str) -> None:
    message = wrote(family, ANA)
    teacher = db.session.scalars(select(User).where(User.email == TEACHER)).one()
    with transaction():
        family.mailbox(PARENT).blocked_at = now
        if what == "closed":
            teacher.active = False
        else:
            setattr(teacher.mailbox, f"{what}_at", now)
    with pytest.raises(Refusal, match="we have no adult"):
        answer_message(message.id, WORDS, now=family.now)
    assert family.written() == []


def test_somebody_elses_guardian_at_the_same_address_does_not_stand_for_the_childs_own(family: Family, make: Builder) -> None:
    """The child's own guardian has the copy all the same."""
    other = make.school()
    make.student(make.school_class(other, make.teacher(other)), given_name="Ben", guardians=(ANA,))
    assert answered(family, wrote(family, ANA)) == [(LetterKind.MESSAGE_ANSWER, ANA), (LetterKind.MESSAGE_ANSWER, PARENT)]


def test_a_student_of_age_is_answered_alone(family: Family) -> None:
    with transaction():
        ana = db.session.scalars(select(Student).where(Student.mailbox_id == family.mailbox(ANA).id)).one()
        ana.birth_date = date(2000, 1, 1)
    assert answered(family, wrote(family, ANA)) == [(LetterKind.MESSAGE_ANSWER, ANA)]


def test_the_same_words_are_sent_once_and_others_again(family: Family) -> None:
    message = wrote(family, PARENT)
    for words in (WORDS, WORDS, "One thing more."):
        answer_message(message.id, words, now=family.now)
    assert [MessageAnswerSnapshot.from_json(letter.facts).comment for letter in answers_to(message)] == [WORDS, "One thing more."]


def test_it_goes_to_the_address_that_we_know_whoever_wrote(family: Family) -> None:
    family.take(mail(to=family.token_address(PARENT), sender="somebody@elsewhere.example", body="Hello"))
    assert answered(family, last()) == [(LetterKind.MESSAGE_ANSWER, PARENT)]


def test_whose_message_nobody_knows_cant_be_answered(family: Family) -> None:
    family.take(mail(to="rsvp@outreach.example", sender=PARENT))
    with pytest.raises(Refusal, match="Nobody knows whose message it is"):
        answer_message(last().id, WORDS, now=family.now)
    with pytest.raises(NotThere):
        answer_message(last().id + 1, WORDS, now=family.now)
    assert family.written() == []


def test_a_message_is_about_a_family_its_school_and_its_sessions(family: Family) -> None:
    found = about(wrote(family, PARENT), now=family.now)
    assert [student.name for guardian in found.guardians for student in guardian.students] == ["Ana Diaz"]
    assert (found.students, found.users, found.schools) == ([], [], ["Northside School"])
    assert list(found.sessions) == [family.outreach_session]
    assert list(about(last(), now=family.outreach_session.ends_at).sessions) == []
    family.take(family.reply(PARENT, lines=["COMMENT:Can he?"]))
    assert list(about(last(), now=family.outreach_session.ends_at).sessions) == [family.outreach_session]


@pytest.mark.parametrize(
    ("method", "lines", "is_so"),
    [("REPLY", ["COMMENT:Can my brother come?"], True), ("REPLY", [], False), ("COUNTER", ["COMMENT:Later, please"], False)],
)
def test_words_that_came_with_an_answer_need_a_look(family: Family, method: str, lines: list[str], *, is_so: bool) -> None:
    """The answer counts all the same. With a proposal host and teacher have them."""
    family.take(family.reply(method=method, lines=lines))
    assert last().has_words is is_so
    seen = db.session.scalars(select(InboundMessage.id).where(InboundMessage.needs_a_look())).all()
    assert (last().id in seen) is is_so


def test_a_bounce_is_about_its_letters_session(family: Family) -> None:
    family.take(bounce(to="rsvp@outreach.example", returned=f"<{family.letter(PARENT).key}@outreach.example>"))
    assert list(about(last(), now=family.now).sessions) == [family.outreach_session]
