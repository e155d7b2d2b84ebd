"""The mail log, received mail and undeliverable addresses; imports the views of invitation status, which register with the same blueprint.

What an account e-mail says is never shown: its links open accounts. An e-mail about a session can be downloaded; it is rendered
from its row again, as the worker does. What a stranger wrote is shown as plain text and never rendered: it holds personal data,
and perhaps a trap.
"""

from __future__ import annotations

import re
from functools import partial

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.deliverability.use_cases import reactivate_mailbox
from outreach.errors import Refusal
from outreach.inbound import about, answers_to, as_it_came, own_words, words_of_html
from outreach.inbound.use_cases import answer_message, mark_reviewed
from outreach.letters import KINDS, render
from outreach.mail import Signer
from outreach.mail_admin import inbound_labels, invitation_views, queries, undeliverable
from outreach.mail_admin.blueprint import mail_admin
from outreach.mail_admin.forms import NOT_ARRIVED, InboundFilter, LetterFilter, MessageAnswerForm, Shown
from outreach.mail_admin.labels import LETTER_KINDS, LETTER_STATES
from outreach.models import InboundKind, InboundMessage, Letter, LetterKind, LetterState, Mailbox
from outreach.outbox.use_cases import end_pause, retry_letter
from outreach.settings import Settings
from outreach.time import clock
from outreach.web import filter_from, load, me, one_of, page_number, page_of, settings, signed_in, table_moment

__all__ = ["invitation_views", "mail_admin"]
_ADDRESS_OF_A_PAGE = re.compile(r"\S*(?:https?:|/confirm/|/reset/)\S*", re.IGNORECASE)
SHOWN_AT_MOST = 20_000


