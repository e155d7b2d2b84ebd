"""Provisional sessions: confirm, call off, or leave open."""
