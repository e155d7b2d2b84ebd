"""Ids that classes, students and guardians have in the school's own system."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("school_class", "student", "guardian")


def upgrade():
    comment = "Its id in the school's own system (sourcedId of OneRoster)"
    for table in TABLES:
        op.add_column(table, sa.Column("external_id", sa.String(length=64), nullable=True, comment=comment))


def downgrade():
    for table in TABLES:
        op.drop_column(table, "external_id")
