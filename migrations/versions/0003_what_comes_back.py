"""What comes back: replies and bounces; provisional sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS_BEFORE = ("invitation", "promoted", "updated", "cancelled", "removed", "waiting", "reminder", "digest", "roster", "wrong_address", "application", "account")
KINDS_AFTER = (*KINDS_BEFORE[:10], "blocked", "note", "decision", "confirm_answer", *KINDS_BEFORE[10:])
SESSION_RULES = {
    "ck_outreach_session_provisional_says_until_when": "decides_at IS NOT NULL OR NOT is_provisional",
    "ck_outreach_session_it_is_decided_before_it_starts": "decides_at <= starts_at",
}


def upgrade():
    op.create_table('blocked_domain',
    sa.Column('domain', sa.String(length=255), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('words', sa.Text(), nullable=False, comment='What its server said last'),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True, comment='We write there again from then on'),
    sa.PrimaryKeyConstraint('domain', name=op.f('pk_blocked_domain'))
    )
    op.create_table('invitation_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('invitation_id', sa.Integer(), nullable=False),
    sa.Column('answer', sa.Enum('needs_action', 'accepted', 'tentative', 'declined', name='answer', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('source', sa.Enum('calendar', 'page', name='answersource', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stamp', sa.DateTime(timezone=True), nullable=True, comment='DTSTAMP of the reply'),
    sa.Column('sequence', sa.Integer(), nullable=True, comment='Of the invitation it answers'),
    sa.Column('counts', sa.Boolean(), nullable=False, comment='It set the answer; else it came for an old time, or too late'),
    sa.Column('is_verified', sa.Boolean(), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitation.id'], name=op.f('fk_invitation_answer_invitation_id_invitation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation_answer'))
    )
    op.create_index(op.f('ix_invitation_answer_invitation_id'), 'invitation_answer', ['invitation_id'], unique=False)
    op.create_table('bounce',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('mailbox_id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=True),
    sa.Column('domain', sa.String(length=255), nullable=False, comment='Of the mailbox'),
    sa.Column('kind', sa.Enum('hard', 'soft', 'policy', 'complaint', name='bouncekind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('status', sa.String(length=64), nullable=False, comment='Enhanced code, such as 5.1.1 (RFC 3463)'),
    sa.Column('words', sa.Text(), nullable=False, comment='What the server said'),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_bounce_letter_id_letter')),
    sa.ForeignKeyConstraint(['mailbox_id'], ['mailbox.id'], name=op.f('fk_bounce_mailbox_id_mailbox')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bounce'))
    )
    op.create_index('ix_bounce_domain_kind_at', 'bounce', ['domain', 'kind', 'at'], unique=False)
    op.create_index(op.f('ix_bounce_letter_id'), 'bounce', ['letter_id'], unique=False)
    op.create_index('ix_bounce_mailbox_id_at', 'bounce', ['mailbox_id', 'at'], unique=False)
    op.create_table('inbound_message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False, comment='SHA-256 of the message'),
    sa.Column('message_id', sa.String(length=255), nullable=True, comment='As the sender gave it; none where it gave none'),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False, comment='Bytes'),
    sa.Column('kind', sa.Enum('reply', 'counter', 'refresh', 'bounce', 'complaint', 'automatic', 'other', name='inboundkind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('outcome', sa.Enum('applied', 'history', 'ignored', 'quarantined', name='inboundoutcome', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=False, comment='Why, as a word of ours'),
    sa.Column('sender', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('raw', sa.LargeBinary(), nullable=True, comment='Kept 30 days'),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True, comment='A coordinator has looked'),
    sa.Column('mailbox_id', sa.Integer(), nullable=True),
    sa.Column('invitation_id', sa.Integer(), nullable=True),
    sa.Column('letter_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitation.id'], name=op.f('fk_inbound_message_invitation_id_invitation')),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_inbound_message_letter_id_letter')),
    sa.ForeignKeyConstraint(['mailbox_id'], ['mailbox.id'], name=op.f('fk_inbound_message_mailbox_id_mailbox')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound_message')),
    sa.UniqueConstraint('digest', name=op.f('uq_inbound_message_digest')),
    sa.UniqueConstraint('message_id', name=op.f('uq_inbound_message_message_id'))
    )
    op.create_index('ix_inbound_message_outcome_received_at', 'inbound_message', ['outcome', 'received_at'], unique=False)
    op.create_index('ix_inbound_message_raw_received_at', 'inbound_message', ['received_at'], unique=False, sqlite_where=sa.text('raw IS NOT NULL'), postgresql_where=sa.text('raw IS NOT NULL'))
    moment = sa.DateTime(timezone=True)
    op.add_column("invitation", sa.Column("answered_at", moment, comment="When the answer that holds came; none: nobody has answered"))
    op.add_column("invitation", sa.Column("answer_stamp", moment, comment="DTSTAMP of the last reply: an older one changes nothing (RFC 5546 2.1.5)"))
    op.add_column("invitation", sa.Column("answer_is_verified", sa.Boolean(), nullable=False, server_default=sa.true(), comment="The mail that brought it proved where it came from"))
    op.add_column("mailbox", sa.Column("blocked_at", moment, comment="Its domain turns our letters away by policy"))
    op.add_column("mailbox", sa.Column("reminders_stopped_at", moment, comment="Its reader wants no reminders, or called one unwanted"))
    op.add_column("outreach_session", sa.Column("is_provisional", sa.Boolean(), nullable=False, server_default=sa.false(), comment="Subject to a decision (the operating list), due by decides_at"))
    op.add_column("outreach_session", sa.Column("decides_at", moment))
    op.add_column("outreach_session", sa.Column("frees_declined_seats", sa.Boolean(), nullable=False, server_default=sa.false(), comment="A declined invitation gives the seat back by itself"))
    for name, rule in SESSION_RULES.items():
        add_check("outreach_session", name, rule)
    drop_check("letter", "ck_letter_letterkind", one_of("kind", KINDS_BEFORE))
    add_check("letter", "ck_letter_letterkind", one_of("kind", KINDS_AFTER))


def downgrade():
    """Letters of kinds nobody knows any more go; so does what came back."""
    for table, columns in (("outreach_session", ("is_provisional", "decides_at", "frees_declined_seats")), ("mailbox", ("blocked_at", "reminders_stopped_at")), ("invitation", ("answered_at", "answer_stamp", "answer_is_verified"))):
        if table == "outreach_session":
            for name, rule in SESSION_RULES.items():
                drop_check(table, name, rule)
        for column in columns:
            op.drop_column(table, column)
    op.drop_index('ix_inbound_message_raw_received_at', table_name='inbound_message', sqlite_where=sa.text('raw IS NOT NULL'), postgresql_where=sa.text('raw IS NOT NULL'))
    op.drop_index('ix_inbound_message_outcome_received_at', table_name='inbound_message')
    op.drop_table('inbound_message')
    op.drop_index('ix_bounce_mailbox_id_at', table_name='bounce')
    op.drop_index(op.f('ix_bounce_letter_id'), table_name='bounce')
    op.drop_index('ix_bounce_domain_kind_at', table_name='bounce')
    op.drop_table('bounce')
    op.drop_index(op.f('ix_invitation_answer_invitation_id'), table_name='invitation_answer')
    op.drop_table('invitation_answer')
    op.drop_table('blocked_domain')
    gone = ", ".join(f"'{kind}'" for kind in KINDS_AFTER if kind not in KINDS_BEFORE)
    op.execute(f"DELETE FROM letter WHERE kind IN ({gone})")
    drop_check("letter", "ck_letter_letterkind", one_of("kind", KINDS_AFTER))
    add_check("letter", "ck_letter_letterkind", one_of("kind", KINDS_BEFORE))


def one_of(column, words):
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def add_check(table, name, rule):
    if op.get_bind().dialect.name != "sqlite":
        op.create_check_constraint(op.f(name), table, rule)
        return
    reword(table, lambda sql: sql.rstrip().removesuffix(")").rstrip() + f", \n\tCONSTRAINT {name} CHECK ({rule})\n)")


def drop_check(table, name, rule):
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(name), table, type_="check")
        return
    reword(table, lambda sql: sql.replace(f", \n\tCONSTRAINT {name} CHECK ({rule})", "", 1))


def reword(table, change):
    """Change a table's rules in SQLite's own text: copying it would set off what hangs on its rows (sqlite.org/lang_altertable.html, 7)."""
    connection = op.get_bind()
    before = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": table})
    after = change(before)
    if after == before:
        raise RuntimeError(f"{table} isn't as it was made: {before}")
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"), {"sql": after, "name": table})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
