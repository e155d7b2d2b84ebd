"""What "not my child" ended, so that it can be undone, and the last e-mail to whoever said so."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = "ck_letter_letterkind"
KINDS_BEFORE = ("invitation", "promoted", "updated", "cancelled", "removed", "waiting", "reminder", "digest", "roster", "wrong_address", "blocked", "note", "decision", "confirm_answer", "application", "account", "thanks", "message_answer")
KINDS_AFTER = (*KINDS_BEFORE, "not_mine")


def upgrade():
    replace_check(KINDS_BEFORE, KINDS_AFTER)
    op.create_table(
        "ended_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True, comment="Its reader said then that it was a mistake"),
        sa.CheckConstraint("(guardian_id IS NULL) <> (student_id IS NULL)", name=op.f("ck_ended_link_is_about_a_guardian_or_a_student")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_ended_link_mailbox_id_mailbox"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["guardian_id"], ["guardian.id"], name=op.f("fk_ended_link_guardian_id_guardian"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_ended_link_student_id_student"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_link")),
    )
    for column in ("mailbox_id", "guardian_id", "student_id"):
        op.create_index(op.f(f"ix_ended_link_{column}"), "ended_link", [column], unique=False)


def downgrade():
    """Letters of a kind nobody knows any more go; a returned message no longer says of which letter it was."""
    op.drop_table("ended_link")
    for table in ("bounce", "inbound_message"):
        op.execute(f"UPDATE {table} SET letter_id = NULL WHERE letter_id IN (SELECT id FROM letter WHERE kind = 'not_mine')")
    op.execute("DELETE FROM letter WHERE kind = 'not_mine'")
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
