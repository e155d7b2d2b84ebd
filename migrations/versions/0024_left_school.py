"""When a student left the school, as a list of the whole school said."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade():
    comment = "Not on a list of the whole school since; who comes into a class again is back"
    op.add_column("student", sa.Column("left_on", sa.Date(), nullable=True, comment=comment))


def downgrade():
    op.drop_column("student", "left_on")
