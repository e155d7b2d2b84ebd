"""Long work in the background, and the e-mail that says that it ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KIND = "ck_letter_letterkind"
KINDS_BEFORE = ("invitation", "promoted", "updated", "cancelled", "removed", "waiting", "reminder", "digest", "roster", "wrong_address", "blocked", "note", "decision", "confirm_answer", "application", "account", "thanks", "message_answer", "not_mine", "keep_or_release")
KINDS_AFTER = (*KINDS_BEFORE, "job")
STATES = ("queued", "leased", "done", "failed", "cancelled")


def upgrade():
    replace_kinds(KINDS_BEFORE, KINDS_AFTER)
    op.create_table(
        "background_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False, comment="Names who does it, in runtime/long_work.py"),
        sa.Column("title", sa.String(length=255), nullable=False, comment="What it is, in the words of who started it"),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False, comment="What it works on: ids, no personal data"),
        sa.Column("page", sa.String(length=255), nullable=False, comment="Path of the page that shows what came of it"),
        sa.Column("started_by_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="backgroundjobstate", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False, comment="0: not known yet"),
        sa.Column("tries", sa.Integer(), nullable=False, comment="Failed ones since the last chunk that was written"),
        sa.Column("words", sa.Text(), nullable=False, comment="What came of it, or why it failed"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(length=64), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'leased') = (lease_token IS NOT NULL)", name=op.f("ck_background_job_a_lease_has_a_token")),
        sa.CheckConstraint("(state IN ('queued', 'leased')) = (finished_at IS NULL)", name=op.f("ck_background_job_finished_says_when")),
        sa.CheckConstraint("done >= 0 AND total >= 0 AND tries >= 0", name=op.f("ck_background_job_progress_is_counted")),
        sa.ForeignKeyConstraint(["started_by_id"], ["user.id"], name=op.f("fk_background_job_started_by_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background_job")),
    )
    unfinished = sa.text("state IN ('queued', 'leased')")
    op.create_index("ix_background_job_due_at", "background_job", ["due_at", "id"], sqlite_where=unfinished, postgresql_where=unfinished)
    op.create_index("ix_background_job_finished_at", "background_job", ["finished_at"])
    op.create_index(op.f("ix_background_job_started_by_id"), "background_job", ["started_by_id"])


def downgrade():
    op.drop_table("background_job")
    for table in ("bounce", "inbound_message"):
        op.execute(f"UPDATE {table} SET letter_id = NULL WHERE letter_id IN (SELECT id FROM letter WHERE kind = 'job')")
    op.execute("DELETE FROM letter WHERE kind = 'job'")
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
