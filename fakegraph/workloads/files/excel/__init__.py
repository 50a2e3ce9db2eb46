"""Workbooks: what is asked of them is read from, and written to, the bytes of a real ``.xlsx``."""
