"""Two calendars that aren't ours, khal in a folder and Radicale over CalDAV, fed with the letters that went over SMTP.

The entry appears once, moves, and disappears (khal has no iTIP: it keeps what is cancelled, marked as such).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.interop.caldav import Calendar, radicale
from tests.interop.correspondence import CASES, STAGES, TITLE, Correspondence

# vobject, inside Radicale, keeps the first block it has seen of a zone. Where a zone has no lasting rules our next block may say another
# offset: the server then searches by time an hour beside it. What it stores, and gives to calendars, stays right.
SEARCHED_AN_HOUR_OUT = {"zone without rules": ("moved",)}
HOUR = timedelta(hours=1)
ALWAYS = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
Lists = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def shown_by_khal(correspondence: Correspondence, tmp_path_factory: pytest.TempPathFactory) -> Lists:
    """What `khal list` shows after each stage."""
    stages = [[mail.ics.decode() for (_case, at), mail in correspondence.letters.items() if at == stage and mail.ics] for stage in STAGES]
    command = [sys.executable, str(Path(__file__).with_name("drive_khal.py")), str(tmp_path_factory.mktemp("khal"))]
    said = subprocess.run(
        command, input="\n".join(map(json.dumps, stages)), capture_output=True, text=True, check=False, timeout=60, encoding="utf-8"
    )
    assert said.returncode == 0, said.stderr
    return dict(zip(STAGES, map(json.loads, said.stdout.splitlines()), strict=True))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where Radicale answers."""
    with radicale(tmp_path_factory.mktemp("radicale")) as port:
        yield port


@pytest.mark.parametrize("case", CASES)
def test_khal_shows_each_entry_once_moved_and_cancelled(case: str, correspondence: Correspondence, shown_by_khal: Lists) -> None:
    for stage, mail, seen in correspondence.of(case):
        (entry,) = [one for one in shown_by_khal[stage] if one["uid"] == mail.entry.uid]
        times = [datetime.strptime(entry[name], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) for name in ("start-long-full", "end-long-full")]
        assert times == [seen.starts_at, seen.ends_at], stage
        assert (entry["status"], entry["cancelled"] != "") == (seen.status, seen.method == "CANCEL"), stage
        assert seen.place in entry["location"], stage


def test_khal_shows_awkward_titles_as_they_were_typed(shown_by_khal: Lists) -> None:
    assert TITLE in {entry["title"] for entry in shown_by_khal["invited"]}


@pytest.mark.parametrize("case", CASES)
def test_behind_caldav_each_entry_appears_once_moves_and_disappears(case: str, correspondence: Correspondence, port: int) -> None:
    calendar = Calendar(port, f"{case} reader")
    calendar.make()
    for stage, mail, seen in correspondence.of(case):
        calendar.take(mail)
        there = calendar.between(*ALWAYS)
        assert [mail.entry.uid in written for written in there] == ([] if seen.method == "CANCEL" else [True]), stage
        assert calendar.between(seen.starts_at, seen.ends_at) == there, stage
        if stage not in SEARCHED_AN_HOUR_OUT.get(case, ()):
            assert calendar.between(seen.starts_at - HOUR, seen.starts_at) == calendar.between(seen.ends_at, seen.ends_at + HOUR) == [], (
                stage
            )


@pytest.mark.parametrize("case", CASES)
def test_a_letter_that_comes_late_or_twice_changes_nothing(case: str, correspondence: Correspondence, port: int) -> None:
    calendar = Calendar(port, f"{case} muddle")
    calendar.make()
    letters = [mail for _stage, mail, _seen in correspondence.of(case)]
    for mail in letters:
        calendar.take(mail)
    there = calendar.between(*ALWAYS)
    for mail in (letters[0], letters[-1], *letters):
        calendar.take(mail)
        assert calendar.between(*ALWAYS) == there


def test_the_server_takes_objects_as_they_are_and_one_of_each_uid(correspondence: Correspondence, port: int) -> None:
    calendar = Calendar(port, "as they are")
    calendar.make()
    written = correspondence.letters["student", "invited"].ics or b""
    assert (calendar.put("one", written), calendar.put("two", written)) == (201, 409)
