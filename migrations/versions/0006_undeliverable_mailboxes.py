"""Addresses that fail are called undeliverable, as everywhere else; "refused" is what servers do to one letter."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAMES = {"refused_at": "undeliverable_at", "refused_words": "undeliverable_words"}


def upgrade():
    for before, after in NAMES.items():
        rename(before, after)


def downgrade():
    for before, after in NAMES.items():
        rename(after, before)


def rename(before, after):
    """Rename in place: on SQLite a batch operation would copy the table, and deleting the old one would delete what points to it."""
    op.execute(f"ALTER TABLE mailbox RENAME COLUMN {before} TO {after}")
