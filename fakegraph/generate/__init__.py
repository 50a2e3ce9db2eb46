"""Realistic records, the same for the same arguments on every machine."""

from fakegraph.generate.fitting import fitting
from fakegraph.generate.sets import (
    DEFAULT_EVENTS,
    DEFAULT_UNTIL,
    GENERATED,
    OF_COMPANY,
    OF_USERS,
    generate,
)

__all__ = [
    "DEFAULT_EVENTS",
    "DEFAULT_UNTIL",
    "GENERATED",
    "OF_COMPANY",
    "OF_USERS",
    "fitting",
    "generate",
]
