"""The mail log: what became of each e-mail.

What an account e-mail says is never shown: its links open accounts. An e-mail about a session can be downloaded; it is
rendered from its row again, as the worker does.
"""

from __future__ import annotations

import re
from functools import partial

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from outreach import policy
from outreach.errors import Refusal
from outreach.letters import KINDS, render
from outreach.mail import Signer
from outreach.mail_admin import queries
from outreach.mail_admin.blueprint import mail_admin
from outreach.mail_admin.forms import LetterFilter
from outreach.mail_admin.labels import LETTER_KINDS, LETTER_STATES
from outreach.models import Letter, LetterKind, LetterState
from outreach.outbox import use_cases
from outreach.settings import Settings
from outreach.time import clock
from outreach.web import filter_from, load, me, one_of, page_number, page_of, settings, signed_in, table_moment

_ADDRESS_OF_A_PAGE = re.compile(r"\S*(?:https?:|/confirm/|/reset/)\S*", re.IGNORECASE)


@mail_admin.get("/letters")
@signed_in(policy.coordinates)
def letters() -> ResponseReturnValue:
    """Show the mail log, newest first."""
    chosen = filter_from(LetterFilter, request.args, _("Address"))
    wanted = queries.letters(chosen.q.data, one_of(LetterKind, chosen.kind.data), one_of(LetterState, chosen.state.data))
    page = page_of(wanted, page_number(request.args.get("page")), size=queries.PAGE_SIZE)
    found = [row[0] for row in page.rows]
    return render_template("mail_admin/letters.html", form=chosen, page=page, found=found, **_words())


@mail_admin.get("/letters/<int:letter_id>")
@signed_in(policy.coordinates)
def letter(letter_id: int) -> ResponseReturnValue:
    """Show what became of one letter."""
    found = load(Letter, letter_id, policy.coordinates)
    can_retry = found.state == LetterState.FAILED and not KINDS[found.kind].opens_account
    return render_template("mail_admin/letter.html", letter=found, can_retry=can_retry, **_words())


@mail_admin.get("/letters/<int:letter_id>/message.eml")
@signed_in(policy.coordinates)
def message(letter_id: int) -> ResponseReturnValue:
    """Give a letter about a session as it goes over the wire, for a mail program; no other: links in account letters open accounts."""
    found = load(Letter, letter_id, policy.coordinates)
    if not can_be_read(found):
        abort(404)
    response = Response(as_sent(found, settings()), content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="letter-{found.id}.eml"'
    response.headers["Cache-Control"] = "no-store"
    return response


@mail_admin.post("/letters/<int:letter_id>/retry")
@signed_in(policy.coordinates)
def retry(letter_id: int) -> ResponseReturnValue:
    """Try to send a failed letter once more."""
    found = load(Letter, letter_id, policy.coordinates)
    try:
        use_cases.retry_letter(found.id, now=clock.now())
    except Refusal as refusal:
        flash(str(refusal), "error")
    else:
        flash(_("The letter is on its way again."), "success")
    return redirect(url_for("mail_admin.letter", letter_id=found.id), code=303)


@mail_admin.post("/letters/attempt")
@signed_in(policy.coordinates)
def try_now() -> ResponseReturnValue:
    """End the pause of all letters."""
    use_cases.end_pause(now=clock.now())
    flash(_("We try the mail server again now. Load this page anew in a minute."), "success")
    return redirect(url_for("coordination.home"), code=303)


def server_words(letter: Letter) -> str:
    """Give what the mail server said, without addresses of pages: some servers quote the link they dislike."""
    return _ADDRESS_OF_A_PAGE.sub("[…]", letter.server_words) if KINDS[letter.kind].opens_account else letter.server_words


def _words() -> dict[str, object]:
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
        raise Refusal(_("No message can be made of this letter: %(fault)s", fault=type(fault).__name__)) from fault
