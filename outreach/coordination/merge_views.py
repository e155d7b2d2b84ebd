"""Pages on which a coordinator merges two schools or two sites: first what belongs to each, then the button."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.coordination import merging, queries
from outreach.coordination.blueprint import coordination
from outreach.db import db
from outreach.errors import OutreachError, Refusals
from outreach.models import School, Site
from outreach.time import clock
from outreach.web import Form, load, signed_in

BEYOND_KEYS = 2**31


@coordination.route("/schools/<int:school_id>/merger", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def merge_school(school_id: int) -> ResponseReturnValue:
    """Merge a school into another."""
    return _merge(load(School, school_id, policy.coordinates))


@coordination.route("/sites/<int:site_id>/merger", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def merge_site(site_id: int) -> ResponseReturnValue:
    """Merge a site into another."""
    return _merge(load(Site, site_id, policy.coordinates))


def _merge(gone: School | Site) -> ResponseReturnValue:
    form, model, chosen = Form(), type(gone), request.values.get("into", 0, type=int)
    into: Any = db.session.get(model, chosen) if 0 < chosen < BEYOND_KEYS and chosen != gone.id else None
    if into is not None and form.validate_on_submit():
        names, key = (gone.name, into.name), into.id
        try:
            if model is School:
                merging.merge_schools(gone.id, key, now=clock.now())
            else:
                merging.merge_sites(gone.id, key)
        except OutreachError as refusal:
            form.refuse(refusal)
            return _page(gone, into, form), refusal.status
        flash(_("%(gone)s is now part of %(into)s.", gone=names[0], into=names[1]), "success")
        return redirect(
            url_for("coordination.school", school_id=key) if model is School else url_for("coordination.site", site_id=key), 303
        )
    if form.is_submitted():
        form.form_errors.append(_("Choose the one to merge it with."))
        return _page(gone, None, form), 422
    return _page(gone, into, form)


def _page(gone: School | Site, into: School | Site | None, form: Form) -> str:
    where = gone.town if isinstance(gone, School) else gone.address
    like = queries.places_like(type(gone), gone.name, where=where, but=gone.id)
    others = [place for place in queries.named_places(type(gone)) if place.id != gone.id and place not in like]
    reasons = Refusals()
    if into is not None:
        reasons.unless(lambda: merging.must_agree(gone, into))
    page = {
        "like": like,
        "others": others,
        "reasons": reasons,
        "mine": merging.belongings(gone, now=clock.now()),
        "theirs": merging.belongings(into, now=clock.now()) if into is not None else None,
        "is_school": isinstance(gone, School),
    }
    return render_template("coordination/merge.html", gone=gone, into=into, form=form, **page)
