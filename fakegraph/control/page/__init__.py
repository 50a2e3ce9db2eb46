"""The inspector's page: plain files that a browser loads as they are; docs/how-to/inspector.md."""
