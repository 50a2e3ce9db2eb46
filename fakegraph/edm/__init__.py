"""The type system: Edm values, marshmallow fields, entity schemas and the model of a version."""

from fakegraph.edm import lightly  # isort: skip  (before what imports marshmallow)
from fakegraph.edm.model import EntitySet, Model
from fakegraph.edm.schema import EntitySchema, InvalidEntity, Record

__all__ = ["EntitySchema", "EntitySet", "InvalidEntity", "Model", "Record", "lightly"]
