"""What this Graph serves. A new resource is a class of fields and a line in ``register``.

One file per family; each has a ``register(models)`` that adds its entity sets to the versions
that have them.
"""

from fakegraph.edm.model import Model
from fakegraph.workloads.reports import reports

VERSIONS = ("beta", "v1.0")


def build_models() -> dict[str, Model]:
    """The models of all versions, by version name."""
    models = {version: Model(version) for version in VERSIONS}
    reports.register(models)
    return models
