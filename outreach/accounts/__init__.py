"""Accounts: sign-in, roles, applications."""

from outreach.accounts import security

__all__ = ["security"]
