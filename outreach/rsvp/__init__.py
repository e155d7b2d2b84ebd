"""RSVPs of families: the rule that combines them, reads, and how one is recorded."""

from outreach.rsvp.record import NewRsvp, record_old_rsvp, record_rsvp
from outreach.rsvp.words import rsvp_words

__all__ = ["NewRsvp", "record_old_rsvp", "record_rsvp", "rsvp_words"]
