"""Realistic records, the same for the same arguments on every machine."""
