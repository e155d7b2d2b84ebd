"""Teachers register their students; seats, the waiting list, withdrawal."""

from outreach.registration.answering import apply_rsvp
from outreach.registration.attested import what_a_school_confirms, what_a_withdrawal_says
from outreach.registration.checks import locked_session
from outreach.registration.preview import preview_more_seats
from outreach.registration.seat_jobs import give_out_free_seats, lapse_offers, release_held_seats
from outreach.registration.seats import SeatLimits, end_registrations, seat_limits, settle_seats, settle_seats_of
from outreach.registration.tightening.choice_form import ChoiceForm, choice_form, is_a_choice
from outreach.registration.tightening.doubts import (
    Doubts,
    NobodyDecided,
    SeatChoices,
    SeatRules,
    apply_choices,
    doubts,
    held_doubts,
    seat_rules,
)
from outreach.registration.undo import UNDO_FOR, By, Side, UndoLeft, position_again, released_since, undoable, wait_again

__all__ = [
    "UNDO_FOR",
    "By",
    "ChoiceForm",
    "Doubts",
    "NobodyDecided",
    "SeatChoices",
    "SeatLimits",
    "SeatRules",
    "Side",
    "UndoLeft",
    "apply_choices",
    "apply_rsvp",
    "choice_form",
    "doubts",
    "end_registrations",
    "give_out_free_seats",
    "held_doubts",
    "is_a_choice",
    "lapse_offers",
    "locked_session",
    "position_again",
    "preview_more_seats",
    "release_held_seats",
    "released_since",
    "seat_limits",
    "seat_rules",
    "settle_seats",
    "settle_seats_of",
    "undoable",
    "wait_again",
    "what_a_school_confirms",
    "what_a_withdrawal_says",
]
