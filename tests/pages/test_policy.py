"""Every route of the service, asked for by everybody: who gets which answer is declared here, and nowhere guessed.

A route without a declared answer fails. A stranger's record looks like one that isn't there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from outreach import create_app
from outreach.db import db
from outreach.models import Role, RoleName, User
from tests.support.databases import SqliteTemplates
from tests.support.policy_world import STUDENT, World, open_world

ASKING = ("coordinator", "owner", "colleague", "stranger", "other role", "anonymous")


def everybody(status: int) -> str:
    """The same for all."""
    return " ".join([str(status)] * 6)


def signed_in(status: int) -> str:
    """Whoever has signed in; `in`: the others are sent to."""
    return " ".join([str(status)] * 5) + " in"


def the_role(status: int) -> str:
    """Whoever has the role, and the coordinator."""
    return " ".join([str(status)] * 4) + " 403 in"


def keepers(status: int) -> str:
    """Whose record it is, and the coordinator; a stranger finds nothing."""
    return " ".join([str(status)] * 3) + " 404 403 in"


def coordinator(status: int) -> str:
    """The coordinator alone."""
    return f"{status} 403 403 403 403 in"


# "endpoint METHOD [variant]": the status each of ASKING gets. A form posted with nothing in it answers 422, 409 where it
# confirms facts that its page shows, or 303 where it begins with what is there already.
ANSWERS = {
    "about.edit GET": coordinator(200),
    "about.edit POST": coordinator(303),
    "about.show GET": everybody(200),
    "about.texts GET": coordinator(200),
    "accounts.applied GET": everybody(200),
    "accounts.apply GET": everybody(200),
    "accounts.apply POST": everybody(422),
    "accounts.confirm GET": everybody(200),
    "accounts.confirm POST": everybody(422),
    "accounts.confirm_again GET": everybody(200),
    "accounts.confirm_again POST": everybody(422),
    "accounts.home GET": signed_in(200),
    "accounts.home POST": signed_in(303),
    "accounts.start GET": signed_in(302),
    "background.show GET": "200 200 404 404 404 in",
    "background.cancel POST": "303 303 404 404 404 in",
    "catalogue.calendar GET": everybody(200),
    "catalogue.calendar GET draft": everybody(404),
    "catalogue.index GET": everybody(200),
    "catalogue.show GET": everybody(200),
    "catalogue.show GET draft": "200 200 200 404 404 404",
    "coordination.application GET": coordinator(200),
    "coordination.applications GET": coordinator(200),
    "coordination.approve POST": coordinator(409),
    "coordination.close_account POST": coordinator(303),
    "coordination.end_membership POST": coordinator(303),
    "coordination.hand_over POST": coordinator(303),
    "coordination.show_closed_accounts GET": coordinator(200),
    "coordination.decline POST": coordinator(422),
    "coordination.home GET": coordinator(200),
    "coordination.merge_school GET": coordinator(200),
    "coordination.merge_school POST": coordinator(422),
    "coordination.merge_site GET": coordinator(200),
    "coordination.merge_site POST": coordinator(422),
    "mail_admin.received GET": coordinator(200),
    "mail_admin.received_email GET": coordinator(200),
    "mail_admin.received_file GET": coordinator(200),
    "mail_admin.invitation GET": coordinator(200),
    "mail_admin.invitations GET": coordinator(200),
    "mail_admin.email GET": coordinator(200),
    "mail_admin.emails GET": coordinator(200),
    "mail_admin.undeliverable_addresses GET": coordinator(200),
    "mail_admin.email_file GET": coordinator(200),
    "coordination.new_school GET": coordinator(200),
    "coordination.new_school POST": coordinator(422),
    "coordination.new_site GET": coordinator(200),
    "coordination.new_site POST": coordinator(422),
    "coordination.open_account POST": coordinator(303),
    "coordination.people GET": coordinator(200),
    "coordination.person GET": coordinator(200),
    "mail_admin.retry POST": coordinator(303),
    "mail_admin.answer POST": coordinator(422),
    "mail_admin.review POST": coordinator(303),
    "coordination.school GET": coordinator(200),
    "coordination.school POST": coordinator(303),
    "coordination.schools GET": coordinator(200),
    "mail_admin.resend_invitations GET": coordinator(200),
    "mail_admin.resend_invitations POST": coordinator(303),
    "mail_admin.session_invitations GET": coordinator(200),
    "coordination.sessions GET": coordinator(200),
    "coordination.site GET": coordinator(200),
    "coordination.site POST": coordinator(303),
    "coordination.sites GET": coordinator(200),
    "mail_admin.try_now POST": coordinator(303),
    "mail_admin.use_again POST": coordinator(303),
    "mail_admin.resend_invitation POST": coordinator(303),
    # the link is the key, whoever has signed in: a present host's or a coordinator's
    "decisions.call_off POST": everybody(422),
    "decisions.call_off POST strangers": everybody(404),
    "decisions.confirm POST": everybody(409),
    "decisions.confirm POST strangers": everybody(404),
    "decisions.show GET": everybody(200),
    "decisions.show GET coordinators": everybody(200),
    "decisions.show GET strangers": everybody(404),
    # the link is the key, whoever has signed in
    "families.answer POST": everybody(303),
    "families.not_mine GET": everybody(200),
    "families.not_mine POST": everybody(303),
    "families.undo_not_mine GET": everybody(200),
    "families.undo_not_mine POST": everybody(422),  # nothing is there to undo
    "families.restart_reminders POST": everybody(303),
    "families.reminders GET": everybody(200),
    "families.reminders POST": everybody(303),
    "families.show GET": everybody(200),
    "families.ask_for_link GET": everybody(200),
    "families.ask_for_link POST": everybody(422),
    "families.link_sent GET": everybody(200),
    "families.stopped GET": everybody(200),
    "families.undo POST": everybody(422),
    "families.withdraw GET": everybody(200),
    "families.withdraw POST": everybody(409),
    "families.ask_to_withdraw GET": everybody(200),
    "families.withdraw_ticked POST": everybody(422),
    "health.healthz GET": everybody(200),
    "health.readyz GET": everybody(200),
    # in a demo without a mail server alone
    "mailbox.download GET": everybody(200),
    "mailbox.html GET": everybody(200),
    "mailbox.index GET": everybody(200),
    "mailbox.show GET": everybody(200),
    "registration.answer_offer POST": keepers(303),
    "registration.draw POST": keepers(303),
    "registration.index GET": the_role(200),
    # of any session the places of one's own school: see test_a_stranger_sees_nobody
    "arrangements.edit GET": "200 200 200 404 403 in",
    "arrangements.edit POST": "303 303 303 404 403 in",
    "registration.seats GET": the_role(200),
    "registration.seats GET draft": "200 404 404 404 403 in",
    "registration.register GET": keepers(200),
    "registration.register GET draft": "200 404 404 404 403 in",
    "registration.registered POST": keepers(409),
    "registration.registered POST foreign": "409 404 404 409 403 in",
    "registration.remove GET": keepers(200),
    "registration.remove POST": keepers(409),
    "registration.accept_again GET": keepers(303),
    "registration.accept_again POST": keepers(303),
    "registration.undo_removal POST": keepers(303),
    "registration.undo_withdrawal POST": keepers(303),
    "registration.withdraw GET": keepers(200),
    "registration.withdraw POST": keepers(409),
    "scheduling.cancel GET": keepers(200),
    "scheduling.cancel GET draft": keepers(200),
    "scheduling.cancel POST": keepers(422),
    "scheduling.cancel POST draft": keepers(303),
    "scheduling.choose GET": the_role(200),
    "scheduling.confirm POST": keepers(422),
    "scheduling.confirm POST provisional": keepers(409),
    "scheduling.decide GET": keepers(200),
    "scheduling.decide GET draft": keepers(303),
    "scheduling.decide GET provisional": keepers(200),
    "scheduling.edit GET": keepers(200),
    "scheduling.edit GET draft": keepers(200),
    "scheduling.edit POST": keepers(422),
    "scheduling.edit POST draft": keepers(422),
    "scheduling.leave_open GET": keepers(200),
    "scheduling.leave_open GET draft": keepers(303),
    "scheduling.leave_open POST": keepers(409),
    "scheduling.mine GET": the_role(200),
    "scheduling.keep_or_release GET": keepers(200),
    "scheduling.keep_or_release GET draft": keepers(303),
    "scheduling.keep_or_release POST": keepers(200),
    "scheduling.move_session GET": keepers(200),
    "scheduling.move_session GET draft": keepers(303),
    "scheduling.move_session POST": keepers(422),
    "scheduling.new GET": the_role(200),
    "scheduling.new POST": the_role(422),
    "scheduling.publish POST": keepers(303),
    "scheduling.publish POST draft": keepers(303),
    "scheduling.show_roster GET": keepers(200),
    "schools.birth_dates GET": keepers(200),
    "schools.birth_dates POST": keepers(422),
    "schools.blocked_domain GET": keepers(200),
    "schools.commit POST": keepers(303),
    "schools.download_class GET": keepers(200),
    "schools.download_template GET": the_role(200),
    "registration.download_seats GET": the_role(200),
    "scheduling.download_roster GET": keepers(200),
    "schools.remove_students GET": keepers(200),
    "schools.remove_students POST": keepers(422),
    "schools.import_again GET": keepers(303),
    "schools.list_imports GET": the_role(200),
    "schools.show_import GET": keepers(200),
    "schools.undo_import GET": keepers(200),
    "schools.undo_import POST": keepers(303),
    "schools.delete_class GET": keepers(200),
    "schools.delete_class POST": keepers(303),
    "schools.edit_student GET": keepers(200),
    "schools.edit_student POST": keepers(303),
    "schools.index GET": the_role(200),
    "schools.join_class POST": keepers(303),
    "schools.join_class POST foreign": "404 404 404 404 403 in",
    "schools.keep_class POST": keepers(303),
    "schools.leave_class POST": keepers(303),
    "schools.leave_class POST foreign": "303 404 404 404 403 in",
    "schools.unblock POST": keepers(303),
    "schools.new_class GET": the_role(200),
    "schools.new_class POST": the_role(422),
    "schools.new_student GET": keepers(200),
    "schools.new_student POST": keepers(422),
    "schools.remove_student GET": keepers(200),
    "schools.remove_student POST": keepers(422),
    "schools.rename_class GET": keepers(200),
    "schools.rename_class POST": keepers(303),
    "schools.review POST": keepers(303),
    "schools.review_again GET": keepers(303),
    "schools.show_class GET": keepers(200),
    "schools.students GET": the_role(200),
    "schools.upload GET": keepers(200),
    "schools.upload POST": keepers(422),
    "schools.take_responsibility GET": keepers(200),
    "schools.take_responsibility POST": keepers(422),  # nothing is left to settle
    "schools.use_again POST": keepers(303),
    "security.change_password GET": signed_in(200),
    "security.change_password POST": signed_in(422),
    "security.forgot_password GET": everybody(200),
    "security.forgot_password POST": everybody(422),
    "security.login GET": "302 302 302 302 302 200",
    "security.login POST": "302 302 302 302 302 422",
    "security.logout POST": everybody(302),
    "security.reset_password GET": everybody(200),
    "security.reset_password POST": everybody(422),
    "static GET": everybody(200),
}


@pytest.fixture(scope="module")
def world(_sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all: what a request changes is taken back."""
    with open_world(_sqlite_templates.empty, tmp_path_factory.mktemp("policy")) as world:
        yield world


