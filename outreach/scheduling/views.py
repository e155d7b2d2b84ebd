"""Pages on which a clinician posts and edits, sees their own sessions and who comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from outreach import policy
from outreach.db import db
from outreach.errors import OutreachError, Refusal, Stale
from outreach.models import Format, OutreachSession, RegistrationState, SessionState, User
from outreach.people import host_name
from outreach.registration import held_doubts
from outreach.rsvp import rsvp_words
from outreach.scheduling import form_defaults, use_cases
from outreach.scheduling.forms import RewordForm, SessionForm
from outreach.scheduling.preview import Edit, changes, plan_edit
from outreach.scheduling.queries import OwnSessionsFilter, filter_counts, own_sessions, removed_lately, roster
from outreach.scheduling.question_views import Question, ask_or_act, decided
from outreach.time import clock
from outreach.web import Form, TableFormat, load, me, one_of, page_number, signed_in, table_file

scheduling = Blueprint("scheduling", __name__)

DONE = 303


@scheduling.get("/my-sessions")
@signed_in(policy.posts_sessions)
def mine() -> ResponseReturnValue:
    """List one's own sessions: to come, drafts, past."""
    now = clock.now()
    typed = request.args.get("show")
    shelf = OwnSessionsFilter(typed) if typed in list(OwnSessionsFilter) else OwnSessionsFilter.UPCOMING
    page, cards = own_sessions(me(), shelf, page_number(request.args.get("page")), now=now)
    return render_template("scheduling/mine.html", shelf=shelf, page=page, cards=cards, sizes=filter_counts(me(), now=now))


@scheduling.get("/sessions/new")
@signed_in(policy.posts_sessions)
def choose() -> ResponseReturnValue:
    """Choose a format."""
    formats = db.session.scalars(select(Format).order_by(Format.position)).all()
    return render_template("scheduling/choose.html", formats=formats)


@scheduling.route("/sessions/new/<format_key>", methods=["GET", "POST"])
@signed_in(policy.posts_sessions)
def new(format_key: str) -> ResponseReturnValue:
    """Post a session of this format, or an earlier one again."""
    a_format = db.session.get(Format, format_key) or abort(404)
    form = session_form(SessionForm, _beginning(a_format), me(), is_online=a_format.is_online)
    posted: list[int] = []
    status = tried(form, lambda: posted.append(_post(form, format_key)), lambda: session_refusals(form))
    if status == DONE:
        return _saved(posted[0])
    return render_template("scheduling/new.html", form=form, format=a_format), status


@scheduling.route("/sessions/<int:session_id>/edit", methods=["GET", "POST"])
@signed_in(policy.posts_sessions)
def edit(session_id: int) -> ResponseReturnValue:
    """Change a draft altogether, a published session but for its time and place."""
    outreach_session = load(OutreachSession, session_id, policy.hosts)
    if outreach_session.state == SessionState.CANCELLED:
        flash(_("This session was cancelled and can't be changed. You can post it again."))
        return redirect(url_for("catalogue.show", session_id=session_id), code=303)
    is_draft = outreach_session.state == SessionState.DRAFT
    kind = SessionForm if is_draft else RewordForm
    form = session_form(kind, form_defaults.from_session(outreach_session), me(), is_online=outreach_session.format.is_online)
    also = partial(session_refusals, form, outreach_session)
    status, question = (tried(form, lambda: _edit_draft(form, session_id), also), None) if is_draft else _reword(form, session_id, also)
    if question:
        return _ask_first(outreach_session, question), question.status
    if status == DONE:
        return _saved(session_id)
    differences = meanwhile(form, session_id) if status == Stale.status else []
    page = {"form": form, "is_draft": is_draft, "differences": differences, "decided": decided(), "now": clock.now()}
    return render_template("scheduling/edit.html", outreach_session=outreach_session, **page), status


@scheduling.get("/sessions/<int:session_id>/roster/file")
@signed_in(policy.posts_sessions)
def download_roster(session_id: int) -> ResponseReturnValue:
    """Give the roster as a table: what its page shows to hosts."""
    outreach_session = load(OutreachSession, session_id, policy.hosts)
    found, waits = roster(session_id), _("waiting list")
    states = {RegistrationState.OFFERED: _("seat offered"), RegistrationState.PENDING: _("seat held"), RegistrationState.WAITING: waits}
    rows = [
        [one.name, one.school_name, states.get(one.state, _("has a seat")), rsvp_words(one.rsvp), one.needs]
        for one in (*found.seated, *found.waiting)
    ]
    kind = one_of(TableFormat, request.args.get("format")) or TableFormat.XLSX
    headings = (_("Given name"), _("School"), _("Seat"), _("Answer"), _("Needs"))
    return table_file(headings, rows, name=outreach_session.title, kind=kind)


@scheduling.get("/sessions/<int:session_id>/roster")
@signed_in(policy.posts_sessions)
def show_roster(session_id: int) -> ResponseReturnValue:
    """Show the hosts who comes."""
    outreach_session = load(OutreachSession, session_id, policy.hosts)
    has_removal = "registration.remove" in current_app.view_functions
    removal = partial(url_for, "registration.remove") if has_removal else None
    now = clock.now()
    doubtful = len(held_doubts(outreach_session).seats) if outreach_session.is_to_come(now) else 0
    undo = removed_lately(outreach_session, now=now)
    page = {"roster": roster(session_id), "removal": removal, "undo": undo, "doubtful": doubtful, "host_name": host_name, "now": now}
    return render_template("scheduling/roster.html", outreach_session=outreach_session, **page)


