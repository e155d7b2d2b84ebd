"""What a database says of its own tables: every column, constraint and index in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def catalogue(connection: Connection) -> set[str]:
    """Write down every column, constraint and index as the database itself words it, but for Alembic's own table."""
    if connection.dialect.name == "postgresql":
        lines = connection.execute(text(_ASK_POSTGRESQL)).scalars()
        return {line for line in lines if not line.startswith("alembic_version")}
    tables = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    return {line for table in tables for line in _asked_sqlite(connection, table)}


_ASK_POSTGRESQL = """
    SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable, column_default)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', tablename, indexdef) FROM pg_indexes WHERE schemaname = 'public'
"""


def _asked_sqlite(connection: Connection, table: str) -> Iterator[str]:
    look, words = inspect(connection), "{} {}".format
    columns = text('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(:table)')
    for column in connection.execute(columns, {"table": table}):
        yield words(table, tuple(column))
    indexes = text("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql <> ''")
    for index in connection.scalars(indexes, {"table": table}):
        yield words(table, " ".join(str(index).split()))
    for ask in (look.get_check_constraints, look.get_unique_constraints, look.get_foreign_keys):
        for found in ask(table):
            yield words(table, sorted((key, str(value)) for key, value in found.items()))
    yield words(table, sorted((key, str(value)) for key, value in look.get_pk_constraint(table).items()))
