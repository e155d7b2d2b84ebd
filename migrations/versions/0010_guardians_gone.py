"""When the last guardian of a student left, and a teacher's responsibility in their place."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COMMENT = "The last guardian left then; none: there is one, a teacher took responsibility, or there never was one"
# Of a student: the guardians with an address whose reader said "not my child", or didn't.
GUARDIANS = (
    "FROM guardianship JOIN guardian ON guardian.id = guardianship.guardian_id JOIN mailbox ON mailbox.id = guardian.mailbox_id "
    "WHERE guardianship.student_id = student.id AND mailbox.stopped_at {which}"
)
NAME = "ck_consent_purpose"
PURPOSES_BEFORE = ("attend", "photo", "contact", "mentoring")
PURPOSES_AFTER = (*PURPOSES_BEFORE, "responsibility")


def upgrade():
    op.add_column("student", sa.Column("guardians_gone_at", sa.DateTime(timezone=True), nullable=True, comment=COMMENT))
    replace_check(PURPOSES_BEFORE, PURPOSES_AFTER)
    stopped, open_ = (GUARDIANS.format(which=which) for which in ("IS NOT NULL", "IS NULL"))
    op.execute(f"UPDATE student SET guardians_gone_at = (SELECT max(mailbox.stopped_at) {stopped}) WHERE EXISTS (SELECT 1 {stopped}) AND NOT EXISTS (SELECT 1 {open_})")


def downgrade():
    op.execute("DELETE FROM consent WHERE purpose = 'responsibility'")
    replace_check(PURPOSES_AFTER, PURPOSES_BEFORE)
    op.drop_column("student", "guardians_gone_at")


def one_of(purposes):
    return f"purpose IN ({', '.join(repr(purpose) for purpose in purposes)})"


def replace_check(before, after):
    """Change SQLite's own text of the table: copying it would set off what hangs on its rows (sqlite.org/lang_altertable.html, 7)."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(NAME), "consent", type_="check")
        op.create_check_constraint(op.f(NAME), "consent", one_of(after))
        return
    sql = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'consent'"))
    if sql.count(one_of(before)) != 1:
        raise RuntimeError(f"consent isn't as it was made: {sql}")
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'consent'"),
        {"sql": sql.replace(one_of(before), one_of(after))},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
