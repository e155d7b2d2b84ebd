"""What the doctor says of one thing, and how it is written. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    """The result of a check."""

    OK = "OK"
    ATTENTION = "attention"
    FAILS = "fails"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice`: what to do, where something is to be done."""

    subject: str
    level: Level
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(subject, Level.OK, text)


def attention(subject: str, text: str, advice: str) -> Finding:
    """It works, but somebody should look."""
    return Finding(subject, Level.ATTENTION, text, advice)


def fails(subject: str, text: str, advice: str) -> Finding:
    """It doesn't work, or mustn't stay so."""
    return Finding(subject, Level.FAILS, text, advice)
