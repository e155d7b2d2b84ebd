"""The job that reads the inbox. It remembers whether the inbox was away, so that an outage is one line in the log and not one a minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from flask import current_app

from outreach.inbound.inbox import PATIENCE, InboxAway, InboxTrouble, Taker, poll
from outreach.inbound.use_cases import receive, receive_oversized
from outreach.settings import Settings

SOURCE = "inbox"
_log = structlog.get_logger()


class InboxReader:
    """Takes in what waits in the inbox; without one it does nothing. Any number of workers may have one."""

    def __init__(self, *, patience: timedelta = PATIENCE) -> None:
        self._patience = patience
        self._trouble: InboxTrouble | None = None

    def __call__(self, *, now: datetime) -> int:
        """Give how many messages were taken. An inbox that is away is no error of ours: it is looked at again."""
        settings: Settings = current_app.extensions["outreach"]
        if settings.inbox_url is None:
            return 0
        taker = Taker(
            whole=partial(receive, delivered_to=None, source=SOURCE, now=now),
            oversized=lambda head, size: receive_oversized(head, size=size, source=SOURCE, now=now),
        )
        try:
            taken = poll(settings.inbox_url, taker, patience=self._patience)
        except InboxAway as away:
            self._note(away.trouble)
            return 0
        self._note(None)
        return taken

    def _note(self, trouble: InboxTrouble | None) -> None:
        """Say what is new. The server's words are not logged: they may name the account."""
        if trouble is self._trouble:
            return
        if trouble is None:
            _log.info("inbox is back")
        else:
            _log.error("inbox away", trouble=trouble.value)
        self._trouble = trouble
