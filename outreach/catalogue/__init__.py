"""Everyone: find a session, its page, its calendar file."""

from outreach.catalogue.cards import CARD_ROWS, SessionCard, session_cards
from outreach.catalogue.search import formats

__all__ = ["CARD_ROWS", "SessionCard", "formats", "session_cards"]
