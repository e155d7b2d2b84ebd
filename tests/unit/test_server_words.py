"""What a teacher reads of a mail server's answer."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel

from outreach.server_words import plainly


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("550 5.1.1 <ana@x.example>: Recipient address rejected", "There is no such mailbox."),
        ("550 No such user here", "There is no such mailbox."),
        (None, "There is no such mailbox."),
        ("550 5.4.4 Host not found", "There is no mail behind its @. Look for a typing mistake there."),
        ("smtp; 550-5.2.1 The email account is disabled", "The mailbox was closed."),
        ("554 5.7.1 Rejected", "Its mail server doesn't let our letters in."),
        ("550 User unknown at 10.5.2.1", "There is no such mailbox."),
    ],
)
def test_a_code_is_told_in_plain_words(words: str | None, said: str) -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        assert plainly(words) == said
