"""Accounts: sign-in, roles, applications."""

from outreach.accounts import demo_sign_ins, security

__all__ = ["demo_sign_ins", "security"]
