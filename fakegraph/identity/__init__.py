"""Who is calling: access tokens, and the endpoints at which clients sign in."""
