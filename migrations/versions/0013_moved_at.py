"""When a session was moved last: a withdrawal from before can't be undone any more."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    column = sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True, comment="Its time or place changed last, once it was published")
    op.add_column("outreach_session", column)


def downgrade():
    op.drop_column("outreach_session", "moved_at")
