"""The database: the declarative base, the words columns are made of, and how a write begins.

Use cases open `transaction()` and commit once; reads need nothing and wait for nobody.
"""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, Date, DateTime, Dialect, Enum, MetaData, String, Text, event, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.types import TypeDecorator

WRITE = "outreach_write"
_BEGIN = "outreach_begin"
T = TypeVar("T", bound="Base")


class Moment(TypeDecorator[datetime]):
    """A point in time: refuses naive values, gives back aware ones in UTC (SQLite would forget the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A moment needs a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Give back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class WallTime(TypeDecorator[datetime]):
    """What the clock on the wall says, without a zone; the zone stands in a column beside it."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Refuse aware values: their zone would be lost."""
        if value is not None and value.tzinfo is not None:
            raise ValueError(f"A wall time has no zone: {value!r}")
        return value


def _values(members: type[enum.Enum]) -> list[str]:
    return [member.value for member in members]


Key = Annotated[int, mapped_column(primary_key=True)]
Wall = Annotated[datetime, mapped_column(WallTime())]
Word = Annotated[str, mapped_column(String(64))]
Line = Annotated[str, mapped_column(String(255))]
Prose = Annotated[str, mapped_column(Text)]
Facts = Annotated[dict[str, Any], mapped_column(JSON().with_variant(JSONB(), "postgresql"))]
Numbers = Annotated[list[int], mapped_column(JSON().with_variant(JSONB(), "postgresql"))]


class Base(DeclarativeBase):
    """Every table. Constraints are named by sentences: `ck_outreach_session_ends_after_it_starts`."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: Moment(),
            date: Date(),
            str: Text(),
            enum.Enum: Enum(
                enum.Enum, native_enum=False, create_constraint=True, values_callable=_values, length=32, validate_strings=True
            ),
        },
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


@contextmanager
def transaction() -> Iterator[None]:
    """One write: ends the read the view began, takes the write lock, commits once or leaves no trace.

    On SQLite it begins with BEGIN IMMEDIATE: a read that turns into a write fails at once when a
    rival has committed in between, whatever the busy timeout. Not to be nested.
    """
    if db.session.new or db.session.dirty or db.session.deleted:
        raise RuntimeError("Something was changed outside a transaction.")
    db.session.commit()
    db.session.connection(execution_options={WRITE: True})
    try:
        if (act := db.session.info.pop(_BEGIN, None)) is not None:
            act()
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def begin_with(act: Callable[[], None]) -> None:
    """Let the next transaction of this session begin with this; if it raises, nothing is written."""
    db.session.info[_BEGIN] = act


def end_reading(error: BaseException | None = None) -> None:
    """Commit, at the end of a request, what it only read: at a rollback psycopg forgets every statement it has prepared.

    PostgreSQL would plan each query of each page anew, which takes longer than most of them. What was changed outside a
    transaction is still rolled back, by Flask-SQLAlchemy.
    """
    if error is not None or not db.session.registry.has() or db.session.new or db.session.dirty or db.session.deleted:
        return
    with suppress(SQLAlchemyError):  # nothing is lost with a read, and the page is made
        db.session.commit()


def locked(model: type[T], key: int | str) -> T | None:
    """Lock one row until the transaction ends and read it afresh; None if there is no such row.

    Without `populate_existing` the row read before the lock would keep its stale counts. FOR NO KEY UPDATE: a plain
    FOR UPDATE would also wait for whoever inserts a row that points here, and two of those can wait for each other.
    """
    return db.session.get(model, key, with_for_update={"key_share": True}, populate_existing=True)


def insert_in_order(model: type[Any], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows many at a time and give their ids in the same order. Joins the caller's transaction.

    SQLAlchemy would insert one by one on SQLite, whose RETURNING has no order; but there ids grow in the order of the
    rows, because whoever writes is alone.
    """
    if not rows:
        return []
    statement = insert(model).execution_options(render_nulls=True)  # else each set of filled columns is a statement of its own
    if is_sqlite(db.session.connection()):
        return sorted(db.session.scalars(statement.returning(model.id), rows))
    return list(db.session.scalars(statement.returning(model.id, sort_by_parameter_order=True), rows))


def insert_or_skip(model: type[Base], *unique: str) -> postgresql.Insert | sqlite.Insert:
    """Give an INSERT that skips rows that are there already: by these unique columns, by any constraint where none is named."""
    statement = sqlite.insert(model) if is_sqlite(db.session.connection()) else postgresql.insert(model)
    return statement.on_conflict_do_nothing(index_elements=unique or None)


def is_sqlite(connection: Connection) -> bool:
    """Say whether this is the database that lives in a file."""
    return connection.dialect.name == "sqlite"


@event.listens_for(Engine, "connect")
def _prepare(dbapi_connection: Any, _record: Any) -> None:
    """SQLite: readers never wait (WAL), foreign keys hold, rivals queue, and `_begin` alone opens transactions."""
    if not isinstance(dbapi_connection, sqlite3.Connection):
        return
    dbapi_connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=30000", "synchronous=NORMAL"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if is_sqlite(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITE) else "BEGIN")
