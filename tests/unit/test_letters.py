"""What letters must never say, and what they always must."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from outreach import tokens
from outreach.models import Letter, LetterKind
from outreach.models.snapshots import AccountSnapshot, Cause, LetterSnapshot, Reader, SessionSnapshot
from tests.support.letter_cases import CASES, SETTINGS, WRITTEN, entry, facts, letter, online, student, workshop
from tests.support.received_letters import Page, received

pytestmark = pytest.mark.usefixtures("in_small_app")

OFFICIAL = (LetterKind.ACCOUNT, LetterKind.APPLICATION, LetterKind.BLOCKED, LetterKind.MESSAGE_ANSWER, LetterKind.JOB)
ABOUT_SESSIONS = {case: one for case, one in CASES.items() if one.kind not in OFFICIAL}
TO_FAMILIES = {case: one for case, one in ABOUT_SESSIONS.items() if one.facts["reader"] in (Reader.STUDENT, Reader.GUARDIAN)}
WITH_CALENDAR = {case: one for case, one in CASES.items() if received(one).ics is not None}
EVERYBODY = {"Ana", "Ben", "Chidi", "Dana", "Emil", "Fatima", "Gus", "Hana"}


def changed(one: Letter, **more: Any) -> Letter:
    """Give the letter with other facts."""
    about = replace(LetterSnapshot.from_json(one.facts), **more)
    return letter(one.kind, about, written_at=one.created_at, locale=one.locale)


def with_surnames(about: LetterSnapshot) -> dict[str, Any]:
    """Give every student a family name and a school no letter to a family may show."""
    hidden = {"family_name": "Surnameson", "school_name": "Hiddenschool"}
    return {part: tuple(replace(one, **hidden) for one in getattr(about, part)) for part in ("seated", "waiting", "gone")}


# Nobody can withdraw from these any more.
ENDED = (LetterKind.CANCELLED, LetterKind.REMOVED, LetterKind.THANKS, LetterKind.NOT_MINE)


@pytest.mark.parametrize("case", TO_FAMILIES)
def test_family_letter_names_exactly_the_students_it_was_given(case: str) -> None:
    about = LetterSnapshot.from_json(CASES[case].facts)
    its_own = {one.given_name for one in (*about.seated, *about.waiting, *about.gone)}
    greeted = {about.reader_name}

    seen = {name for name in EVERYBODY if re.search(rf"\b{name}\b", received(CASES[case]).everything)}

    assert seen <= its_own | greeted


@pytest.mark.parametrize("case", TO_FAMILIES)
def test_family_letter_shows_no_surname_and_no_school(case: str) -> None:
    about = LetterSnapshot.from_json(CASES[case].facts)

    everything = received(changed(CASES[case], **with_surnames(about))).everything

    assert "Surnameson" not in everything
    assert "Hiddenschool" not in everything


@pytest.mark.parametrize("case", ABOUT_SESSIONS)
def test_no_surname_and_no_school_in_subject_calendar_or_address(case: str) -> None:
    about = LetterSnapshot.from_json(CASES[case].facts)

    seen = received(changed(CASES[case], **with_surnames(about)))

    exposed = "\n".join((seen.message["Subject"], (seen.ics or b"").decode(), *Page(seen.html).links))
    assert "Surnameson" not in exposed
    assert "Hiddenschool" not in exposed


@pytest.mark.parametrize("case", ["roster", "roster-one-school"])
def test_roster_has_given_names_alone(case: str) -> None:
    about = LetterSnapshot.from_json(CASES[case].facts)

    assert "Surnameson" not in received(changed(CASES[case], **with_surnames(about))).everything


@pytest.mark.parametrize("case", WITH_CALENDAR)
def test_calendar_carries_no_link_of_the_family(case: str) -> None:
    assert "/i/" not in str(received(CASES[case]).event.to_ical().replace(b"\r\n ", b""))


@pytest.mark.parametrize("case", WITH_CALENDAR)
def test_sender_is_organizer_and_addressee_is_the_one_attendee(case: str) -> None:
    seen = received(CASES[case])
    sender, reply_to, to = (seen.message[name].addresses for name in ("From", "Reply-To", "To"))

    assert [one.addr_spec for one in (*sender, *reply_to)] == ["rsvp+abcdefghijklmnop@outreach.example"] * 2
    assert seen.event["ORGANIZER"] == "mailto:rsvp+abcdefghijklmnop@outreach.example"
    assert [one.addr_spec for one in to] == ["reader@family.example"]
    assert seen.event["ATTENDEE"] == "mailto:reader@family.example"


@pytest.mark.parametrize("case", WITH_CALENDAR)
def test_calendar_says_the_instant_the_session_begins_and_ends(case: str) -> None:
    about = LetterSnapshot.from_json(CASES[case].facts).session
    event = received(CASES[case]).event

    assert event["DTSTART"].dt.astimezone(UTC) == about.starts_at
    assert event["DTEND"].dt.astimezone(UTC) == about.ends_at
    assert event["SUMMARY"] == about.title.replace("\r\n", " ")


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        (LetterKind.INVITATION, "REQUEST"),
        (LetterKind.PROMOTED, "REQUEST"),
        (LetterKind.UPDATED, "REQUEST"),
        (LetterKind.CANCELLED, "CANCEL"),
        (LetterKind.REMOVED, "CANCEL"),
        (LetterKind.WAITING, None),
        (LetterKind.REMINDER, None),
    ],
)
def test_calendar_is_asked_what_the_letter_says(kind: LetterKind, method: str | None) -> None:
    about = facts(Reader.GUARDIAN, Cause.REGISTERED, seated=(student(),), entry=entry(3, is_transparent=True))
    seen = received(letter(kind, about))

    said = seen.ics and re.findall(rb"^(METHOD|SEQUENCE|TRANSP):(\w+)\r$", seen.ics, re.MULTILINE)
    assert said == (method and [(b"METHOD", method.encode()), (b"SEQUENCE", b"3"), (b"TRANSP", b"TRANSPARENT")])


@pytest.mark.parametrize("kind", [LetterKind.UPDATED, LetterKind.CANCELLED, LetterKind.REMOVED])
def test_letter_without_entry_has_no_calendar(kind: LetterKind) -> None:
    assert received(letter(kind, facts(Reader.GUARDIAN, Cause.MOVED, waiting=(student(place=1),)))).ics is None


def test_letters_of_an_invitation_hang_on_the_one_that_began_their_thread() -> None:
    def ids(kind: LetterKind, *, is_first: bool, **thread: Any) -> tuple[str | None, ...]:
        about = facts(Reader.STUDENT, Cause.REGISTERED, seated=(student(),), entry=replace(entry(is_first=is_first), **thread))
        message = received(letter(kind, about)).message
        return message["Message-ID"], message["In-Reply-To"], message["References"]

    first = "<7f3c1f6e-5a41-4f0e-9a57-0d2f6a1b9c33.first@outreach.example>"
    own = "<0123456789abcdef0123456789abcdef@outreach.example>"
    assert ids(LetterKind.INVITATION, is_first=True) == (first, None, None)
    assert ids(LetterKind.PROMOTED, is_first=True) == (first, None, None)
    assert ids(LetterKind.INVITATION, is_first=False) == (own, first, first)
    assert ids(LetterKind.UPDATED, is_first=True) == (own, first, first)
    assert ids(LetterKind.CANCELLED, is_first=False) == (own, first, first)
    assert ids(LetterKind.REMINDER, is_first=False) == (own, first, first)
    assert ids(LetterKind.UPDATED, is_first=False, begins_thread=True) == (own, None, None)
    assert ids(LetterKind.REMINDER, is_first=False, thread="abc") == (own, "<abc@outreach.example>", "<abc@outreach.example>")


def test_letter_about_no_entry_stands_alone() -> None:
    message = received(CASES["waiting-guardian"]).message

    assert message["Message-ID"] == "<0123456789abcdef0123456789abcdef@outreach.example>"
    assert message["References"] is None


@pytest.mark.parametrize("case", CASES)
def test_html_loads_nothing_runs_nothing_and_closes_what_it_opens(case: str) -> None:
    page = Page(received(CASES[case]).html)

    assert page.open == []
    assert page.loads == []
    assert page.tags.isdisjoint({"script", "img", "link", "iframe", "form", "object", "svg"})
    assert all(link.startswith("https://") for link in page.links)


@pytest.mark.parametrize("case", CASES)
def test_text_says_all_addresses_of_the_html_and_is_no_html(case: str) -> None:
    seen = received(CASES[case])

    assert all(link.rstrip("/") in seen.text for link in Page(seen.html).links)
    assert re.search(r"&(amp|lt|gt|quot|#\d+);|<(br|p|table)\b", seen.text) is None
    assert not re.search(r"\bNone\b(?! of)", seen.text)


def test_what_is_typed_is_neither_markup_nor_header_nor_line() -> None:
    seen = received(CASES["case-awkward-name"])

    assert "<script>alert(1)</script>" in "".join(Page(seen.html).words)
    assert seen.message["Bcc"] is None
    assert not re.search(r"^\s*(Bcc|X):", seen.text, re.MULTILINE)
    assert "🪡" in seen.text


@pytest.mark.parametrize("part", [one.name for one in fields(SessionSnapshot) if one.type == "str" and one.name != "zone"])
def test_no_field_of_a_session_can_add_a_header(part: str) -> None:
    nasty: dict[str, Any] = {part: "x\r\nBcc: everyone@example.com\r\n\r\nBEGIN:VALARM\u2028<img src=x>"}
    seen = received(changed(CASES["case-online"], session=replace(online(), **nasty)))

    assert seen.message["Bcc"] is None
    assert seen.ics is not None
    assert b"\r\nBEGIN:VALARM" not in seen.ics
    assert Page(seen.html).loads == []


def test_percent_signs_and_braces_mean_nothing() -> None:
    odd = "100 %(x)s {{ 7*7 }} {% x %} %d"
    seen = received(changed(CASES["invitation-guardian"], session=workshop(title=odd, bring=odd), reader_name=odd))

    assert f"Hello {odd}," in seen.text
    assert f"What to bring: {odd}" in seen.text
    assert odd in seen.message["Subject"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (LetterKind.WAITING, {"waiting": (student(place=1),)}),
        (LetterKind.UPDATED, {"waiting": (student(place=1),), "was": workshop()}),
        (LetterKind.CANCELLED, {"seated": (student(),), "entry": entry(1)}),
        (LetterKind.REMOVED, {"gone": (student(),), "entry": entry(1)}),
    ],
)
def test_who_has_no_seat_does_not_get_the_link_to_join(kind: LetterKind, more: dict[str, Any]) -> None:
    about = facts(Reader.GUARDIAN, Cause.MOVED, session=online(), **more)

    assert "video.example" not in received(letter(kind, about)).everything


def test_who_has_a_seat_finds_the_link_in_letter_and_calendar() -> None:
    seen = received(CASES["case-online"])

    assert online().video_url in seen.text
    assert seen.event["CONFERENCE"] == online().video_url
    assert online().video_url in seen.event["DESCRIPTION"]


def test_address_that_is_no_web_address_is_words_alone() -> None:
    seen = received(changed(CASES["reminder-2-hours-online-student"], session=online(video_url="javascript:alert(1)")))

    assert "javascript:alert(1)" in seen.text
    assert not any(link.startswith("javascript") for link in Page(seen.html).links)


@pytest.mark.parametrize("case", TO_FAMILIES)
def test_links_of_a_family_are_for_its_mailbox_and_this_session(case: str) -> None:
    about = LetterSnapshot.from_json(CASES[case].facts)
    purposes = {
        "": tokens.LinkPurpose.FAMILY,
        "/not-mine": tokens.LinkPurpose.NOT_MINE,
        "/reminders": tokens.LinkPurpose.REMINDERS,
        "/undo": tokens.LinkPurpose.UNDO,
    }
    for token, rest in re.findall(r"https://outreach\.example/i/([^/\s]+)(/not-mine|/reminders|/undo)?", received(CASES[case]).text):
        purpose = purposes[rest]
        ends = WRITTEN + timedelta(days=7) if purpose is tokens.LinkPurpose.UNDO else about.session.ends_at + timedelta(days=30)
        ticket = tokens.read(token, purpose, SETTINGS.secret_key, WRITTEN)
        assert ticket == tokens.Ticket(7, about.session.id, purpose, 1, ends)


@pytest.mark.parametrize("case", CASES)
def test_reminders_digests_and_thanks_alone_carry_the_link_that_stops_reminders(case: str) -> None:
    """In a header for the mail program's own button (RFC 8058), and in words below."""
    one, seen = CASES[case], received(CASES[case])
    may = one.kind in (LetterKind.REMINDER, LetterKind.DIGEST, LetterKind.THANKS)
    link = re.fullmatch(r"<(https://outreach\.example/i/([^/]+)/reminders)>", seen.message["List-Unsubscribe"] or "")

    assert (link is not None, seen.message["List-Unsubscribe-Post"]) == (may, "List-Unsubscribe=One-Click" if may else None)
    assert ("/reminders" in seen.text) == may
    if link is not None:
        assert f"\n{link[1]}\n" in seen.text
        assert link[1] in Page(seen.html).links
        assert tokens.read(link[2], tokens.LinkPurpose.REMINDERS, SETTINGS.secret_key, WRITTEN).mailbox_id == 7


