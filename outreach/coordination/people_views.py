"""Applications and people: the list of applications, the decision on one, who people are, their accounts."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from outreach import policy
from outreach.coordination import closing, queries, use_cases
from outreach.coordination.blueprint import coordination
from outreach.coordination.closed_accounts import closed_accounts
from outreach.coordination.forms import ClinicianApproval, DeclineForm, OrganisationForm, PeopleFilter, SchoolForm, TeacherApproval
from outreach.coordination.labels import APPLICATION_STATES, ROLES
from outreach.db import db
from outreach.errors import Refusal, Refusals, Stale
from outreach.models import Application, ApplicationState, OutreachSession, RoleName, School, Site, User
from outreach.people import NamedPlace, is_same
from outreach.time import clock, country_of_zones, zone_of_place
from outreach.web import ChangedMeanwhile, filter_from, load, me, one_of, page_number, page_of, shown, signed_in, table_moment

_APPROVE = {RoleName.TEACHER: use_cases.approve_teacher, RoleName.CLINICIAN: use_cases.approve_clinician}


@coordination.get("/applications")
@signed_in(policy.coordinates)
def applications() -> ResponseReturnValue:
    """Show who waits, or who was approved or declined."""
    state = one_of(ApplicationState, request.args.get("state")) or ApplicationState.PENDING
    page = page_of(queries.applications(state), page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    counts = dict(db.session.execute(select(Application.state, func.count()).group_by(Application.state)).all())
    labels = {"roles": ROLES, "states": APPLICATION_STATES}
    found = [row[0] for row in page.rows]
    return render_template("coordination/applications.html", page=page, found=found, state=state, counts=counts, moment=_moment, **labels)


@coordination.get("/applications/<int:application_id>")
@signed_in(policy.coordinates)
def application(application_id: int) -> ResponseReturnValue:
    """Show one application, and what can be decided."""
    found = load(Application, application_id, policy.decides_application)
    return _page(found, _approval(found), DeclineForm(formdata=None))


@coordination.post("/applications/<int:application_id>/approval")
@signed_in(policy.coordinates)
def approve(application_id: int) -> ResponseReturnValue:
    """Approve, and give the school or site."""
    found = load(Application, application_id, policy.decides_application)
    form = _approval(found)
    model: type[School | Site] = School if isinstance(form, SchoolForm) else Site
    is_new = bool(form.place.data) or form.is_new_beside(_like(form, model))
    good = form.validate_on_submit() if form.place.data else is_good(form, model)
    if is_new and good:
        try:
            _APPROVE[found.role](found.id, form.chosen(), by_id=me().id, note=form.note.data, now=clock.now(), shown=shown())
        except Refusal as refusal:
            form.refuse(refusal)
        except ChangedMeanwhile as changed:
            form.refuse(changed)
            return _page(found, form, DeclineForm(formdata=None)), changed.status
        except Stale as stale:
            return _decided_already(found.id, stale)
        else:
            flash(_("%(name)s is approved. We'll tell them by e-mail.", name=found.user.name), "success")
            return redirect(url_for("coordination.applications"), code=303)
    return _page(found, form, DeclineForm(formdata=None)), 422


@coordination.post("/applications/<int:application_id>/refusal")
@signed_in(policy.coordinates)
def decline(application_id: int) -> ResponseReturnValue:
    """Decline, with a word to the applicant."""
    found = load(Application, application_id, policy.decides_application)
    form = DeclineForm()
    if form.validate_on_submit():
        try:
            use_cases.decline(found.id, by_id=me().id, note=form.reason.data, now=clock.now())
        except Stale as stale:
            return _decided_already(found.id, stale)
        flash(_("Declined. We'll tell %(name)s by e-mail.", name=found.user.name), "success")
        return redirect(url_for("coordination.applications"), code=303)
    return _page(found, _approval(found, fresh=True), form), 422


def _approval(found: Application, *, fresh: bool = False) -> TeacherApproval | ClinicianApproval:
    """Give the form of this role; a place of the proposed name is chosen beforehand, else a new one is begun with it."""
    is_teacher = found.role == RoleName.TEACHER
    model: type[School | Site] = School if is_teacher else Site
    places, alike = queries.named_places(model), queries.places_like(model, found.place)
    same = next((place.id for place in alike if is_same(found.place, place)), 0)
    country = country_of_zones().get(found.user.zone, "")
    zone = zone_of_place(country, found.place) or found.user.zone
    beginning = {"place": same, "name": found.place, "zone": zone, "country": country}
    fields = {"formdata": None} if fresh else {}
    form = TeacherApproval(data=beginning, **fields) if is_teacher else ClinicianApproval(data=beginning, **fields)
    form.offer(places, alike, _("A new school (describe it below)") if is_teacher else _("A new site (describe it below)"))
    return form


def is_good(form: OrganisationForm, model: type[School | Site], *, but: int | None = None) -> bool:
    """Say whether a form was sent that can be saved; that a name is taken is said with everything else."""
    if not form.is_submitted():
        return False
    valid, reasons = form.validate(), Refusals()
    reasons.unless(lambda: use_cases.must_be_free(model, form.name.data, but=but))
    for reason in reasons:
        if not form.says_of(reason):
            form.refuse(reason)
    return valid and not reasons


def _like(form: OrganisationForm, model: type[School | Site]) -> list[NamedPlace]:
    """Give the places that may be the new one that was described."""
    return queries.places_like(model, form.name.data, where=form[form.says_where].data or "")


def _page(found: Application, approval: TeacherApproval | ClinicianApproval, declining: DeclineForm) -> str:
    forms = {"approval": approval, "declining": declining}
    labels = {"roles": ROLES, "states": APPLICATION_STATES, "moment": _moment}
    facts = use_cases.what_an_approval_confirms(found)
    return render_template("coordination/application.html", application=found, facts=facts, **forms, **labels)


def _decided_already(application_id: int, stale: Stale) -> ResponseReturnValue:
    """Show the present state, which a rival has made, and say so."""
    found = db.session.get(Application, application_id, populate_existing=True)
    page = render_template(
        "coordination/decided.html", application=found, sentence=str(stale), roles=ROLES, states=APPLICATION_STATES, moment=_moment
    )
    return page, stale.status


def _moment(at: object) -> str:
    return table_moment(at, me().zone)  # type: ignore[arg-type]  # templates pass what a column holds


@coordination.get("/people")
@signed_in(policy.coordinates)
def people() -> ResponseReturnValue:
    """Show everybody with an account."""
    chosen = filter_from(PeopleFilter, request.args, _("Name or address"))
    wanted = queries.people(chosen.q.data, one_of(RoleName, chosen.role.data))
    page = page_of(wanted, page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    found = [row[0] for row in page.rows]
    places = queries.workplaces_of([person.id for person in found])
    return render_template("coordination/people.html", form=chosen, page=page, found=found, places=places, roles=ROLES)


@coordination.get("/people/<int:user_id>")
@signed_in(policy.coordinates)
def person(user_id: int) -> ResponseReturnValue:
    """Show one person."""
    found = load(User, user_id, policy.coordinates)
    applications = list(db.session.scalars(select(Application).where(Application.user_id == found.id).order_by(Application.id.desc())))
    hosts = select(func.count()).where(OutreachSession.host_id == found.id, OutreachSession.is_to_come(clock.now()))
    return render_template(
        "coordination/person.html",
        person=found,
        places=queries.workplaces_of([found.id]).get(found.id, []),
        applications=applications,
        coming=db.session.scalar(hosts) or 0,
        schools=queries.schools_of(found.id),
        depends=closed_accounts(found.id, now=clock.now()),
        roles=ROLES,
        states=APPLICATION_STATES,
        moment=lambda at: table_moment(at, me().zone),
    )


@coordination.get("/closed-accounts")
@signed_in(policy.coordinates)
def show_closed_accounts() -> ResponseReturnValue:
    """Show what still depends on closed accounts."""
    return render_template("coordination/closed_accounts.html", found=closed_accounts(now=clock.now()))


@coordination.post("/people/<int:user_id>/handover")
@signed_in(policy.coordinates)
def hand_over(user_id: int) -> ResponseReturnValue:
    """Let whoever stands in for a teacher answer for good."""
    found = load(User, user_id, policy.coordinates)
    number = closing.hand_over_students(found.id, now=clock.now())
    flash(ngettext("%(num)s registration is handed over.", "%(num)s registrations are handed over.", number), "success")
    return redirect(url_for("coordination.person", user_id=found.id), code=303)


@coordination.post("/people/<int:user_id>/schools/<int:school_id>/end")
@signed_in(policy.coordinates)
def end_membership(user_id: int, school_id: int) -> ResponseReturnValue:
    """A teacher has left a school."""
    found, school = load(User, user_id, policy.coordinates), load(School, school_id, policy.coordinates)
    closing.end_membership(found.id, school.id, now=clock.now())
    flash(_("%(name)s no longer works at %(school)s.", name=found.name, school=school.name), "success")
    return redirect(url_for("coordination.person", user_id=found.id), code=303)


@coordination.post("/people/<int:user_id>/closure")
@signed_in(policy.coordinates)
def close_account(user_id: int) -> ResponseReturnValue:
    """Close an account."""
    found = load(User, user_id, policy.coordinates)
    try:
        closing.close_account(found.id, by_id=me().id, now=clock.now())
    except Refusal as refusal:
        flash(str(refusal), "error")
    else:
        flash(_("The account of %(name)s is closed. They are signed out everywhere.", name=found.name), "success")
    return redirect(url_for("coordination.person", user_id=found.id), code=303)


@coordination.post("/people/<int:user_id>/reopening")
@signed_in(policy.coordinates)
def open_account(user_id: int) -> ResponseReturnValue:
    """Open it again."""
    found = load(User, user_id, policy.coordinates)
    closing.open_account(found.id, now=clock.now())
    flash(_("%(name)s can sign in again.", name=found.name), "success")
    return redirect(url_for("coordination.person", user_id=found.id), code=303)
