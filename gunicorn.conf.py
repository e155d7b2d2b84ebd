"""How gunicorn serves Outreach. It reads this file by itself when started in this folder; `outreach serve` names it."""

import ctypes
import gc
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from outreach.web import db

wsgi_app = "wsgi:app"
chdir = str(Path(__file__).resolve().parent)
bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"  # `outreach serve` says its own

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
preload_app = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a heartbeat must not wait for a disk
graceful_timeout = 8  # seconds; shorter than the supervisor's grace, so that nobody is killed over a slow request

# Whom to believe about the visitor's address is said once, by OUTREACH_TRUSTED_PROXIES, and not here as well.
forwarded_allow_ips = ""
# Paths hold the secrets of links in letters: no access log, and none in the error log (on_starting).
accesslog = None
loglevel = "warning"
# It would lie in the home folder, one for all that run there.
control_socket_disable = True


_M_ARENA_MAX = -8  # malloc.h


def _keep_memory_together() -> None:
    """Let all threads share two of glibc's arenas: one for each of them would keep megabytes that none of them uses."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


_keep_memory_together()


def on_starting(server: Any) -> None:
    """Keep the path out of what gunicorn says about a request that failed outside Flask."""
    server.log.error_log.addFilter(_without_path)


def when_ready(_server: Any) -> None:
    """What lives now lives as long as the process: the collector need not look at it again, nor copy its pages after the fork."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """A connection opened before the fork belongs to the parent. (Not in post_fork: a worker is deaf to signals until after it.)"""
    with worker.app.wsgi().app_context():
        db.engine.dispose(close=False)


def _without_path(record: logging.LogRecord) -> bool:
    if record.args and "request" in str(record.msg):
        record.msg, record.args = "A request failed outside the application", ()
    return True
