"""Seats that stay though a rule was tightened: why, and how many more than there are; hosts are asked who keeps one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TAKEN = "ck_outreach_session_no_more_seats_taken_than_there_are"
OVER = "ck_outreach_session_seats_over_are_counted"
BEFORE, AFTER = "seats_taken BETWEEN 0 AND capacity", "seats_taken BETWEEN 0 AND capacity + seats_over"
KIND = "ck_letter_letterkind"
KINDS_BEFORE = ("invitation", "promoted", "updated", "cancelled", "removed", "waiting", "reminder", "digest", "roster", "wrong_address", "blocked", "note", "decision", "confirm_answer", "application", "account", "thanks", "message_answer", "not_mine")
KINDS_AFTER = (*KINDS_BEFORE, "keep_or_release")


def upgrade():
    replace_kinds(KINDS_BEFORE, KINDS_AFTER)
    op.add_column("outreach_session", sa.Column("seats_over", sa.Integer(), server_default="0", nullable=False, comment="Taken beyond capacity: a host kept them knowingly"))
    op.add_column("registration", sa.Column("kept_because", sa.Text(), server_default="", nullable=False, comment="Why the seat stays though an age rule is broken"))
    op.add_column("registration", sa.Column("kept_floor", sa.Integer(), nullable=True, comment="The age floor that was lifted for this student"))
    op.add_column("registration", sa.Column("kept_site_floor", sa.Integer(), nullable=True, comment="The area's own floor that a coordinator lifted"))
    op.add_column("registration", sa.Column("kept_age", sa.Integer(), nullable=True, comment="How old they were on the day then; none: unknown"))
    drop_check("outreach_session", TAKEN, BEFORE)
    add_check("outreach_session", TAKEN, AFTER)
    add_check("outreach_session", OVER, "seats_over >= 0")


def downgrade():
    """A session that is over its capacity has as many seats as are taken: nobody loses one. Letters that ask hosts go."""
    for table in ("bounce", "inbound_message"):
        op.execute(f"UPDATE {table} SET letter_id = NULL WHERE letter_id IN (SELECT id FROM letter WHERE kind = 'keep_or_release')")
    op.execute("DELETE FROM letter WHERE kind = 'keep_or_release'")
    replace_kinds(KINDS_AFTER, KINDS_BEFORE)
    drop_check("outreach_session", OVER, "seats_over >= 0")
    drop_check("outreach_session", TAKEN, AFTER)
    op.execute("UPDATE outreach_session SET capacity = seats_taken WHERE seats_taken > capacity")
    op.drop_column("outreach_session", "seats_over")
    add_check("outreach_session", TAKEN, BEFORE)
    for column in ("kept_age", "kept_site_floor", "kept_floor", "kept_because"):
        op.drop_column("registration", column)


def replace_kinds(before, after):
    before, after = (f"kind IN ({', '.join(repr(kind) for kind in kinds)})" for kinds in (before, after))
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(KIND), "letter", type_="check")
        op.create_check_constraint(op.f(KIND), "letter", after)
        return
    reword("letter", lambda sql: sql.replace(before, after, 1))


def add_check(table, name, rule):
    if op.get_bind().dialect.name != "sqlite":
        op.create_check_constraint(op.f(name), table, rule)
        return
    reword(table, lambda sql: sql.rstrip().removesuffix(")").rstrip() + f", \n\tCONSTRAINT {name} CHECK ({rule})\n)")


def drop_check(table, name, rule):
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(name), table, type_="check")
        return
    reword(table, lambda sql: sql.replace(f", \n\tCONSTRAINT {name} CHECK ({rule})", "", 1))


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
