"""The kinds of long work with class lists."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.background import LongWork
from outreach.schools.batches.importing import import_batch, read_batch
from outreach.schools.batches.undoing import undo_batch
from outreach.schools.batches.use_cases import IMPORT, READ, UNDO

LIST_WORK: Mapping[str, LongWork] = {READ: read_batch, IMPORT: import_batch, UNDO: undo_batch}
