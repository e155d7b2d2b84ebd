"""The forms a clinician fills: post and edit, move, cancel."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, TextAreaField, ValidationError
from wtforms.validators import InputRequired

from outreach.people import typed_addresses
from outreach.scheduling.form_parts import (
    LONGEST,
    MOST,
    OPTIONAL,
    DayAndTimeField,
    LeadUnit,
    NumberField,
    SeenForm,
    TicksField,
    WhenFields,
    WhereFields,
    between,
    in_minutes,
    in_order,
    telephone,
)
from outreach.scheduling.inputs import DetailsInput
from outreach.web import Form, LineField, NameField, ProseField, SelectChoice, required

MOST_SEATS = 5000
OLDEST = 99


class DetailsForm(SeenForm):
    """What is offered, to whom, by whom: all but time and place."""

    host = SelectField(_l("Host"), coerce=int, validate_choice=False)
    title = NameField(_l("Title"), (required(_l("Give it a title that a 15-year-old understands.")),), longest=120)
    specialty = NameField(_l("Specialty"), (OPTIONAL,), longest=80, description=_l("Such as plastic surgery."))
    description = ProseField(
        _l("What will happen"),
        (OPTIONAL,),
        longest=10_000,
        description=_l("Markdown works: **bold**, lists with a dash, [links](https://...)."),
    )
    capacity = NumberField(_l("Seats"), [InputRequired(message=_l("Say how many seats there are.")), between(1, MOST_SEATS)])
    per_school_limit = NumberField(
        _l("Most seats for one school"), (OPTIONAL, between(1, MOST_SEATS)), description=_l("If empty, there is no limit.")
    )
    age_floor = NumberField(_l("Minimum age"), (OPTIONAL, between(0, OLDEST)))
    opens = DayAndTimeField(_l("Registration opens"), (OPTIONAL,), description=_l("If empty, as soon as it is published."))
    closes = DayAndTimeField(_l("Registration closes"), (OPTIONAL,), description=_l("If empty, when it starts."))
    frees_declined_seats = BooleanField(
        _l("Withdraw students automatically when their invitation is declined"),
        description=_l("When a student or their only guardian answers “can't come”. If not ticked, we ask them first."),
    )
    bring = ProseField(_l("What to bring"), (OPTIONAL,), longest=2000)
    wear = ProseField(_l("What to wear"), (OPTIONAL,), longest=2000)
    kit = ProseField(_l("Kit for each student"), (OPTIONAL,), longest=2000, description=_l("What each student will work with."))
    day_phone = LineField(
        _l("Telephone for the day"),
        (OPTIONAL, telephone()),
        description=_l("Only hosts and teachers who are signed in can see it. It is never sent by e-mail."),
    )
    leads = TicksField(_l("Reminders before the start"), coerce=int, validate_choice=False)
    other_lead = NumberField(_l("Another reminder"), (OPTIONAL, between(1, LONGEST)))
    other_unit = SelectField(
        _l("Time before"),
        choices=[
            SelectChoice(LeadUnit.DAYS, _l("days before")),
            SelectChoice(LeadUnit.HOURS, _l("hours before")),
            SelectChoice(LeadUnit.MINUTES, _l("minutes before")),
        ],
    )
    co_hosts = TextAreaField(_l("Co-hosts"), (OPTIONAL,), description=_l("E-mail addresses of approved clinicians, one on each line."))

    def offer(self) -> DetailsInput:
        """Give the offer as typed."""
        fields = ("title", "specialty", "description", "capacity", "per_school_limit", "age_floor", "bring", "wear", "kit", "day_phone")
        return DetailsInput(
            **{name: self[name].data for name in fields},
            opens_wall=self.opens.data,
            closes_wall=self.closes.data,
            reminder_leads=self.reminder_leads(),
            co_host_emails=typed_addresses(self.co_hosts.data or "")[:20],
            host_id=self.host.data if "host" in self else None,
            frees_declined_seats=self.frees_declined_seats.data,
        )

    def reminder_leads(self) -> tuple[int, ...]:
        """Give the leads that were ticked and the one that was typed, in minutes."""
        amount, unit = self.other_lead.data, self.other_unit.data
        typed = [in_minutes(amount, LeadUnit(unit))] if amount and unit in list(LeadUnit) else []
        return tuple(in_order([*(self.leads.data or []), *typed]))

    def validate_other_lead(self, field: Any) -> None:
        """Keep reminders within two months."""
        if field.data and self.other_unit.data in list(LeadUnit) and in_minutes(field.data, LeadUnit(self.other_unit.data)) > LONGEST:
            raise ValidationError(_("At most 60 days before."))

    def validate_leads(self, field: Any) -> None:
        """Take a handful of lengths that make sense."""
        if len(field.data or []) > MOST or any(not 1 <= lead <= LONGEST for lead in field.data or []):
            raise ValidationError(_("Choose at most %(most)s reminders from the list.", most=MOST))


class RewordForm(DetailsForm):
    """Everything but time and place, once a session is published."""

    notifies = BooleanField(
        _l("Tell everybody about this change"),
        description=_l(
            "Everybody who is invited gets an updated invitation. Their answers are kept. Before you save, you see who gets it."
        ),
    )


class SessionForm(WhenFields, WhereFields, DetailsForm):
    """A session on one page."""


class MoveForm(WhenFields, WhereFields, SeenForm):
    """Another time, another place."""

    note = ProseField(
        _l("Note to everybody"),
        (OPTIONAL,),
        longest=1000,
        description=_l("Such as why it was moved. It appears in every e-mail about the move."),
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Let the next day go where the new times don't need it: it was ticked for the old ones."""
        valid: bool = super().validate(*args, **kwargs)
        if self.start.data and self.end.data and self.end.data > self.start.data:
            self.ends_next_day.data = False
        return valid


class DecisionTimeForm(SeenForm):
    """Until when it stays open whether it takes place."""

    decides = DayAndTimeField(
        _l("Decision due"), (OPTIONAL,), description=_l("In the site's local time. If empty, 48 hours before it starts.")
    )


class CancelForm(Form):
    """Why it won't take place, in words that everybody reads."""

    reason = ProseField(
        _l("Reason"),
        (required(_l("Please say why. Everybody who is registered will read it.")),),
        longest=1000,
        description=_l("It appears in every e-mail."),
    )


class CallOffForm(CancelForm, SeenForm):
    """Why it won't take place, said instead of confirming it."""
