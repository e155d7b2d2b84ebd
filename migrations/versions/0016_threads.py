"""Which thread the next letter of an invitation joins: one about another time, or a cancellation, begins a new one."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    comment = "Key of the letter whose thread the next one joins; empty: of the first that left"
    op.add_column("invitation", sa.Column("thread", sa.String(length=64), server_default="", nullable=False, comment=comment))


def downgrade():
    op.drop_column("invitation", "thread")
