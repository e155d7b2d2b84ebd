"""Migrations make exactly the tables the models describe, on both databases, and take them away again.

Alembic's own comparison doesn't see a CHECK or the condition of an index: those are compared by name and text from
the catalogue, and each is tried with a row that it alone must refuse.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Enum, Index, Table, UniqueConstraint, create_engine, func, inspect, select, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import IntegrityError

from outreach import create_app
from outreach.about.use_cases import change_text
from outreach.db import Base, db, transaction
from outreach.models import (
    Answer,
    AnswerSource,
    Application,
    BackgroundJob,
    BlockedDomain,
    Bounce,
    BounceKind,
    EndedLink,
    FormUse,
    Guardian,
    ImportBatch,
    ImportChange,
    ImportRow,
    ImportSection,
    InboundKind,
    InboundMessage,
    InboundOutcome,
    Invitation,
    InvitationAnswer,
    LinkRequest,
    ListLayout,
    Mailbox,
    OutboxPause,
    PageName,
    RoleName,
    School,
    SchoolClass,
    SeatDraw,
    Student,
    WebAuthn,
)
from outreach.registration.use_cases import RegistrationRequest, register_students
from tests.support import programs
from tests.support.builders import NOW, Builder
from tests.support.databases import database_on, settings_for, settle
from tests.support.schema import catalogue, connected

Rule = CheckConstraint | UniqueConstraint | Index
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]

# For each CHECK a change of a good row that it alone refuses, in SQL. Those of enums need none: any other word will do.
REFUSED = {
    "ck_area_age_floor_is_plausible": {"age_floor": "100"},
    "ck_background_job_a_lease_has_a_token": {"lease_token": "'token'"},
    "ck_background_job_finished_says_when": {"finished_at": "created_at"},
    "ck_background_job_progress_is_counted": {"done": "-1"},
    "ck_background_job_backgroundjobstate": {"state": "'nonsense'", "finished_at": "created_at"},
    "ck_ended_link_is_about_a_guardian_or_a_student": {"guardian_id": "NULL"},
    "ck_import_batch_finished_says_when": {"finished_at": "uploaded_at"},
    "ck_import_batch_importstate": {"state": "'nonsense'", "finished_at": "uploaded_at"},
    "ck_invitation_nothing_is_sent_before_it_is_written": {"sent_sequence": "sequence + 1"},
    "ck_invitation_reason_is_about_a_student_or_an_adult": {"registration_id": "NULL", "user_id": "NULL"},
    "ck_letter_a_lease_has_a_token": {"lease_token": "'token'"},
    "ck_letter_attempts_are_counted": {"attempts": "-1"},
    "ck_letter_letterstate": {"state": "'nonsense'", "settled_at": "created_at"},
    "ck_letter_settled_says_when": {"settled_at": "created_at"},
    "ck_mailbox_address_is_lower_case": {"address": "'Fresh@example.org'"},
    "ck_outbox_pause_there_is_only_one": {"id": "2"},
    "ck_outreach_session_a_school_may_send_at_least_one": {"per_school_limit": "0"},
    "ck_outreach_session_age_floor_is_plausible": {"age_floor": "-1"},
    "ck_outreach_session_an_area_lies_in_a_site": {"site_id": "NULL", "video_url": "'https://video.example'"},
    "ck_outreach_session_capacity_is_plausible": {"capacity": "5001"},
    "ck_outreach_session_ends_after_it_starts": {"ends_at": "starts_at"},
    "ck_outreach_session_fold_is_0_or_1": {"fold": "2"},
    "ck_outreach_session_it_is_decided_before_it_starts": {"decides_at": "ends_at"},
    "ck_outreach_session_provisional_says_until_when": {"is_provisional": "true"},
    "ck_outreach_session_has_a_place_or_a_link": {"site_id": "NULL", "area_id": "NULL"},
    "ck_outreach_session_no_more_seats_taken_than_there_are": {"seats_taken": "capacity + 1"},
    "ck_outreach_session_seats_over_are_counted": {"seats_over": "-1"},
    "ck_school_majority_age_is_plausible": {"majority_age": "15"},
}
# Tables that a step after the first two made, and which: what lies in them goes with them.
MADE_LATER = {
    "arrangement": "0017",
    "background_job": "0015",
    "blocked_domain": "0003",
    "bounce": "0003",
    "ended_link": "0011",
    "form_use": "0008",
    "import_batch": "0020",
    "import_change": "0020",
    "import_row": "0020",
    "list_layout": "0022",
    "inbound_message": "0003",
    "invitation_answer": "0003",
    "link_request": "0019",
    "page_text": "0018",
    "seat_draw": "0017",
}
SPARE = "spare@example.org"
SPARE_MAILBOX = "(SELECT id FROM mailbox WHERE address = 'spare@example.org')"
# What makes a copy of a row another row, so that it breaks no rule.
ANOTHER = {
    "application": {"role": "'coordinator'"},
    "area": {"name": "'Another'"},
    "blocked_domain": {"domain": "'another.example'"},
    "form_use": {"key": "'another'"},
    "inbound_message": {"digest": "'another'", "message_id": "'<another@example.org>'"},
    "invitation": {"mailbox_id": SPARE_MAILBOX, "uid": "'another'"},
    "invitation_reason": {"kind": "'guardian'"},
    "letter": {"key": "'another'", "dedupe_key": "'another'"},
    "mailbox": {"address": "'another@example.org'", "token": "'another'"},
    "arrangement": {"session_id": "session_id", "school_id": "(SELECT max(id) FROM school)"},
    "page_text": {"name": "'contact'"},
    "registration": {"student_id": "(SELECT max(id) FROM student)"},
    "role": {"name": "'another'"},
    "school": {"name": "'Another'"},
    "school_class": {"name": "'Another'"},
    "site": {"name": "'Another'"},
    "seat_draw": {"class_id": "(SELECT id FROM school_class WHERE name = 'Another class')"},
    "student": {"number": "'another'"},
    "user": {"email": "'another'", "mailbox_id": SPARE_MAILBOX, "fs_uniquifier": "'another'", "fs_webauthn_user_handle": "'another'"},
    "webauthn": {"credential_id": "credential_id || credential_id"},
}


_RULES = [
    *(rule for table in Base.metadata.sorted_tables for rule in table.constraints if isinstance(rule, CheckConstraint | UniqueConstraint)),
    *(index for table in Base.metadata.sorted_tables for index in table.indexes if index.unique),
]
RULES = sorted(_RULES, key=lambda rule: str(rule.name))  # a table keeps them in a set; parallel runs must agree on the order


@pytest.fixture(params=KINDS, scope="module")
def new_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Give a maker of databases, gone afterwards: copies of the one at this URL, or empty ones."""
    server = programs.postgresql_url() if request.param == "postgresql" else None
    if request.param == "postgresql" and server is None:
        pytest.skip(programs.WITHOUT["postgresql"])
    folder = tmp_path_factory.mktemp("empty")

    with ExitStack() as made:

        def make(source: str = "") -> str:
            if server:
                return made.enter_context(database_on(server, template=make_url(source).database if source else "template1"))
            new = folder / f"{uuid4().hex}.sqlite3"
            return f"sqlite:///{shutil.copyfile(make_url(source).database or '', new) if source else new}"

        yield make


