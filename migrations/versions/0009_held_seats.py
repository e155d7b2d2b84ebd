"""Until when a held seat waits for somebody to settle what is missing."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COMMENT = "A held seat is released then, unless somebody settles what is missing"


def upgrade():
    op.add_column("registration", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True, comment=COMMENT))


def downgrade():
    op.drop_column("registration", "held_until")
