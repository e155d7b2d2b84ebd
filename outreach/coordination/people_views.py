"""People: who they are, where they work, whether they may come in."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from outreach import policy
from outreach.coordination import queries, use_cases
from outreach.coordination.blueprint import coordination
from outreach.coordination.forms import PeopleFilter
from outreach.coordination.labels import APPLICATION_STATES, ROLES
from outreach.db import db
from outreach.errors import Refusal
from outreach.models import Application, OutreachSession, RoleName, User
from outreach.time import clock
from outreach.web import filter_from, load, me, one_of, page_number, page_of, signed_in, table_moment


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
        roles=ROLES,
        states=APPLICATION_STATES,
        moment=lambda at: table_moment(at, me().zone),
    )


@coordination.post("/people/<int:user_id>/closure")
@signed_in(policy.coordinates)
def close_account(user_id: int) -> ResponseReturnValue:
    """Close an account."""
    found = load(User, user_id, policy.coordinates)
    try:
        use_cases.close_account(found.id, by_id=me().id)
    except Refusal as refusal:
        flash(str(refusal), "error")
    else:
        flash(_("The account of %(name)s is closed; wherever they were signed in, they are out.", name=found.name), "success")
    return redirect(url_for("coordination.person", user_id=found.id), code=303)


@coordination.post("/people/<int:user_id>/reopening")
@signed_in(policy.coordinates)
def open_account(user_id: int) -> ResponseReturnValue:
    """Open it again."""
    found = load(User, user_id, policy.coordinates)
    use_cases.open_account(found.id)
    flash(_("%(name)s may sign in again.", name=found.name), "success")
    return redirect(url_for("coordination.person", user_id=found.id), code=303)
