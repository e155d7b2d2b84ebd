"""A reader of the inbox in a process of its own, for tests that kill it. Started with the moment its clock shows."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime

from outreach import create_app
from outreach.inbound.inbox import Inbox
from outreach.inbound.polling import InboxReader
from outreach.settings import read_settings


def die(_inbox: Inbox, _uid: int) -> None:
    """No finally and no handler runs any more."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(moment: str) -> None:
    """Take in the first message, and die before it is removed."""
    setattr(Inbox, "remove", die)  # noqa: B010 (the moment at which a machine may fail)
    with create_app(read_settings(os.environ)).app_context():
        InboxReader()(now=datetime.fromisoformat(moment))


if __name__ == "__main__":
    main(*sys.argv[1:])
