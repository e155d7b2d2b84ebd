"""What the coordinator's pages say: of whom, with which words and buttons, and what they leave out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.coordination import labels
from outreach.db import db, transaction
from outreach.inbound.reasons import InboundReason
from outreach.mail_admin import inbound_labels
from outreach.mail_admin import labels as mail_labels
from outreach.mail_admin.forms import Shown
from outreach.mail_admin.views import server_words
from outreach.models import (
    UNSETTLED,
    Application,
    ApplicationState,
    InboundKind,
    InboundMessage,
    InboundOutcome,
    Letter,
    LetterKind,
    LetterState,
    Membership,
    OutboxPause,
    RoleName,
    School,
    SessionState,
    Site,
    User,
)
from outreach.time import clock
from outreach.web.formatting import table_moment
from outreach.web.paging import one_of
from tests.support.builders import Builder
from tests.support.outbox import letter_named, put

pytestmark = [pytest.mark.empty_database, pytest.mark.usefixtures("clock_stands_still")]
ClientOf = Callable[[User | None], FlaskClient]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def coordinator(make: Builder) -> User:
    """Give a coordinator, whose clock is London's."""
    return make.coordinator(given_name="Ada", family_name="King")


@pytest.fixture
def client(client_of: ClientOf, coordinator: User) -> FlaskClient:
    """Give her browser."""
    return client_of(coordinator)


