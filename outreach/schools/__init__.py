"""Schools, their classes and students, and the roster import."""
