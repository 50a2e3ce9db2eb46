"""The body of an action: its parameters by name, each checked by its type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, cast

from marshmallow import ValidationError

from fakegraph.edm.fields import did_you_mean, shown
from fakegraph.edm.published import Operation
from fakegraph.edm.schema import Record
from fakegraph.edm.typed import NestingSchema, field_of


@lru_cache(maxsize=8192)
def parameters_of(operation: Operation) -> type[ParameterSchema]:
    """The schema of an action's body, made once."""
    declared = {
        each.name: field_of(each.type, nullable=each.nullable) for each in operation.parameters
    }
    attributes = {"operation": operation, "edm_name": operation.qualified}
    return type(operation.name, (ParameterSchema,), declared | attributes)


class ParameterSchema(NestingSchema):
    """The parameters of one action. Get it from :func:`parameters_of`.

    Clients may spell them in any case (the model has ``Message``, the wire ``message``); what is
    read has them as they are declared.
    """

    operation: ClassVar[Operation]

    def _read_quickly(self, body: object) -> Record | None:
        return None  # names have to be looked at first

    def load_annotated(self, body: Mapping[str, Any]) -> Record:
        spelt = {name.casefold(): name for name in self.fields}
        messages: dict[str, Any] = {}
        given: dict[str, Any] = {}
        for sent, value in body.items():
            name = spelt.get(sent.casefold(), sent)
            if name in given:
                messages[sent] = [_TWICE.format(name=name)]
            elif name not in self.fields and "@" not in sent:
                messages[sent] = [self._unknown(sent)]
            else:
                given[name] = value
        missing = [name for name in self.operation.required if name not in given]
        if missing:
            words = _MISSING.format(operation=self.operation.name, names=", ".join(missing))
            messages |= {name: [words] for name in missing[:1]}
        record: Record = {}
        try:
            record = super().load_annotated(given)
        except ValidationError as error:
            messages |= cast(dict[str, Any], error.messages)
        if messages:
            raise ValidationError(messages)
        return record

    def _unknown(self, name: str) -> str:
        return (
            f"The parameter '{shown(name)}' in the request payload is not a valid parameter for "
            f"the operation '{self.operation.name}'.{did_you_mean(name, list(self.fields))}"
        )


_TWICE = (
    "Multiple parameters with the name '{name}' were found in the request payload. It may be there "
    "once, in any case."
)
_MISSING = (
    "One or more parameters of the operation '{operation}' are missing from the request payload. "
    "The missing parameters are: {names}."
)
