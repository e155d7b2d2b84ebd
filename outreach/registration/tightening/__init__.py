"""A rule that tightens: who no longer fits, and what whoever saves decides for each."""
