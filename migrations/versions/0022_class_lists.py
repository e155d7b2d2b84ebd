"""What class lists bring: preferred names; and what a school said about its lists."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COMMENT = "What another guardian on a list means here, unless a person says otherwise; none: they say it each time"


def upgrade():
    op.add_column("student", sa.Column("preferred_name", sa.String(length=255), nullable=True, comment="Greets the student alone; never shown to families"))
    op.add_column("school", sa.Column("guardian_default", sa.String(length=64), nullable=True, comment=COMMENT))
    op.create_table(
        "list_layout",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("headings", sa.String(length=64), nullable=False, comment="A sign of the whole row of headings"),
        sa.Column("fields", sa.Text(), nullable=False, comment="The field of each column from the left, empty where it is left out, as JSON"),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_list_layout_school_id_school"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("school_id", "headings", name=op.f("pk_list_layout")),
    )


def downgrade():
    op.drop_table("list_layout")
    op.drop_column("school", "guardian_default")
    op.drop_column("student", "preferred_name")
