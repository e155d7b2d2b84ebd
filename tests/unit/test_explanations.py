"""What a teacher reads of a mail server's answer."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel

from outreach.mail.explanations import explain_blocked, explain_rejection

NO_MAILBOX = "There is no such mailbox."
NO_DOMAIN = "The part after the @ doesn't receive e-mail. Check it for typing mistakes."
NOT_LET_IN = "Its mail server blocks our e-mails."
FULL = "The mailbox is full."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("550 5.1.1 <ana@x.example>: Recipient address rejected", NO_MAILBOX),
        ("550 No such user here", NO_MAILBOX),
        (None, NO_MAILBOX),
        ("", NO_MAILBOX),
        ("550 5.1.2 Bad destination system", NO_DOMAIN),
        ("550 5.4.4 Host not found", NO_DOMAIN),
        ("553 5.1.3 Bad syntax", "It isn't a valid e-mail address. Check it for typing mistakes."),
        ("551 5.1.6 Moved", "The mailbox has moved, and its server doesn't say where."),
        ("smtp; 550-5.2.1 The email account is disabled", "The mailbox was closed."),
        ("552 5.2.2 Over quota", FULL),
        ("452 4.2.2 Over quota", FULL),
        ("554 5.7.1 Rejected", NOT_LET_IN),
        ("554 5.7.509 Rejected", NOT_LET_IN),
        ("454 4.7.1 Later", NO_MAILBOX),
        ("550 User unknown at 10.5.2.1", NO_MAILBOX),
        ("550 User unknown at 5.2.1.10", NO_MAILBOX),
        ("550 5.2.1", "The mailbox was closed."),
    ],
)
def test_a_code_is_told_in_plain_words(words: str | None, said: str) -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        assert explain_rejection(words) == said
        assert explain_blocked() == NOT_LET_IN
