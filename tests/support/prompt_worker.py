"""The worker of production, but it looks every 50 ms for what is due: journeys wait for their e-mails many times."""

from __future__ import annotations

from datetime import timedelta

from outreach.cli import main
from outreach.runtime import worker

if __name__ == "__main__":
    worker.LOOK_EVERY = timedelta(milliseconds=50)
    main(["worker"])
