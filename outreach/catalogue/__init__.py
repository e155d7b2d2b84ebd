"""Everyone: find a session, its page, its calendar file."""
