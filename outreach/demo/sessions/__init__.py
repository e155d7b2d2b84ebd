"""The sessions of the demo, city by city."""
