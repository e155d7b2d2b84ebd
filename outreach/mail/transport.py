"""A letter in its envelope, ways to send it, and the folder that replaces a mail server in a demo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from outreach.mail.sanitize import plain_address
from outreach.mail.smtp_responses import Accepted, Outcome, PauseReason, Unavailable
from outreach.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A letter ready to go. `name` is the letter's own, and good as a file's. Raises ValueError for addresses no mail can go to."""

    name: str
    sender: str
    recipient: str
    message: bytes

    def __post_init__(self) -> None:
        plain_address(self.sender)
        plain_address(self.recipient)


class Transport(Protocol):
    """Takes letters one by one; never raises for what a server or a network does."""

    def send(self, envelope: Envelope) -> Outcome:
        """Try once."""

    def close(self) -> None:
        """Close a kept connection; `send` may be called again."""


class LocalMailbox:
    """A folder with one `.eml` for each letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, envelope: Envelope) -> Outcome:
        """Write the file whole or not at all; the same letter is the same file."""
        unfinished = self._folder / f".{envelope.name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(envelope.message)
            unfinished.replace(self._folder / f"{envelope.name}.eml")
        except OSError as refused:
            return Unavailable(reason=PauseReason.UNREACHABLE, words=str(refused))
        return Accepted()

    def close(self) -> None:
        """There is no connection."""


def local_folder(settings: Settings) -> Path:
    """Say where the letters of a demo lie."""
    return settings.instance_path / "mailbox"
