"""Usage reports: what people did of late, as CSV at a URL that needs no token, or as JSON."""
