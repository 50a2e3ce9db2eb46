"""The control API, ``/_fakegraph/…``: for tests, in any language."""
