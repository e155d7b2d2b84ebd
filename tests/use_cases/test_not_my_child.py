"""A reader says that we write to the wrong address: exactly that link ends, and each teacher reads of their own students."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from outreach.db import db
from outreach.errors import NotThere
from outreach.families.use_cases import not_mine
from outreach.models import Guardian, LetterKind, Mailbox, Student
from outreach.registration import use_cases
from tests.support.builders import Builder
from tests.support.queued_letters import names, queued
from tests.support.registrations import nothing_changes, registration_of
from tests.support.town import Town, address

WRONG = LetterKind.WRONG_ADDRESS


def mailboxes() -> dict[tuple[str, int], int | None]:
    """Give the mailbox of every student and guardian."""
    guardians, students = select(Guardian.id, Guardian.mailbox_id), select(Student.id, Student.mailbox_id)
    found: dict[tuple[str, int], int | None] = {("guardian", row.id): row.mailbox_id for row in db.session.execute(guardians)}
    return found | {("student", row.id): row.mailbox_id for row in db.session.execute(students)}


@pytest.mark.parametrize("name", ["Theo", "Cole"])
def test_an_adult_who_signs_in_keeps_their_mail_and_loses_the_one_link_to_a_child(town: Town, now: datetime, name: str) -> None:
    adult, before, version = town.mailbox(name), mailboxes(), town.mailbox(name).link_version
    not_mine(adult.id, session_id=town.workshop.id, now=now)
    ended = {key for key, mailbox_id in mailboxes().items() if mailbox_id != before[key]}
    child = town.student({"Theo": "Dilys", "Cole": "Esme"}[name])
    assert ended == {("guardian", guardian.id) for guardian in child.guardians}
    assert (town.mailbox(name).stopped_at, town.mailbox(name).link_version) == (None, version + 1)


def test_whoever_does_not_sign_in_is_written_to_no_more_and_all_links_to_others_stay(town: Town, now: datetime) -> None:
    before = mailboxes()
    not_mine(town.mailbox("grace").id, session_id=town.workshop.id, now=now)
    assert mailboxes() == before
    assert town.mailbox("grace").stopped_at == now
    assert town.mailbox("glyn").stopped_at is None


def test_each_teacher_reads_whose_address_it_was_meant_to_be_and_where_to_correct_it(town: Town, now: datetime) -> None:
    not_mine(town.mailbox("grace").id, session_id=town.workshop.id, now=now)
    mails = {one.to: one.mail for one in queued() if one.kind is WRONG}
    assert mails.keys() == {address("Tara"), address("Tess")}
    for teacher, mine, others in (("Tara", ("Amara", "Bodhi"), ("Kirsty",)), ("Tess", ("Kirsty",), ("Amara", "Bodhi"))):
        text = mails[address(teacher)].text
        assert f"Hello {teacher}," in text
        assert all(town.student(name).name in text for name in mine)
        assert not any(name in text for name in others)
        assert "/students?show=trouble" in text
        assert "/i/" not in text, "no family's link"
        assert "because you registered students" in text


@pytest.mark.empty_database
@pytest.mark.both_databases("who answers for whom is worked out by the database")
def test_who_answers_for_a_sibling_elsewhere_reads_of_it_too_and_who_answered_for_one_who_withdrew(make: Builder, now: datetime) -> None:
    school = make.school()
    nora, omar, pia = (make.teacher(school, given_name=name, email=f"{name}@school.example".lower()) for name in ("Nora", "Omar", "Pia"))
    school_class = make.school_class(school, nora, omar, pia)
    ana, ben, cem = (make.student(school_class, given_name=name, guardians=("home@families.example",)) for name in ("Ana", "Ben", "Cem"))
    first, second, third = (make.outreach_session(make.clinician(), title=title) for title in ("First", "Second", "Third"))
    for outreach_session, teacher, student in (
        (first, nora, ana),
        (second, nora, ana),
        (second, omar, ben),
        (first, pia, cem),
        (third, omar, cem),
    ):
        make.register(outreach_session, teacher, student)
    for outreach_session in (first, third):
        use_cases.withdraw(registration_of(cem, outreach_session).id, now=now)
    not_mine(db.session.scalars(select(Mailbox.id).where(Mailbox.address == "home@families.example")).one(), session_id=first.id, now=now)
    told = [(one.to, one.facts.session.title, names(one.facts.seated)) for one in queued() if one.kind is WRONG]
    assert told == [
        ("nora@school.example", "First", ["Ana"]),
        ("omar@school.example", "Second", ["Ben"]),
        ("pia@school.example", "First", ["Cem"]),
    ]


@pytest.mark.parametrize("which", ["mailbox", "session"])
def test_nothing_changes_for_what_isnt_there(town: Town, now: datetime, which: str) -> None:
    mailbox_id = 10**6 if which == "mailbox" else town.mailbox("grace").id
    session_id = 10**6 if which == "session" else town.workshop.id
    with nothing_changes(), pytest.raises(NotThere):
        not_mine(mailbox_id, session_id=session_id, now=now)
