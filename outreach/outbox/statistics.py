"""What became of the letters of one round. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.models import LetterState


@dataclass
class Tally:
    """Counts letters; `delayed` ones are due again later, and so are those `put_off` because their domain has had enough for now.

    `is_paused`: nothing more can leave for now.
    """

    sent: int = 0
    failed: int = 0
    delayed: int = 0
    dropped: int = 0
    put_off: int = 0
    is_paused: bool = False

    @property
    def has_news(self) -> bool:
        """Something became of some letter."""
        return any((self.sent, self.failed, self.delayed, self.dropped, self.put_off))

    def count(self, state: LetterState) -> None:
        """Count one letter that was tried."""
        if state is LetterState.SENT:
            self.sent += 1
        elif state is LetterState.FAILED:
            self.failed += 1
        else:
            self.delayed += 1
