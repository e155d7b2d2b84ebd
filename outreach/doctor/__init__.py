"""Is the service well: for machines that watch it."""
