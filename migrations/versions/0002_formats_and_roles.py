"""The six formats with their defaults, and the three roles."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WEEK_AND_DAY = [10080, 1440]
ONLINE = [10080, 1440, 120]
FORMATS = [
    {
        "key": "shadowing",
        "name": "Hospital shadowing",
        "is_online": False,
        "length_minutes": 180,
        "capacity": 1,
        "age_floor": 16,
        "bring": "Photo ID and a pen. Eat something before you come.",
        "wear": "Clean, plain clothes, bare below the elbow, flat closed shoes, long hair tied back.",
        "kit": "",
        "reminder_leads": WEEK_AND_DAY,
    },
    {
        "key": "stitch_workshop",
        "name": "Power of a Stitch workshop",
        "is_online": False,
        "length_minutes": 90,
        "capacity": 24,
        "age_floor": None,
        "bring": "Nothing: every instrument is there.",
        "wear": "Closed shoes, sleeves that roll up.",
        "kit": "Needle holder, forceps, scissors, suture pad, sutures, gloves without latex",
        "reminder_leads": WEEK_AND_DAY,
    },
    {
        "key": "talk",
        "name": "Talk",
        "is_online": False,
        "length_minutes": 60,
        "capacity": 60,
        "age_floor": None,
        "bring": "Your questions.",
        "wear": "",
        "kit": "",
        "reminder_leads": WEEK_AND_DAY,
    },
    {
        "key": "online_qa",
        "name": "Online Q&A",
        "is_online": True,
        "length_minutes": 45,
        "capacity": 100,
        "age_floor": None,
        "bring": "A device with sound, and your questions.",
        "wear": "",
        "kit": "",
        "reminder_leads": ONLINE,
    },
    {
        "key": "networking",
        "name": "Networking event",
        "is_online": False,
        "length_minutes": 120,
        "capacity": 40,
        "age_floor": 16,
        "bring": "",
        "wear": "",
        "kit": "",
        "reminder_leads": WEEK_AND_DAY,
    },
    {
        "key": "mentoring",
        "name": "Mentoring meeting",
        "is_online": True,
        "length_minutes": 45,
        "capacity": 4,
        "age_floor": None,
        "bring": "One thing you would like to talk about.",
        "wear": "",
        "kit": "",
        "reminder_leads": ONLINE,
    },
]
ROLES = [
    {"name": "clinician", "description": "Hosts outreach sessions"},
    {"name": "teacher", "description": "Registers classes"},
    {"name": "coordinator", "description": "Runs the programme"},
]


def upgrade():
    tables = sa.MetaData()
    connection = op.get_bind()
    formats = sa.Table("format", tables, autoload_with=connection)
    roles = sa.Table("role", tables, autoload_with=connection)
    json = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
    formats.c.reminder_leads.type = json
    kept, held = set(connection.scalars(sa.select(formats.c.key))), set(connection.scalars(sa.select(roles.c.name)))
    placed = [{**row, "position": place} for place, row in enumerate(FORMATS)]
    op.bulk_insert(formats, [row for row in placed if row["key"] not in kept])
    op.bulk_insert(roles, [row for row in ROLES if row["name"] not in held])


def downgrade():
    """What sessions and people refer to stays: on the way up again it is there."""
    op.execute("DELETE FROM format WHERE key NOT IN (SELECT format_key FROM outreach_session)")
    op.execute("DELETE FROM role WHERE id NOT IN (SELECT role_id FROM user_role)")
