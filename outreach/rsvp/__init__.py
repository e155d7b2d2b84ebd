"""RSVPs of families: the rule that combines them, reads, and how one is recorded."""
