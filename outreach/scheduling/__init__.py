"""Clinicians: post, publish, edit, move, cancel."""

from outreach.scheduling.inputs import DecisionInput, DetailsInput, WhenInput, WhereInput
from outreach.scheduling.move import apply_move
from outreach.scheduling.retime import retime_all, skipped_sessions

__all__ = ["DecisionInput", "DetailsInput", "WhenInput", "WhereInput", "apply_move", "retime_all", "skipped_sessions"]
