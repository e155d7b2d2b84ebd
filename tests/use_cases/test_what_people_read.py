"""Notes, reasons, greetings and names in the e-mails that leave, for each reader: what is there, and what must not be."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from functools import cache
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select

from outreach.db import db, transaction
from outreach.letters import render
from outreach.models import Guardian, Letter, LetterKind, LetterState, Mailbox, OutreachSession
from outreach.notifications.notify import notify_cancelled, notify_moved
from outreach.notifications.read import snapshot_of
from outreach.notifications.reminders import plan_reminders
from outreach.notifications.rosters import plan_rosters
from outreach.registration import use_cases as registering
from tests.support.builders import TOWN, Builder
from tests.support.readable_letters import SeenPage
from tests.support.received_letters import Received
from tests.support.town import TALK, WORKSHOP, Town, address

STUDENTS = ("Amara", "Bodhi", "Callum", "Dilys", "Esme", "Farid", "Gwen", "Hari", "Isla", "Jock", "Kirsty")
# What each mailbox may know of: its own students, a teacher's registrations.
MAY_KNOW = {
    **{name: {name} for name in STUDENTS},
    "grace": {"Amara", "Bodhi", "Kirsty"},
    "ines": {"Isla"},
    "hana": {"Hari"},
    "glyn": {"Gwen"},
    "Tara": {"Amara", "Bodhi", "Callum", "Dilys", "Esme", "Hari"},
    "Theo": {"Farid", "Gwen", "Dilys"},
    "Tess": {"Isla", "Jock", "Kirsty"},
    "Clara": set(),
    "Cole": {"Esme"},
}
REASON = "We have one table too few."


def read() -> dict[str, list[Received]]:
    """Give the e-mails that wait in the queue, as they would arrive, by the name their address begins with."""
    found = defaultdict(list)
    waiting = select(Letter).where(Letter.state == LetterState.QUEUED).order_by(Letter.id)
    for letter in db.session.scalars(waiting.execution_options(populate_existing=True)):
        raw = render(letter, settings=current_app.extensions["outreach"])
        names = {address(name): name for name in MAY_KNOW}
        found[names[letter.mailbox.address]].append(Received(raw, message_from_bytes(raw, policy=policy.default)))
    return found


@cache
def everything(letter: Received) -> tuple[str, ...]:
    """Give what can be read in each part of it."""
    calendar = [letter.ics.replace(b"\r\n ", b"").decode()] if letter.ics else []
    return (letter.text, "\n".join(SeenPage(letter.html).lines), str(letter.message["Subject"]), *calendar)


def mentions(name: str, letter: Received) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\b", part) for part in everything(letter))


def who_reads(words: str) -> set[str]:
    return {name for name, letters in read().items() if any(words in letter.text and words in everything(letter)[1] for letter in letters)}


def greetings_of(letter: Received) -> set[str]:
    """Give the names in text and HTML; "" where nobody is greeted."""
    return {found[1] if (found := re.search(r"^Hello (.*),$", part, re.MULTILINE)) else "" for part in everything(letter)[:2]}


def name_guardians(town: Town, **names: str) -> None:
    with transaction():
        for mailbox, name in names.items():
            for guardian in db.session.scalars(select(Guardian).where(Guardian.mailbox_id == town.mailbox(mailbox).id)):
                guardian.name = name


def cancel(outreach_session: OutreachSession, now: datetime, reason: str = "The theatre is needed.") -> None:
    with transaction():
        outreach_session.cancel(reason, now=now)
        notify_cancelled(outreach_session, now=now)


def move(outreach_session: OutreachSession, now: datetime) -> None:
    with transaction():
        was = snapshot_of(outreach_session)
        day: dict[str, Any] = {"zone": outreach_session.zone, "fold": 0, "tzdata_version": "2026f"}
        starts_wall, ends_wall = (wall + timedelta(days=1) for wall in (outreach_session.starts_wall, outreach_session.ends_wall))
        outreach_session.set_time(starts_wall=starts_wall, ends_wall=ends_wall, **day)
        notify_moved(outreach_session, previous=was, now=now)


def test_the_reason_of_a_removal_is_read_by_the_family_and_its_teacher_and_nobody_else(town: Town, now: datetime) -> None:
    registering.remove(town.registration("Amara").id, by_id=town.user("Clara").id, reason=REASON, now=now)

    assert who_reads(REASON) == {"Amara", "grace", "Tara"}


def test_the_families_next_in_line_and_their_teacher_read_nothing_of_those_who_left(town: Town, now: datetime) -> None:
    """Amara's seat goes to Esme, Farid's to Kirsty, who is at another school and has Amara's guardian."""
    for name in ("Amara", "Farid"):
        registering.remove(town.registration(name).id, by_id=town.user("Clara").id, reason=f"{REASON} {name} stays.", now=now)

    letters = read()
    for name, other in (("Esme", "Amara"), ("Cole", "Amara"), ("Kirsty", "Farid"), ("Tess", "Farid")):
        assert letters[name]
        for letter in letters[name]:
            assert not mentions(other, letter)
            assert not any(REASON in part for part in everything(letter))
    assert who_reads("Amara stays.") == {"Amara", "Tara", "grace"}
    assert who_reads("Farid stays.") == {"Farid", "Theo"}


