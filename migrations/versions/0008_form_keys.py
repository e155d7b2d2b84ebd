"""Forms that were sent: whoever presses a button twice finds what the first time made."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "form_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="Of who sent it, where to, and the key in the form (SHA-256)"),
        sa.Column("led_to", sa.String(length=255), nullable=False, comment="The page shown afterwards"),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_use")),
        sa.UniqueConstraint("key", name=op.f("uq_form_use_key")),
    )
    op.create_index("ix_form_use_used_at", "form_use", ["used_at"], unique=False)


def downgrade():
    op.drop_table("form_use")
