"""Requests to have one's own link sent again, and the e-mail that has it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KIND = "ck_letter_letterkind"
KINDS_BEFORE = ("invitation", "promoted", "updated", "cancelled", "removed", "waiting", "reminder", "digest", "roster", "wrong_address", "blocked", "note", "decision", "confirm_answer", "application", "account", "thanks", "message_answer", "not_mine", "keep_or_release", "job")
KINDS_AFTER = (*KINDS_BEFORE, "link")


def upgrade():
    replace_kinds(KINDS_BEFORE, KINDS_AFTER)
    op.create_table(
        "link_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False, comment="In normal form, as mailboxes keep it"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["outreach_session.id"], name=op.f("fk_link_request_session_id_outreach_session"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_request")),
    )


def downgrade():
    op.drop_table("link_request")
    for table in ("bounce", "inbound_message"):
        op.execute(f"UPDATE {table} SET letter_id = NULL WHERE letter_id IN (SELECT id FROM letter WHERE kind = 'link')")
    op.execute("DELETE FROM letter WHERE kind = 'link'")
    replace_kinds(KINDS_AFTER, KINDS_BEFORE)


def replace_kinds(before, after):
    before, after = (f"kind IN ({', '.join(repr(kind) for kind in kinds)})" for kinds in (before, after))
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(KIND), "letter", type_="check")
        op.create_check_constraint(op.f(KIND), "letter", after)
        return
    reword("letter", lambda sql: sql.replace(before, after, 1))


def reword(table, change):
    """Change a table's rules in SQLite's own text: copying it would set off what hangs on its rows (sqlite.org/lang_altertable.html, 7)."""
    connection = op.get_bind()
    before = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": table})
    after = change(before)
    if after == before:
        raise RuntimeError(f"{table} isn't as it was made: {before}")
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"), {"sql": after, "name": table})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