@pytest.mark.parametrize("case", CASES)
def test_every_letter_says_that_nobody_wrote_it(case: str) -> None:
    """No holiday notice answers it (RFC 3834 5, Exchange); and it isn't bulk."""
    message = received(CASES[case]).message

    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"], message["Precedence"]) == ("auto-generated", "All", None)


@pytest.mark.parametrize("case", TO_FAMILIES)
def test_guardians_alone_can_say_not_my_child(case: str) -> None:
    one = CASES[case]
    may = one.facts["reader"] == Reader.GUARDIAN and one.kind not in (LetterKind.REMOVED, LetterKind.NOT_MINE)

    assert ("/not-mine" in received(one).text) == may


@pytest.mark.parametrize("case", [case for case, one in TO_FAMILIES.items() if one.kind not in ENDED])
def test_family_finds_the_page_where_it_can_withdraw(case: str) -> None:
    assert re.search(r"https://outreach\.example/i/[^/\s]+(/withdrawal)?\n", received(CASES[case]).text)


def test_new_link_version_gives_another_link() -> None:
    waits = facts(Reader.GUARDIAN, Cause.REGISTERED, waiting=(student(place=1),))
    before, after = letter(LetterKind.WAITING, waits), letter(LetterKind.WAITING, waits)
    after.mailbox.link_version = 2

    assert received(after).text != received(before).text


