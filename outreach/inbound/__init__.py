"""What comes back: replies of calendar programs, bounces, automatic mail."""

from outreach.inbound.answer_message import about, answers_to
from outreach.inbound.inbox import InboxAway, InboxTrouble, opened
from outreach.inbound.parsing.plain_text import as_it_came, own_words, words_of_html
from outreach.inbound.polling import InboxReader
from outreach.inbound.reasons import InboundReason

__all__ = [
    "InboundReason",
    "InboxAway",
    "InboxReader",
    "InboxTrouble",
    "about",
    "answers_to",
    "as_it_came",
    "opened",
    "own_words",
    "words_of_html",
]
