"""The page of a session lets an invited family have its link sent again, and tells a stranger nothing."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from outreach.db import db
from outreach.models import LinkRequest
from outreach.web import limiter
from tests.support.builders import Builder

pytestmark = pytest.mark.usefixtures("clock_stands_still")


def test_whoever_asks_reads_the_same_and_only_so_often(app: Flask, make: Builder, now: datetime) -> None:
    school = make.school()
    teacher = make.teacher(school)
    outreach_session = make.outreach_session(make.clinician())
    make.register(outreach_session, teacher, make.student(make.school_class(school, teacher), guardians=("home@families.example",)))
    client, page = app.test_client(), f"/sessions/{outreach_session.id}"
    assert f'href="{page}/link"' in client.get(page).text

    def sent(address: str) -> tuple[int, str, str]:
        answer = client.post(f"{page}/link", data={"email": address})
        return answer.status_code, answer.headers.get("Location", ""), client.get(f"{page}/link/sent").text.replace(address, "")

    invited, stranger = sent(" Home@Families.example"), sent("stranger@example.org")
    assert invited == stranger
    assert invited[:2] == (303, f"{page}/link/sent")
    assert [row.address for row in db.session.scalars(select(LinkRequest).order_by(LinkRequest.id))] == [
        "home@families.example",
        "stranger@example.org",
    ]
    assert {row.asked_at for row in db.session.scalars(select(LinkRequest))} == {now}


@pytest.mark.parametrize(("address", "often"), [("stranger@example.org", 5), ("{number}@example.org", 30)])
def test_nobody_asks_more_often_for_one_address_or_from_one_place(
    app: Flask, make: Builder, monkeypatch: pytest.MonkeyPatch, address: str, often: int
) -> None:
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    path = f"/sessions/{make.outreach_session(make.clinician()).id}/link"
    answers = [app.test_client().post(path, data={"email": address.format(number=number)}).status_code for number in range(often + 1)]

    assert answers == [303] * often + [429]
