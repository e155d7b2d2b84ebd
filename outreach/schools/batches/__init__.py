"""Imports as batches: uploaded, read, reviewed, imported and undone, by the worker where it takes long."""
