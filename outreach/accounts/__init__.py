"""Who is asking: sign-in, roles, applications."""
