"""How many pages a second: the session page and the catalogue, in turns with the plainest page there could be."""

from __future__ import annotations

from benchmarks import programme
from benchmarks.figures import Figure
from benchmarks.load import Target, pages_a_second
from benchmarks.web import Web

WARM_UP, SECONDS = 4.0, 20.0
CATALOGUE_PAGES, LISTED = 10, 200
SESSION_SHARE, CATALOGUE_SHARE = 0.3, 0.15


def measure(ours: Web, plain: Web, database: str) -> list[Figure]:
    """Read the first pages of the catalogue and the sessions they list; and, to see what is gained by that, any session there is."""
    targets = (
        Target(port=plain.port, path="/{}", high=programme.SESSIONS),
        Target(port=ours.port, path="/sessions/{}", high=LISTED),
        Target(port=ours.port, path="/?page={}", high=CATALOGUE_PAGES),
        Target(port=ours.port, path="/sessions/{}", high=programme.SESSIONS),
    )
    pages_a_second(targets, seconds=WARM_UP)
    ceiling, session, catalogue, any_session = pages_a_second(targets, seconds=SECONDS)

    def figure(what: str, value: float, share: float | None = None) -> Figure:
        return Figure(what=what, database=database, value=value, unit="pages/s", ceiling=ceiling, share=share)

    return [
        figure("Session page", session, SESSION_SHARE),
        figure("Session page, any of 10,000", any_session),
        figure("Catalogue", catalogue, CATALOGUE_SHARE),
    ]
