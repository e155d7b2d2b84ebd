"""Logs: one event a line, with keys; never a token, an address or a name."""

from __future__ import annotations

import logging
import sys

import structlog
from flask import Flask


def speak_in_events(app: Flask) -> None:
    """Write events to standard error, as text on a terminal and as JSON elsewhere."""
    renderer = structlog.dev.ConsoleRenderer(colors=False) if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    app.logger.setLevel(logging.INFO)


def only_warnings() -> None:
    """Say nothing that isn't at least a warning: for commands that tell of their progress themselves."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
