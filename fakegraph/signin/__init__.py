"""Signing in, as at Microsoft Entra ID: the endpoints, and what they work with."""
