"""Worlds that many tests begin with, written once in each process: later tests get a copy of the database it was in.

Writing one takes longer than most tests. On PostgreSQL, and in a test that has written something before, it is written anew.
"""

from __future__ import annotations

import io
import pickle
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import inspect

from outreach.db import Base, db, is_sqlite
from tests.support.databases import take_source

T = TypeVar("T")
_kept: dict[tuple[object, ...], tuple[bytes, bytes]] = {}


def written_once(write: Callable[[], T], *key: object, given: Sequence[object] = ()) -> T:
    """Give what `write` gives, from a copy when a test before wrote the same.

    `key` says what is written, with whatever it depends on. `given`: objects of this very test that the result refers to.
    """
    path = Path(str(db.engine.url.database))
    source = take_source(path) if is_sqlite(db.session.connection()) else None
    if source is None:
        return write()
    key = (*key, source)
    if key in _kept:
        _restore(path, _kept[key][0])
    else:
        pickled = _pickled(write(), given)
        _kept[key] = _copied(path), pickled
    return _unpickled(_kept[key][1], given)  # type: ignore[no-any-return]


def _copied(path: Path) -> bytes:
    db.session.remove()
    with closing(sqlite3.connect(path)) as connection:
        return connection.serialize()


def _restore(path: Path, copied: bytes) -> None:
    db.session.remove()
    db.engine.dispose()
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    path.write_bytes(copied)


def _pickled(made: object, given: Sequence[object]) -> bytes:
    """Write down an object, with the keys of the rows in it instead of the rows."""
    written = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, found: object) -> object:
            for number, one in enumerate(given):
                if found is one:
                    return number
            return (type(found), inspect(found).identity) if isinstance(found, Base) else None

    Pickler(written).dump(made)
    return written.getvalue()


def _unpickled(pickled: bytes, given: Sequence[object]) -> Any:
    class Unpickler(pickle.Unpickler):
        def persistent_load(self, key: Any) -> object:
            return given[key] if isinstance(key, int) else db.session.get_one(*key)

    return Unpickler(io.BytesIO(pickled)).load()
