"""Pages of an import: upload, review, import.

The uploaded list is kept in the form itself, so that we store nothing of it. It is packed, because a browser would change
line breaks and drop characters, and not signed: whoever may post it back may as well upload something else.
"""

from __future__ import annotations

import base64
import binascii
import zlib

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from outreach import policy
from outreach.class_lists import MAX_BYTES, ListError, error_words
from outreach.errors import OutreachError, Refusal
from outreach.models import SchoolClass
from outreach.schools.blueprint import schools
from outreach.schools.forms import ReviewForm, UploadForm
from outreach.schools.imports.choices import ImportChoices, read_choices
from outreach.schools.imports.questions import column_lines, questions_of
from outreach.schools.imports.review import review_of
from outreach.schools.imports.use_cases import Imported, Sheet, import_list, propose, read_list
from outreach.time import clock
from outreach.web import load, signed_in


@schools.route("/classes/<int:class_id>/import", methods=["GET", "POST"])
@signed_in(policy.registers_classes)
def upload(class_id: int) -> ResponseReturnValue:
    """Take a list, and show what importing it would do."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    form = UploadForm()
    if not form.is_submitted():
        return render_template("schools/upload.html", form=form, school_class=school_class)
    content = form.content() if form.validate() else None
    if content is not None:
        try:
            sheet = read_list(content, ImportChoices(), today=clock.now().date(), country=school_class.school.country)
        except ListError as refusal:
            form.refuse_list(error_words(refusal))
        else:
            return _review(school_class, ReviewForm(formdata=None), content, sheet)
    return render_template("schools/upload.html", form=form, school_class=school_class), 422


@schools.get("/classes/<int:class_id>/import/review")
@schools.get("/classes/<int:class_id>/import/students", endpoint="commit_again")
@signed_in(policy.registers_classes)
def review_again(class_id: int) -> ResponseReturnValue:
    """Start again: we keep nothing of a list between two pages."""
    load(SchoolClass, class_id, policy.keeps_class)
    return redirect(url_for("schools.upload", class_id=class_id), code=303)


@schools.post("/classes/<int:class_id>/import/review")
@signed_in(policy.registers_classes)
def review(class_id: int) -> ResponseReturnValue:
    """Show again what importing would do, with other columns, dates or answers."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    form, choices = ReviewForm(), read_choices(request.form)
    try:
        content = unpack(form.packed.data or "")
        sheet = read_list(content, choices, today=clock.now().date(), country=school_class.school.country)
    except (ValueError, ListError):
        return _lost(class_id)
    return _review(school_class, form, content, sheet)


@schools.post("/classes/<int:class_id>/import/students")
@signed_in(policy.registers_classes)
def commit(class_id: int) -> ResponseReturnValue:
    """Import what was shown, or say why not and show it again."""
    school_class = load(SchoolClass, class_id, policy.keeps_class)
    form, choices, now = ReviewForm(), read_choices(request.form), clock.now()
    try:
        content = unpack(form.packed.data or "")
        sheet = read_list(content, choices, today=now.date(), country=school_class.school.country)
    except (ValueError, ListError):
        return _lost(class_id)
    if sheet.reading is None:
        return _review(school_class, form, content, sheet, status=422)
    try:
        done = import_list(sheet, class_id=class_id, seen=read_sights(form.seen.data or ""), now=now)
    except OutreachError as refusal:
        return _review(school_class, form, content, sheet, refusal=refusal, status=refusal.status)
    flash(_summary(done), "success")
    return redirect(url_for("schools.show_class", class_id=class_id), code=303)


def _review(
    school_class: SchoolClass,
    form: ReviewForm,
    content: bytes,
    sheet: Sheet,
    *,
    refusal: OutreachError | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Show the dry run; it changes nothing and stays in nobody's cache."""
    form.packed.data = pack(content)
    choices, shown, proposal = sheet.choices, None, None
    if sheet.reading is not None:
        proposal = propose(sheet.reading, choices, school_id=school_class.school_id, class_id=school_class.id)
        shown = review_of(sheet, sheet.reading, proposal, choices)
        form.seen.data = write_sights(dict(proposal.sights))
        form.date_order.data = choices.date_order or sheet.reading.date_order or ""
    form.headings.data = sheet.columns.heading_line is not None
    for trouble in filter(None, (refusal, Refusal(error_words(sheet.refusal)) if sheet.refusal else None)):
        form.refuse(trouble)
    columns = column_lines(sheet, choices)
    asked = questions_of(sheet, proposal)
    page = render_template(
        "schools/review.html", school_class=school_class, form=form, shown=shown, columns=columns, sheet=sheet, asked=asked
    )
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _lost(class_id: int) -> ResponseReturnValue:
    flash(_("We lost the list on the way, and nothing was imported. Please upload it again."), "error")
    return redirect(url_for("schools.upload", class_id=class_id), code=303)


def _summary(done: Imported) -> str:
    if not done.added and not done.updated:
        return _("Everybody on the list is in the class already. Nothing has changed.")
    added = ngettext("%(num)d student added.", "%(num)d students added.", done.added)
    updated = ngettext("%(num)d student updated.", "%(num)d students updated.", done.updated)
    return f"{added} {updated}"


def pack(content: bytes) -> str:
    """Give the content as letters and digits a form field keeps."""
    return base64.urlsafe_b64encode(zlib.compress(content, 6)).decode()


def unpack(packed: str) -> bytes:
    """Give the content back. Raises ValueError for what `pack` didn't make of at most MAX_BYTES."""
    unzip = zlib.decompressobj()
    try:
        content = unzip.decompress(base64.b64decode(packed.encode("ascii"), altchars=b"-_", validate=True), MAX_BYTES + 1)
    except (binascii.Error, zlib.error, UnicodeEncodeError):
        raise ValueError("this isn't a packed list") from None
    if len(content) > MAX_BYTES or not unzip.eof:
        raise ValueError("this list is cut off or too big")
    return content


def write_sights(sights: dict[int, str]) -> str:
    """Give row -> sign as one line."""
    return ",".join(f"{line}:{sight}" for line, sight in sights.items())


def read_sights(written: str) -> dict[int, str]:
    """Read what `write_sights` wrote; what doesn't look like it is left out."""
    pairs = (pair.partition(":") for pair in written.split(","))
    return {int(line): sight for line, _colon, sight in pairs if line.isascii() and line.isdigit() and len(line) < 8}
