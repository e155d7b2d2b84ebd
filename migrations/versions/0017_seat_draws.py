"""The order in which a class gets the seats of a session, drawn once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "seat_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("student_ids", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False, comment="The students of the class then, in the order drawn"),
        sa.Column("drawn_by_id", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_seat_draw_class_id_school_class"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["drawn_by_id"], ["user.id"], name=op.f("fk_seat_draw_drawn_by_id_user")),
        sa.ForeignKeyConstraint(["session_id"], ["outreach_session.id"], name=op.f("fk_seat_draw_session_id_outreach_session"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_draw")),
        sa.UniqueConstraint("session_id", "class_id", name=op.f("uq_seat_draw_session_id_class_id")),
    )
    op.create_index(op.f("ix_seat_draw_class_id"), "seat_draw", ["class_id"], unique=False)


def downgrade():
    op.drop_table("seat_draw")
