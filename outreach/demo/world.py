"""What the demo has made so far: ids by the names the story uses."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class World:
    """Grows as the story goes on. Students are in the order of their class list; `oldest` is sorted by age."""

    users: dict[str, int] = field(default_factory=dict)
    sites: dict[str, int] = field(default_factory=dict)
    areas: dict[str, int] = field(default_factory=dict)
    schools: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    students: dict[str, list[int]] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
