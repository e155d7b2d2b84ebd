"""Filters of the mail log and of received mail, and the form that resends invitations."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField

from outreach.mail_admin.inbound_labels import INBOUND_KINDS
from outreach.mail_admin.labels import LETTER_KINDS, LETTER_STATES
from outreach.web import Filter, Form, ProseField, SelectChoice, choices, required

# A state of the mail log and of invitations that isn't a column's: `outbox.did_not_arrive`, `status_rules.does_not_arrive`.
NOT_ARRIVED = "not_arrived"
_NOT_ARRIVED = SelectChoice(NOT_ARRIVED, _l("Didn't arrive"))


class Shown(enum.StrEnum):
    """Which messages of those that came in."""

    TO_LOOK_AT = "open"
    QUARANTINED = "quarantined"
    APPLIED = "applied"
    HISTORY = "history"
    IGNORED = "ignored"
    ALL = "all"


class SendAgainForm(Form):
    """Whose invitations were shown before they are sent again."""

    invitation_ids = SelectMultipleField(coerce=int, validate_choice=False)


class MessageAnswerForm(Form):
    """What a coordinator answers to a message."""

    words = ProseField(
        _l("Your answer"), (required(_l("Please write an answer.")),), description=_l("It is sent as an e-mail of this service.")
    )


class LetterFilter(Filter):
    """Letters by address, kind and state."""

    kind = SelectField(_l("Kind"), choices=lambda: choices(LETTER_KINDS))
    state = SelectField(_l("State"), choices=lambda: [*choices(LETTER_STATES), _NOT_ARRIVED])


class InboundFilter(Filter):
    """Messages that came in, by sender or subject, kind, and what became of them."""

    kind = SelectField(_l("Kind"), choices=lambda: choices(INBOUND_KINDS))
    shown = SelectField(
        _l("Outcome"),
        choices=[
            SelectChoice(Shown.TO_LOOK_AT, _l("Needs review")),
            SelectChoice(Shown.QUARANTINED, _l("Needs review, or reviewed")),
            SelectChoice(Shown.APPLIED, _l("Done")),
            SelectChoice(Shown.HISTORY, _l("Noted only")),
            SelectChoice(Shown.IGNORED, _l("Ignored")),
            SelectChoice(Shown.ALL, _l("All")),
        ],
        default=Shown.TO_LOOK_AT,
    )