def tried(form: Form, act: Callable[[], object], also: Callable[[], Iterable[Refusal]] = tuple) -> int:
    """Act on a form that is complete. Gives DONE, or the status to show the form with, its errors beside their fields.

    `also`: every reason why not that shows itself to the use case only, so that all errors are there at once.
    """
    if not form.is_submitted():
        return 200
    if not form.validate():
        _refuse_all(form, also())
        return 422
    try:
        act()
    except OutreachError as refusal:
        form.refuse(refusal)
        if isinstance(refusal, Refusal):
            _refuse_all(form, also())
        return refusal.status
    return DONE


def _refuse_all(form: Form, refusals: Iterable[Refusal]) -> None:
    """Show reasons beside fields that have none yet."""
    for refusal in refusals:
        if not form.says_of(refusal):
            form.refuse(refusal)


def session_refusals(form: Any, present: OutreachSession | None = None) -> Iterable[Refusal]:
    """Give every reason why a session can't be as it was typed, as far as what was typed can be read."""
    when = form.when() if "day" in form and not (form.day.errors or form.start.errors or form.end.errors) else None
    where = form.place() if "where" in form else None
    offer = form.offer() if "capacity" in form else None
    return use_cases.refusals(when, where, offer, present=present, by_id=me().id, now=clock.now())


def session_form(kind: type[Any], beginning: dict[str, Any], user: User, *, is_online: bool) -> Any:
    """Make a form with what it begins with and what there is to choose from."""
    form = kind(data=beginning)
    if "where" in form:
        form.is_online_first, form.own_zone = is_online, user.zone
        form.where.choices = form_defaults.places_to_choose(user)
    if "leads" in form:
        form.leads.choices = form_defaults.leads_to_choose([*(beginning.get("leads") or []), *(form.leads.data or [])])
        if policy.coordinates(user):
            form.host.choices = form_defaults.hosts_to_choose()
        else:
            del form.host
    return form


def meanwhile(form: Any, session_id: int) -> list[tuple[str, str]]:
    """List what others have changed meanwhile; what was typed is kept, and may be saved over it."""
    outreach_session = db.session.get(OutreachSession, session_id, populate_existing=True) or abort(404)
    now_there = form_defaults.from_session(outreach_session)
    form.seen_at.data = now_there["seen_at"]
    other = (field for field in form if field.name in now_there and field.data != now_there[field.name])
    return [(str(field.label.text), _shown(field, now_there[field.name])) for field in other if field.name != "seen_at"]


def _shown(field: Any, value: Any) -> str:
    names = {choice.value: str(choice.label) for choice in getattr(field, "choices", None) or []}
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    values = value if isinstance(value, list) else [value]
    return ", ".join(names.get(one, _shown_value(one)) for one in values if one not in (None, "")) or _("nothing")


def _shown_value(value: Any) -> str:
    return {True: _("yes"), False: _("no")}[value] if isinstance(value, bool) else str(value)


def _beginning(a_format: Format) -> dict[str, Any]:
    typed = request.args.get("again", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        return form_defaults.from_format(a_format, me())
    return form_defaults.for_another_day(load(OutreachSession, int(typed), policy.hosts))


def _post(form: Any, format_key: str) -> int:
    offer, user_id = form.offer(), me().id
    return use_cases.post(format_key, form.when(), form.place(), offer, by_id=user_id, publish=_publishes(), now=clock.now())


def _edit_draft(form: Any, session_id: int) -> None:
    typed = (form.when(), form.place(), form.offer())
    use_cases.edit_draft(session_id, *typed, seen=form.seen, publish=_publishes(), now=clock.now())


def _reword(form: Any, session_id: int, also: Callable[[], Iterable[Refusal]]) -> tuple[int, Question[Edit] | None]:
    """Save; or, where that sends letters or somebody no longer fits, give the question to be asked first."""
    questions: list[Question[Edit] | None] = []
    if request.form.get("back"):
        return 200, None

    def save_or_ask() -> None:
        offer, notifies, now = form.offer(), form.notifies.data, clock.now()
        question = ask_or_act(
            lambda: plan_edit(session_id, offer, notifies=notifies, now=now),
            lambda choices: use_cases.edit(session_id, offer, seen=form.seen, notifies=notifies, now=now, choices=choices),
        )
        questions.append(question)

    status = tried(form, save_or_ask, also)
    return status, questions[0] if questions else None


def _ask_first(outreach_session: OutreachSession, question: Question[Edit]) -> str:
    news = question.plan.news
    page = {
        "news": news,
        "changes": changes(news.previous, news.becomes) if news else [],
        "recipients": question.plan.recipients,
        "question": question,
    }
    return render_template("scheduling/confirm_changes.html", outreach_session=outreach_session, **page)


def _publishes() -> bool:
    return request.form.get("then") == "publish"


def _saved(session_id: int) -> ResponseReturnValue:
    """Say what happened, and show the page as everybody sees it, or the drafts."""
    then = request.form.get("then")
    if then == "publish":
        flash(_("Published. Schools can find it now, and your own invitation is on its way."), "success")
    elif then == "draft":
        flash(_("Saved as a draft. Only its hosts can see it."), "success")
        return redirect(url_for("scheduling.mine", show=OwnSessionsFilter.DRAFTS.value), code=303)
    elif then != "preview":
        flash(_("Saved. We are telling everybody.") if request.form.get("notifies") else _("Saved."), "success")
    return redirect(url_for("catalogue.show", session_id=session_id), code=303)
