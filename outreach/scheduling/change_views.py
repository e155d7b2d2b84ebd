"""Pages on which a session is published, moved or cancelled; each first shows who gets which letter."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.errors import OutreachError, Stale
from outreach.models import OutreachSession, SessionState
from outreach.registration import SeatChoices, held_doubts
from outreach.registration import use_cases as registering
from outreach.scheduling import form_defaults, use_cases
from outreach.scheduling.forms import CancelForm, MoveForm
from outreach.scheduling.move import Move, apply_move, plan_move
from outreach.scheduling.preview import changes, recipients
from outreach.scheduling.question_views import HeldSeats, Question, ask_or_act, decided
from outreach.scheduling.views import DONE, meanwhile, scheduling, session_form, session_refusals, tried
from outreach.time import clock
from outreach.web import load, me, signed_in

__all__ = ["scheduling"]


@scheduling.post("/sessions/<int:session_id>/publication")
@signed_in(policy.posts_sessions)
def publish(session_id: int) -> ResponseReturnValue:
    """Show a draft to everybody."""
    load(OutreachSession, session_id, policy.hosts)
    try:
        use_cases.publish(session_id, now=clock.now())
    except OutreachError as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("scheduling.edit", session_id=session_id), code=303)
    flash(_("Published. Schools can find it now, and your own invitation is on its way."), "success")
    return redirect(url_for("catalogue.show", session_id=session_id), code=303)


@scheduling.route("/sessions/<int:session_id>/move", methods=["GET", "POST"])
@signed_in(policy.posts_sessions)
def move_session(session_id: int) -> ResponseReturnValue:
    """Ask for the new time and place, show who gets which letter, then move."""
    outreach_session = load(OutreachSession, session_id, policy.hosts)
    if not outreach_session.is_published:
        return _not_published(outreach_session)
    beginning = form_defaults.for_another_time(outreach_session, now=clock.now())
    form = session_form(MoveForm, beginning, me(), is_online=outreach_session.is_online)
    questions: list[Question[Move] | None] = []

    def move_or_ask() -> None:
        when, where, note, now = form.when(), form.place(), form.note.data, clock.now()
        question = ask_or_act(
            lambda: plan_move(session_id, when, where, now=now),
            lambda choices: apply_move(session_id, when, where, seen=form.seen, now=now, note=note, choices=choices),
        )
        questions.append(question)

    status = 200 if request.form.get("back") else tried(form, move_or_ask, lambda: session_refusals(form, outreach_session))
    if questions and (question := questions[0]):
        plan = question.plan
        rows = recipients(outreach_session, _("an e-mail that changes the entry in their calendar and asks for a new answer"))
        page = {"changes": changes(plan.previous, plan.becomes), "recipients": rows, "plan": plan, "question": question}
        page |= {"note": form.note.data, "now": clock.now()}
        return render_template("scheduling/confirm_move.html", outreach_session=outreach_session, **page), question.status
    if status == DONE:
        flash(_("Moved. Everybody's calendar will be updated."), "success")
        return redirect(url_for("catalogue.show", session_id=session_id), code=303)
    differences = meanwhile(form, session_id) if status == Stale.status else []
    page = {"form": form, "differences": differences, "decided": decided()}
    return render_template("scheduling/move.html", outreach_session=outreach_session, **page), status


@scheduling.route("/sessions/<int:session_id>/no-longer-fit", methods=["GET", "POST"])
@signed_in(policy.posts_sessions)
def keep_or_release(session_id: int) -> ResponseReturnValue:
    """Decide about those whose seat is held because they no longer fit."""
    outreach_session = load(OutreachSession, session_id, policy.hosts)
    if not outreach_session.is_to_come(clock.now()):
        return _not_to_come(outreach_session)

    def decide(choices: SeatChoices | None) -> None:
        if choices:
            registering.keep_or_release(session_id, choices, now=clock.now())

    question = ask_or_act(lambda: HeldSeats(held_doubts(outreach_session)), decide)
    if question is None:
        flash(_("Saved. We are telling the families and their teachers."), "success")
        return redirect(url_for("scheduling.show_roster", session_id=session_id), code=303)
    return render_template("scheduling/keep_or_release.html", outreach_session=outreach_session, question=question), question.status


@scheduling.route("/sessions/<int:session_id>/cancellation", methods=["GET", "POST"])
@signed_in(policy.posts_sessions)
def cancel(session_id: int) -> ResponseReturnValue:
    """Ask for the reason and show who gets which letter, then cancel. A draft, which nobody knows of, is discarded."""
    outreach_session = load(OutreachSession, session_id, policy.hosts)
    if outreach_session.state == SessionState.DRAFT:
        return _discard(outreach_session)
    form = CancelForm()
    status = tried(form, lambda: use_cases.cancel(session_id, form.reason.data, now=clock.now()))
    if status == DONE:
        flash(_("Cancelled. We are telling everybody."), "success")
        return redirect(url_for("catalogue.show", session_id=session_id), code=303)
    rows = recipients(outreach_session, _("an e-mail that removes the entry from their calendar"))
    page = {"form": form, "outreach_session": outreach_session, "recipients": rows}
    return render_template("scheduling/cancel.html", **page), status


def _not_to_come(outreach_session: OutreachSession) -> ResponseReturnValue:
    flash(_("The session has begun or was cancelled, so its seats stay as they are."))
    return redirect(url_for("scheduling.show_roster", session_id=outreach_session.id), code=303)


def _discard(outreach_session: OutreachSession) -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("scheduling/discard.html", outreach_session=outreach_session)
    use_cases.discard(outreach_session.id)
    flash(_("The draft is discarded."), "success")
    return redirect(url_for("scheduling.mine"), code=303)


def _not_published(outreach_session: OutreachSession) -> ResponseReturnValue:
    if outreach_session.state == SessionState.DRAFT:
        return redirect(url_for("scheduling.edit", session_id=outreach_session.id), code=303)
    flash(_("This session was cancelled and can't be moved. You can post it again."))
    return redirect(url_for("catalogue.show", session_id=outreach_session.id), code=303)
