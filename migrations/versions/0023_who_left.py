"""How many students an import took out of a class, as they were not on its list."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    comment = "Students who left a class as they weren't on its list"
    op.add_column("import_batch", sa.Column("left", sa.Integer(), nullable=False, server_default="0", comment=comment))


def downgrade():
    op.drop_column("import_batch", "left")
