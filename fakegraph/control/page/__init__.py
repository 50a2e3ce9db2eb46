"""The inspector's page: plain files that a browser loads as they are. ``docs/inspector.md``."""