def declarations(app: Flask) -> set[str]:
    """Write down every route with each of its methods."""
    return {f"{rule.endpoint} {method}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def test_every_route_has_a_declared_answer(world: World) -> None:
    declared = {" ".join(name.split()[:2]) for name in ANSWERS}
    there = declarations(world.app)
    assert there - declared == set(), "say in ANSWERS who gets which answer"
    assert declared - there == set(), "no longer exists"


@pytest.mark.parametrize("declared", sorted(ANSWERS))
def test_everybody_gets_the_declared_answer(world: World, declared: str) -> None:
    given = [world.answer(declared, asking) for asking in ASKING]
    assert dict(zip(ASKING, given, strict=True)) == dict(zip(ASKING, ANSWERS[declared].split(), strict=True))


def test_what_is_nobodys_is_not_there_even_for_the_coordinator(world: World) -> None:
    missing: dict[str, Any] = dict.fromkeys((name for name in world.values if name.endswith("_id")), 10**6)
    client = world.client(world.people["host"]["coordinator"])
    answers = {}
    for rule in world.app.url_map.iter_rules():
        if rule.arguments & missing.keys() and "token" not in rule.arguments:
            method = "GET" if "GET" in (rule.methods or set()) else "POST"
            answers[f"{rule.endpoint} {method}"] = client.open(world.path(rule.endpoint, **missing), method=method).status_code
    assert len(answers) > 30
    assert set(answers.values()) == {404}, answers


@pytest.mark.parametrize("token", ["nonsense", "WzEsMSwxLDFd.c2lnbmVk"])
def test_a_link_nobody_signed_opens_nothing(world: World, token: str) -> None:
    withdrawing = ("ask_to_withdraw", "withdraw_ticked", "withdraw", "undo")
    families = ("show", "answer", *withdrawing, "not_mine", "undo_not_mine", "reminders", "restart_reminders")
    of_hosts = ("decisions.show", "decisions.confirm", "decisions.call_off")
    for endpoint in (*(f"families.{name}" for name in families), *of_hosts):
        for method in {"GET", "POST"} & (next(world.app.url_map.iter_rules(endpoint)).methods or set()):
            assert world.client(None).open(world.path(endpoint, token=token), method=method).status_code == 404


def test_a_family_cannot_give_back_somebody_elses_place(world: World) -> None:
    path = world.path("families.withdraw", registration_id=world.values["registration_id"] + 1)
    assert world.client(None).post(path).status_code == 404


def test_a_stranger_sees_nobody(world: World) -> None:
    """Another school's places in a session anybody may look at."""
    stranger, owner = (world.client(world.people["teacher"][asking]) for asking in ("stranger", "owner"))
    path = world.path("registration.seats")
    assert STUDENT in owner.get(path).text
    assert STUDENT not in stranger.get(path).text


@pytest.mark.parametrize("who", ["owner", "colleague"])
def test_a_students_own_teacher_takes_nobody_off_the_list_even_as_a_clinician(world: World, who: str) -> None:
    """That is for who hosts the session: the right role is not enough."""
    with world.app.app_context():
        teacher = db.session.get_one(User, world.people["teacher"][who].id)  # type: ignore[union-attr]
        teacher.roles = list(db.session.scalars(select(Role).where(Role.name.in_([RoleName.TEACHER, RoleName.CLINICIAN]))))
        db.session.commit()
    try:
        path = world.path("registration.remove")
        for method in ("GET", "POST"):
            answer = world.client(world.people["teacher"][who]).open(path, method=method, data=world.typed("registration.remove"))
            assert answer.status_code == 404
    finally:
        world.take_back()


def test_the_mailbox_is_a_demos_alone(world: World) -> None:
    settings = replace(world.app.extensions["outreach"], mail_server="127.0.0.1")
    assert not [name for name in declarations(create_app(settings)) if name.startswith("mailbox.")]