def test_link_of_an_address_withdrawn_is_not_shown_with_its_students() -> None:
    assert "Ana" not in received(CASES["removed-address"]).everything


def test_dates_are_in_the_language_of_the_letter() -> None:
    one = CASES["invitation-guardian"]
    french = letter(one.kind, LetterSnapshot.from_json(one.facts), locale="fr")

    seen = received(french)

    assert "jeu. 18 mars" in seen.message["Subject"]
    assert "jeudi 18 mars 2027" in seen.text
    assert '<html lang="fr">' in seen.html


def test_each_of_two_hours_shown_twice_has_its_own_offset() -> None:
    def offset(fold: int) -> list[str]:
        about = replace(LetterSnapshot.from_json(CASES["case-hour-shown-twice"].facts).session, fold=fold)
        return re.findall(r"\(London, (\S+)\)", received(changed(CASES["case-hour-shown-twice"], session=about)).text)

    assert offset(0) == ["UTC+1"]
    assert offset(1) == ["UTC"]


def test_host_in_sydney_and_school_in_vancouver_each_read_their_own_time() -> None:
    far = CASES["case-sydney-host-vancouver-school"]

    assert "15:00 to 17:00 (Vancouver, UTC−7)" in received(far).text
    assert "Vancouver" not in received(changed(far, reader_zone="Australia/Sydney")).text


