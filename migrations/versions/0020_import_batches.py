"""Imports of class lists: what was uploaded, its rows, and what it did."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("import_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=False, comment="Empty: it was pasted"),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Enum("reading", "review", "importing", "imported", "undoing", "undone", name="importstate", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("choices", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False, comment="What a person said about the list"),
        sa.Column("review", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False, comment="What the review says above its rows"),
        sa.Column("read_by", sa.Integer(), nullable=False, comment="The job that made the review, by id"),
        sa.Column("is_planned", sa.Boolean(), nullable=False, comment="The rows are as the choices say"),
        sa.Column("people_version", sa.Integer(), nullable=False, comment="That of the school when the rows were planned"),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True, comment="When it was imported, or as far as it came"),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state IN ('reading', 'review', 'importing')) = (finished_at IS NULL)", name=op.f("ck_import_batch_finished_says_when")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_import_batch_by_id_user"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_import_batch_class_id_school_class"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["job_id"], ["background_job.id"], name=op.f("fk_import_batch_job_id_background_job"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_import_batch_school_id_school"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch"))
    )
    op.create_index(op.f("ix_import_batch_by_id"), "import_batch", ["by_id"])
    op.create_index(op.f("ix_import_batch_class_id"), "import_batch", ["class_id"])
    op.create_index(op.f("ix_import_batch_job_id"), "import_batch", ["job_id"])
    op.create_index("ix_import_batch_school_id_uploaded_at", "import_batch", ["school_id", "uploaded_at"])
    op.create_index("ix_import_batch_uploaded_at", "import_batch", ["uploaded_at"])
    op.create_table("import_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=True, comment="None: the import added them"),
        sa.Column("after", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False, comment="Undone, or found to be impossible to undo"),
        sa.Column("kept", sa.String(length=64), nullable=False, comment="Why it can't be undone; empty: it can, or is"),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_change_batch_id_import_batch"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_import_change_student_id_student"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_change"))
    )
    op.create_index(op.f("ix_import_change_batch_id"), "import_change", ["batch_id"])
    op.create_index(op.f("ix_import_change_student_id"), "import_change", ["student_id"])
    op.create_table("import_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.Enum("bad", "asked", "new", "updated", "unchanged", "absent", name="importsection", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("shown", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column("act", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=True),
        sa.Column("is_written", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id_import_batch"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row"))
    )
    op.create_index("ix_import_row_batch_id_section_id", "import_row", ["batch_id", "section", "id"])
    op.add_column("school", sa.Column("people_version", sa.Integer(), server_default="1", nullable=False, comment="One more with each change of its people"))


def downgrade():
    op.drop_column("school", "people_version")
    for table in ("import_row", "import_change", "import_batch"):
        op.drop_table(table)
