"""The coordinator's pages: who may join, what needs a person, what became of each letter."""