@pytest.mark.parametrize("then", ["moved", "the other withdraws", "the other is taken off too", "back again"])
def test_a_reason_is_read_only_for_whom_it_is_about(town: Town, now: datetime, then: str) -> None:
    """Amara is withdrawn by the host, and before that letter leaves something else happens to her family."""
    amara, bodhi = town.student("Amara"), town.registration("Bodhi")
    registering.remove(town.registration("Amara").id, by_id=town.user("Clara").id, reason=REASON, now=now)
    if then == "moved":
        move(town.workshop, now)
    elif then == "the other is taken off too":
        registering.remove(bodhi.id, by_id=town.user("Clara").id, reason="There are too few kits.", now=now)
    else:
        registering.withdraw(bodhi.id, now=now, by_id=town.user("Theo").id)
    if then == "back again":
        Builder(now).register(town.workshop, town.user("Tara"), amara)

    [letter] = [letter for letter in read()["grace"] if "Bodhi" in letter.text]
    assert (REASON in letter.text) == (then == "moved")
    assert "too few kits" not in letter.text, "one sentence can't be about both"


def test_a_teacher_who_loses_and_gains_a_seat_reads_why_wherever_the_two_stand_in_the_list(town: Town, now: datetime) -> None:
    with transaction():
        town.registration("Esme").queued_at = now - timedelta(days=30)
    registering.remove(town.registration("Amara").id, by_id=town.user("Clara").id, reason=REASON, now=now)

    [summary] = read()["Tara"]
    assert f"\nReason: {REASON}\n" in summary.text


def test_a_guardian_who_loses_one_seat_and_gains_another_reads_why(town: Town, now: datetime) -> None:
    registering.remove(town.registration("Callum").id, by_id=town.user("Clara").id, reason="Seat for Esme.", now=now)
    registering.remove(town.registration("Amara").id, by_id=town.user("Clara").id, reason=REASON, now=now)

    assert "grace" in who_reads(REASON)


@pytest.mark.parametrize("by", ["Tara", "grace"])
def test_a_note_about_a_withdrawal_is_read_by_nobody(town: Town, now: datetime, by: str) -> None:
    note = "Her mother is in hospital."
    actor: dict[str, Any] = {"by_id": town.user("Tara").id} if by == "Tara" else {"by_mailbox_id": town.mailbox("grace").id}
    registering.withdraw(town.registration("Amara").id, now=now, note=note, **actor)

    letters = read()
    assert {"Amara", "grace", "Esme"} <= letters.keys()
    assert [name for name, some in letters.items() if any(note in part for letter in some for part in everything(letter))] == []
    assert [name for name, some in letters.items() if any("Reason" in part for letter in some for part in everything(letter))] == []


