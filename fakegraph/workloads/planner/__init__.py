"""Planner: plans of groups, with buckets and tasks."""
