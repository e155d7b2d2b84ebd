"""The parts of a form that say when and where, and which state of the session was seen."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, SelectField, URLField
from wtforms.validators import InputRequired

from outreach.errors import OutreachError
from outreach.scheduling.fields import OPTIONAL, ClockField, DayAndTimeField, DayField, https_address
from outreach.scheduling.inputs import TypedDecision, TypedPlace, TypedTime
from outreach.scheduling.schedule_errors import AskWhich, offset_words
from outreach.web.fields import LineField, ProseField, ZoneField
from outreach.web.pages import Form

NEVER = datetime.min.replace(tzinfo=UTC)


class SeenForm(Form):
    """Remembers which state of the session was on the page when it was opened."""

    seen_at = HiddenField()

    @property
    def seen(self) -> datetime:
        """Give the moment of the last change that was seen; what isn't one was never seen."""
        try:
            moment = datetime.fromisoformat(self.seen_at.data or "")
        except ValueError:
            moment = NEVER
        return moment if moment.tzinfo else NEVER


class WhenFields:
    """Date, start and end, on the clock of the place; and whether that is certain."""

    day = DayField(_l("Date"), [InputRequired(message=_l("Choose a date."))])
    start = ClockField(_l("Starts"), [InputRequired(message=_l("Say when it starts."))])
    end = ClockField(_l("Ends"), [InputRequired(message=_l("Say when it ends."))])
    ends_next_day = BooleanField(_l("It ends on the next day"))
    fold = RadioField(
        _l("Which of the two"), choices=[SelectChoice("0", _l("The first")), SelectChoice("1", _l("The second"))], validate_choice=False
    )
    provisional = BooleanField(
        _l("Provisional: subject to the operating list"),
        description=_l("Everybody is told that it isn't certain yet. We ask you a day before you decide."),
    )
    decides = DayAndTimeField(_l("Decided by"), (OPTIONAL,), description=_l("Empty: 48 hours before it starts."))

    @property
    def asks_for_the_next_day(self) -> bool:
        """Show the box only to whom it concerns."""
        return bool(self.ends_next_day.data or self.end.errors)

    @property
    def asks_which(self) -> bool:
        """Show the question only where the clock goes back."""
        return bool(self.fold.data in {"0", "1"} or self.fold.errors)

    def refuse(self, refusal: OutreachError) -> None:
        """Show why a use case declined; an hour that comes twice is asked about, with both UTC offsets."""
        if isinstance(refusal, AskWhich):
            words = _("The first (%(offset)s)"), _("The second (%(offset)s)")
            self.fold.choices = [
                SelectChoice(str(n), words[n] % {"offset": offset_words(offset)}) for n, offset in enumerate(refusal.offsets)
            ]
        super().refuse(refusal)  # type: ignore[misc]  # of the form these fields are mixed into

    def when(self) -> TypedTime:
        """Give the time as typed."""
        fold = int(self.fold.data) if self.fold.data in {"0", "1"} else None
        decision = TypedDecision(is_provisional=self.provisional.data, wall=self.decides.data)
        return TypedTime(
            day=self.day.data,
            start=self.start.data,
            end=self.end.data,
            ends_next_day=self.ends_next_day.data,
            fold=fold,
            decision=decision,
        )


class WhereFields:
    """A place from the list or a new one, a link, or both."""

    where = SelectField(_l("Place"), validate_choice=False, description=_l("Its clock is the session's clock."))
    new_site = LineField(_l("Name"), (OPTIONAL,), longest=200, description=_l("As on its sign, such as Mercy General Hospital."))
    new_address = ProseField(_l("Address"), (OPTIONAL,), longest=1000)
    new_area = LineField(_l("Room or ward"), (OPTIONAL,), longest=200, description=_l("If it isn't in the list of places."))
    zone = ZoneField(_l("Time zone"), description=_l("For a new place, or online. A place from the list brings its own."))
    meeting_point = LineField(_l("Where to meet"), (OPTIONAL,), description=_l("Such as: main entrance, by the lifts."))
    video_url = URLField(
        _l("Video link"),
        (OPTIONAL, https_address),
        filters=[lambda typed: (typed or "").strip()],
        description=_l("Goes out with the invitations only; it is never shown on the public page."),
    )

    is_online_first = False

    def refuse(self, refusal: OutreachError) -> None:
        """Show a missing place where this format asks for it: at the link."""
        if refusal.field == "where" and self.is_online_first and not self.where.data:
            refusal.field = "video_url"
        super().refuse(refusal)  # type: ignore[misc]  # of the form these fields are mixed into

    def place(self) -> TypedPlace:
        """Give the place as typed."""
        kind, _dash, key = (self.where.data or "").partition("-")
        chosen = int(key) if key.isascii() and key.isdigit() and len(key) < 10 else None
        return TypedPlace(
            site_id=chosen if kind == "site" else None,
            area_id=chosen if kind == "area" else None,
            new_site=self.new_site.data,
            new_address=self.new_address.data,
            new_area=self.new_area.data,
            zone=self.zone.data,
            meeting_point=self.meeting_point.data,
            video_url=self.video_url.data,
        )
