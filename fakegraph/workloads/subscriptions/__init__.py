"""Subscriptions to changes: ``/subscriptions``."""
