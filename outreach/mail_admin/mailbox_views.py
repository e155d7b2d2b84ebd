"""The page of undeliverable addresses: what their servers said, and a button to write there again."""

from __future__ import annotations

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.deliverability import use_cases
from outreach.mail_admin import undeliverable
from outreach.mail_admin.blueprint import mail_admin
from outreach.mail_admin.queries import PAGE_SIZE
from outreach.models import Mailbox
from outreach.time import clock
from outreach.web import load, me, page_number, page_of, signed_in, table_moment


@mail_admin.get("/mailboxes")
@signed_in(policy.coordinates)
def mailboxes() -> ResponseReturnValue:
    """Show which addresses take nothing from us, and which domains."""
    now, zone = clock.now(), me().zone
    asked = request.args.get("show")
    shelf = undeliverable.MailboxFilter(asked) if asked in list(undeliverable.MailboxFilter) else undeliverable.MailboxFilter.SILENT
    page = page_of(undeliverable.mailboxes(shelf, now=now), page_number(request.args.get("page")), size=PAGE_SIZE)
    context = {
        "sizes": undeliverable.filter_counts(now=now),
        "domains": undeliverable.blocked_domains(),
        "moment": partial(table_moment, zone=zone),
    }
    return render_template("mail_admin/mailboxes.html", page=page, shelf=shelf, Shelf=undeliverable.MailboxFilter, **context)


@mail_admin.post("/mailboxes/<int:mailbox_id>/resumption")
@signed_in(policy.coordinates)
def write_again(mailbox_id: int) -> ResponseReturnValue:
    """Write there again, first the present state."""
    mailbox = load(Mailbox, mailbox_id, policy.coordinates)
    if use_cases.reactivate_mailbox(mailbox.id, now=clock.now()):
        flash(_("We write to %(address)s again. It hears now how things stand.", address=mailbox.address), "success")
    else:
        flash(_("Letters go to %(address)s already.", address=mailbox.address), "info")
    return redirect(url_for("mail_admin.mailboxes"), code=303)
