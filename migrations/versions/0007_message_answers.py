"""Answers to messages that came in, and which calendar's message holds what a person wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = "ck_letter_letterkind"
KINDS_BEFORE = ("invitation", "promoted", "updated", "cancelled", "removed", "waiting", "reminder", "digest", "roster", "wrong_address", "blocked", "note", "decision", "confirm_answer", "application", "account", "thanks")
KINDS_AFTER = (*KINDS_BEFORE, "message_answer")


def upgrade():
    replace_check(KINDS_BEFORE, KINDS_AFTER)
    column = sa.Column("has_words", sa.Boolean(), server_default=sa.false(), nullable=False, comment="A calendar's message that holds what a person wrote, so somebody must read it")
    op.add_column("inbound_message", column)


def downgrade():
    """Letters of a kind nobody knows any more go; a returned message no longer says of which letter it was."""
    op.drop_column("inbound_message", "has_words")
    for table in ("bounce", "inbound_message"):
        op.execute(f"UPDATE {table} SET letter_id = NULL WHERE letter_id IN (SELECT id FROM letter WHERE kind = 'message_answer')")
    op.execute("DELETE FROM letter WHERE kind = 'message_answer'")
    replace_check(KINDS_AFTER, KINDS_BEFORE)


def one_of(kinds):
    return f"kind IN ({', '.join(repr(kind) for kind in kinds)})"


def replace_check(before, after):
    """Change SQLite's own text of the table: copying it would set off what hangs on its rows (sqlite.org/lang_altertable.html, 7)."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(NAME), "letter", type_="check")
        op.create_check_constraint(op.f(NAME), "letter", one_of(after))
        return
    sql = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'letter'"))
    if sql.count(one_of(before)) != 1:
        raise RuntimeError(f"letter isn't as it was made: {sql}")
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'letter'"),
        {"sql": sql.replace(one_of(before), one_of(after))},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
