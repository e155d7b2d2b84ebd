"""Alembic's environment: our engine, our metadata, one transaction per upgrade."""

from alembic import context
from flask import current_app

from outreach import models  # noqa: F401 (tells the metadata of every table)
from outreach.db import Base

db = current_app.extensions["migrate"].db


def run() -> None:
    """Migrate the database the app is bound to."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            user_module_prefix=None,
            render_item=_plain_types,
        )
        with context.begin_transaction():
            context.run_migrations()


def _plain_types(kind: str, item: object, _autogen: object) -> str | bool:
    """Write our column types as what they are underneath: migrations must not change when the models do."""
    name = type(item).__name__
    if kind == "type" and name in {"Moment", "WallTime"}:
        return f"sa.DateTime(timezone={name == 'Moment'})"
    if kind == "type" and name == "AsaList":
        return "sa.Text()"
    if kind == "type" and name == "JSON":
        return 'sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")'
    return False


run()