def test_who_goes_to_a_place_reads_the_time_of_the_place_alone() -> None:
    assert "Vancouver" not in received(changed(CASES["invitation-student"], reader_zone="America/Vancouver")).text


def test_link_to_an_account_is_gone_once_it_is_wiped() -> None:
    wiped = letter(LetterKind.ACCOUNT, AccountSnapshot(purpose="confirm", reader_name="Robin", link=None))

    assert "https://outreach.example/login" in received(wiped).text


def test_moved_says_old_and_new_in_words() -> None:
    seen = received(CASES["updated-time-student"])

    assert "Before: Thursday 11 March 2027" in seen.text
    assert "Now: Thursday 18 March 2027" in seen.text
    assert re.search(r"<s [^>]*>Thursday 11 March 2027", seen.html)


@pytest.mark.parametrize("case", CASES)
def test_readers_find_one_word_for_one_thing(case: str) -> None:
    """E-mail, seat and waiting list; letter, place in a session and line are words of the code."""
    read = received(CASES[case])
    shown = f"{read.message['Subject']}\n{read.text}\n{read.event.get('DESCRIPTION', '') if read.ics else ''}"

    assert re.findall(r"\bletters?\b|(?<![-\w])mails?\b(?! server)|\bplaces\b|\bin line\b", shown, re.IGNORECASE) == []