def plain(html: str) -> str:
    """Give the words of a page, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(html)).split())


def page(client: FlaskClient, path: str) -> str:
    return plain(client.get(f"/coordination{path}").text)


def rows(client: FlaskClient, path: str) -> list[str]:
    """Give the words of each row of a table."""
    found = re.findall(r"<tr role=\"row\">\s*<th scope=\"row\".*?</tr>", client.get(f"/coordination{path}").text, re.DOTALL)
    return [plain(row) for row in found]


def shown(client: FlaskClient, method: str, path: str, **data: str) -> str:
    """Post, and give what the next page says."""
    return plain(client.open(f"/coordination{path}", method=method, data=data, follow_redirects=True).text)


def applied(user: User, now: datetime, role: RoleName = RoleName.TEACHER, **facts: Any) -> Application:
    asked = Application(**{"user_id": user.id, "role": role, "place": "Hill School", "message": "I teach", "created_at": now} | facts)
    with transaction():
        db.session.add(asked)
    return asked


# Applications.


def test_each_tab_holds_the_applications_of_its_state_and_their_number(client: FlaskClient, make: Builder, now: datetime) -> None:
    for number, state in enumerate((ApplicationState.PENDING, ApplicationState.APPROVED, ApplicationState.DECLINED), 1):
        for _ in range(number):
            applied(make.user(given_name=state.value.title()), now, state=state, decided_at=None if number == 1 else now)
    for query, number in (("", 1), ("?state=pending", 1), ("?state=approved", 2), ("?state=declined", 3), ("?state=nonsense", 1)):
        name = query.partition("=")[2].replace("nonsense", "pending").title() or "Pending"
        found = rows(client, f"/applications{query}")
        assert (len(found), all(row.startswith(name) for row in found)) == (number, True), query
    said = page(client, "/applications")
    for tab in ("Waiting 1", "Approved 2", "Declined 3"):
        assert tab in said


def test_an_application_says_whether_its_address_is_confirmed(client: FlaskClient, make: Builder, now: datetime) -> None:
    sure, unsure = make.user(given_name="Sure"), make.user(given_name="Unsure")
    with transaction():
        unsure.confirmed_at = None
    for user in (sure, unsure):
        applied(user, now)
    assert ["Address not confirmed" in row for row in rows(client, "/applications")] == [False, True]
    assert "Teacher Hill School Mon 1 Mar 2027, 09:00 (London) Waiting" in rows(client, "/applications")[0]


@pytest.mark.parametrize(
    ("role", "offered", "mine", "others"),
    [
        (RoleName.TEACHER, "A new school (describe it below)", ("Town", "Age of majority"), ("Address",)),
        (RoleName.CLINICIAN, "A new site (describe it below)", ("Address",), ("Town", "Age of majority")),
    ],
)
def test_each_role_is_given_its_own_kind_of_place(
    client: FlaskClient, make: Builder, now: datetime, role: RoleName, offered: str, mine: tuple[str, ...], others: tuple[str, ...]
) -> None:
    names = {RoleName.TEACHER: ["Alpha School", "Zeta School"], RoleName.CLINICIAN: ["Alpha Hospital", "Zeta Hospital"]}
    for name in reversed(names[RoleName.TEACHER]):
        make.school(name)
    for name in reversed(names[RoleName.CLINICIAN]):
        make.site(name)
    asked = applied(make.user(), now, role, place="Quite Another")
    html = client.get(f"/coordination/applications/{asked.id}").text
    options = re.findall(r"<option[^>]*>([^<]*)", html.partition('name="place"')[2].partition("</select>")[0])
    assert [option.partition(" (")[0] for option in options] == [offered.partition(" (")[0], *names[role]]
    shown = re.findall(r"<label[^>]*>\s*([^<]*?)\s*<", html)
    assert all(any(label.startswith(word) for label in shown) for word in mine)
    assert not any(label.startswith(word) for label in shown for word in others)


def test_a_new_place_begins_with_what_the_applicant_proposed(client: FlaskClient, make: Builder, now: datetime) -> None:
    make.school("Grove School")
    user = make.user()
    with transaction():
        user.zone = "America/New_York"
    html = client.get(f"/coordination/applications/{applied(user, now).id}").text
    assert re.search(r'name="name"[^>]*value="Hill School"', html)
    assert re.search(r'<option selected value="America/New_York"', html)
    assert re.search(r'<option selected value="US"', html)
    assert re.search(r'<option selected value="0"', html)
    assert '<details class="folded" open' in html


@pytest.mark.parametrize("name", ["HILL SCHOOL", "hill school"])
def test_a_place_of_that_name_is_chosen_whatever_its_capitals(client: FlaskClient, make: Builder, now: datetime, name: str) -> None:
    make.school("Another")
    school = make.school(name)
    html = client.get(f"/coordination/applications/{applied(make.user(), now).id}").text
    assert re.search(rf'<option selected value="{school.id}"', html)
    assert '<details class="folded" open' not in html


def test_approval_and_refusal_say_so_and_name_the_applicant(client: FlaskClient, make: Builder, now: datetime) -> None:
    site, people = make.site("St Luke"), [make.user(given_name=name, family_name="Reed") for name in ("Ann", "Bob")]
    first, second = applied(people[0], now, RoleName.CLINICIAN), applied(people[1], now)
    said = shown(client, "POST", f"/applications/{first.id}/approval", place=str(site.id), note="Welcome")
    assert "Ann Reed is approved. We'll tell them by e-mail." in said
    said = shown(client, "POST", f"/applications/{second.id}/refusal", reason="Not known")
    assert "Declined. We'll tell Bob Reed by e-mail." in said
    letters = db.session.scalars(select(Letter).order_by(Letter.id)).all()
    assert [(letter.mailbox_id, letter.kind) for letter in letters] == [(user.mailbox_id, LetterKind.APPLICATION) for user in people]
    said = page(client, f"/applications/{second.id}")
    for words_of_it in ("Applying as: Teacher", "Hill School", "I teach", "Declined", "Ada King", "Not known", "Mon 1 Mar 2027, 09:00"):
        assert words_of_it in said
    assert "Approve" not in said.partition("Message to them")[2]


def test_what_was_wrong_with_one_form_is_not_said_of_the_other(client: FlaskClient, make: Builder, now: datetime) -> None:
    make.school("Known School")
    asked = applied(make.user(), now)
    answer = client.post(
        f"/coordination/applications/{asked.id}/refusal", data={"reason": "", "place": "1", "name": "Typed", "note": "typed"}
    )
    assert (answer.status_code, "Please say why" in answer.text) == (422, True)
    assert "give it a name" not in answer.text
    assert ('value="Typed"' in answer.text, 'value="Hill School"' in answer.text) == (False, True)
    answer = client.post(f"/coordination/applications/{asked.id}/approval", data={"place": "0", "name": "", "reason": "typed reason"})
    assert answer.status_code == 422
    assert ("Please give it a name" in answer.text, "Please say why" in answer.text, "typed reason" in answer.text) == (True, False, False)


def test_a_known_place_needs_no_other_facts_and_an_unknown_one_all(client: FlaskClient, make: Builder, now: datetime) -> None:
    school = make.school("Known School")
    wrong = {"name": "", "country": "XX", "zone": "Nowhere", "majority_age": "99"}
    for place, status in ((str(school.id), 303), ("0", 422), ("999", 422), ("", 422)):
        asked = applied(make.user(), now)
        assert client.post(f"/coordination/applications/{asked.id}/approval", data=wrong | {"place": place}).status_code == status, place
        assert (asked.state is ApplicationState.APPROVED) is (status == 303)
    assert [(one.name, one.country) for one in db.session.scalars(select(School))] == [("Known School", "GB")]


def test_a_new_place_is_kept_with_all_that_was_typed(client: FlaskClient, make: Builder, now: datetime) -> None:
    asked = applied(make.user(), now)
    typed = {"place": "0", "name": " New School ", "town": "Leeds", "country": "US", "zone": "America/New_York", "majority_age": "21"}
    assert client.post(f"/coordination/applications/{asked.id}/approval", data=typed).status_code == 303
    [school] = db.session.scalars(select(School))
    assert (school.name, school.town, school.country, school.zone) == ("New School", "Leeds", "US", "America/New_York")
    assert school.majority_age == 21
    assert db.session.get(Membership, (asked.user_id, school.id)) is not None


@pytest.mark.parametrize(("age", "status"), [("15", 422), ("16", 303), ("21", 303), ("22", 422), ("x", 422)])
def test_somebody_is_of_age_from_16_to_21(client: FlaskClient, age: str, status: int) -> None:
    typed = {"name": "New School", "country": "GB", "zone": "Europe/London", "majority_age": age}
    assert client.post("/coordination/schools/new", data=typed).status_code == status


def test_who_decided_first_is_named_to_the_second(client: FlaskClient, client_of: ClientOf, make: Builder, now: datetime) -> None:
    asked = applied(make.user(given_name="Ann", family_name="Reed"), now)
    rival = client_of(make.coordinator(given_name="Grace", family_name="Hall"))
    rival.post(f"/coordination/applications/{asked.id}/refusal", data={"reason": "Not known"})
    said = shown(client, "POST", f"/applications/{asked.id}/refusal", reason="Mine")
    for words_of_it in ("Ann Reed", "Applied as: Teacher", "Grace Hall", "Not known", "Declined", "Mon 1 Mar 2027, 09:00"):
        assert words_of_it in said
    assert "Mine" not in said


# People.


def test_each_person_stands_with_roles_places_and_account(client: FlaskClient, make: Builder) -> None:
    teacher = make.teacher(make.school("Hill School"), given_name="Tess", family_name="Able", email="tess@schools.example")
    make.appointment(teacher, make.site("St Luke"))
    closed, unsure = make.user(given_name="Cy", family_name="Baker"), make.user(given_name="Una", family_name="Carr")
    with transaction():
        closed.active, closed.confirmed_at = False, None
        unsure.confirmed_at = None
    found = rows(client, "/people")
    assert found[0] == "Tess Able tess@schools.example Teacher Hill School, St Luke Open"
    assert found[1].endswith("none yet – Closed")
    assert found[2].endswith("none yet – Address not confirmed")
    assert found[3].startswith("Ada King")
    assert "4 accounts" in page(client, "/people")


def test_only_published_sessions_to_come_of_this_host_are_counted(client: FlaskClient, make: Builder, now: datetime) -> None:
    host = make.clinician(given_name="Sam", family_name="Lee")
    others: list[tuple[User, datetime, dict[str, Any]]] = [
        (host, now + SECOND, {}),
        (host, now + DAY, {}),
        (host, now, {}),
        (host, now + DAY, {"state": SessionState.DRAFT, "published_at": None}),
        (make.clinician(), now + DAY, {}),
    ]
    for user, starts, facts in others:
        make.outreach_session(user, starts_wall=starts.replace(tzinfo=None), zone="UTC", **facts)
    assert "Hosts 2 upcoming sessions" in page(client, f"/people/{host.id}")
    assert "Hosts" not in page(client, f"/people/{make.clinician().id}")


def test_a_person_s_page_holds_their_own_facts(client: FlaskClient, make: Builder, now: datetime) -> None:
    user = make.teacher(make.school("Hill School"), given_name="Tess", family_name="Able")
    make.teacher(make.school("Other School"))
    first, second = applied(user, now, state=ApplicationState.DECLINED, place="Old"), applied(user, now, place="New")
    applied(make.user(), now, place="Somebody else's")
    said = page(client, f"/people/{user.id}")
    for words_of_it in ("Roles Teacher", "School or site Hill School", "Time zone Europe/London", "Since Mon 1 Mar 2027, 09:00"):
        assert words_of_it in said
    assert said.index("Teacher, New") < said.index("Teacher, Old"), (first, second)
    assert "Somebody else's" not in said
    assert "Close this account" in said


def test_closing_and_opening_an_account_say_whose(client: FlaskClient, make: Builder, coordinator: User) -> None:
    user, other = make.user(given_name="Cy", family_name="Baker"), make.user()
    key, others = user.fs_uniquifier, other.fs_uniquifier
    said = shown(client, "POST", f"/people/{user.id}/closure")
    assert "The account of Cy Baker is closed" in said
    assert ("Reopen this account" in said, "Close this account" in said) == (True, False)
    for one in (user, other, coordinator):
        db.session.refresh(one)
    assert (user.active, user.fs_uniquifier != key) == (False, True)
    assert (other.active, other.fs_uniquifier, coordinator.active) == (True, others, True)
    assert "Cy Baker can sign in again." in shown(client, "POST", f"/people/{user.id}/reopening")
    db.session.refresh(user)
    assert user.active
    assert "This is your own account" in page(client, f"/people/{coordinator.id}")


# Schools and sites.


def test_a_form_begins_with_what_is_known_and_saves_all_of_it(client: FlaskClient, make: Builder) -> None:
    school, site = make.school("Hill School", town="Leeds", majority_age=19), make.site("St Luke", address="1 Main Street")
    html = client.get(f"/coordination/schools/{school.id}").text
    for value in ("Hill School", "Leeds", "19"):
        assert f'value="{value}"' in html
    html = client.get(f"/coordination/sites/{site.id}").text
    assert 'value="St Luke"' in html
    assert "1 Main Street" in html
    assert re.search(r'<option selected value="America/New_York"', html)
    typed = {"name": "St Luke's", "address": "2 New Street", "country": "GB", "zone": "Europe/London"}
    assert "Saved." in shown(client, "POST", f"/sites/{site.id}", **typed)
    assert (site.name, site.address, site.country, site.zone) == ("St Luke's", "2 New Street", "GB", "Europe/London")
    typed = {"name": "Hill School", "town": "York", "country": "US", "zone": "America/New_York", "majority_age": "18"}
    assert "Saved." in shown(client, "POST", f"/schools/{school.id}", **typed), "its own name isn't taken"
    assert (school.town, school.country, school.zone, school.majority_age) == ("York", "US", "America/New_York", 18)


def test_a_new_place_has_the_clock_of_where_it_is_and_not_of_who_adds_it(
    client: FlaskClient, coordinator: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    with transaction():
        coordinator.zone = "Asia/Tokyo"
    blank = {"town": "", "address": "", "zone": "", "majority_age": "18"}
    kinds: list[tuple[str, type[School | Site]]] = [("schools", School), ("sites", Site)]
    for kind, model in kinds:
        path = f"/coordination/{kind}/new"
        assert not re.search(r"<option selected value=\"..", client.get(path).text)
        for place, zone, time in (("Main Street, Chicago", "America/Chicago", "03:00"), ("Leeds", "Europe/London", "09:00")):
            typed = blank | {"name": f"In {zone}", "town": place, "address": place, "country": "US" if "America" in zone else "GB"}
            answer = client.post(path, data=typed, follow_redirects=True)
            assert f"Saved. The time there is now {time}." in answer.text
            assert db.session.scalars(select(model.zone).where(model.name == f"In {zone}")).one() == zone
        unclear = client.post(path, data=blank | {"name": "Elsewhere", "town": "Boston", "address": "Boston", "country": "US"})
        assert unclear.status_code == 422
        for words in ("Clocks differ within this country", 'value="Elsewhere"', "New York, now 04:00"):
            assert words in unclear.text
        assert client.post(path, data=blank | {"name": "Nowhere", "country": ""}).status_code == 422


@pytest.mark.parametrize("kind", ["schools", "sites"])
def test_no_two_of_a_kind_have_one_name_whatever_its_capitals(client: FlaskClient, make: Builder, kind: str) -> None:
    make.school("Mercy")
    make.site("Mercy") if kind == "schools" else make.site("Other")
    typed = {"name": "MERCY", "country": "GB", "zone": "Europe/London", "majority_age": "18", "address": "", "town": ""}
    answer = client.post(f"/coordination/{kind}/new", data=typed)
    if kind == "sites":
        assert answer.status_code == 303, "a school's name is no site's"
        assert sorted(db.session.scalars(select(Site.name))) == ["MERCY", "Other"]
    else:
        assert (answer.status_code, "There is already one with this name" in answer.text) == (422, True)
        assert list(db.session.scalars(select(School.name))) == ["Mercy"]


def test_what_is_missing_in_a_place_is_said(client: FlaskClient) -> None:
    for kind in ("schools", "sites"):
        answer = client.post(
            f"/coordination/{kind}/new", data={"name": " ", "country": "GB", "zone": "Europe/London", "majority_age": "18"}
        )
        assert (answer.status_code, "Please give it a name." in answer.text) == (422, True)


# Letters.


def letter(
    make: Builder, now: datetime, state: LetterState = LetterState.SENT, kind: LetterKind = LetterKind.REMINDER, **facts: Any
) -> Letter:
    at_first = {name: facts.pop(name) for name in ("session_id",) if name in facts}
    name = put(make.mailbox(facts.pop("address", "ana@families.example")), now=now, kind=kind, **at_first)
    is_leased = state is LetterState.LEASED
    known = {"state": state, "settled_at": None if state in UNSETTLED else now, "lease_token": "x" if is_leased else None}
    with transaction():
        written = letter_named(name)
        for key, value in (known | {"leased_until": now if is_leased else None} | facts).items():
            setattr(written, key, value)
    return written


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("state", LetterState)
def test_only_a_failed_letter_that_is_no_account_s_can_be_sent_again(
    client: FlaskClient, make: Builder, now: datetime, kind: LetterKind, state: LetterState
) -> None:
    written = letter(make, now, state, kind)
    said = page(client, f"/emails/{written.id}")
    can = state is LetterState.FAILED and kind is not LetterKind.ACCOUNT
    assert ("Send it again" in said, "We no longer have its link" in said) == (can, state is LetterState.FAILED and not can)
    answer = shown(client, "POST", f"/emails/{written.id}/retry")
    assert ("The e-mail is on its way again." in answer) is can
    db.session.refresh(written)
    assert written.state is (LetterState.QUEUED if can else state)


@pytest.mark.parametrize("kind", LetterKind)
def test_only_what_was_written_about_a_session_can_be_read(client: FlaskClient, make: Builder, now: datetime, kind: LetterKind) -> None:
    outreach_session = make.outreach_session(make.clinician())
    for session_id in (None, outreach_session.id):
        written = letter(make, now, kind=kind, session_id=session_id, address=f"reader{session_id or 0}@families.example")
        is_readable = session_id is not None and kind is not LetterKind.ACCOUNT
        html = client.get(f"/coordination/emails/{written.id}").text
        assert ("message.eml" in html) is is_readable
        assert is_readable or client.get(f"/coordination/emails/{written.id}/message.eml").status_code == 404


def test_a_letter_says_what_became_of_it(client: FlaskClient, make: Builder, now: datetime) -> None:
    settled = letter(make, now, created_at=now - DAY, settled_at=now + DAY, attempts=3, server_words="250 taken")
    waiting = letter(make, now, LetterState.QUEUED, due_at=now + DAY)
    said = page(client, f"/emails/{settled.id}")
    for words_of_it in ("To ana@families.example", "Reminder", "Sent", "Written Sun 28 Feb 2027, 09:00", "Finished Tue 2 Mar 2027, 09:00"):
        assert words_of_it in said
    assert ("Tries 3" in said, "The server said 250 taken" in said, "Due" in said) == (True, True, False)
    assert "Due Tue 2 Mar 2027, 09:00" in page(client, f"/emails/{waiting.id}")
    found = rows(client, "/emails")
    assert found == [
        "ana@families.example Reminder Waiting due Tue 2 Mar 2027, 09:00 (London) 0 –",
        "ana@families.example Reminder Sent Tue 2 Mar 2027, 09:00 (London) 3 250 taken",
    ]


def test_only_in_letters_about_accounts_a_quoted_link_is_taken_out(make: Builder, now: datetime) -> None:
    said = "554 <HTTPS://x.example/reset/one> and x/confirm/two, see /reset/three or http:four; end"
    assert server_words(letter(make, now, kind=LetterKind.ACCOUNT, server_words=said)) == "554 […] and […] see […] or […] end"
    assert server_words(letter(make, now, kind=LetterKind.REMINDER, server_words=said)) == said


# Mail that came in.


def came(now: datetime, number: int = 0, **facts: Any) -> InboundMessage:
    known = {"kind": InboundKind.OTHER, "outcome": InboundOutcome.QUARANTINED, "reason": "person_wrote", "size": 2048, "raw": b"x"}
    message = InboundMessage(**{"digest": f"digest{number}", "received_at": now} | known | facts)
    with transaction():
        db.session.add(message)
    return message


@pytest.mark.parametrize("reason", InboundReason)
@pytest.mark.usefixtures("app")
def test_each_reason_has_its_sentence_and_what_to_do(reason: InboundReason) -> None:
    message = InboundMessage(reason=reason.value)
    assert inbound_labels.why(message) == str(inbound_labels.REASONS[reason])
    special = {
        InboundReason.PERSON_WROTE: "Please read it and answer",
        InboundReason.NO_TOKEN: "If a family or a school wrote it",
        InboundReason.TOO_LARGE: "ask them to send it again without attachments",
        InboundReason.FAULT: "whoever runs this service",
    }
    assert special.get(reason, "Nothing was changed.") in inbound_labels.to_do(message)


@pytest.mark.usefixtures("app")
def test_no_two_reasons_read_the_same() -> None:
    assert len({str(sentence) for sentence in inbound_labels.REASONS.values()}) == len(InboundReason)
    assert inbound_labels.why(InboundMessage(reason="")) == ""


@pytest.mark.usefixtures("app")
def test_the_sign_beside_an_outcome(now: datetime) -> None:
    found = {
        (outcome, is_seen): inbound_labels.sign(InboundMessage(outcome=outcome, reviewed_at=now if is_seen else None))
        for outcome in InboundOutcome
        for is_seen in (False, True)
    }
    for is_seen in (False, True):
        assert found[InboundOutcome.APPLIED, is_seen] == "complete"
        assert found[InboundOutcome.HISTORY, is_seen] == found[InboundOutcome.IGNORED, is_seen] == "dropped"
    assert (found[InboundOutcome.QUARANTINED, False], found[InboundOutcome.QUARANTINED, True]) == ("failed", "past")


@pytest.mark.parametrize(("length", "is_cut"), [(20_000, False), (20_001, True)])
def test_of_a_message_twenty_thousand_bytes_are_shown(client: FlaskClient, now: datetime, length: int, *, is_cut: bool) -> None:
    message = came(now, raw=b"\r\n" + b"x" * (length - 3) + b"y")
    html = client.get(f"/coordination/received/{message.id}").text
    assert ("Only the beginning is shown" in html, "xy" in html.partition("Original e-mail")[2]) == (is_cut, not is_cut)


def test_the_file_of_a_message_is_never_shown_by_the_browser(client: FlaskClient, now: datetime) -> None:
    message, wiped = came(now, raw=b"To: x\r\n\r\n<script>"), came(now, 1, raw=None)
    answer = client.get(f"/coordination/received/{message.id}/message.eml")
    assert (answer.data, answer.mimetype) == (b"To: x\r\n\r\n<script>", "message/rfc822")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="received-{message.id}.eml"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(f"/coordination/received/{wiped.id}/message.eml").status_code == 404
    assert "have been deleted" in page(client, f"/received/{wiped.id}")


def test_looking_at_a_message_is_noted_once(client: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    message, other = came(now), came(now, 1)
    assert "Mark as reviewed" in page(client, f"/received/{message.id}")
    assert "Marked as reviewed." in shown(client, "POST", f"/received/{message.id}/review")
    monkeypatch.setattr(clock, "now", lambda: now + DAY)
    client.post(f"/coordination/received/{message.id}/review")
    for one in (message, other):
        db.session.refresh(one)
    assert (message.reviewed_at, other.reviewed_at) == (now, None)
    assert "Mark as reviewed" not in page(client, f"/received/{message.id}")


def test_a_message_that_was_dealt_with_needs_no_look(client: FlaskClient, now: datetime) -> None:
    for number, outcome in enumerate(InboundOutcome):
        message = came(now, number, outcome=outcome)
        assert ("Mark as reviewed" in page(client, f"/received/{message.id}")) is (outcome is InboundOutcome.QUARANTINED)


def test_an_unknown_filter_shows_what_needs_a_look(client: FlaskClient, now: datetime) -> None:
    came(now, subject="Needs review")
    came(now, 1, subject="Done", outcome=InboundOutcome.APPLIED)
    for query in ("", "?shown=nonsense&kind=nonsense"):
        assert [row.partition(" –")[0] for row in rows(client, f"/received{query}")] == ["Needs review"]
    assert len(rows(client, "/received?shown=all")) == 2


# Home.


def test_what_waits_is_counted_with_a_link_and_the_rest_left_out(client: FlaskClient, make: Builder, now: datetime) -> None:
    assert "Nothing needs your attention" in page(client, "")
    applied(make.user(), now)
    for number in range(2):
        came(now, number)
    letter(make, now, LetterState.FAILED)
    html = client.get("/coordination").text
    said = plain(html)
    for words_of_it in ("1 application to decide on", "2 received e-mails to review", "1 e-mail didn't arrive"):
        assert words_of_it in said
    for absent in (
        "to confirm or cancel",
        "is refused",
        "reported as wrong",
        "blocks our e-mails",
        "Nothing needs your attention",
        "no longer exists",
    ):
        assert absent not in said
    for link in ("/coordination/applications", "/coordination/emails?state=not_arrived", "/coordination/received"):
        assert f'href="{link}"' in html


def test_a_pause_says_since_when_and_why(client: FlaskClient, now: datetime) -> None:
    with transaction():
        until = now + timedelta(minutes=5)
        db.session.add(OutboxPause(id=1, since=now - DAY, until=until, times=1, reason="insecure", server_words="530 STARTTLS"))
    said = page(client, "")
    assert "can't prove its identity" in said
    assert "530 STARTTLS" in said
    assert "This started on Sun 28 Feb 2027, 09:00 (London). We'll try again on Mon 1 Mar 2027, 09:05 (London)." in said
    assert "We are trying the mail server again now." in shown(client, "POST", "/emails/retry")


# Words.


@pytest.mark.usefixtures("app")
def test_a_moment_reads_as_the_clock_of_its_zone_shows_it() -> None:
    at = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)
    assert table_moment(at, "Europe/London") == "Mon 1 Mar 2027, 23:30 (London)"
    assert table_moment(at, "Asia/Tokyo") == "Tue 2 Mar 2027, 08:30 (Tokyo)"
    assert table_moment(None, "Europe/London") == ""


def test_moments_stand_on_the_clock_of_whoever_reads(client: FlaskClient, coordinator: User, make: Builder, now: datetime) -> None:
    with transaction():
        coordinator.zone = "Asia/Tokyo"
    asked, message = applied(make.user(), now), came(now)
    written = letter(make, now)
    for path in ("/applications", f"/applications/{asked.id}", "/received", f"/received/{message.id}", "/emails", f"/emails/{written.id}"):
        assert "Mon 1 Mar 2027, 18:00" in page(client, path), path
    assert "Since Mon 1 Mar 2027, 18:00" in page(client, f"/people/{coordinator.id}")


@pytest.mark.usefixtures("app")
def test_every_member_has_words_of_its_own() -> None:
    tables: list[tuple[Any, Any]] = [
        (labels.ROLES, RoleName),
        (labels.APPLICATION_STATES, ApplicationState),
        (labels.SESSION_STATES, SessionState),
        (mail_labels.LETTER_KINDS, LetterKind),
        (mail_labels.LETTER_STATES, LetterState),
        (inbound_labels.INBOUND_KINDS, InboundKind),
        (inbound_labels.INBOUND_OUTCOMES, InboundOutcome),
    ]
    for table, members in tables:
        assert set(table) == set(members)
        assert len({str(text) for text in table.values()}) == len(members)


@pytest.mark.usefixtures("app")
def test_a_typed_word_is_a_member_or_none() -> None:
    assert [one_of(Shown, typed) for typed in ("open", "all", "OPEN", "", None)] == [Shown.TO_LOOK_AT, Shown.ALL, None, None, None]


def test_what_is_searched_for_is_one_line_of_a_hundred_characters(client: FlaskClient, make: Builder) -> None:
    make.user(given_name="x" * 100, family_name="Able")
    assert rows(client, f"/people?q={'x' * 150}") != []
    assert rows(client, f"/people?q={'x' * 99}y") == []
    assert 'value="a b"' in client.get("/coordination/people?q=a%0A%00b").text