def test_a_teacher_reads_no_summary_of_what_they_did_and_one_of_what_a_family_did(town: Town, now: datetime) -> None:
    registering.withdraw(town.registration("Amara").id, now=now, by_mailbox_id=town.mailbox("grace").id)

    [summary] = read()["Tara"]
    assert "There is news about “Suture evening” on Thursday 25 March 2027 at 14:00 (London)." in summary.text
    assert re.search(r"^1 is no longer coming\n  - Amara Student\d+$", summary.text, re.MULTILINE)


GREETED = {
    **{name: name for name in ("Amara", "Callum", "Dilys", "Esme", "Farid", "Gwen", "Isla", "Kirsty")},
    "grace": "Grace Obi",
    "glyn": "Glyn Rees",
    "Cole": "Cole",
    "Clara": "Clara",
    "Tara": "Tara",
    "Theo": "Theo",
    "Tess": "Tess",
}


@pytest.mark.parametrize("happens", [cancel, move])
def test_everybody_is_greeted_by_their_own_name_and_no_guardian_by_a_childs(town: Town, now: datetime, happens: Any) -> None:
    name_guardians(town, grace="Grace Obi", glyn="Glyn Rees", Theo="Theodore Dale", Cole="Nicholas Ward")
    happens(town.workshop, now)

    letters = read()
    greetings = {name: {greeting for letter in some for greeting in greetings_of(letter)} for name, some in letters.items()}
    assert greetings == {name: {greeted} for name, greeted in GREETED.items()} | {"Cole": {"Cole", "Nicholas Ward"}}


def test_two_guardians_who_share_a_mailbox_are_greeted_by_no_name(town: Town, now: datetime) -> None:
    """Grace is written down once at each school, under another name."""
    cancel(town.workshop, now)

    assert [greetings_of(letter) for letter in read()["grace"]] == [{""}] * len(read()["grace"])
    assert re.match(r"Guardian \d+", greetings_of(read()["glyn"][0]).pop())


@pytest.mark.parametrize("title", [WORKSHOP, TALK])
@pytest.mark.parametrize("happens", [cancel, move])
def test_nobody_reads_of_another_familys_child(town: Town, now: datetime, title: str, happens: Any) -> None:
    happens(town.session(title), now)

    letters = read()
    read_of = {name: {one for one in STUDENTS for letter in some if mentions(one, letter)} for name, some in letters.items()}
    assert {name: names - MAY_KNOW[name] for name, names in read_of.items() if names - MAY_KNOW[name]} == {}
    assert {"Isla", "Tess", "Tara"} <= letters.keys()
    assert read_of["Tess"] == {"Isla", "Kirsty", *(["Jock"] if title == WORKSHOP else [])}


@pytest.mark.parametrize("happens", [cancel, move])
def test_no_letter_shows_an_address_of_somebody_else(town: Town, now: datetime, happens: Any) -> None:
    happens(town.workshop, now)

    assert len(read()) > 5
    for name, letters in read().items():
        for letter in letters:
            shown = {found for part in everything(letter) for found in re.findall(rf"[\w.]+@{re.escape(TOWN)}", part)}
            named = {address(one) for one in ("Tara", "Theo", "Tess") if MAY_KNOW[name] & MAY_KNOW[one]}
            assert shown - named <= {address(name)}, "a family reads whom to ask at their own school"
            assert letter.ics is None or not (named - {address(name)}) & set(re.findall(r"[\w.]+@[\w.]+", letter.ics.decode()))


def test_a_surname_is_read_by_the_teacher_alone(town: Town, now: datetime) -> None:
    cancel(town.workshop, now)

    shows = {name for name, letters in read().items() if any(re.search(r"Student\d", part) for one in letters for part in everything(one))}
    assert shows == {"Tara", "Theo", "Tess"}


