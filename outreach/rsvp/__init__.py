"""RSVPs of families: the rule that combines them, reads, and how one is recorded."""

from outreach.rsvp.record import NewRsvp, record_old_rsvp, record_rsvp

__all__ = ["NewRsvp", "record_old_rsvp", "record_rsvp"]
