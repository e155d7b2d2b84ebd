"""Names in a folded form, to search and order by: without case, accents, apostrophes, kinds of blanks and what shows nothing."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FOLDS = {
    "area": ("name",),
    "outreach_session": ("title", "specialty"),
    "school": ("name",),
    "school_class": ("name",),
    "site": ("name",),
    "student": ("family_name", "given_name"),
    "user": ("family_name", "given_name"),
}
MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
APOSTROPHES = re.compile("[.'\u0060\u00b4\u02b9-\u02bf\u055a\u05f3\u2018-\u201b\u2032\ua78b\ua78c]")
GAPS = re.compile(r"[\s\-\u2010-\u2015\u2212_,;:/|()\[\]{}\"\u00ab\u00bb\u201c-\u201f&\u00b7\u30fb\u3164\u115f\u1160]+")
WHOLE = {"æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n", "ə": "a"}


def upgrade():
    connection = op.get_bind()
    kind = sa.Text() if connection.dialect.name == "sqlite" else sa.Text(collation="C")
    for name, columns in FOLDS.items():
        op.add_column(name, sa.Column("folded", kind, server_default="", nullable=False, comment="Folded name: to search and order by"))
        table = sa.table(name, sa.column("id"), sa.column("folded"), *map(sa.column, columns))
        rows = connection.execute(sa.select(table.c.id, *(table.c[column] for column in columns))).all()
        values = [{"key": row.id, "form": "\n".join(filter(None, map(folded, row[1:])))} for row in rows]
        if values:
            connection.execute(table.update().where(table.c.id == sa.bindparam("key")).values(folded=sa.bindparam("form")), values)
    op.drop_index("ix_student_school_id_family_name", table_name="student")
    op.create_index("ix_student_school_id_folded", "student", ["school_id", "folded"])


def downgrade():
    op.drop_index("ix_student_school_id_folded", table_name="student")
    op.create_index("ix_student_school_id_family_name", "student", ["school_id", "family_name"])
    for name in FOLDS:
        op.drop_column(name, "folded")


def folded(text):
    """Fold as `outreach/folding.py` did when this step was made."""
    visible = "".join(sign for sign in APOSTROPHES.sub("", text) if unicodedata.category(sign) != "Cf" and not is_variation(sign))
    decomposed = MARKS.sub("", unicodedata.normalize("NFKD", visible)).casefold()
    plain = "".join(map(base, MARKS.sub("", unicodedata.normalize("NFKD", decomposed))))
    return GAPS.sub(" ", APOSTROPHES.sub("", unicodedata.normalize("NFC", plain))).strip()


def base(sign):
    stroked = re.match("LATIN SMALL LETTER ([A-Z]) WITH ", unicodedata.name(sign, ""))
    return WHOLE.get(sign) or (stroked[1].lower() if stroked else sign)


def is_variation(sign):
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
