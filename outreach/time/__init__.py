"""Clock, time zones, wall times and clock changes."""
