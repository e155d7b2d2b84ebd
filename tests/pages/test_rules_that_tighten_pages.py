"""Before a rule is tightened the host sees who no longer fits, and decides for each; stale lists are shown again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach.db import db, transaction
from outreach.models import OutreachSession, Site, Student, User
from tests.support.builders import Builder
from tests.support.registrations import nothing_changes, registration_of, states

pytestmark = pytest.mark.usefixtures("clock_stands_still")

ClientOf = Callable[[User | None], FlaskClient]


class Desk:
    """A host with a session for a class of three: one who is old enough for 16 and over, two who aren't."""

    def __init__(self, make: Builder, client_of: ClientOf) -> None:
        self.make, self.client_of, school = make, client_of, make.school("North School")
        self.teacher, self.host = make.teacher(school), make.clinician()
        self.school_class = make.school_class(school, self.teacher)
        self.session: OutreachSession = make.outreach_session(self.host)
        self.student = {name: self._student(name, age) for name, age in (("Ana", 17), ("Ben", 15), ("Cem", 15))}
        make.register(self.session, self.teacher, *self.student.values())

    def _student(self, name: str, age: int) -> Student:
        home = f"{name.lower()}@families.example"
        return self.make.student(self.school_class, given_name=name, birth_date=date(2026 - age, 6, 1), guardians=(home,))

    def key(self, name: str) -> int:
        return registration_of(self.student[name], self.session).id

    def there(self) -> OutreachSession:
        return db.session.get_one(OutreachSession, self.session.id, populate_existing=True)

    def post(self, *, by: User | None = None, page: str = "edit", **changes: Any) -> TestResponse:
        typed = {"title": "Power of a Stitch", "capacity": "10", "leads": ["1440"], "other_unit": "days", "then": "save"}
        seen = self.there().updated_at.isoformat()
        return self.client_of(by or self.host).post(f"/sessions/{self.session.id}/{page}", data=typed | {"seen_at": seen} | changes)

    def decide(self, keep: str = "", release: str = "", **changes: Any) -> TestResponse:
        names = [*keep.split(), *release.split()]
        fates = {f"fate_{self.key(name)}": "keep" if name in keep.split() else "release" for name in names}
        listed = " ".join(str(key) for key in sorted(self.key(name) for name in names))
        return self.post(confirm="1", **{"listed": listed, "released_for": "It is for 16 and over."} | fates | changes)


@pytest.fixture
def desk(make: Builder, client_of: ClientOf) -> Desk:
    return Desk(make, client_of)


def words(response: TestResponse) -> str:
    return " ".join(unescape(response.get_data(as_text=True)).split())


def test_the_list_is_shown_before_anything_is_saved_and_names_nobody_by_family(desk: Desk) -> None:
    with nothing_changes():
        shown = desk.post(age_floor="16", title="New title")
    page = words(shown)
    assert shown.status_code == 200
    assert "Who no longer fits" in page
    for name in ("Ben", "Cem"):
        assert f"{name}, North School" in page
        assert f"{name} is 15 that day: this session is for 16 and over." in page
    assert "Ana" not in page
    assert not any(student.family_name in page for student in desk.student.values())
    assert 'name="title" value="New title"' in page


def test_what_was_decided_is_still_chosen_after_going_back(desk: Desk) -> None:
    asked: dict[str, Any] = {"age_floor": "16", f"fate_{desk.key('Ben')}": "keep", f"because_{desk.key('Ben')}": "He only looks on."}
    usual: dict[str, Any] = {"usual": "The session is for students who are 16 or over on the day."}
    back = words(desk.post(back="1", **asked, **usual, released_for=usual["usual"]))
    for name in (f"fate_{desk.key('Ben')}", f"because_{desk.key('Ben')}", "released_for", "usual"):
        assert f'<input type="hidden" name="{name}"' in back
    again = words(desk.post(**asked | {"age_floor": "17"}, **usual, released_for=usual["usual"]))
    assert 'value="He only looks on."' in again
    assert re.search(rf'<input checked[^>]*name="fate_{desk.key("Ben")}"[^>]*value="keep"', again)
    assert 'value="The session is for students who are 17 or over on the day."' in again


def test_what_was_decided_is_saved(desk: Desk) -> None:
    saved = desk.decide(keep="Ben", release="Cem", age_floor="16", **{f"because_{desk.key('Ben')}": "His father works here."})
    assert saved.status_code == 303
    assert (desk.there().age_floor, states(desk.session)) == (16, {"Ana": "confirmed", "Ben": "confirmed", "Cem": "released"})


def test_all_that_is_missing_stands_beside_its_field_at_once_and_nothing_typed_is_lost(desk: Desk) -> None:
    with nothing_changes():
        refused = desk.decide(keep="Ben", release="Cem", age_floor="16", released_for="", bring="A pen")
    page = words(refused)
    assert refused.status_code == 422
    assert "Say why Ben may keep the seat." in page.split(f'id="because_{desk.key("Ben")}-error"')[1][:200]
    assert "Say why. The families and teachers" in page.split('id="released_for-error"')[1][:200]
    assert 'name="bring" value="A pen"' in page
    assert f'checked id="fate_{desk.key("Cem")}-1"' in page
    with nothing_changes():
        unanswered = desk.post(confirm="1", listed=f"{desk.key('Ben')} {desk.key('Cem')}", age_floor="16")
    assert unanswered.status_code == 422
    assert words(unanswered).count("Choose what becomes of") == 4, "two, each beside its field and in the summary"


