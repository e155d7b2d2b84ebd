"""Pages of classes. The other pages of schools hang on the same blueprint and are gathered here."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from outreach import policy
from outreach.errors import OutreachError
from outreach.mail import one_line
from outreach.models import RoleName, School, SchoolClass
from outreach.registration.queries import seats_to_settle
from outreach.schools import queries, removal, student_views, use_cases
from outreach.schools.allow_list import own_domains
from outreach.schools.batches import views as batch_views
from outreach.schools.blueprint import schools
from outreach.schools.class_files import list_headings, list_table
from outreach.schools.forms import ClassForm, StudentSearchForm
from outreach.schools.next_sessions import next_sessions
from outreach.time import clock
from outreach.web import BEYOND_KEYS, SelectChoice, TableFormat, load, me, one_of, page_number, signed_in, table_file

__all__ = ["batch_views", "schools", "student_views"]


@schools.get("/classes")
@signed_in(policy.registers_classes)
def index() -> ResponseReturnValue:
    """List one's own classes, then the colleagues'."""
    page, lines = queries.classes(me(), page_number(request.args.get("page")))
    now, is_first = clock.now(), page.page == 1 and me().is_a(RoleName.TEACHER) and not policy.coordinates(me())
    context = {"sizes": queries.filter_counts(me()), "StudentFilter": queries.StudentFilter, "to_settle": seats_to_settle(me(), now=now)}
    coming = next_sessions(me(), now=now) if is_first else []
    return render_template("schools/index.html", page=page, lines=lines, next_sessions=coming, **context)


@schools.get("/students")
@signed_in(policy.registers_classes)
def students() -> ResponseReturnValue:
    """Find students; list those in no class, and those whose address needs correcting."""
    form = StudentSearchForm(request.args)
    chosen = queries.StudentFilter(form.show.data) if form.show.data in list(queries.StudentFilter) else queries.StudentFilter.ALL
    sought = one_line(form.q.data or "")
    page, lines = queries.students(me(), chosen, sought, page_number(request.args.get("page")), now=clock.now())
    context = {"page": page, "lines": lines, "form": form, "sought": sought, "chosen": chosen}
    return render_template("schools/students.html", sizes=queries.filter_counts(me()), StudentFilter=queries.StudentFilter, **context)


@schools.route("/classes/new", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def new_class() -> ResponseReturnValue:
    """Make a class, then type its students or upload them."""
    form = _class_form()
    if form.validate_on_submit():
        school_id = load(School, form.school_id.data, policy.works_at).id
        try:
            class_id = use_cases.make_class(school_id, form.name.data, by_id=me().id, keeps=me().is_a(RoleName.TEACHER))
        except OutreachError as refusal:
            form.refuse(refusal)
            return render_template("schools/new_class.html", form=form), refusal.status
        flash(_("%(name)s is added. Now add its students.", name=form.name.data), "success")
        following = "schools.new_student" if request.form.get("then") == "type" else "schools.upload"
        return redirect(url_for(following, class_id=class_id), code=303)
    return render_template("schools/new_class.html", form=form), 422 if form.is_submitted() else 200


@schools.get("/classes/<int:class_id>")
@signed_in(policy.registers_classes)
def show_class(class_id: int) -> ResponseReturnValue:
    """Show a class: who is in it, and who can be reached."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    lines = queries.students_of_class(class_id, now=clock.now())
    page = {"is_mine": me() in school_class.teachers, "own_domains": own_domains(lines, me())}
    return render_template("schools/class.html", school_class=school_class, lines=lines, **page)


@schools.get("/classes/<int:class_id>/file")
@signed_in(policy.registers_classes)
def download_class(class_id: int) -> ResponseReturnValue:
    """Give a class as a table, with all that its teachers see of it; it can be imported again."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    ids = [line.id for line in queries.students_of_class(class_id, now=clock.now())]
    known = queries.known_students(school_class.school_id, ids)
    headings, rows = list_table([known[key] for key in ids])
    return table_file(headings, rows, name=school_class.name, kind=_wanted_format())


@schools.get("/classes/template")
@signed_in(policy.registers_classes)
def download_template() -> ResponseReturnValue:
    """Give an empty class list to fill in."""
    return table_file(list_headings(), [], name=_("Class list"), kind=_wanted_format())


def _wanted_format() -> TableFormat:
    return one_of(TableFormat, request.args.get("format")) or TableFormat.XLSX


@schools.route("/classes/<int:class_id>/name", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def rename_class(class_id: int) -> ResponseReturnValue:
    """Give a class another name."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    form = _class_form(name=school_class.name)
    del form.school_id
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            use_cases.rename_class(class_id, form.name.data)
        except OutreachError as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            flash(_("The class is now called %(name)s.", name=form.name.data), "success")
            return redirect(url_for("schools.show_class", class_id=class_id), code=303)
    return render_template("schools/rename_class.html", form=form, school_class=school_class), status


@schools.route("/classes/<int:class_id>/deletion", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def delete_class(class_id: int) -> ResponseReturnValue:
    """Ask, then delete a class; its students stay."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    if request.method == "POST":
        name = school_class.name
        use_cases.delete_class(class_id)
        flash(_("%(name)s was deleted. Its students are still at your school.", name=name), "success")
        return redirect(url_for("schools.index"), code=303)
    return render_template("schools/delete_class.html", school_class=school_class, size=len(school_class.students))


@schools.route("/classes/<int:class_id>/students/removal", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def remove_students(class_id: int) -> ResponseReturnValue:
    """Choose students of a class, see who would be removed, then remove them."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    chosen = {key for key in request.form.getlist("student_ids", type=int) if key < BEYOND_KEYS}
    if request.method == "POST" and chosen and request.form.get("sure"):
        number = removal.remove_students(class_id, chosen, now=clock.now())
        flash(ngettext("%(num)d student was removed.", "%(num)d students were removed.", number), "success")
        return redirect(url_for("schools.show_class", class_id=class_id), code=303)
    preview = removal.preview_removal(class_id, chosen, now=clock.now()) if chosen else None
    lines = [] if chosen else queries.students_of_class(class_id, now=clock.now())
    page = render_template("schools/remove_students.html", school_class=school_class, lines=lines, preview=preview)
    return page, 422 if request.method == "POST" and not chosen else 200


@schools.post("/classes/<int:class_id>/teachers")
@signed_in(policy.registers_classes)
def keep_class(class_id: int) -> ResponseReturnValue:
    """Become a teacher of a class, or stop being one."""
    load(SchoolClass, class_id, policy.keeps_class)
    keeps = request.form.get("keeps") == "yes"
    use_cases.keep_class(class_id, me().id, keeps=keeps)
    flash(_("This is one of your classes now.") if keeps else _("This is no longer one of your classes."), "success")
    return redirect(url_for("schools.show_class", class_id=class_id), code=303)


def _class_form(**beginning: Any) -> ClassForm:
    """Offer the schools one works at; for most there is one, and nothing to choose."""
    mine = queries.schools_of(me())
    form = ClassForm(data={"school_id": mine[0].id if len(mine) == 1 else None, **beginning})
    form.school_id.choices = [SelectChoice(school.id, school.name) for school in mine]
    return form
