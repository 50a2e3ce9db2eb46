"""What no model tells of the parts of Graph: one folder for each."""
