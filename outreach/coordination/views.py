"""The coordinator's home, all sessions, schools and sites; imports the views of people, which register with the same blueprint."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from outreach import policy
from outreach.catalogue import formats, session_cards
from outreach.coordination import merge_views, people_views, queries, use_cases
from outreach.coordination.blueprint import coordination
from outreach.coordination.dashboard import Dashboard, dashboard, full_or_nearly_empty
from outreach.coordination.forms import SchoolForm, SessionFilter, SiteForm, TimeFilter, site_form
from outreach.coordination.people_views import is_good
from outreach.db import db
from outreach.errors import Refusal
from outreach.mail_admin import NOT_ARRIVED, PAUSE_REASONS, MailboxFilter
from outreach.models import School, SessionState, Site
from outreach.time import clock, to_wall_time
from outreach.web import Filter, filter_from, formatting, load, me, one_of, page_number, page_of, signed_in, table_moment

__all__ = [
    "coordination",
    "merge_views",
    "people_views",
]


@coordination.get("")
@signed_in(policy.coordinates)
def home() -> ResponseReturnValue:
    """Show what needs attention."""
    now = clock.now()
    seen = dashboard(now=now)
    soon = session_cards(list(db.session.execute(full_or_nearly_empty(now=now))), formats(), now=now)
    return render_template("coordination/home.html", seen=seen, todo=_todo(seen), soon=soon, moment=_moment, pause_reasons=PAUSE_REASONS)


@coordination.get("/sessions")
@signed_in(policy.coordinates)
def sessions() -> ResponseReturnValue:
    """Show everybody's sessions."""
    now = clock.now()
    chosen = filter_from(SessionFilter, request.args, _("Title or host"))
    time, state = one_of(TimeFilter, chosen.time.data) or TimeFilter.COMING, one_of(SessionState, chosen.state.data)
    page = page_of(queries.sessions(chosen.q.data, time, state, now=now), page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    return render_template("coordination/sessions.html", form=chosen, page=page, cards=session_cards(page.rows, formats(), now=now))


def _moment(at: object) -> str:
    return table_moment(at, me().zone)  # type: ignore[arg-type]  # templates pass what a column holds


def _todo(seen: Dashboard) -> list[tuple[int, str, str]]:
    """List (how many, of what, where) of all that isn't nothing."""
    rows = [
        (
            seen.applications,
            ngettext("application to decide on", "applications to decide on", seen.applications),
            url_for("coordination.applications"),
        ),
        (
            seen.undecided,
            ngettext("session to confirm or cancel", "sessions to confirm or cancel", seen.undecided),
            url_for("coordination.sessions", time=TimeFilter.UNDECIDED.value),
        ),
        (
            seen.closed_accounts,
            ngettext(
                "closed account has sessions, students or classes",
                "closed accounts have sessions, students or classes",
                seen.closed_accounts,
            ),
            url_for("coordination.show_closed_accounts"),
        ),
        (
            seen.lost_letters,
            ngettext("e-mail didn't arrive", "e-mails didn't arrive", seen.lost_letters),
            url_for("mail_admin.emails", state=NOT_ARRIVED),
        ),
        (
            seen.undeliverable_mailboxes,
            ngettext("address is refused by its mail server", "addresses are refused by their mail servers", seen.undeliverable_mailboxes),
            url_for("mail_admin.undeliverable_addresses"),
        ),
        (
            seen.stopped_mailboxes,
            ngettext(
                "address was reported as wrong by its reader", "addresses were reported as wrong by their readers", seen.stopped_mailboxes
            ),
            url_for("mail_admin.undeliverable_addresses", show=MailboxFilter.STOPPED.value),
        ),
        (
            seen.blocked_domains,
            ngettext("domain blocks our e-mails", "domains block our e-mails", seen.blocked_domains),
            url_for("mail_admin.undeliverable_addresses"),
        ),
        (
            seen.inbound_to_look_at,
            ngettext("received e-mail to review", "received e-mails to review", seen.inbound_to_look_at),
            url_for("mail_admin.received"),
        ),
    ]
    return [*_skipped(seen.skipped_sessions), *(row for row in rows if row[0])]


def _skipped(ids: list[int]) -> list[tuple[int, str, str]]:
    """New rules for clocks may skip a time that was promised: only a person can choose another."""
    if not ids:
        return []
    sentence = ngettext(
        "session is at a time that no longer exists because the clocks change: move it",
        "sessions are at a time that no longer exists because the clocks change: move them",
        len(ids),
    )
    return [(len(ids), sentence, url_for("scheduling.move_session", session_id=ids[0]))]


@coordination.get("/schools")
@signed_in(policy.coordinates)
def schools() -> ResponseReturnValue:
    """Show all schools."""
    chosen = filter_from(Filter, request.args, _("Name"))
    page = page_of(queries.schools(chosen.q.data), page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    return render_template("coordination/schools.html", form=chosen, page=page)


@coordination.route("/schools/new", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def new_school() -> ResponseReturnValue:
    """Add a school."""
    return _school(None, SchoolForm())


@coordination.route("/schools/<int:school_id>", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def school(school_id: int) -> ResponseReturnValue:
    """Correct a school."""
    found = load(School, school_id, policy.coordinates)
    return _school(found, SchoolForm(obj=found))


@coordination.get("/sites")
@signed_in(policy.coordinates)
def sites() -> ResponseReturnValue:
    """Show all sites."""
    chosen = filter_from(Filter, request.args, _("Name"))
    page = page_of(queries.sites(chosen.q.data), page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    return render_template("coordination/sites.html", form=chosen, page=page)


@coordination.route("/sites/new", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def new_site() -> ResponseReturnValue:
    """Add a site."""
    return _site(None, SiteForm())


@coordination.route("/sites/<int:site_id>", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def site(site_id: int) -> ResponseReturnValue:
    """Correct a site."""
    found = load(Site, site_id, policy.coordinates)
    return _site(found, site_form(found))


def _school(found: School | None, form: SchoolForm) -> ResponseReturnValue:
    like = queries.places_like(School, form.name.data, where=form.town.data, but=found.id if found else None)
    is_new, good = form.is_new_beside(like, must_ask=found is None), is_good(form, School, but=found.id if found else None)
    if is_new and good:
        try:
            use_cases.keep_school(found.id if found else None, form.typed(), now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_saved(form.zone.data), "success")
            return redirect(url_for("coordination.schools"), code=303)
    return render_template("coordination/school.html", school=found, form=form, like=like), 422 if form.errors or form.alike else 200


def _site(found: Site | None, form: SiteForm) -> ResponseReturnValue:
    like = queries.places_like(Site, form.name.data, where=form.address.data, but=found.id if found else None)
    is_new, good = form.is_new_beside(like, must_ask=found is None), is_good(form, Site, but=found.id if found else None)
    if is_new and good:
        try:
            use_cases.keep_site(found.id if found else None, form.typed(), floors=form.floors(), now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_saved(form.zone.data), "success")
            return redirect(url_for("coordination.sites"), code=303)
    return render_template("coordination/site.html", site=found, form=form, like=like), 422 if form.errors or form.alike else 200


def _saved(zone: str) -> str:
    """Say what the clocks of the place show: a wrong zone is noticed at once."""
    return _("Saved. The time there is now %(time)s.", time=formatting.clock_time(to_wall_time(clock.now(), zone)))
