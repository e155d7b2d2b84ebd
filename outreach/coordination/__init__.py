"""The coordinator's pages: who may join, what needs a person, what became of each letter."""

from outreach.coordination.closing import close_account

__all__ = ["close_account"]
