"""Which schools and sites may be one and the same: people write one name in many ways.

Pure. What kind of house it is ("Medical Center", "High School") and the town say little, so names are compared without them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from outreach.folding import name_key

MOST = 5
_KIND_WORDS = (
    "the of and at for hospital hospitals medical center centre clinic clinics health healthcare care system infirmary trust nhs "
    "school schools high grammar comprehensive academy college university institute krankenhaus klinik klinikum spital hopital "
    "clinique hospitalier centro ospedale schule gymnasium realschule gesamtschule ecole lycee escuela colegio instituto scuola liceo"
)
_KINDS = frozenset(_KIND_WORDS.split())
_SHORT = {
    "st": "saint",
    "ste": "saint",
    "mt": "mount",
    "univ": "university",
    "hosp": "hospital",
    "ctr": "center",
    "med": "medical",
    "hs": "high",
}
_NEARLY, _SAME = 0.85, 0.95


@dataclass(frozen=True)
class NamedPlace:
    """A school or site: its id, name, and the words that say where it is."""

    id: int
    name: str
    where: str = ""

    @property
    def title(self) -> str:
        """Name it with where it is."""
        return f"{self.name} ({self.where})" if self.where else self.name


def alike(name: str, places: Iterable[NamedPlace], *, where: str = "") -> list[NamedPlace]:
    """Give the places that may be the one of this name, the likeliest first. `where`: what is known of the town or address."""
    found = [(likeness, place) for place in places if (likeness := _likeness(name, where, place)) > 0]
    found.sort(key=lambda row: (-row[0], name_key(row[1].name), row[1].id))
    return [place for _likeness, place in found[:MOST]]


def is_same(name: str, place: NamedPlace, *, where: str = "") -> bool:
    """Say whether the names differ in nothing but the kind of house and the town, and no other town is named."""
    if _likeness(name, where, place) < _SAME:
        return False
    said, known = name_key(f"{name.partition(',')[2]} {where}").split(), name_key(f"{place.name} {place.where}").split()
    return not said or not place.where or bool(set(said) & set(known))


def _likeness(name: str, where: str, place: NamedPlace) -> float:
    """Give from 0 (another) to 1 (the same)."""
    if name_key(name) == name_key(place.name):
        return 1.0
    towns = set(name_key(f"{where} {place.where}").split())
    one, other = _core(name, towns), _core(place.name, towns)
    if one == other:
        return _SAME
    ratio = SequenceMatcher(None, " ".join(sorted(one)), " ".join(sorted(other))).ratio()
    if one < other or other < one:
        return 0.5 + ratio / 3
    return ratio * 0.9 if ratio >= _NEARLY else 0.0


def _core(name: str, towns: set[str]) -> frozenset[str]:
    words = [_SHORT.get(word, word) for word in name_key(name.partition(",")[0]).split()]  # behind a comma stands the town
    own = [word for word in words if word not in _KINDS]
    return frozenset([word for word in own if word not in towns] or own or words)
