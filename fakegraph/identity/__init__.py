"""Who is calling: access tokens, and later the sign-in endpoints."""
