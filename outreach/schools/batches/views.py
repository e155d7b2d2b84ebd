"""Pages of an import: upload, review, import, undo. What takes long is done by the worker, and the same pages show how far it is."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach import policy
from outreach.background.use_cases import work_off
from outreach.db import db
from outreach.errors import OutreachError, Stale
from outreach.models import BackgroundJob, BackgroundJobState, ImportBatch, ImportSection, ImportState, SchoolClass
from outreach.schools.batches import queries, use_cases
from outreach.schools.batches.codec import read_choices as kept_choices
from outreach.schools.batches.importing import summary
from outreach.schools.batches.list_work import LIST_WORK
from outreach.schools.batches.undoing import kept_students, preview_undo
from outreach.schools.blueprint import schools
from outreach.schools.forms import ReviewForm, UploadForm
from outreach.schools.imports.choices import ImportChoices, read_choices
from outreach.time import clock
from outreach.web import Form, load, me, one_of, page_number, signed_in


@schools.route("/classes/<int:class_id>/import", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def upload(class_id: int) -> ResponseReturnValue:
    """Take a list, and read it."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    form = UploadForm()
    if not form.is_submitted():
        return render_template("schools/upload.html", form=form, school_class=school_class)
    content = form.content() if form.validate() else None
    if content is not None:
        now, name = clock.now(), form.file_name
        batch_id, job_id = use_cases.upload_list(content, file_name=name, class_id=class_id, by_id=me().id, now=now)
        job = _look_on(job_id)
        if job is None or job.state is not BackgroundJobState.FAILED:
            return redirect(url_for("schools.show_import", batch_id=batch_id), code=303)
        use_cases.drop_upload(batch_id)
        form.refuse_list(job.words)
    return render_template("schools/upload.html", form=form, school_class=school_class), 422


@schools.get("/imports")
@signed_in(policy.registers_classes)
def list_imports() -> ResponseReturnValue:
    """List what was imported into one's schools, newest first."""
    page = queries.batches(me(), page_number(request.args.get("page")))
    return render_template("schools/imports.html", page=page, states=ImportState)


@schools.get("/imports/<int:batch_id>")
@signed_in(policy.registers_classes)
def show_import(batch_id: int) -> ResponseReturnValue:
    """Show how far an import is: its review, its progress, or what it did."""
    return _shown(load(ImportBatch, batch_id, policy.keeps_import), ReviewForm(formdata=None))


@schools.get("/imports/<int:batch_id>/review")
@schools.get("/imports/<int:batch_id>/students", endpoint="import_again")
@signed_in(policy.registers_classes)
def review_again(batch_id: int) -> ResponseReturnValue:
    """Lead back to the import whoever opens the address a form was sent to."""
    load(ImportBatch, batch_id, policy.keeps_import)
    return redirect(url_for("schools.show_import", batch_id=batch_id), code=303)


@schools.post("/imports/<int:batch_id>/review")
@signed_in(policy.registers_classes)
def review(batch_id: int) -> ResponseReturnValue:
    """Read the list again, with other columns, dates or answers."""
    batch = load(ImportBatch, batch_id, policy.keeps_import)
    return _read_again(batch, kept_choices(batch.choices) if "again" in request.form else read_choices(request.form))


@schools.post("/imports/<int:batch_id>/students")
@signed_in(policy.registers_classes)
def commit(batch_id: int) -> ResponseReturnValue:
    """Import what was shown, or say why not and show it again."""
    batch, form = load(ImportBatch, batch_id, policy.keeps_import), ReviewForm()
    choices = read_choices(request.form)
    try:
        job_id = use_cases.start_import(batch_id, choices, shown=form.shown.data or "", by_id=me().id, now=clock.now())
    except Stale as refusal:
        flash(str(refusal), "error")
        return _read_again(batch, choices)
    except OutreachError as refusal:
        form.refuse(refusal)
        return _shown(batch, form, status=refusal.status)
    job = _look_on(job_id)
    if job is not None and job.state is BackgroundJobState.FAILED:
        flash(job.words, "error")
        return _read_again(batch, choices)
    if job is None or not job.is_finished or batch.class_id is None:
        return redirect(url_for("schools.show_import", batch_id=batch_id), code=303)
    flash(summary(batch), "success")
    return redirect(url_for("schools.show_class", class_id=batch.class_id), code=303)


@schools.route("/imports/<int:batch_id>/undo", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def undo_import(batch_id: int) -> ResponseReturnValue:
    """Show what undoing an import would do, then undo it."""
    batch, form = load(ImportBatch, batch_id, policy.keeps_import), Form()
    if not use_cases.can_be_undone(batch, now=clock.now()) or batch.is_running:
        return redirect(url_for("schools.show_import", batch_id=batch_id), code=303)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            job_id = use_cases.start_undo(batch_id, by_id=me().id, now=clock.now())
        except OutreachError as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            _look_on(job_id)
            return redirect(url_for("schools.show_import", batch_id=batch_id), code=303)
    preview = preview_undo(batch, now=clock.now())
    return render_template("schools/undo_import.html", batch=batch, form=form, preview=preview), status


def _look_on(job_id: int) -> BackgroundJob | None:
    """Do short work while the page waits; give what came of it. None: a worker does it."""
    job = db.session.get(BackgroundJob, job_id)
    if job is None or job.due_at <= clock.now():
        return None
    work_off(LIST_WORK, now=clock.now(), job_id=job_id)
    return db.session.get(BackgroundJob, job_id, populate_existing=True)


def _read_again(batch: ImportBatch, choices: ImportChoices) -> ResponseReturnValue:
    try:
        _look_on(use_cases.choose(batch.id, choices, by_id=me().id, now=clock.now()))
    except OutreachError as refusal:
        flash(str(refusal), "error")
    return redirect(url_for("schools.show_import", batch_id=batch.id), code=303)


def _shown(batch: ImportBatch, form: ReviewForm, *, status: int = 200) -> ResponseReturnValue:
    """Show an import as far as it is; it stays in nobody's cache."""
    page = _review(batch, form) if batch.state is ImportState.REVIEW and not batch.is_running else _state(batch)
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _state(batch: ImportBatch) -> str:
    more: dict[str, Any] = {"kept": kept_students(batch.id)} if batch.state is ImportState.UNDONE else {}
    can_undo = use_cases.can_be_undone(batch, now=clock.now())
    may_stop = batch.job is not None and policy.follows_job(me(), batch.job)
    return render_template("schools/import.html", batch=batch, can_undo=can_undo, may_stop=may_stop, states=ImportState, **more)


def _review(batch: ImportBatch, form: ReviewForm) -> str:
    section = one_of(ImportSection, request.args.get("section"))
    if section is not None:
        page = queries.section_of(batch.id, section, page_number(request.args.get("page")))
        return render_template("schools/review_section.html", batch=batch, section=section.value, page=page)
    head = batch.review
    form.shown.data = str(batch.read_by)
    form.headings.data = head["has_headings"]
    form.date_order.data = head.get("date_order") or ""
    if head["refusal"]:
        form.form_errors.append(head["refusal"])
    shown = queries.review_of_batch(batch) if head["has_rows"] else None
    return render_template("schools/review.html", batch=batch, form=form, shown=shown, head=head)
