"""OneNote: notebooks, with sections, groups of these, and pages."""
