"""khal's own commands on a calendar in a folder (vdir): objects imported stage by stage, and the list after each.

A program of its own: khal's library sets locale and warnings for itself. Each line of the input is a stage, a list of
objects; each line of the output what `khal list` shows then. Started with the folder to use.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from khal.cli import main_khal  # type: ignore[import-untyped]  # it says nothing of its types

CONFIGURATION = """
[calendars]
[[own]]
path = {folder}/own
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
[default]
default_calendar = own
"""
SHOWN = ("uid", "title", "start-long-full", "end-long-full", "location", "status", "cancelled")


def drive(folder: Path) -> None:
    """Do stage by stage what the input says."""
    (folder / "own").mkdir()
    (folder / "config").write_text(CONFIGURATION.format(folder=folder))
    for line in sys.stdin:
        files = [folder / f"{number}.ics" for number, _ in enumerate(json.loads(line))]
        for file, written in zip(files, json.loads(line), strict=True):
            file.write_bytes(written.encode())
        _khal(folder, "import", "--batch", *map(str, files))
        print(json.dumps(_listed(folder)))


def _listed(folder: Path) -> list[dict[str, Any]]:
    fields = [word for name in SHOWN for word in ("--json", name)]
    days = _khal(folder, "list", *fields, "2027-01-01", "2028-01-01").splitlines()
    return [entry for day in days for entry in json.loads(day)]


def _khal(folder: Path, *words: str) -> str:
    said = CliRunner().invoke(main_khal, ["-c", str(folder / "config"), *words], catch_exceptions=False)
    if said.exit_code:
        raise SystemExit(f"khal {words[0]} failed: {said.output}")
    return said.output


if __name__ == "__main__":
    drive(Path(sys.argv[1]))
