"""What a function gives that has no value."""

from __future__ import annotations

VALUE, NUM, DIV, NA, REF = "#VALUE!", "#NUM!", "#DIV/0!", "#N/A", "#REF!"
#: In the order that ``error_Type`` numbers them in.
ERRORS = ("#NULL!", DIV, VALUE, REF, "#NAME?", NUM, NA)


class Fault(Exception):
    """A function has no value: an error of Excel's, as ``#DIV/0!``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
