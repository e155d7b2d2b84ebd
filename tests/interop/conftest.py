"""What tests with other programs share: letters that went over SMTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach import create_app
from outreach.db import db
from outreach.settings import Settings
from tests.interop.correspondence import Correspondence, correspond
from tests.support.databases import SqliteTemplates
from tests.support.postbox import open_postbox


@pytest.fixture(scope="session")
def correspondence(_sqlite_templates: SqliteTemplates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Correspondence]:
    """The letters of all cases, sent once."""
    folder = tmp_path_factory.mktemp("correspondence")
    database_url = _sqlite_templates.copied(folder / "outreach.sqlite3", is_empty=True)
    with open_postbox() as postbox:
        settings = Settings(
            mode="demo",
            database_url=database_url,
            secret_key="a secret key that only tests ever see, long enough",
            base_url="https://outreach.example",
            reply_address="rsvp+{token}@outreach.example",
            instance_path=folder,
            mail_server="127.0.0.1",
            mail_port=postbox.port,
        )
        app = create_app(settings)
        yield correspond(app, postbox)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
