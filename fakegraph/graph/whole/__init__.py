"""The generic engine: every path of the published model, answered over the store.

``answer.py`` is the way of a request; ``locate.py`` finds what it is about.
"""
