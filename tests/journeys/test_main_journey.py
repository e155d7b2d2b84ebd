"""The main job, end to end, on real servers: a clinician posts, a school registers, the calendars know.

Lived once in a browser on SQLite, once by the bare forms on PostgreSQL; the tests then look at what was read and what came.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.story import (
    COORDINATOR,
    HOST,
    NAMES,
    PASSWORD,
    TEACHER,
    Story,
    family,
    guardian_address,
    live,
    make_people,
    own_address,
)
from tests.support.calendars import Mail, assert_is_addressed_to_one, replay
from tests.support.postbox import open_postbox
from tests.support.service import app_in, environment, running
from tests.support.visitors import ByForms, InBrowser, Visitor

SEATED, WAITING = NAMES[:10], NAMES[10:]
ADULTS = {HOST, TEACHER}
WAYS = [
    pytest.param("sqlite", marks=pytest.mark.browser, id="in a browser, on SQLite"),
    pytest.param("postgresql", marks=pytest.mark.postgresql, id="by the forms alone, on PostgreSQL"),
]


@pytest.fixture(scope="module", params=WAYS)
def story(request: pytest.FixtureRequest, fresh_database: Callable[[str, Path], Any], tmp_path_factory: Any) -> Iterator[Story]:
    """Live the story."""
    folder = tmp_path_factory.mktemp("journey")
    with fresh_database(request.param, folder) as database_url, open_postbox() as postbox:
        variables = environment(database_url, folder, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(postbox.port))
        make_people(app_in(variables))
        with running(variables) as service:

            def visitor() -> Visitor:
                if request.param == "postgresql":
                    return ByForms(service.base_url)
                return InBrowser(request.getfixturevalue("browser").new_page(), service.base_url)

            story = Story(service, postbox, visitor)
            live(story)
            yield story


def entries(mails: list[Mail], method: str) -> dict[str, Mail]:
    """Give the calendar letters of a kind by recipient; one mail per mailbox."""
    found = [mail for mail in mails if mail.ics is not None and mail.entry.method == method]
    by_recipient = {mail.recipient: mail for mail in found}
    assert len(by_recipient) == len(found)
    return by_recipient


def test_the_clinician_posts_on_one_page_and_has_it_in_the_calendar(story: Story) -> None:
    assert "Your first stitch" in story.pages["posted"]
    assert "0 of 10 seats taken" in story.pages["posted"]
    assert set(entries(story.mails["posted"], "REQUEST")) == {HOST}


def test_the_dry_run_shows_fourteen_and_writes_to_nobody(story: Story) -> None:
    assert "14 new" in story.pages["dry run"]
    assert "14 students" in story.pages["uploaded"]
    assert story.mails["uploaded"] == []


def test_ten_are_seated_and_four_wait(story: Story) -> None:
    assert "10 will have a seat. 4 will be on the waiting list." in story.pages["sheet"]
    assert "10 have a seat. 4 are on the waiting list. We'll e-mail you when there are seats." in story.pages["registered"]
    assert "10 of 10 seats taken" in story.pages["registered"]
    assert "on the waiting list number 4" in story.pages["registered"]


def test_each_mailbox_of_a_seated_family_gets_one_invitation(story: Story) -> None:
    invited = entries(story.mails["registered"], "REQUEST")
    assert set(invited) == family(*SEATED) | {TEACHER}
    siblings = invited[guardian_address("Ada Abbott")]
    assert "Ada" in siblings.text
    assert "Bo" in siblings.text
    assert len({mail.entry.uid for mail in invited.values()}) == len(invited)


def test_a_parent_finds_out_from_the_email_alone_who_writes_and_whom_to_call(story: Story) -> None:
    mail = entries(story.mails["registered"], "REQUEST")[guardian_address("Eve Ellery")]
    assert str(mail.message["From"]).startswith("Riverside School via Outreach <")
    for said in (
        "School: Riverside School, 9B",
        f"Noor Vance, {TEACHER}",
        "Telephone: 0113 496 0000",
        "On the day: Noor Vance, 0113 496 0001",
    ):
        assert said in mail.text
    assert "Noor Vance goes with them." in mail.text
    assert "Riverside" not in f"{mail.message['Subject']}{(mail.ics or b'').decode()}"
    assert "0113 496 0001" in story.pages["family"], "the page behind the link says the same"
    assert "What we keep" in story.pages["who we are"]


def test_who_waits_gets_a_letter_and_no_calendar_entry(story: Story) -> None:
    plain = Counter(mail.recipient for mail in story.mails["registered"] if mail.ics is None)
    assert plain == Counter(dict.fromkeys(family(*WAITING) | {TEACHER}, 1))


def test_no_letter_names_another_family(story: Story) -> None:
    letters = [mail for mail in story.every_mail if mail.recipient not in ADULTS]
    for mail in letters:
        strangers = [name for name in NAMES if mail.recipient not in family(name)]
        readable = mail.text + (mail.ics or b"").decode()
        found = [name for name in strangers if name in readable or (own_address(name) or guardian_address(name)) in readable]
        assert found == [], mail.recipient


def test_every_letter_is_to_one_reader_from_its_organizer(story: Story) -> None:
    for mail in story.every_mail:
        assert_is_addressed_to_one(mail)


def test_moving_updates_everybody_seated_in_place(story: Story) -> None:
    assert "Who will be told" in story.pages["who is told of the move"]
    before = entries(story.mails["posted"] + story.mails["registered"], "REQUEST")
    after = entries(story.mails["moved"], "REQUEST")
    assert set(after) == set(before)
    for recipient, mail in after.items():
        new, old = mail.entry, before[recipient].entry
        assert new.uid == old.uid
        assert new.sequence > old.sequence
        assert new.stamp > old.stamp
        assert new.organizer == old.organizer
        assert (new.starts_at.hour, old.starts_at.hour) == (16, 14)


def test_who_waits_hears_of_the_move_without_an_entry(story: Story) -> None:
    assert {mail.recipient for mail in story.mails["moved"] if mail.ics is None} >= family(*WAITING)


def test_withdrawing_takes_one_family_out_and_invites_the_first_who_waits(story: Story) -> None:
    assert "Cleo Castle is withdrawn." in story.pages["withdrawn"]
    assert set(entries(story.mails["withdrawn"], "CANCEL")) == family("Cleo Castle")
    assert set(entries(story.mails["withdrawn"], "REQUEST")) - ADULTS == family("Kai Keller")
    found = {mail.recipient for mail in story.mails["withdrawn"]}
    assert found - ADULTS == family("Cleo Castle", "Kai Keller")


def test_opening_the_link_of_a_letter_changes_nothing(story: Story) -> None:
    assert "Eve has a seat" in story.pages["family"]
    assert "Withdraw Eve?" in story.pages["question"]
    assert story.pages["unchanged"] == "True"
    assert not any(name.split()[0] in story.pages["family"] for name in NAMES if name != "Eve Ellery")


def test_a_family_gives_a_place_back_by_its_link(story: Story) -> None:
    assert "Eve is withdrawn." in story.pages["withdrawn by the family"]
    assert set(entries(story.mails["withdrawn by the family"], "CANCEL")) == family("Eve Ellery")
    assert set(entries(story.mails["withdrawn by the family"], "REQUEST")) - ADULTS == family("Lena Lowry")
    assert TEACHER in {mail.recipient for mail in story.mails["withdrawn by the family"]}


def test_cancelling_takes_it_out_of_every_calendar(story: Story) -> None:
    standing = {recipient for recipient, shown in replay(story.every_mail[: -len(story.mails["cancelled"])]).items() if shown}
    assert set(entries(story.mails["cancelled"], "CANCEL")) == standing
    assert {mail.recipient for mail in story.mails["cancelled"]} >= family("Max Marlow", "Nia Norris")
    assert all("The operating list is full that day." in mail.text for mail in story.mails["cancelled"])


def test_replayed_in_order_of_arrival_every_calendar_ends_empty(story: Story) -> None:
    calendars = replay(story.every_mail)
    assert len(calendars) > 20
    assert {recipient: shown for recipient, shown in calendars.items() if shown} == {}


def test_every_mailbox_has_one_uid_for_life(story: Story) -> None:
    uids: dict[str, set[str]] = {}
    for mail in story.every_mail:
        if mail.ics is not None:
            uids.setdefault(mail.recipient, set()).add(mail.entry.uid)
    assert {len(own) for own in uids.values()} == {1}


def test_no_letter_was_sent_twice(story: Story) -> None:
    assert len({mail.raw for mail in story.every_mail}) == len(story.every_mail)
    assert len({mail.message["Message-ID"] for mail in story.every_mail}) == len(story.every_mail)


def test_the_logs_hold_nothing_private(story: Story) -> None:
    said = story.service.log.read_text()
    assert "worker started" in said
    tokens = {token for mail in story.every_mail for token in re.findall(r"/i/([\w.~-]+)", mail.text)}
    assert len(tokens) > 20
    secrets = {*tokens, *NAMES, *(name.split()[1] for name in NAMES), PASSWORD, "@", "rsvp+", COORDINATOR}
    assert [secret for secret in secrets if secret in said] == []
