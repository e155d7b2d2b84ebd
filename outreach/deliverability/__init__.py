"""Addresses and domains that our e-mails don't reach, who is informed, and how we write there again."""