@pytest.fixture(scope="module")
def empty_url(new_url: Callable[[str], str]) -> Callable[[], str]:
    """Give a maker of empty databases."""
    return partial(new_url, "")


@pytest.fixture(scope="module")
def full_url(new_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Give a maker of databases of the present shape with a row in every table."""
    url = new_url("")
    migrate(url, tmp_path_factory.mktemp("full"), upgrade, populate)
    if url.startswith("sqlite"):
        settle(Path(url.removeprefix("sqlite:///")))
    return partial(new_url, url)


def migrate(url: str, folder: Path, *acts: Callable[[], object]) -> None:
    """Do this to a database, in our app's context."""
    with create_app(settings_for(folder, url)).app_context():
        for act in acts:
            act()
        db.session.remove()
        db.engine.dispose()


def test_migrations_make_what_the_models_describe(empty_url: Callable[[], str], tmp_path: Path) -> None:
    migrated, described = empty_url(), empty_url()
    migrate(migrated, tmp_path, upgrade)
    with connected(described) as connection:
        Base.metadata.create_all(connection)
        connection.commit()
        wanted = catalogue(connection)
    with connected(migrated) as connection:
        found = catalogue(connection)
        assert found == wanted, f"only migrated: {found - wanted}, only described: {wanted - found}"
        seen_by_alembic = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": Base.metadata})
        assert compare_metadata(seen_by_alembic, Base.metadata) == []


def test_what_goes_up_comes_down(full_url: Callable[[], str], tmp_path: Path) -> None:
    url = full_url()
    with connected(url) as connection:
        before = catalogue(connection)
    migrate(url, tmp_path, partial(downgrade, revision="base"))
    with connected(url) as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    migrate(url, tmp_path, upgrade)
    with connected(url) as connection:
        assert catalogue(connection) == before


@pytest.mark.parametrize(
    "step", ["0001", "0002", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0013", "0015", "0016", "0019", "0020"]
)
def test_each_step_can_be_taken_back_and_again_with_data(full_url: Callable[[], str], tmp_path: Path, step: str) -> None:
    url = full_url()
    with connected(url) as connection:
        before = {table.name: rows(connection, table) for table in Base.metadata.sorted_tables}
    migrate(url, tmp_path, partial(downgrade, revision=step), upgrade)
    with connected(url) as connection:
        after = {table.name: rows(connection, table) for table in Base.metadata.sorted_tables}
        marks = connection.execute(select(Mailbox.undeliverable_at, Mailbox.undeliverable_words).where(Mailbox.address == SPARE)).one()
    assert after == before | {table: 0 for table, made_by in MADE_LATER.items() if step < made_by}
    assert marks == (NOW, "550 No such user")


def test_whose_only_guardian_said_not_my_child_before_has_lost_them_all(empty_url: Callable[[], str], tmp_path: Path) -> None:
    """Who has another guardian, or none from the start, has not."""
    url = empty_url()

    def families() -> None:
        make = Builder(NOW)
        school_class = make.school_class(make.school())
        gone, stays = make.mailbox("gone@families.example"), make.mailbox("stays@families.example")
        make.student(school_class, given_name="Ana", guardians=(gone.address,))
        make.student(school_class, given_name="Ben", guardians=(gone.address, stays.address))
        make.student(school_class, given_name="Cem", guardians=(None,))
        with transaction():
            gone.stop(now=NOW)

    migrate(url, tmp_path, upgrade, families, partial(downgrade, revision="0009"), upgrade)
    with connected(url) as connection:
        found = {row.given_name: row.guardians_gone_at for row in connection.execute(select(Student.given_name, Student.guardians_gone_at))}
    assert found == {"Ana": NOW, "Ben": None, "Cem": None}


def rows(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def populate() -> None:
    """Write at least one row into every table."""
    make = Builder(NOW)
    spare = make.mailbox(SPARE)
    school, site = make.school(), make.site()
    teacher, clinician, another = make.teacher(school), make.clinician(), make.clinician()
    make.appointment(clinician, site)
    outreach_session = make.outreach_session(clinician, site=site, area_id=make.area(site).id, co_hosts=[another])
    school_class = make.school_class(school, teacher)
    student = make.student(school_class, email="student@pupils.example", guardians=("parent@families.example",), number="1")
    request = RegistrationRequest(
        session_id=outreach_session.id,
        school_id=school.id,
        student_ids=(student.id,),
        teacher_id=teacher.id,
        by_id=teacher.id,
        permission_attested=True,
        arranged={"looked_after_by": "Ms Hale", "travel": "By bus", "day_contact": ""},
    )
    register_students(request, now=NOW)
    change_text(PageName.ABOUT, "Us", by_id=teacher.id, now=NOW)
    make.student(school_class)
    with transaction():
        clinician.fs_webauthn_user_handle = "handle"
        passkey = {
            "credential_id": b"1",
            "public_key": b"1",
            "backup_state": False,
            "device_type": "phone",
            "name": "mine",
            "usage": "first",
        }
        db.session.add(WebAuthn(user_id=clinician.id, lastuse_datetime=NOW, **passkey))
        db.session.add(Application(user_id=another.id, role=RoleName.TEACHER, place="A school", created_at=NOW))
        spare.undeliverable_at, spare.undeliverable_words = NOW, "550 No such user"
        db.session.add(FormUse(key="key", used_at=NOW))
        db.session.add(SchoolClass(school_id=school.id, name="Another class"))
        drawn = {"session_id": outreach_session.id, "class_id": school_class.id, "student_ids": [student.id]}
        db.session.add(SeatDraw(**drawn, drawn_by_id=teacher.id, drawn_at=NOW))
        db.session.add(BackgroundJob(kind="any", title="A list", facts={}, page="/", started_by_id=teacher.id, due_at=NOW, created_at=NOW))
        db.session.add(LinkRequest(session_id=outreach_session.id, address="any@example.org", asked_at=NOW))
        batch = ImportBatch(school_id=school.id, class_id=school_class.id, by_id=teacher.id, uploaded_at=NOW, content=b"a")
        db.session.add(batch)
        db.session.flush()
        db.session.add(ImportRow(batch_id=batch.id, section=ImportSection.NEW, line=2, shown={}))
        db.session.add(ImportChange(batch_id=batch.id, student_id=student.id, after={}))
        db.session.add(OutboxPause(id=1, since=NOW, until=NOW, reason="unreachable"))
        db.session.add_all(_what_came_back())


def _what_came_back() -> list[Base]:
    """An answer, the message that brought it, a bounce and what follows from many."""
    invitation = db.session.scalars(select(Invitation)).first()
    assert invitation is not None
    kept = {"kind": InboundKind.REPLY, "outcome": InboundOutcome.APPLIED, "size": 1, "raw": b"1"}
    return [
        InvitationAnswer(invitation_id=invitation.id, answer=Answer.ACCEPTED, source=AnswerSource.CALENDAR, at=NOW, counts=True),
        InboundMessage(digest="1", message_id="<1@example.org>", received_at=NOW, invitation_id=invitation.id, **kept),
        Bounce(mailbox_id=invitation.mailbox_id, domain="example.org", kind=BounceKind.POLICY, at=NOW),
        BlockedDomain(domain="example.org", since=NOW),
        ListLayout(school_id=db.session.scalars(select(School.id)).first(), headings="sign", fields="[]"),
        EndedLink(mailbox_id=invitation.mailbox_id, guardian_id=db.session.scalars(select(Guardian.id)).first(), ended_at=NOW),
    ]


@pytest.fixture(scope="module")
def populated(full_url: Callable[[], str]) -> Iterator[Engine]:
    """A database with a good row in every table."""
    engine = create_engine(full_url())
    yield engine
    engine.dispose()


def test_every_table_has_a_row_to_try_with(populated: Engine) -> None:
    with populated.connect() as connection:
        assert not [table.name for table in Base.metadata.sorted_tables if not rows(connection, table)]


def test_no_example_is_left_of_a_rule_that_is_gone() -> None:
    assert set(REFUSED) <= {str(rule.name) for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
def test_each_rule_refuses_what_it_names(populated: Engine, rule: Rule) -> None:
    """And nothing but it: the same row without the change is taken."""
    table = rule.table
    assert table is not None
    another = ANOTHER.get(table.name, {})
    with populated.connect() as connection:
        if table.name != "outbox_pause":
            assert copied(connection, table, another, source=source(rule)) == 1
            connection.rollback()
        with pytest.raises(IntegrityError) as refused:
            copied(connection, table, refused_change(rule, another), source=source(rule))
        connection.rollback()
    assert sentence(rule, populated.dialect.name) in str(refused.value.orig)


def refused_change(rule: Rule, another: dict[str, str]) -> dict[str, str]:
    """Give what makes a copy of a good row break this rule alone."""
    if not isinstance(rule, CheckConstraint):
        return {name: value for name, value in another.items() if name not in rule.columns}
    name, enums = (
        str(rule.name),
        {f"ck_{rule.table.name}_{column.type.name}": column.name for column in rule.table.c if isinstance(column.type, Enum)},
    )
    if name in REFUSED:
        return another | REFUSED[name]
    if name not in enums:
        pytest.fail(f"REFUSED needs a change of a good row that {name} alone refuses")
    return another | {enums[name]: "'nonsense'"}


def source(rule: Rule) -> str:
    """Choose a row the rule is about: a unique one holds among rows with values, and where its index says so."""
    if isinstance(rule, CheckConstraint):
        return "true"
    present = [f"{column.name} IS NOT NULL" for column in rule.columns]
    condition = rule.dialect_options["sqlite"]["where"] if isinstance(rule, Index) else None
    return " AND ".join([*present, *([str(condition)] if condition is not None else [])])


def copied(connection: Connection, table: Table, change: dict[str, str], *, source: str = "true") -> int:
    """Copy one good row with these columns changed (SQL); give how many rows that made."""
    columns = [column.name for column in table.c if column.name != "id" or "id" in change]
    values = ", ".join(change.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    statement = f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM "{table.name}" WHERE {source} LIMIT 1'  # noqa: S608  # our own names
    return connection.execute(text(statement)).rowcount


def sentence(rule: Rule, dialect: str) -> str:
    """Give what the database calls the rule: SQLite names columns where they must be unique."""
    if dialect == "sqlite" and not isinstance(rule, CheckConstraint):
        return ", ".join(f"{rule.table.name}.{column.name}" for column in rule.columns)  # type: ignore[union-attr]  # it has a table
    return str(rule.name)
