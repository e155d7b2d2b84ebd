"""What a coordinator says about a school or a site. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SchoolFacts:
    """A school. `country` is ISO 3166-1 alpha-2, `zone` an IANA name."""

    name: str
    town: str
    country: str
    zone: str
    majority_age: int


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """A hospital or venue; what happens there runs on the clock of its `zone`."""

    name: str
    address: str
    country: str
    zone: str
