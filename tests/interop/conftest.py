"""What tests with other programs share: letters that went over SMTP."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach import create_app
from outreach.config import Settings
from outreach.db import db
from tests.interop.correspondence import Correspondence, correspond
from tests.support.postbox import open_postbox


@pytest.fixture(scope="session")
def correspondence(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Correspondence]:
    """The letters of all cases, sent once."""
    folder = tmp_path_factory.mktemp("correspondence")
    shutil.copyfile(_sqlite_template, folder / "outreach.sqlite3")
    with open_postbox() as postbox:
        settings = Settings(
            mode="demo",
            database_url=f"sqlite:///{folder / 'outreach.sqlite3'}",
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
