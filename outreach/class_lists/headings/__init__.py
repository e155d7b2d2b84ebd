"""Which column of a class list is which field."""
