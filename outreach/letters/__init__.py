"""The content of letters for each kind and reader: a lead, a table, one button and a calendar entry."""

from outreach.letters.kind import TakenBackWith
from outreach.letters.kinds import KINDS, kinds_where
from outreach.letters.kinds.blocked import domains_to_allow, senders_to_allow
from outreach.letters.rendering import render

__all__ = ["KINDS", "TakenBackWith", "domains_to_allow", "kinds_where", "render", "senders_to_allow"]
