"""Each page behind a family's link, for each link that isn't the right one: it opens nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from outreach.db import db, transaction
from outreach.models import Guardian, OutreachSession, RegistrationState, Student, User
from outreach.time import clock
from outreach.tokens import LinkPurpose, Ticket, sign
from outreach.web.pages import settings
from tests.support.builders import Builder
from tests.support.registrations import SECOND, nothing_changes, registration_of, states
from tests.support.worlds import written_once

Clients = Callable[[User | None], FlaskClient]
CONFIRMED, WITHDRAWN = RegistrationState.CONFIRMED, RegistrationState.WITHDRAWN
HOME, OTHER = "home@families.example", "other@families.example"
GET, POST = "GET", "POST"
# Path behind the token, method, and the purpose a link must have for it.
PAGES = [
    ("", GET, LinkPurpose.FAMILY),
    ("/answer", POST, LinkPurpose.FAMILY),
    ("/withdrawal/{ana}", GET, LinkPurpose.FAMILY),
    ("/withdrawal/{ana}", POST, LinkPurpose.FAMILY),
    ("/not-mine", GET, LinkPurpose.NOT_MINE),
    ("/not-mine", POST, LinkPurpose.NOT_MINE),
    ("/undo", GET, LinkPurpose.UNDO),
    ("/undo", POST, LinkPurpose.UNDO),
    ("/reminders", GET, LinkPurpose.REMINDERS),
    ("/reminders", POST, LinkPurpose.REMINDERS),
    ("/reminders/restart", POST, LinkPurpose.REMINDERS),
]
every_page = pytest.mark.parametrize(("path", "method", "purpose"), PAGES)


class Families:
    """Ana and Ben live with `HOME` and take part in two sessions; Cem, with `OTHER`, takes part in both too."""

    def __init__(self, make: Builder, client: FlaskClient) -> None:
        self.make, self.client = make, client
        school = make.school()
        self.teacher = make.teacher(school)
        self.school_class = make.school_class(school, self.teacher)
        self.students = {
            "Ana": make.student(self.school_class, given_name="Ana", email="ana@pupils.example", guardians=(HOME,)),
            "Ben": make.student(self.school_class, given_name="Ben", guardians=(HOME,)),
            "Cem": make.student(self.school_class, given_name="Cem", guardians=(OTHER,)),
        }
        host = make.clinician()
        self.here, self.there = make.outreach_session(host, title="Here"), make.outreach_session(host, title="There")
        for one in (self.here, self.there):
            make.register(one, self.teacher, *self.students.values())

    def link(
        self,
        purpose: LinkPurpose = LinkPurpose.FAMILY,
        *,
        address: str = HOME,
        about: OutreachSession | None = None,
        version: int = 0,
        expires_at: datetime | None = None,
        mailbox_id: int | None = None,
        session_id: int | None = None,
    ) -> str:
        """Give a link as a letter has it; `version` is added to the mailbox's."""
        mailbox, about = self.make.mailbox(address), about or self.here
        ticket = Ticket(
            mailbox_id or mailbox.id,
            session_id or about.id,
            purpose,
            mailbox.link_version + version,
            expires_at or about.ends_at + timedelta(days=30),
        )
        return f"/i/{sign(ticket, settings().secret_key)}"

    def ask(self, link: str, path: str, method: str) -> tuple[int, str]:
        """Open a page behind a link, or press its button; give the status and what is shown."""
        data = {"/answer": {"answer": "accepted", "sequence": 0}, "/not-mine": {"sure": 1}}.get(path, {})
        answer = self.client.open(link + path.format(ana=registration_of(self.students["Ana"], self.here).id), method=method, data=data)
        return answer.status_code, unescape(answer.text)