def test_a_list_that_has_changed_meanwhile_is_shown_again_with_what_was_chosen(desk: Desk) -> None:
    asked = {"keep": "Ben", "release": "Cem", "age_floor": "16", f"because_{desk.key('Ben')}": "His father works here."}
    with transaction():
        db.session.get_one(Student, desk.student["Ana"].id).birth_date = date(2013, 1, 1)
    with nothing_changes():
        stale = desk.decide(**asked)
    page = words(stale)
    assert stale.status_code == 409
    assert "Who no longer fits has changed since you opened the page." in page
    assert "Ana is 14 that day" in page
    assert 'value="His father works here."' in page
    again = desk.decide(**asked | {"release": "Cem Ana"})
    assert (again.status_code, states(desk.session)["Ana"]) == (303, "released")


def test_a_session_that_was_changed_meanwhile_is_compared_first(desk: Desk) -> None:
    with nothing_changes():
        stale = desk.decide(release="Ben Cem", age_floor="16", seen_at="2027-01-01T00:00:00+00:00")
    assert stale.status_code == 409
    assert "Somebody else changed this session" in words(stale)


def test_fewer_seats_ask_whom_to_release_and_offer_who_was_seated_last(desk: Desk) -> None:
    page = words(desk.post(capacity="2"))
    assert "There would be 2 seats." in page
    checked = {name: f'checked id="fate_{desk.key(name)}-{1 if name == "Cem" else 0}"' in page for name in desk.student}
    assert checked == {"Ana": True, "Ben": True, "Cem": True}
    refused = desk.decide(keep="Ana Ben Cem", capacity="2")
    assert (refused.status_code, "Release one more student, or say why" in words(refused)) == (422, True)
    assert desk.decide(keep="Ana Ben Cem", capacity="2", over_because="They share.").status_code == 303
    assert "3 of 2 seats taken" in words(desk.client_of(None).get(f"/sessions/{desk.session.id}"))


def test_only_a_coordinator_is_offered_to_keep_somebody_against_the_sites_own_rule(desk: Desk, make: Builder) -> None:
    site_id = desk.there().site_id
    assert site_id is not None
    site = desk.there().site
    assert site is not None
    where: dict[str, Any] = {"where": f"area-{make.area(site, 'Theatre', age_floor=16).id}", "zone": "Europe/London"}
    when: dict[str, Any] = {"day": "2027-03-18", "start": "14:00", "end": "16:00"}
    keep = f'id="fate_{desk.key("Ben")}-1"'  # the second of two choices
    by_host = words(desk.post(page="move", **where, **when))
    assert ("only a coordinator can keep them" in by_host, keep in by_host) == (True, False)
    assert keep in words(desk.post(page="move", by=make.coordinator(), **where, **when))


def test_a_coordinator_sets_the_floor_of_an_area_and_hosts_decide_on_their_page(desk: Desk, make: Builder) -> None:
    there = desk.there()
    area = make.area(db.session.get_one(Site, there.site_id), "Ward 3")
    with transaction():
        desk.there().area_id = area.id
    coordinator = desk.client_of(make.coordinator())
    typed = {"name": "Harbor", "address": "1 Main Street", "country": "US", "zone": "America/New_York"}
    wrong = coordinator.post(f"/coordination/sites/{there.site_id}", data=typed | {f"floor_{area.id}": "100"})
    assert (wrong.status_code, f'id="floor_{area.id}-error"' in words(wrong)) == (422, True)
    assert coordinator.post(f"/coordination/sites/{there.site_id}", data=typed | {f"floor_{area.id}": "16"}).status_code == 303
    assert states(desk.session) == {"Ana": "confirmed", "Ben": "pending", "Cem": "pending"}
    host, address = desk.client_of(desk.host), f"/sessions/{desk.session.id}/no-longer-fit"
    assert address in words(host.get(f"/sessions/{desk.session.id}/roster"))
    assert "Ben is 15 that day: this session is for 16 and over." in words(host.get(address))
    listed = " ".join(str(desk.key(name)) for name in ("Ben", "Cem"))
    fates = {"confirm": "1", "listed": listed, "released_for": "The ward says so.", f"fate_{desk.key('Cem')}": "release"}
    kept = fates | {f"fate_{desk.key('Ben')}": "keep", f"because_{desk.key('Ben')}": "He is nearly 16."}
    with nothing_changes():
        refused = host.post(address, data=kept)
    assert (refused.status_code, "Only a coordinator can keep Ben." in words(refused)) == (422, True)
    assert coordinator.post(address, data=kept).status_code == 303
    assert states(desk.session) == {"Ana": "confirmed", "Ben": "confirmed", "Cem": "released"}
    with nothing_changes():
        assert host.post(address, data=kept).status_code == 409
    assert "kept because: He is nearly 16." in words(desk.client_of(desk.teacher).get(f"/sessions/{desk.session.id}/seats"))
