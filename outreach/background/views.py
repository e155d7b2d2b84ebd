"""The page of long work in the background: how far it is, what came of it, and how to stop it."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.background.use_cases import cancel_job
from outreach.errors import OutreachError
from outreach.models import BackgroundJob
from outreach.time import clock
from outreach.web import load, signed_in

background = Blueprint("background", __name__)


@background.get("/jobs/<int:job_id>")
@signed_in()
def show(job_id: int) -> ResponseReturnValue:
    """Show how far it is, or what came of it."""
    job = load(BackgroundJob, job_id, policy.follows_job)
    response = make_response(render_template("background/show.html", job=job))
    response.headers["Cache-Control"] = "no-store"
    return response


@background.post("/jobs/<int:job_id>/cancellation")
@signed_in()
def cancel(job_id: int) -> ResponseReturnValue:
    """Stop it; what is written stays."""
    load(BackgroundJob, job_id, policy.follows_job)
    try:
        cancel_job(job_id, now=clock.now())
    except OutreachError as refusal:
        flash(str(refusal), "error")
    else:
        flash(_("It was stopped."), "success")
    return redirect(url_for("background.show", job_id=job_id), code=303)
