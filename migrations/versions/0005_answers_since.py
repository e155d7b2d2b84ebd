"""From which revision of an invitation on answers count."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COMMENT = "SEQUENCE of the last revision that asks anew: an answer to an older one is of another time"


def upgrade():
    op.add_column("invitation", sa.Column("answers_since", sa.Integer(), nullable=False, server_default=sa.text("0"), comment=COMMENT))
    op.execute("UPDATE invitation SET answers_since = sequence")  # what was revised for which reason isn't known any more


def downgrade():
    op.drop_column("invitation", "answers_since")
