"""What letters say: a lead, a table of facts, one button, and a calendar entry, for each kind and reader."""

from outreach.letters.rendering import render

__all__ = ["render"]
