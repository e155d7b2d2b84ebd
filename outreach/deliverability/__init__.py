"""Addresses and domains that our e-mails don't reach, who is told, and how they are written to again."""
