"""Teachers register their students; seats, the waiting list, withdrawal."""