@pytest.fixture
def families(make: Builder, client_of: Clients, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Families:
    monkeypatch.setattr(clock, "now", lambda: now)
    client = client_of(None)
    return written_once(lambda: Families(make, client), "families of links", given=(make, client))


@every_page
def test_the_right_link_opens_the_page(families: Families, path: str, method: str, purpose: LinkPurpose) -> None:
    pressed = 422 if path == "/undo" else 303  # nothing is there to undo
    assert families.ask(families.link(purpose), path, method)[0] == (200 if method == GET else pressed)


@every_page
def test_a_link_for_another_purpose_opens_nothing(families: Families, path: str, method: str, purpose: LinkPurpose) -> None:
    for other in set(LinkPurpose) - {purpose}:
        with nothing_changes():
            status, page = families.ask(families.link(other), path, method)
        assert (status, "This link no longer works" in page, "Ana" in page) == (404, True, False)


@every_page
@pytest.mark.parametrize("version", [-1, 1])
def test_a_link_of_another_version_opens_nothing(families: Families, path: str, method: str, purpose: LinkPurpose, version: int) -> None:
    with nothing_changes():
        assert families.ask(families.link(purpose, version=version), path, method)[0] == 404


@every_page
def test_a_link_opens_until_it_expires_and_not_from_then_on(
    families: Families, path: str, method: str, purpose: LinkPurpose, now: datetime
) -> None:
    words = "You could undo it for 7 days" if purpose is LinkPurpose.UNDO else "The link has expired"
    for ends in (now, now - SECOND):
        with nothing_changes():
            status, page = families.ask(families.link(purpose, expires_at=ends), path, method)
        assert (status, words in page) == (410, True)
    assert families.ask(families.link(purpose, expires_at=now + SECOND), path, method)[0] in {200, 303, 422}


@every_page
def test_a_link_of_a_mailbox_or_a_session_that_is_gone_opens_nothing(
    families: Families, path: str, method: str, purpose: LinkPurpose
) -> None:
    for link in (families.link(purpose, mailbox_id=10**6), families.link(purpose, session_id=10**6)):
        with nothing_changes():
            assert families.ask(link, path, method)[0] == 404


@pytest.mark.parametrize("method", [GET, POST])
@pytest.mark.parametrize("whose", ["another session's", "another family's"])
def test_a_place_of_another_session_or_family_cannot_be_given_back(families: Families, method: str, whose: str) -> None:
    link = families.link(about=families.there) if whose == "another session's" else families.link(address=OTHER)
    with nothing_changes():
        status, page = families.ask(link, "/withdrawal/{ana}", method)
    assert (status, "Ana" in page) == (404, False)


def test_a_link_shows_the_places_of_its_own_session_alone(families: Families, make: Builder) -> None:
    """Ben has withdrawn there, Dua is registered there alone."""
    dua = make.student(families.school_class, given_name="Dua", guardians=(HOME,))
    make.register(families.there, families.teacher, dua)
    here, there = families.ask(families.link(), "", GET)[1], families.ask(families.link(about=families.there), "", GET)[1]
    assert [(name in here, name in there) for name in ("Ana", "Ben", "Cem", "Dua")] == [
        (True, True),
        (True, True),
        (False, False),
        (False, True),
    ]
    ben = registration_of(families.students["Ben"], families.there)
    with transaction():
        ben.state = WITHDRAWN
    here, there = families.ask(families.link(), "", GET)[1], families.ask(families.link(about=families.there), "", GET)[1]
    assert [page.count("withdrawn") for page in (here, there)] == [0, 1]
    assert f"/withdrawal/{ben.id}" not in here


def test_giving_a_place_back_changes_this_session_and_this_student_alone(families: Families) -> None:
    assert families.ask(families.link(), "/withdrawal/{ana}", POST)[0] == 303
    assert states(families.here) == {"Ana": WITHDRAWN, "Ben": CONFIRMED, "Cem": CONFIRMED}
    assert states(families.there) == {"Ana": CONFIRMED, "Ben": CONFIRMED, "Cem": CONFIRMED}
    page = families.ask(families.link(), "", GET)[1]
    assert "Ana is withdrawn. We'll tell the school." in page


@pytest.mark.parametrize(
    ("majority_age", "born", "knows"),
    [
        (18, date(2009, 3, 19), True),
        (18, date(2009, 3, 18), False),
        (18, date(2009, 3, 17), False),
        (16, date(2010, 12, 1), False),
        (21, date(2009, 3, 17), True),
        (18, None, True),
    ],
)
def test_a_guardian_sees_and_withdraws_until_the_student_is_of_age_and_the_student_always_does(
    families: Families, majority_age: int, born: date | None, *, knows: bool
) -> None:
    """On 18 March 2027. Ben, who is a minor everywhere, is always seen."""
    with transaction():
        ana = db.session.get_one(Student, families.students["Ana"].id)
        ana.birth_date, ana.school.majority_age = born, majority_age
    own = families.link(address="ana@pupils.example")
    assert "Ana" in families.ask(own, "", GET)[1]
    page = families.ask(families.link(), "", GET)[1]
    assert ("Ana" in page, "Ben" in page) == (knows, True)
    if not knows:
        with nothing_changes():
            for method in (GET, POST):
                assert families.ask(families.link(), "/withdrawal/{ana}", method)[0] == 404
        assert families.ask(own, "/withdrawal/{ana}", POST)[0] == 303
    else:
        assert families.ask(families.link(), "/withdrawal/{ana}", POST)[0] == 303
    assert states(families.here)["Ana"] is WITHDRAWN


def test_the_newest_of_a_students_registrations_is_shown_once(families: Families, now: datetime) -> None:
    """Ana withdrew and came back; she has her own address and two guardians."""
    with transaction():
        ana = db.session.get_one(Student, families.students["Ana"].id)
        ana.guardians.append(Guardian(school_id=ana.school_id, name="Father", mailbox_id=families.make.mailbox(OTHER).id))
    old = registration_of(families.students["Ana"], families.here)
    assert families.ask(families.link(), "/withdrawal/{ana}", POST)[0] == 303
    families.make.register(families.here, families.teacher, families.students["Ana"], now=now + SECOND)
    new = registration_of(families.students["Ana"], families.here)
    page = families.ask(families.link(), "", GET)[1]
    assert (page.count("<b>Ana</b>"), f"/withdrawal/{new.id}" in page, f"/withdrawal/{old.id}" in page) == (1, True, False)
    assert ">withdrawn<" not in page


def test_no_other_mailbox_of_the_family_is_shown(families: Families) -> None:
    page = families.ask(families.link(), "", GET)[1]
    assert "ana@pupils.example" not in page
    assert OTHER not in page
    assert HOME in families.ask(families.link(LinkPurpose.NOT_MINE), "/not-mine", GET)[1]


def test_a_student_who_shares_the_guardians_address_is_seen_once(families: Families, make: Builder) -> None:
    with transaction():
        db.session.get_one(Student, families.students["Ana"].id).mailbox_id = make.mailbox(HOME).id
    assert families.ask(families.link(), "", GET)[1].count("<b>Ana</b>") == 1
