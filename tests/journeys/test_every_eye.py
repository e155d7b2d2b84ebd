"""The main pages as different people meet them: with a screen reader, in the dark, on a small phone, by keyboard, without scripts.

On the demo's invented people, by the web server as it is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import text

from outreach.accounts.demo_sign_ins import PASSWORD
from outreach.time import clock
from tests.support.demo import FilledDemo
from tests.support.demo_visits import PHONE, Demo, receive_a_question
from tests.support.service import app_in, environment, running

pytestmark = pytest.mark.browser
NARROWEST = {"width": 320, "height": 640}
SMALLEST_FOR_TABLES = {"width": 880, "height": 640}  # narrower, they are cards
ADDRESSES = {
    "anybody": {
        "catalogue": "/", "search without a hit": "/?q=nothing", "session": "/sessions/{full}", "sign-in": "/login",
        "apply": "/apply", "forgotten password": "/reset", "family page": "/i/{token}",
        "family's question": "/i/{token}/withdrawal/{place}", "question after a no": "/i/{token}/withdrawal",
        "not my child": "/i/{not_mine}/not-mine", "undo not my child": "/i/{undo}/undo",
        "decision": "/d/{decide}",
        "link that ended": "/i/nothing", "nothing there": "/nowhere", "mailbox": "/mailbox?q=teacher", "letter": "/mailbox/{letter}",
    },
    "clinician": {
        "formats": "/sessions/new", "post form": "/sessions/new/stitch_workshop", "my sessions": "/my-sessions",
        "my session": "/sessions/{hosted}", "edit": "/sessions/{hosted}/edit", "move": "/sessions/{hosted}/move",
        "cancel": "/sessions/{hosted}/cancellation", "decide later": "/sessions/{provisional}/decision-time",
        "roster": "/sessions/{hosted}/roster", "who no longer fits": "/sessions/{hosted}/no-longer-fit",
    },
    "teacher": {
        "classes": "/classes", "class": "/classes/{class}", "students": "/students", "upload": "/classes/{class}/import",
        "imports": "/imports", "removal": "/classes/{class}/students/removal",
        "student form": "/classes/{class}/students/new", "student": "/students/{student}",
        "responsibility": "/students/{student}/responsibility",
        "which class": "/sessions/{hosted}/registration", "register sheet": "/sessions/{hosted}/registration?class={class}",
        "registrations": "/registrations", "seats": "/sessions/{hosted}/seats",
        "withdraw question": "/registrations/{place}/withdrawal", "account": "/account",
        "missing birth dates": "/classes/{class}/birth-dates",
    },
    "coordinator": {
        "coordination home": "/coordination", "applications": "/coordination/applications",
        "application": "/coordination/applications/1", "people": "/coordination/people",
        "closed accounts": "/coordination/closed-accounts", "schools": "/coordination/schools",
        "sites": "/coordination/sites", "all sessions": "/coordination/sessions", "mail log": "/coordination/emails?q=teacher",
        "logged letter": "/coordination/emails/{logged}", "undeliverable addresses": "/coordination/undeliverable",
        "received mail": "/coordination/received", "received message": "/coordination/received/{received}",
        "invitation health": "/coordination/invitations", "a session's invitations": "/coordination/sessions/{hosted}/invitations",
        "one invitation": "/coordination/invitations/{invitation}", "merging two sites": "/coordination/sites/2/merger?into=1",
    },
}  # fmt: skip
PAGES = [pytest.param(who, address, id=name) for who, pages in ADDRESSES.items() for name, address in pages.items()]
AXE, RUN_AXE = Axe(), "(options) => axe.run(document, options).then((result) => result.violations)"
SMALL_TARGETS = """() => [...document.querySelectorAll("button, a.button, summary, select, textarea, input:not([type=hidden])")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .map((one) => [one, (one.type === "checkbox" || one.type === "radio" ? one.closest(".choice") ?? one : one).getBoundingClientRect()])
    .filter(([, box]) => box.height < 44)
    .map(([one, box]) => `${one.tagName} ${one.name || one.textContent.trim()}: ${box.height}`)"""
FOCUS = """() => {
    const one = document.activeElement, ring = getComputedStyle(one.closest(".session-card") ?? one), own = getComputedStyle(one);
    return [own, ring].some((style) => style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2) ? "" : one.outerHTML;
}"""


@pytest.fixture(scope="module")
def demo(filled_demo: FilledDemo, tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Demo]:
    """Serve the demo."""
    folder = tmp_path_factory.mktemp("served") / "demo"
    variables = environment(filled_demo.copied(folder), folder, MODE="demo")
    receive_a_question(app_in(variables))
    with running(variables, commands=("serve",)) as service:
        yield Demo(service, browser, folder)


@pytest.mark.parametrize(("who", "address"), PAGES)
def test_everybody_can_use_the_page(demo: Demo, who: str, address: str) -> None:
    page = demo.open(who, address)
    assert page.locator("h1").count() == 1
    assert page.locator(".error-code").count() == (address == "/nowhere")
    assert ("link no longer works" in page.locator("h1").inner_text()) == (address == "/i/nothing")
    assert page.evaluate(SMALL_TARGETS) == []
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, runOnly=["color-contrast"]) == []
    page.emulate_media(color_scheme="light")
    for size in (NARROWEST, SMALLEST_FOR_TABLES):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.set_viewport_size(PHONE)
    assert demo.complaints == []


def violations(page: Any, **options: Any) -> list[str]:
    """Give what axe-core finds, in a line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    found = page.evaluate(RUN_AXE, {"resultTypes": ["violations"]} | options)
    return [f"{one['id']}: {one['help']}: {node['html']}" for one in found for node in one["nodes"]]


def test_a_list_can_be_checked_and_its_students_registered_whatever_they_are_called(demo: Demo) -> None:
    """Names and addresses without a blank are no wider than the smallest phone."""
    teacher = demo.visitor("teacher")
    teacher.open("/classes/{class}/import".format(**demo.records))
    row = f"{'Ana' * 12},{'Lopez' * 10},{'ana' * 15}@{'pupils' * 8}.example,{'mother' * 8}@families.example"
    teacher.fill(pasted=f"Given name,Family name,E-mail,Guardian e-mail\nAna,Lopez,ana@,mother@families.example\n{row}\n")
    teacher.press("Check the list")
    assert "1 new" in teacher.text
    assert "1 with an error" in teacher.text
    assert teacher.page.evaluate(SMALL_TARGETS) == []
    assert violations(teacher.page) == []
    teacher.page.set_viewport_size(NARROWEST)
    assert teacher.page.evaluate("document.documentElement.scrollWidth") <= NARROWEST["width"]
    teacher.press("Import 1 student")
    for address in ("/classes/{class}", "/students", "/sessions/{hosted}/registration?class={class}"):
        teacher.open(address.format(**demo.records))
        assert "AnaAna" in teacher.text
        assert teacher.page.evaluate("document.documentElement.scrollWidth") <= NARROWEST["width"]


@pytest.mark.parametrize(("who", "address"), [("anybody", "/"), ("anybody", "/login"), ("clinician", "/sessions/new/stitch_workshop")])
def test_the_keyboard_skips_to_the_content_and_always_shows_where_it_is(demo: Demo, who: str, address: str) -> None:
    page = demo.open(who, address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    stops = 0
    while stops < 12 and not page.evaluate("document.activeElement === document.body"):
        assert page.evaluate(FOCUS) == ""
        page.keyboard.press("Tab")
        stops += 1
    assert stops > 8
    page.goto(page.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_time_zone_of_ones_own_begins_with_the_browsers(demo: Demo) -> None:
    applicant = demo.visitor("anybody", timezone_id="America/New_York")
    applicant.open("/apply")
    assert applicant.page.locator("[name=zone]").input_value() == "America/New_York"


def test_without_scripts_everything_still_works(demo: Demo) -> None:
    host, teacher = (demo.visitor(who, java_script_enabled=False) for who in ("clinician", "teacher"))
    day = clock.now().date() + timedelta(days=50)
    host.open("/sessions/new/talk")
    host.fill(day=day.isoformat(), start="10:00", end="11:00", title="Without scripts", capacity="2")
    host.press("Publish")
    session = host.path
    teacher.open(f"{session}/registration?class={demo.records['class']}")
    page = teacher.page
    page.locator("input[name=first_ids]").last.check()
    last = page.locator("tbody tr").last.locator("label").first.inner_text()
    teacher.press("Update who will have a seat")
    assert page.locator("tbody tr", has_text=last).get_by_text("will have a seat").is_visible()
    teacher.tick("permission_attested")
    page.locator("main button", has_text=re.compile(r"Register \d+ students")).click()
    assert "2 of 2 seats taken" in teacher.text
    teacher.follow(f"Withdraw {last}")
    teacher.press("Withdraw")
    assert "is withdrawn" in teacher.text
    host.open(f"{session}/move")
    host.fill(start="12:00", end="13:00")
    host.press("See who will be told")
    host.press("Move and tell everybody")
    host.open(f"{session}/cancellation")
    host.fill(reason="The theatre is needed.")
    host.press("Cancel the session")
    assert "The theatre is needed." in host.text
    page.locator("header").get_by_text("Menu", exact=True).click()
    page.locator("header").get_by_role("button", name="Sign out").click()
    assert teacher.path == "/"


def test_a_demo_logs_nothing_private_either(demo: Demo) -> None:
    said = demo.service.log.read_text()
    with demo.service.engine.connect() as connection:
        names = set(connection.execute(text("SELECT family_name FROM student")).scalars())
    assert [secret for secret in {*names, "@", demo.records["token"], PASSWORD} if secret in said] == []
