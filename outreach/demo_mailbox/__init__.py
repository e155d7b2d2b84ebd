"""The mailbox of a demo: it shows every letter that would have been sent."""
