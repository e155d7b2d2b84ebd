"""Clinicians: post, publish, edit, move, cancel."""
