"""The processes: web server, worker, periodic jobs, and the supervisor that runs them side by side."""

from outreach.runtime import serve
from outreach.runtime.worker import Worker

__all__ = ["Worker", "serve"]
