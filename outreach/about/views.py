"""The public pages, and where a coordinator changes their texts."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import Optional

from outreach import policy
from outreach.about.defaults import TITLES, default_text
from outreach.about.use_cases import change_text, changed_texts, text_of
from outreach.models import PageName
from outreach.time import clock
from outreach.web import Form, ProseField, me, one_of, signed_in, table_moment

about = Blueprint("about", __name__)


class TextForm(Form):
    """The text of one page."""

    text = ProseField(
        _l("Text"),
        (Optional(),),
        longest=20_000,
        description=_l("## begins a heading, - a list, **two stars** make bold. Leave it empty to use the standard text again."),
    )


@about.get("/about", defaults={"name": "about"})
@about.get("/contact", defaults={"name": "contact"})
@about.get("/privacy", defaults={"name": "privacy"})
@about.get("/safeguarding", defaults={"name": "safeguarding"})
def show(name: str) -> ResponseReturnValue:
    """Show one of the pages."""
    page = PageName(name)
    return render_template("about/show.html", title=TITLES[page], text=text_of(page), name=page)


@about.get("/coordination/texts")
@signed_in(policy.coordinates)
def texts() -> ResponseReturnValue:
    """List the pages."""
    return render_template("about/texts.html", titles=TITLES, changed=changed_texts(), moment=lambda at: table_moment(at, me().zone))


@about.route("/coordination/texts/<name>", methods=["GET", "POST"])
@signed_in(policy.coordinates)
def edit(name: str) -> ResponseReturnValue:
    """Change the text of a page."""
    page = one_of(PageName, name) or abort(404)
    form = TextForm(text=text_of(page))
    if form.validate_on_submit():
        is_ours = form.text.data == default_text(page)
        change_text(page, "" if is_ours else form.text.data, by_id=me().id, now=clock.now())
        flash(_("Saved."), "success")
        return redirect(url_for("about.texts"), code=303)
    return render_template("about/edit.html", title=TITLES[page], name=page, form=form), 422 if form.is_submitted() else 200
