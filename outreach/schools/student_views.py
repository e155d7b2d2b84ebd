"""Pages of one student: add, correct, remove, put into classes; and of addresses and domains where letters don't arrive."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from outreach import policy
from outreach.class_lists import KnownStudent
from outreach.deliverability.use_cases import reactivate_mailbox, unblock_domain
from outreach.errors import OutreachError, Stale
from outreach.folding import full_name
from outreach.models import HAVE_AN_ENTRY, BlockedDomain, Mailbox, SchoolClass, Student
from outreach.registration.queries import seats_to_settle
from outreach.schools import removal
from outreach.schools import students as use_cases
from outreach.schools import use_cases as class_use_cases
from outreach.schools.allow_list import instructions_for_it, own_domains, students_at
from outreach.schools.birth_dates import fill_birth_dates, without_birth_date
from outreach.schools.blueprint import schools
from outreach.schools.forms import StudentForm, beginning, birth_dates_form
from outreach.schools.lost_guardians import Concerned, NoGuardianLeft
from outreach.schools.queries import known_students, responsible_teacher
from outreach.schools.student_lines import StudentLine, student_lines
from outreach.time import clock
from outreach.web import Form, load, me, settings, signed_in


@schools.route("/classes/<int:class_id>/students/new", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def new_student(class_id: int) -> ResponseReturnValue:
    """Add a student to a class; if the school seems to have the student already, ask."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    form = StudentForm()
    candidates: list[StudentLine] = []
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            use_cases.add_student(class_id, form.typed(), is_another=bool(form.is_another.data), now=clock.now())
        except use_cases.AlreadyThere as question:
            candidates = student_lines(Student.id.in_(question.candidates), now=clock.now())
            status = question.status
        except OutreachError as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            flash(_("%(name)s is in the class.", name=form.given_name.data), "success")
            following = "schools.new_student" if request.form.get("then") == "another" else "schools.show_class"
            return redirect(url_for(following, class_id=class_id), code=303)
    elif form.is_submitted():
        _say_also(form, school_class.school_id)
    page = {"school_class": school_class, "form": form, "candidates": candidates}
    return render_template("schools/new_student.html", **page), status


