"""Importing a class list: upload, review, import."""
