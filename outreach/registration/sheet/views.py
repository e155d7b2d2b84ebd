"""Where a teacher registers a class for a session."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from outreach import policy
from outreach.errors import OutreachError
from outreach.models import OutreachSession, SchoolClass, User
from outreach.registration import use_cases
from outreach.registration.arrangements.use_cases import arrangement
from outreach.registration.attested import what_a_school_confirms
from outreach.registration.blueprint import registration
from outreach.registration.forms import RegistrationForm
from outreach.registration.preview import preview_registering
from outreach.registration.sheet.draws import class_order, draw_order, seat_draw
from outreach.registration.sheet.queries import class_sizes, classes_of
from outreach.time import clock
from outreach.web import load, me, shown, signed_in


@registration.get("/sessions/<int:session_id>/registration")
@signed_in(policy.registers_classes)
def register(session_id: int) -> ResponseReturnValue:
    """Choose a class; with one chosen, see who would be seated."""
    outreach_session = load(OutreachSession, session_id, policy.sees_session)
    classes = classes_of(me())
    chosen = request.args.get("class", type=int) or (classes[0].id if len(classes) == 1 else None)
    if chosen is None:
        sizes = class_sizes({one.id for one in classes})
        page = {"outreach_session": outreach_session, "classes": classes, "sizes": sizes, "now": clock.now()}
        return render_template("registration/choose_class.html", **page)
    school_class = load(SchoolClass, chosen, policy.keeps_class)
    return _sheet(outreach_session, school_class, _all_able(outreach_session, school_class))


@registration.post("/sessions/<int:session_id>/registration")
@signed_in(policy.registers_classes)
def registered(session_id: int) -> ResponseReturnValue:
    """Register the students ticked, or show again who would be seated."""
    outreach_session = load(OutreachSession, session_id, policy.sees_session)
    school_class = load(SchoolClass, request.args.get("class", 0, type=int), policy.keeps_class)
    form = RegistrationForm()
    if not form.validate():
        return _sheet(outreach_session, school_class, form), 422
    if "preview" in request.form:
        return _sheet(outreach_session, school_class, form)
    try:
        outcome = use_cases.register_students(_asked(session_id, school_class, form), now=clock.now())
    except OutreachError as refusal:
        form.refuse(refusal)
        if form.changes:
            form.permission_attested.data = False
        return _sheet(outreach_session, school_class, form), refusal.status
    flash(_message(outcome), "success")
    return redirect(url_for("registration.seats", session_id=session_id), code=303)


@registration.post("/sessions/<int:session_id>/draw")
@signed_in(policy.registers_classes)
def draw(session_id: int) -> ResponseReturnValue:
    """Draw the order in which a class gets seats."""
    load(OutreachSession, session_id, policy.sees_session)
    school_class = load(SchoolClass, request.args.get("class", 0, type=int), policy.keeps_class)
    try:
        draw_order(session_id, school_class, by_id=me().id, now=clock.now())
    except OutreachError as refusal:
        flash(str(refusal), "error")
    sheet: dict[str, Any] = {"session_id": session_id, "class": school_class.id}
    return redirect(url_for("registration.register", **sheet), code=303)


def _all_able(outreach_session: OutreachSession, school_class: SchoolClass) -> RegistrationForm:
    """Begin with everybody ticked who may take part."""
    ids = class_order(school_class, seat_draw(outreach_session.id, school_class.id))
    _seating, found = use_cases.preview(outreach_session, school_class.school_id, ids, now=clock.now())
    said = arrangement(outreach_session.id, school_class.school_id)
    return RegistrationForm(formdata=None, data={"student_ids": [one.student_id for one in found if one.obstacle is None], **said})


def _sheet(outreach_session: OutreachSession, school_class: SchoolClass, form: RegistrationForm) -> str:
    draw = seat_draw(outreach_session.id, school_class.id)
    everybody = class_order(school_class, draw)
    order = form.order()
    now = clock.now()
    seating, _chosen = use_cases.preview(outreach_session, school_class.school_id, order, now=now)
    _nobody, candidates = use_cases.preview(outreach_session, school_class.school_id, everybody, now=now)
    return render_template(
        "registration/register.html",
        outreach_session=outreach_session,
        school_class=school_class,
        form=form,
        candidates=candidates,
        ticked=set(order),
        first=set(form.first_ids.data or []),
        seated=set(seating.seated),
        waiting=[key for key, _reason in seating.waiting],
        recipients=preview_registering(outreach_session, seating, teacher_id=_answerable(school_class, me()).id, by_id=me().id),
        draw=draw,
        is_open=outreach_session.is_open(now),
        facts=what_a_school_confirms(outreach_session),
        now=now,
    )


def _asked(session_id: int, school_class: SchoolClass, form: RegistrationForm) -> use_cases.RegistrationRequest:
    return use_cases.RegistrationRequest(
        session_id=session_id,
        school_id=school_class.school_id,
        class_id=school_class.id,
        student_ids=form.order(),
        teacher_id=_answerable(school_class, me()).id,
        by_id=me().id,
        permission_attested=bool(form.permission_attested.data),
        shown=shown(),
        arranged=form.arranged(),
    )


def _answerable(school_class: SchoolClass, user: User) -> User:
    """A coordinator registers on behalf of the class's teacher; a teacher for themselves."""
    teachers = [teacher for teacher in school_class.teachers if teacher.active]
    return teachers[0] if policy.coordinates(user) and teachers else user


def _message(outcome: use_cases.RegistrationOutcome) -> str:
    seated = ngettext("%(num)d has a seat.", "%(num)d have a seat.", len(outcome.seated))
    if not outcome.waiting:
        then = _("The invitations are on their way.")
    else:
        then = ngettext(
            "%(num)d is on the waiting list. We'll e-mail you when there is a seat.",
            "%(num)d are on the waiting list. We'll e-mail you when there are seats.",
            len(outcome.waiting),
        )
    return f"{seated} {then}"
