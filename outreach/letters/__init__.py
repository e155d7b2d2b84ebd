"""What letters say: a lead, a table of facts, one button, and a calendar entry, for each kind and reader."""

from outreach.letters.blocked import domains_to_allow, senders_to_allow
from outreach.letters.rendering import render

__all__ = ["domains_to_allow", "render", "senders_to_allow"]
