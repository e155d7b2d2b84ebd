"""Passwords that are cheap to hash: a real hash takes longer than most tests."""

from __future__ import annotations

from flask import Flask


def hash_cheaply(app: Flask) -> None:
    """Let an app spend hardly any time on the hashes of passwords."""
    app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=512, argon2__parallelism=1)
    app.extensions["security"].hashing_context.update(sha256_crypt__default_rounds=1000)
