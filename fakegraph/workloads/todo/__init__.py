"""To Do: lists of tasks."""
