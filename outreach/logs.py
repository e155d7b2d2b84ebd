"""Logs: one event on a line, as key and value; never a token, an address or a name.

Of an error only its kind and place: its message may hold what a person typed.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

import structlog
from flask import Flask, request

ExceptionInfo = tuple[type, BaseException, TracebackType | None] | tuple[None, None, None]


def init_app(app: Flask) -> None:
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
    _keep_silent("flufl.bounce")  # it logs what it stumbles over in a stranger's mail, with the words
    app.logger.setLevel(logging.INFO)
    app.log_exception = _log_failure  # type: ignore[method-assign]  # Flask's own line names the path, which may hold a link's token


def _log_failure(exc_info: ExceptionInfo) -> None:
    """Say what failed in which view, and where in our code; neither the path nor the message: they may hold secrets and names."""
    error = exc_info[1]
    structlog.get_logger().error(
        "request failed",
        view=request.endpoint,
        method=request.method,
        error=type(error).__name__,
        place=place_of(error) if error else "",
    )


def _keep_silent(library: str) -> None:
    logger = logging.getLogger(library)
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False


def only_warnings() -> None:
    """Say nothing that isn't at least a warning: for commands that tell of their progress themselves."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def place_of(error: BaseException) -> str:
    """Give the function and line that raised, such as "settle, line 30"."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else ""
