"""Who writes to families: a school's telephone, what it arranges for the day, and the texts of public pages."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PAGES = ("about", "contact", "privacy", "safeguarding")


def upgrade():
    op.add_column("school", sa.Column("phone", sa.String(length=64), server_default="", nullable=False, comment="For families: in every e-mail to them"))
    op.create_table(
        "arrangement",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("looked_after_by", sa.String(length=255), nullable=False),
        sa.Column("travel", sa.String(length=255), nullable=False),
        sa.Column("day_contact", sa.String(length=255), nullable=False, comment="Who families call on the day"),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_arrangement_school_id_school"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_id"], ["outreach_session.id"], name=op.f("fk_arrangement_session_id_outreach_session"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "school_id", name=op.f("pk_arrangement")),
    )
    op.create_table(
        "page_text",
        sa.Column("name", sa.Enum(*PAGES, name="pagename", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="Markdown"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user.id"], name=op.f("fk_page_text_changed_by_id_user")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_page_text")),
    )


def downgrade():
    op.drop_table("page_text")
    op.drop_table("arrangement")
    op.drop_column("school", "phone")
