"""Which column of a class list holds what."""