def test_first_letter_alone_explains_the_unknown_sender() -> None:
    assert "I know the sender" in received(CASES["invitation-student"]).text
    assert "I know the sender" not in received(CASES["updated-time-student"]).text


@pytest.mark.parametrize("reader", [Reader.STUDENT, Reader.GUARDIAN, Reader.TEACHER, Reader.HOST])
def test_moved_removed_and_cancelled_cannot_be_taken_for_one_another(reader: Reader) -> None:
    def seen(kind: LetterKind, cause: Cause, **more: Any) -> tuple[str, str, int, int]:
        read = received(letter(kind, facts(reader, cause, entry=entry(1), **more)))
        lead = re.search(r"<h1[^>]*>(.*?)</h1>", read.html)
        assert lead is not None
        subject = str(read.message["Subject"]).partition(":")[0]
        return subject, lead[1], read.html.count(">18</td>"), read.html.count("<s>18</s>")

    family = {"seated": (student(),)} if reader in (Reader.STUDENT, Reader.GUARDIAN) else {}
    left = {"gone": (student(),)} if family else {}
    moved = seen(LetterKind.UPDATED, Cause.MOVED, was=workshop(workshop().starts_wall - timedelta(days=7)), **family)
    removed = seen(LetterKind.REMOVED, Cause.PUBLISHED if reader is Reader.HOST else Cause.REMOVED, **left)
    cancelled = seen(LetterKind.CANCELLED, Cause.CANCELLED, **family)

    assert len({moved[0], removed[0], cancelled[0]}) == 3
    assert ("new time" in moved[1], "new time" in removed[1], "new time" in cancelled[1]) == (True, False, False)
    assert ("cancelled" in moved[1], "cancelled" in removed[1], "cancelled" in cancelled[1]) == (False, False, True)
    assert "no longer" in removed[1]
    assert (moved[2:], removed[2:], cancelled[2:]) == ((1, 0), (0, 0), (0, 1)), "the day: as it is, none, struck out"
