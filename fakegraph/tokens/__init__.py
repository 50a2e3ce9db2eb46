"""Who is calling: keys, claims, checks, and the CA that clients trust."""
