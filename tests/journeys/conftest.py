"""What journeys share: a mail server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.postbox import Postbox, open_postbox


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A real mail server on loopback."""
    with open_postbox() as postbox:
        yield postbox
