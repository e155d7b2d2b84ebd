"""Students and guardians: no account, one private link each."""
