"""Teachers register their students; seats, the waiting list, withdrawal."""

from outreach.registration.answering import apply_rsvp, seats_at_stake
from outreach.registration.checks import locked_session
from outreach.registration.preview import preview_more_seats
from outreach.registration.seats import SeatLimits, seat_limits, settle_seats, settle_seats_of

__all__ = [
    "SeatLimits",
    "apply_rsvp",
    "locked_session",
    "preview_more_seats",
    "seat_limits",
    "seats_at_stake",
    "settle_seats",
    "settle_seats_of",
]
