"""`make bench`: measure everything, print the table, write it to docs/performance.md; non-zero when a target is missed."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from flask_migrate import upgrade

from benchmarks import letters, pages, people, registering
from benchmarks.databases import fresh, kinds
from benchmarks.figures import Figure, table
from benchmarks.sink import listening
from benchmarks.web import CEILING, OURS, serving
from outreach import create_app
from outreach.db import db
from outreach.settings import ROOT, Settings

MEGABYTES = 120.0
REPORT = ROOT / "docs" / "performance.md"
_BEFORE = """# How fast it is

Written by `make bench` on {day}, on {cores} cores with Python {python}; repeat it before you compare anything. Each figure stands
beside a ceiling measured in the same run on the same machine, in turns: for pages the plainest Flask page with one SELECT under the
same gunicorn with 2 workers, for letters smtplib sending one ready message of the same size over a kept connection, for
registering the same rows written without any rules.

"""
_AFTER = """
10,000 published sessions; the class has 30 students with 45 guardians; letters go to a mail server on loopback that keeps none.
Memory is the largest web process after the load.
"""


def main() -> int:
    """Measure on every kind of database there is; 1 when a target is missed."""
    figures: list[Figure] = []
    with listening() as mail_port:
        for kind in kinds():
            with fresh(kind, mail_port=mail_port) as settings:
                figures += _measured(kind, settings)
    written = table(figures)
    facts = {"day": datetime.now(UTC).date(), "cores": os.cpu_count(), "python": platform.python_version()}
    REPORT.write_text(_BEFORE.format(**facts) + written + "\n" + _AFTER)
    print(written)
    return 0 if all(figure.is_met for figure in figures) else 1


def _measured(kind: str, settings: Settings) -> Iterator[Figure]:
    now = datetime.now(UTC).replace(microsecond=0)
    app = create_app(settings)
    with app.app_context():
        print(f"Filling {kind} ...", file=sys.stderr)
        upgrade()
        school_class = people.fill(now=now)
        registering.break_in(school_class, now=now)
        print(f"Measuring on {kind} ...", file=sys.stderr)
        yield from registering.measure(school_class, kind, now=now)
        with serving(OURS, settings) as ours, serving(CEILING, settings) as plain:
            yield from pages.measure(ours, plain, kind)
            yield registering.measure_over_http(school_class, ours.port, kind)
            yield Figure(what="Web process", database=kind, value=max(ours.megabytes()), unit="MB", at_most=MEGABYTES)
        yield letters.measure(settings, kind)
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