def test_why_a_session_is_cancelled_is_read_by_all_who_had_it_and_all_who_waited(town: Town, now: datetime) -> None:
    cancel(town.workshop, now, reason=REASON)

    assert who_reads(REASON) == set(read())
    assert {"Amara", "grace", "Callum", "Esme", "Kirsty", "Cole", "Clara", "Tara", "Theo", "Tess"} <= set(read())


def test_old_and_new_time_stand_side_by_side_with_their_offsets(town: Town, now: datetime) -> None:
    """The clocks go forward between the two."""
    with transaction():
        outreach_session = town.workshop
        was = snapshot_of(outreach_session)
        starts_wall = datetime(2027, 4, 1, 14, 0)
        outreach_session.set_time(
            starts_wall=starts_wall, ends_wall=starts_wall + timedelta(hours=2), zone="Europe/London", fold=0, tzdata_version="2026f"
        )
        notify_moved(outreach_session, previous=was, now=now)

    for name in ("Amara", "grace", "Esme", "Tara", "Clara"):
        text, html, *_rest = everything(read()[name][0])
        assert "Before: Thursday 25 March 2027\n    14:00 to 16:00 (London, UTC)\n" in text
        assert "Now: Thursday 1 April 2027\n    14:00 to 16:00 (London, UTC+1)\n" in text
        struck = "~~Thursday 25 March 2027 / 14:00 to 16:00 (London, UTC)~~"
        assert f"{struck} / **Thursday 1 April 2027 / 14:00 to 16:00 (London, UTC+1)**" in html


def test_a_teacher_who_stands_in_reads_whom_to_tell_themselves(town: Town, now: datetime) -> None:
    """Jock has no address, Gwen's guardian can't be reached, Farid's said that he isn't her child."""
    cancel(town.workshop, now)

    def to_tell(teacher: str) -> list[str]:
        [summary] = [letter.text for letter in read()[teacher] if "Please tell them yourself\n" in letter.text]
        return re.findall(r"^  - (\w+) ", summary.partition("Please tell them yourself\n")[2].partition("\n\n")[0], re.MULTILINE)

    assert to_tell("Tess") == ["Jock"]
    assert sorted(to_tell("Theo")) == ["Farid", "Gwen"]
    assert not any("Please tell them yourself\n" in letter.text for letter in read()["Tara"])


def test_reminders_name_the_readers_own_and_can_be_stopped_and_rosters_name_given_names_and_schools(town: Town) -> None:
    evening = town.workshop.starts_at - timedelta(hours=20)
    plan_reminders(now=evening)
    plan_rosters(now=evening)

    letters = read()
    for name, some in letters.items():
        for letter in some:
            is_reminder = letter.message["List-Unsubscribe"] is not None
            named = {one for one in STUDENTS if mentions(one, letter)}
            if is_reminder:
                assert named <= MAY_KNOW[name]
                assert "Stop reminders" in letter.text
            else:
                assert (name in {"Clara", "Cole"}, "Stop reminders" in letter.text) == (True, False)
                assert not re.search(r"Student\d", letter.text)
    rosters = [letter for letter in letters["Clara"] if "- Isla" in letter.text]
    assert rosters
    assert all("Moor School: " in letter.text and "Dale School: " in letter.text for letter in rosters)


def test_a_private_note_to_an_applicant_is_read_by_the_applicant(town: Town, now: datetime) -> None:
    facts = {"reader_name": "Tara", "role": "teacher", "place": "Dale School", "is_approved": False, "note": "Please call me.\nThank you."}
    mailbox = town.mailbox("Tara")
    letter = Letter(
        kind=LetterKind.APPLICATION, facts=facts, dedupe_key="x", mailbox=mailbox, due_at=now, created_at=now, key="k", locale="en"
    )
    with transaction():
        db.session.add(letter)

    [refusal] = read()["Tara"]
    assert "Coordinator's note: Please call me.\n    Thank you.\n" in refusal.text
    assert db.session.scalar(select(Mailbox.address).where(Mailbox.id == mailbox.id)) == refusal.message["To"].addresses[0].addr_spec
