"""What a school tells families about the day of a session: read, changed, and its page."""
