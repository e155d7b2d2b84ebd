"""Where a teacher says what families are told about the day."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.models import OutreachSession, School
from outreach.registration.arrangements.use_cases import arrange, arrangement
from outreach.registration.forms import ArrangementForm
from outreach.registration.queries import registering_schools
from outreach.web import load, me, signed_in

arrangements = Blueprint("arrangements", __name__)


@arrangements.route("/sessions/<int:session_id>/arrangement", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def edit(session_id: int) -> ResponseReturnValue:
    """Ask what families should know, for one of the schools that have students in this session."""
    outreach_session = load(OutreachSession, session_id, policy.sees_session)
    schools = registering_schools(outreach_session, me())
    school = _chosen(schools) or abort(404)
    form = ArrangementForm(data=arrangement(session_id, school.id))
    if form.validate_on_submit():
        arrange(session_id, school.id, form.arranged())
        flash(_("Saved. Families read it on their page now, and in our next e-mail to them."), "success")
        return redirect(url_for("registration.seats", session_id=session_id), code=303)
    page = {"outreach_session": outreach_session, "school": school, "schools": schools, "form": form}
    return render_template("registration/arrangement.html", **page), 422 if form.is_submitted() else 200


def _chosen(schools: list[School]) -> School | None:
    wanted = request.args.get("school", type=int)
    return next((one for one in schools if wanted in (None, one.id)), None)
