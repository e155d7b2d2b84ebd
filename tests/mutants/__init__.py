"""Small faults put into the product one at a time, to see whether a test notices. `python -m tests.mutants --help` says more."""
