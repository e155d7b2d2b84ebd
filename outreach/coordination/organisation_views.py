"""Schools and sites: the lists, one of them, a new one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.coordination import queries, use_cases
from outreach.coordination.blueprint import coordination
from outreach.coordination.forms import SchoolForm, SiteForm
from outreach.errors import Refusal
from outreach.models import School, Site
from outreach.web import Filter, filter_from, load, me, page_number, page_of, signed_in


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
    return _school(None, SchoolForm(data={"zone": me().zone}))


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
    return _site(None, SiteForm(data={"zone": me().zone}))


@coordination.route("/sites/<int:site_id>", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def site(site_id: int) -> ResponseReturnValue:
    """Correct a site."""
    found = load(Site, site_id, policy.coordinates)
    return _site(found, SiteForm(obj=found))


def _school(found: School | None, form: SchoolForm) -> ResponseReturnValue:
    if form.validate_on_submit():
        try:
            use_cases.keep_school(found.id if found else None, form.typed())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("coordination.schools"), code=303)
    return render_template("coordination/school.html", school=found, form=form), 422 if form.errors else 200


def _site(found: Site | None, form: SiteForm) -> ResponseReturnValue:
    if form.validate_on_submit():
        try:
            use_cases.keep_site(found.id if found else None, form.typed())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("coordination.sites"), code=303)
    return render_template("coordination/site.html", site=found, form=form), 422 if form.errors else 200
