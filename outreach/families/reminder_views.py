"""The page behind "stop reminders", and the button mail programs press by themselves (RFC 8058).

Neither asks for a cookie, a login or a CSRF token: the link alone says who asks. Opening it changes nothing.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach.families import use_cases
from outreach.families.pages import open_link
from outreach.families.views import families
from outreach.models import Mailbox
from outreach.time import clock
from outreach.tokens import Purpose
from outreach.web.extensions import csrf
from outreach.web.pages import settings

__all__ = ["families"]


@families.route("/i/<token>/reminders", methods=["GET", "POST"])
def reminders(token: str) -> ResponseReturnValue:
    """Say what stops and what doesn't; a POST stops it.

    A mail program is answered at once: it needn't follow where a browser is sent (RFC 8058 3.1).
    """
    mailbox = _mailbox(token)
    if request.method == "POST":
        use_cases.stop_reminders(mailbox.id, now=clock.now())
        if request.form.get("List-Unsubscribe") != "One-Click":
            return redirect(url_for("families.reminders", token=token), code=303)
    return render_template("families/reminders.html", mailbox=mailbox, token=token)


csrf.exempt(reminders)


@families.post("/i/<token>/reminders/again")
def remind_again(token: str) -> ResponseReturnValue:
    """Take it back."""
    mailbox = _mailbox(token)
    use_cases.remind_again(mailbox.id)
    flash(_("Reminders go to %(address)s again.", address=mailbox.address), "success")
    return redirect(url_for("families.reminders", token=token), code=303)


def _mailbox(token: str) -> Mailbox:
    mailbox, _session = open_link(token, Purpose.REMINDERS, secret_key=settings().secret_key, now=clock.now())
    return mailbox
