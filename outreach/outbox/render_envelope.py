"""A letter put into its envelope: rendered from its row alone, so that every try gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable

from outreach.faults import place_of
from outreach.mail.transport import Envelope
from outreach.models import Letter


class CannotBeWritten(Exception):
    """Rendering failed. `kind` and `place` may stand in a log; the message may hold what a person typed."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:500])
        self.kind = type(error).__name__
        self.place = place_of(error)


def written(letter: Letter, render: Callable[[Letter], bytes], sender_of: Callable[[int], str]) -> Envelope:
    """Give the envelope; whatever goes wrong is this letter's trouble alone. Raises CannotBeWritten."""
    try:
        return Envelope(
            name=f"{letter.created_at:%Y%m%dT%H%M%S}-{letter.id:09}-{letter.key}",
            sender=sender_of(letter.id),
            recipient=letter.mailbox.address,
            message=render(letter),
        )
    except Exception as error:
        raise CannotBeWritten(error) from error
