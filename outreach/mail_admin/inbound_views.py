"""Mail that came in: what was made of each message, and those that a person must look at.

What a stranger wrote is shown as plain text and never rendered: it holds personal data, and perhaps a trap.
"""

from __future__ import annotations

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.inbound import as_it_came, own_words, use_cases
from outreach.mail_admin import inbound_labels, queries
from outreach.mail_admin.blueprint import mail_admin
from outreach.mail_admin.forms import InboundFilter, Shown
from outreach.models import InboundKind, InboundMessage
from outreach.time import clock
from outreach.web import filter_from, load, me, one_of, page_number, page_of, signed_in, table_moment

SHOWN_AT_MOST = 20_000


@mail_admin.get("/inbound")
@signed_in(policy.coordinates)
def inbound() -> ResponseReturnValue:
    """Show what needs a look, newest first; or all that came in."""
    chosen = filter_from(InboundFilter, request.args, _("Sender or subject"))
    shown = one_of(Shown, chosen.shown.data) or Shown.TO_LOOK_AT
    wanted = queries.inbound(chosen.q.data, shown, one_of(InboundKind, chosen.kind.data))
    page = page_of(wanted, page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    found = [row[0] for row in page.rows]
    return render_template("mail_admin/inbound.html", form=chosen, page=page, found=found, shown=shown, **_words())


@mail_admin.get("/inbound/<int:message_id>")
@signed_in(policy.coordinates)
def inbound_message(message_id: int) -> ResponseReturnValue:
    """Show one message."""
    found = load(InboundMessage, message_id, policy.coordinates)
    raw = found.raw or b""
    shown = {"said": own_words(raw, at_most=SHOWN_AT_MOST), "text": as_it_came(raw, at_most=SHOWN_AT_MOST)}
    return render_template("mail_admin/inbound_message.html", message=found, is_cut=len(raw) > SHOWN_AT_MOST, **shown, **_words())


@mail_admin.get("/inbound/<int:message_id>/message.eml")
@signed_in(policy.coordinates)
def inbound_raw(message_id: int) -> ResponseReturnValue:
    """Give the message as it came, to be kept, never to be shown by the browser."""
    found = load(InboundMessage, message_id, policy.coordinates)
    if found.raw is None:
        abort(404)
    headers = {
        "Content-Disposition": f'attachment; filename="received-{found.id}.eml"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return Response(found.raw, mimetype="message/rfc822", headers=headers)


@mail_admin.post("/inbound/<int:message_id>/review")
@signed_in(policy.coordinates)
def review_inbound(message_id: int) -> ResponseReturnValue:
    """Note that somebody has looked."""
    found = load(InboundMessage, message_id, policy.coordinates)
    use_cases.mark_reviewed(found.id, now=clock.now())
    flash(_("Noted: you have looked at it."), "success")
    return redirect(url_for("mail_admin.inbound"), code=303)


def _words() -> dict[str, object]:
    zone = me().zone
    return {
        "kinds": inbound_labels.INBOUND_KINDS,
        "outcomes": inbound_labels.INBOUND_OUTCOMES,
        "why": inbound_labels.why,
        "to_do": inbound_labels.to_do,
        "sign": inbound_labels.sign,
        "moment": lambda at: table_moment(at, zone),
    }
