"""How many pages a second: the session page and the catalogue, in turns with the plainest page there could be."""

from __future__ import annotations

from benchmarks import programme
from benchmarks.figures import Figure
from benchmarks.load import Target, pages_a_second
from benchmarks.web import Web

WARM_UP, SECONDS = 3.0, 15.0
CATALOGUE_PAGES = 10


def measure(ours: Web, plain: Web, database: str) -> list[Figure]:
    """Read session pages at random out of all there are, and the first pages of the catalogue."""
    targets = (
        Target(port=plain.port, path="/{}", high=programme.SESSIONS),
        Target(port=ours.port, path="/sessions/{}", high=programme.SESSIONS),
        Target(port=ours.port, path="/?page={}", high=CATALOGUE_PAGES),
    )
    pages_a_second(targets, seconds=WARM_UP)
    ceiling, page, catalogue = pages_a_second(targets, seconds=SECONDS)
    common = {"database": database, "unit": "pages/s", "ceiling": ceiling}
    return [
        Figure(what="Session page", value=page, share=0.3, **common),  # type: ignore[arg-type]
        Figure(what="Catalogue", value=catalogue, share=0.15, **common),  # type: ignore[arg-type]
    ]