@mail_admin.get("/emails")
@signed_in(policy.coordinates)
def emails() -> ResponseReturnValue:
    """Show the mail log, newest first."""
    chosen = filter_from(LetterFilter, request.args, _("Address"))
    kind, state = one_of(LetterKind, chosen.kind.data), one_of(LetterState, chosen.state.data)
    wanted = queries.letters(chosen.q.data, kind, state, not_arrived=chosen.state.data == NOT_ARRIVED)
    page = page_of(wanted, page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    found = [row[0] for row in page.rows]
    return render_template(
        "mail_admin/emails.html", form=chosen, page=page, found=found, returned=queries.returned(found), **_letter_labels()
    )


@mail_admin.get("/emails/<int:letter_id>")
@signed_in(policy.coordinates)
def email(letter_id: int) -> ResponseReturnValue:
    """Show what became of one letter."""
    found = load(Letter, letter_id, policy.coordinates)
    can_retry = found.state == LetterState.FAILED and not KINDS[found.kind].opens_account
    return render_template("mail_admin/email.html", letter=found, can_retry=can_retry, **_letter_labels())


@mail_admin.get("/emails/<int:letter_id>/message.eml")
@signed_in(policy.coordinates)
def email_file(letter_id: int) -> ResponseReturnValue:
    """Give a letter about a session as it goes over the wire, for a mail program; no other: links in account letters open accounts."""
    found = load(Letter, letter_id, policy.coordinates)
    if not can_be_read(found):
        abort(404)
    response = Response(as_sent(found, settings()), content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="email-{found.id}.eml"'
    response.headers["Cache-Control"] = "no-store"
    return response


@mail_admin.post("/emails/<int:letter_id>/retry")
@signed_in(policy.coordinates)
def retry(letter_id: int) -> ResponseReturnValue:
    """Try to send a failed letter once more."""
    found = load(Letter, letter_id, policy.coordinates)
    try:
        retry_letter(found.id, now=clock.now())
    except Refusal as refusal:
        flash(str(refusal), "error")
    else:
        flash(_("The e-mail is on its way again."), "success")
    return redirect(url_for("mail_admin.email", letter_id=found.id), code=303)


@mail_admin.post("/emails/retry")
@signed_in(policy.coordinates)
def try_now() -> ResponseReturnValue:
    """End the pause of all letters."""
    end_pause(now=clock.now())
    flash(_("We are trying the mail server again now. Reload this page in a minute."), "success")
    return redirect(url_for("coordination.home"), code=303)


def server_words(letter: Letter) -> str:
    """Give what the mail server said, without addresses of pages: some servers quote the link they dislike."""
    return _ADDRESS_OF_A_PAGE.sub("[…]", letter.server_words) if KINDS[letter.kind].opens_account else letter.server_words


def _letter_labels() -> dict[str, object]:
    zone = me().zone
    return {
        "kinds": LETTER_KINDS,
        "states": LETTER_STATES,
        "said": server_words,
        "can_be_read": can_be_read,
        "moment": lambda at: table_moment(at, zone),
    }


def can_be_read(letter: Letter) -> bool:
    """What was written about a session may be read; no other letter: links in account letters open accounts."""
    return letter.session_id is not None and not KINDS[letter.kind].opens_account


def as_sent(letter: Letter, settings: Settings) -> bytes:
    """Give the message. Raises Refusal where none can be made, or our key can't be read."""
    try:
        plain, signer = partial(render, settings=settings), Signer.of(settings)
        return signer.signing(plain)(letter) if signer else plain(letter)
    except (ValueError, OSError) as fault:
        raise Refusal(_("This e-mail can't be built: %(fault)s", fault=type(fault).__name__)) from fault


@mail_admin.get("/received")
@signed_in(policy.coordinates)
def received() -> ResponseReturnValue:
    """Show what needs review, newest first; or everything received."""
    chosen = filter_from(InboundFilter, request.args, _("Sender or subject"))
    shown = one_of(Shown, chosen.shown.data) or Shown.TO_LOOK_AT
    wanted = queries.inbound(chosen.q.data, shown, one_of(InboundKind, chosen.kind.data))
    page = page_of(wanted, page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    found = [row[0] for row in page.rows]
    return render_template(
        "mail_admin/received.html",
        form=chosen,
        page=page,
        found=found,
        shown=shown,
        proves=bool(settings().authserv_id),
        **_inbound_labels(),
    )


@mail_admin.get("/received/<int:message_id>")
@signed_in(policy.coordinates)
def received_email(message_id: int) -> ResponseReturnValue:
    """Show one message."""
    return _received_page(load(InboundMessage, message_id, policy.coordinates), MessageAnswerForm(formdata=None))


@mail_admin.post("/received/<int:message_id>/answer")
@signed_in(policy.coordinates)
def answer(message_id: int) -> ResponseReturnValue:
    """Answer what somebody wrote."""
    found = load(InboundMessage, message_id, policy.coordinates)
    form = MessageAnswerForm()
    if form.validate_on_submit():
        try:
            answer_message(found.id, form.words.data or "", now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Your answer is on its way."), "success")
            return redirect(url_for("mail_admin.received_email", message_id=found.id), code=303)
    return _received_page(found, form), 422


def _received_page(found: InboundMessage, form: MessageAnswerForm) -> str:
    raw = found.raw or b""
    said = own_words(raw, at_most=SHOWN_AT_MOST) or words_of_html(raw, at_most=SHOWN_AT_MOST)
    return render_template(
        "mail_admin/received_email.html",
        message=found,
        form=form,
        about=about(found, now=clock.now()),
        answers=answers_to(found),
        is_cut=len(raw) > SHOWN_AT_MOST,
        said=said,
        text=as_it_came(raw, at_most=SHOWN_AT_MOST),
        **_inbound_labels(),
    )


@mail_admin.get("/received/<int:message_id>/message.eml")
@signed_in(policy.coordinates)
def received_file(message_id: int) -> ResponseReturnValue:
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


@mail_admin.post("/received/<int:message_id>/review")
@signed_in(policy.coordinates)
def review(message_id: int) -> ResponseReturnValue:
    """Mark a message as reviewed."""
    found = load(InboundMessage, message_id, policy.coordinates)
    mark_reviewed(found.id, now=clock.now())
    flash(_("Marked as reviewed."), "success")
    return redirect(url_for("mail_admin.received"), code=303)


def _inbound_labels() -> dict[str, object]:
    zone = me().zone
    return {
        "kinds": inbound_labels.INBOUND_KINDS,
        "outcomes": inbound_labels.INBOUND_OUTCOMES,
        "why": inbound_labels.why,
        "to_do": inbound_labels.to_do,
        "sign": inbound_labels.sign,
        "state": inbound_labels.state,
        "letter_states": LETTER_STATES,
        "moment": lambda at: table_moment(at, zone),
    }


@mail_admin.get("/undeliverable")
@signed_in(policy.coordinates)
def undeliverable_addresses() -> ResponseReturnValue:
    """Show undeliverable addresses, and domains that block us."""
    now, zone = clock.now(), me().zone
    asked = request.args.get("show")
    chosen = undeliverable.MailboxFilter(asked) if asked in list(undeliverable.MailboxFilter) else undeliverable.MailboxFilter.UNDELIVERABLE
    page = page_of(undeliverable.mailboxes(chosen, now=now), page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    context = {
        "sizes": undeliverable.filter_counts(now=now),
        "domains": undeliverable.blocked_domains(),
        "moment": partial(table_moment, zone=zone),
    }
    return render_template("mail_admin/undeliverable.html", page=page, chosen=chosen, MailboxFilter=undeliverable.MailboxFilter, **context)


@mail_admin.post("/undeliverable/<int:mailbox_id>/retry")
@signed_in(policy.coordinates)
def use_again(mailbox_id: int) -> ResponseReturnValue:
    """Use an address again; the first e-mails there are the current invitations."""
    mailbox = load(Mailbox, mailbox_id, policy.coordinates)
    if reactivate_mailbox(mailbox.id, now=clock.now()):
        flash(_("We'll send e-mails to %(address)s again, beginning with the current invitations.", address=mailbox.address), "success")
    else:
        flash(_("We already send e-mails to %(address)s.", address=mailbox.address), "info")
    return redirect(url_for("mail_admin.undeliverable_addresses"), code=303)
