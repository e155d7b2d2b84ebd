"""The mailbox of a demo: every letter that would have left, to look at."""
