"""The import of class lists: from an uploaded file to a plan of what it changes. Pure, but for `words`."""