@schools.route("/classes/<int:class_id>/birth-dates", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def birth_dates(class_id: int) -> ResponseReturnValue:
    """Fill in the birth dates that are missing in a class; then back to the session they were missing for."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    session_id = request.args.get("session", type=int)
    form = birth_dates_form(without_birth_date(class_id))
    sheet: dict[str, Any] = {"session_id": session_id, "class": class_id}
    back = url_for("registration.register", **sheet) if session_id else url_for("schools.show_class", class_id=class_id)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            filled = fill_birth_dates(class_id, form.typed(), now=clock.now())
        except OutreachError as refusal:
            form.refuse(refusal)
        else:
            flash(ngettext("%(num)s birth date is saved.", "%(num)s birth dates are saved.", filled), "success" if filled else "info")
            return redirect(back, code=303)
    return render_template("schools/birth_dates.html", school_class=school_class, form=form, back=back, session_id=session_id), status


@schools.route("/students/<int:student_id>", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def edit_student(student_id: int) -> ResponseReturnValue:
    """Show and correct what is known of a student."""
    student = load(Student, student_id, policy.keeps_student)
    known = known_students(student.school_id).get(student_id) or abort(404)
    form = StudentForm(data=beginning(known) | {"seen": use_cases.seen_of(known)})
    status = 422 if form.is_submitted() else 200
    concerned: list[Concerned] = []
    if form.validate_on_submit():
        typed, asks_first = form.typed(), not form.leaves_nobody.data
        try:
            is_readdressed = use_cases.edit_student(student_id, typed, seen=form.seen.data or "", asks_first=asks_first, now=clock.now())
        except OutreachError as refusal:
            form.refuse(refusal)
            status = refusal.status
            concerned = refusal.concerned if isinstance(refusal, NoGuardianLeft) else []
            if isinstance(refusal, Stale):
                form.seen.data = use_cases.seen_of(known)
        else:
            flash(_("Saved. Invitations now go to the new addresses.") if is_readdressed else _("Saved."), "success")
            return redirect(_class_of(known), code=303)
    elif form.is_submitted():
        _say_also(form, student.school_id, but=student_id)
    return _record(student, known, form, concerned), status


def _say_also(form: StudentForm, school_id: int, *, but: int | None = None) -> None:
    """Say of a form that can't be saved what saving would refuse besides."""
    others = (one for key, one in known_students(school_id).items() if key != but)
    for reason in use_cases.refusals(form.typed(), others, now=clock.now()):
        if not form.says_of(reason):
            form.refuse(reason)


@schools.route("/students/<int:student_id>/removal", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def remove_student(student_id: int) -> ResponseReturnValue:
    """Ask, then forget a student."""
    student = load(Student, student_id, policy.keeps_student)
    known = known_students(student.school_id).get(student_id) or abort(404)
    registrations = removal.registrations_to_come(student_id, now=clock.now())
    if request.method == "POST":
        try:
            removal.remove_student(student_id, now=clock.now())
        except OutreachError as refusal:
            page = {"student": known, "registrations": registrations, "refusal": refusal}
            return render_template("schools/remove_student.html", **page), refusal.status
        flash(_("%(name)s was removed.", name=full_name(known.given_name, known.family_name)), "success")
        return redirect(_class_of(known), code=303)
    return render_template("schools/remove_student.html", student=known, registrations=registrations)


@schools.post("/students/<int:student_id>/classes")
@signed_in(policy.registers_classes)
def join_class(student_id: int) -> ResponseReturnValue:
    """Put a student into one more class."""
    student = load(Student, student_id, policy.keeps_student)
    school_class = load(SchoolClass, request.form.get("class_id", 0, type=int), policy.keeps_class)
    use_cases.join_class(student_id, school_class.id)
    flash(_("%(name)s is in %(class_name)s now.", name=student.given_name, class_name=school_class.name), "success")
    if request.form.get("then") == "class":
        return redirect(url_for("schools.show_class", class_id=school_class.id), code=303)
    return redirect(url_for("schools.edit_student", student_id=student_id), code=303)


@schools.post("/students/<int:student_id>/classes/<int:class_id>/removal")
@signed_in(policy.registers_classes)
def leave_class(student_id: int, class_id: int) -> ResponseReturnValue:
    """Take a student out of a class."""
    student = load(Student, student_id, policy.keeps_student)
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    use_cases.leave_class(student_id, class_id)
    flash(_("%(name)s is no longer in %(class_name)s.", name=student.given_name, class_name=school_class.name), "success")
    return redirect(url_for("schools.edit_student", student_id=student_id), code=303)


@schools.route("/students/<int:student_id>/responsibility", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def take_responsibility(student_id: int) -> ResponseReturnValue:
    """Show what being responsible means and for which seats, then record it."""
    student = load(Student, student_id, policy.keeps_student)
    form = Form()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            class_use_cases.take_responsibility(student_id, by_id=me().id, now=clock.now())
        except OutreachError as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            flash(_("You have taken responsibility for %(name)s.", name=student.given_name), "success")
            return redirect(url_for("schools.edit_student", student_id=student_id), code=303)
    to_settle = seats_to_settle(me(), now=clock.now(), student_id=student_id)
    return render_template("schools/take_responsibility.html", student=student, to_settle=to_settle, form=form), status


def _record(student: Student, known: KnownStudent, form: StudentForm, concerned: list[Concerned]) -> str:
    (line,) = student_lines(Student.id == student.id, now=clock.now())
    siblings = use_cases.siblings(student.id)
    joinable = use_cases.classes_to_join(student)
    classes = [school_class for school_class in student.classes if policy.keeps_class(me(), school_class)]
    coming = sum(registration.state in HAVE_AN_ENTRY for registration in removal.registrations_to_come(student.id, now=clock.now()))
    page = {
        "coming": coming,
        "concerned": concerned,
        "student": student,
        "known": known,
        "line": line,
        "siblings": siblings,
        "classes": classes,
        "joinable": joinable,
    }
    page["own_domains"] = own_domains([line], me())
    page["to_settle"] = seats_to_settle(me(), now=clock.now(), student_id=student.id)
    page["responsible"] = responsible_teacher(student.id)
    return render_template("schools/student.html", form=form, **page)


def _class_of(known: KnownStudent) -> str:
    """Go back to where teachers look: the class, if there is one."""
    if not known.class_ids:
        return url_for("schools.students")
    return url_for("schools.show_class", class_id=min(known.class_ids))


@schools.post("/students/<int:student_id>/addresses/<int:mailbox_id>/retry")
@signed_in(policy.registers_classes)
def use_again(student_id: int, mailbox_id: int) -> ResponseReturnValue:
    """Write again to an address of a student's family, first the present state."""
    student = load(Student, student_id, policy.keeps_student)
    mailbox = load(Mailbox, mailbox_id, lambda _user, mailbox: _is_of(student, mailbox))
    if reactivate_mailbox(mailbox.id, now=clock.now()):
        flash(_("We'll send e-mails to %(address)s again, beginning with the current invitations.", address=mailbox.address), "success")
    else:
        flash(_("We already send e-mails to %(address)s.", address=mailbox.address), "info")
    return redirect(url_for("schools.edit_student", student_id=student_id), code=303)


@schools.get("/blocked-domains/<domain>")
@signed_in(policy.registers_classes)
def blocked_domain(domain: str) -> ResponseReturnValue:
    """Show what a school's IT must allow."""
    blocked = load(BlockedDomain, domain, policy.may_unblock_domain)
    context = {"students": students_at(domain, me()), "text": instructions_for_it(blocked, settings())}
    return render_template("schools/blocked_domain.html", blocked=blocked, **context)


@schools.post("/blocked-domains/<domain>/unblock")
@signed_in(policy.registers_classes)
def unblock(domain: str) -> ResponseReturnValue:
    """Send e-mails to this domain again; the first ones are the current invitations."""
    blocked = load(BlockedDomain, domain, policy.may_unblock_domain)
    if unblock_domain(blocked.domain, now=clock.now()):
        flash(_("Thank you. Everybody at %(domain)s now gets their current invitations.", domain=domain), "success")
    return redirect(url_for("schools.blocked_domain", domain=domain), code=303)


def _is_of(student: Student, mailbox: Mailbox) -> bool:
    return mailbox.id in {student.mailbox_id, *(guardian.mailbox_id for guardian in student.guardians)}
