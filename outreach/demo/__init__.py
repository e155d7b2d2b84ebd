"""Invented people, schools and sessions, so that a newcomer sees the main job at work within a minute."""

from outreach.demo import filling

__all__ = ["filling"]
