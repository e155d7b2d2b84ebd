"""Long work in the background: started by a page, done by the worker in chunks, and followed on a page of its own.

A feature starts it with `start_job` and gives the worker a `LongWork`; `runtime/long_work.py` lists them all.
"""

from outreach.background.jobs import Chunk, LongWork, StartAgainError, start_job

__all__ = ["Chunk", "LongWork", "StartAgainError", "start_job"]
