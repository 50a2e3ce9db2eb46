"""The control face, ``/_fakegraph/…``: for tests, in any language."""
