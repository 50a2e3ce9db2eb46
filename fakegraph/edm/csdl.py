"""``$metadata``: a model as CSDL XML, as Microsoft Graph writes it.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html; the annotations
are those of the vocabularies at https://oasis-tcs.github.io/odata-vocabularies/. They say what
this server does, which is more than what the real service documents unless queries are strict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fakegraph.edm.model import Deprecation, EntitySet, Function, Model, Parameter, Resource
from fakegraph.edm.types import NAMESPACE, CollectionType, EnumType, Property, StructuredType, Type
from fakegraph.edm.values import INT32_RANGE

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_ALIAS = "graph"
_BASE = "entity"
_SERVICE = "GraphService"
_KEY = "id"
_BOUND_TO = "bindingParameter"
_SCHEME = "bearer"
_CAPABILITIES = "Org.OData.Capabilities.V1"
_CORE = "Org.OData.Core.V1"
_VOCABULARIES: Mapping[str, str] = {
    f"https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{name}.xml": name
    for name in (_CAPABILITIES, _CORE)
}

# What a type holds here, where CSDL would take it for less if nothing were said.
_FACETS: Mapping[str, Mapping[str, str]] = {
    "Edm.DateTimeOffset": {"Precision": "7"},
    "Edm.Decimal": {"Scale": "variable"},
    "Edm.Duration": {"Precision": "7"},
    "Edm.TimeOfDay": {"Precision": "7"},
}

_WRITES: Mapping[str, str] = {
    "InsertRestrictions": "Insertable",
    "UpdateRestrictions": "Updatable",
    "DeleteRestrictions": "Deletable",
}

_Said = Iterator[tuple[str, Resource]]
"""What annotations are for: the path of a target in the document, and what is there."""


def csdl(model: Model, strict: bool) -> bytes:
    """The document; ``strict``: for a server that takes only documented queries."""
    return _document(model, strict, len(tuple(model.resources)))


def annotations_of(model: Model, strict: bool) -> Mapping[str, str]:
    """What the document says of each target, as text."""
    root = _tree(model, strict)
    return {
        place.get("Target", ""): "".join(tostring(each, encoding="unicode") for each in place)
        for place in root.iter("Annotations")
    }


@lru_cache(maxsize=32)
def _document(model: Model, strict: bool, resources: int) -> bytes:
    document: bytes = tostring(_tree(model, strict), encoding="utf-8", xml_declaration=True)
    return document


def _tree(model: Model, strict: bool) -> Element:
    root = Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    for uri, namespace in _VOCABULARIES.items():
        reference = SubElement(root, "edmx:Reference", {"Uri": uri})
        SubElement(reference, "edmx:Include", {"Namespace": namespace})
    services = SubElement(root, "edmx:DataServices")
    schemas = {
        namespace: SubElement(services, "Schema", {"Namespace": namespace, "xmlns": _EDM})
        for namespace in _namespaces(model)
    }
    graph = schemas[NAMESPACE]
    graph.set("Alias", _ALIAS)
    _add_base(graph)
    for type_ in sorted(model.types, key=str):
        _add_type(schemas[_namespace(str(type_))], type_)
    said = [*_add_containers(schemas, model), *_add_functions(graph, model)]
    said += _add_service(graph, model)
    for target, resource in said:
        _add_annotations(graph, target, resource, strict)
    indent(root)
    return root


def _namespaces(model: Model) -> list[str]:
    """Those of all types; the service's own is always there, and the first."""
    names = [str(type_) for type_ in model.types]
    names += [container.type_name for container in model.containers]
    return [NAMESPACE, *sorted({_namespace(name) for name in names} - {NAMESPACE})]


def _namespace(name: str) -> str:
    return name.rpartition(".")[0]


def _add_base(schema: Element) -> None:
    base = SubElement(schema, "EntityType", {"Name": _BASE, "Abstract": "true"})
    _add_key(base, _KEY)
    SubElement(base, "Property", {"Name": _KEY, "Type": "Edm.String", "Nullable": "false"})


def _add_key(entity_type: Element, name: str) -> None:
    SubElement(SubElement(entity_type, "Key"), "PropertyRef", {"Name": name})


def _add_type(schema: Element, type_: Type) -> None:
    if isinstance(type_, EnumType):
        _add_enum(schema, type_)
    elif isinstance(type_, StructuredType):
        _add_structured(schema, type_)


def _add_enum(schema: Element, type_: EnumType) -> None:
    element = SubElement(schema, "EnumType", {"Name": _short(type_.name)})
    if any(value not in INT32_RANGE for value in type_.members.values()):
        element.set("UnderlyingType", "Edm.Int64")
    if type_.flags:
        element.set("IsFlags", "true")
    for name, value in type_.members.items():
        SubElement(element, "Member", {"Name": name, "Value": str(value)})


def _add_structured(schema: Element, type_: StructuredType) -> None:
    kind = "ComplexType" if type_.key is None else "EntityType"
    element = SubElement(schema, kind, {"Name": _short(type_.name)})
    inherits = type_.key == _KEY
    if inherits:
        element.set("BaseType", f"{_ALIAS}.{_BASE}")
    elif type_.key is not None:
        _add_key(element, type_.key)
    for prop in type_.properties.values():
        if not (inherits and prop.name == _KEY):
            _add_property(element, prop)


def _add_property(parent: Element, prop: Property) -> None:
    attributes = {"Name": prop.name, **_typed(prop.type)}
    if not prop.nullable:
        attributes["Nullable"] = "false"
    SubElement(parent, "Property", attributes)


def _typed(type_: Type) -> dict[str, str]:
    item = type_.item if isinstance(type_, CollectionType) else type_
    return {"Type": _reference(type_), **_FACETS.get(str(item), {})}


def _reference(type_: Type | str) -> str:
    """How a type is referred to: by the alias of the service's own namespace."""
    if isinstance(type_, CollectionType):
        return f"Collection({_reference(type_.item)})"
    namespace, _, name = str(type_).rpartition(".")
    return f"{_ALIAS}.{name}" if namespace == NAMESPACE else str(type_)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _add_containers(schemas: Mapping[str, Element], model: Model) -> _Said:
    """A type for the containers of its name: a navigation property for each thing right below."""
    ordered = sorted(model.containers, key=lambda container: container.type_name)
    for name, alike in groupby(ordered, key=lambda container: container.type_name):
        paths = [container.path for container in alike]
        attributes = {"Name": _short(name), "BaseType": f"{_ALIAS}.{_BASE}"}
        element = SubElement(schemas[_namespace(name)], "EntityType", attributes)
        for entity_set in model:
            if _above(entity_set.path) in paths:
                items = _reference(CollectionType(entity_set.type))
                _add_navigation(element, entity_set.name, items)
                yield f"{name}/{entity_set.name}", entity_set
        for inner in model.containers:
            if _above(inner.path) in paths:
                _add_navigation(element, _last(inner.path), _reference(inner.type_name))


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _add_navigation(parent: Element, name: str, type_: str) -> None:
    attributes = {"Name": name, "Type": type_, "ContainsTarget": "true"}
    SubElement(parent, "NavigationProperty", attributes)


def _add_functions(schema: Element, model: Model) -> _Said:
    """An element for each form that a function can be called in."""
    types_of = {container.path: container.type_name for container in model.containers}
    for function in _functions(model):
        bound_to = types_of.get(_above(function.path))
        for overload in function.overloads:
            _add_function(schema, function, bound_to, overload)
            types = [parameter.type.name for parameter in overload]
            forms = types if bound_to is None else [bound_to, *types]
            yield f"{NAMESPACE}.{function.name}({','.join(forms)})", function


def _functions(model: Model) -> Iterator[Function]:
    return (resource for resource in model.resources if isinstance(resource, Function))


def _add_function(
    schema: Element, function: Function, bound_to: str | None, overload: Sequence[Parameter]
) -> None:
    element = SubElement(schema, "Function", {"Name": function.name})
    if bound_to is not None:
        element.set("IsBound", "true")
        attributes = {"Name": _BOUND_TO, "Type": _reference(bound_to), "Nullable": "false"}
        SubElement(element, "Parameter", attributes)
    for parameter in overload:
        _add_parameter(element, parameter)
    result: Type = CollectionType(function.type) if function.many else function.type
    SubElement(element, "ReturnType", {"Type": _reference(result), "Nullable": "false"})


def _add_parameter(function: Element, parameter: Parameter) -> None:
    attributes = {"Name": parameter.name, **_typed(parameter.type), "Nullable": "false"}
    SubElement(function, "Parameter", attributes)


def _add_service(schema: Element, model: Model) -> _Said:
    """The entity container: what begins a path."""
    service = SubElement(schema, "EntityContainer", {"Name": _SERVICE})
    for entity_set in model:
        if "/" not in entity_set.path:
            attributes = {"Name": entity_set.name, "EntityType": entity_set.type.name}
            SubElement(service, "EntitySet", attributes)
            yield f"{NAMESPACE}.{_SERVICE}/{entity_set.name}", entity_set
    for function in _functions(model):
        if "/" not in function.path:
            attributes = {"Name": function.name, "Function": f"{NAMESPACE}.{function.name}"}
            SubElement(service, "FunctionImport", attributes)
    for container in model.containers:
        if "/" not in container.path:
            attributes = {"Name": container.path, "Type": container.type_name}
            SubElement(service, "Singleton", attributes)


def _add_annotations(schema: Element, target: str, resource: Resource, strict: bool) -> None:
    element = SubElement(schema, "Annotations", {"Target": target})
    if isinstance(resource, EntitySet):
        said = _said_of_set(resource, strict)
    else:
        said = _capabilities({"OperationRestrictions": _permissions(resource)})
        if resource.many:
            result = _said_of_queries(resource, strict)
            place = SubElement(schema, "Annotations", {"Target": f"{target}/$ReturnType"})
            for term, value in result.items():
                _add_value(SubElement(place, "Annotation", {"Term": term}), value)
    if resource.deprecation is not None:
        said[f"{_CORE}.Revisions"] = [_revision(resource, resource.deprecation)]
    for term, value in said.items():
        _add_value(SubElement(element, "Annotation", {"Term": term}), value)


def _said_of_set(entity_set: EntitySet, strict: bool) -> dict[str, Any]:
    permissions = _permissions(entity_set)
    said: dict[str, Any] = {"ReadRestrictions": {"Readable": True, **permissions}}
    for term, able in _WRITES.items():
        said[term] = {able: entity_set.writable, **(permissions if entity_set.writable else {})}
    return _capabilities(said) | _said_of_queries(entity_set, strict)


def _capabilities(said: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{_CAPABILITIES}.{term}": value for term, value in said.items()}


def _permissions(resource: Resource) -> dict[str, Any]:
    """Any one of the permissions is enough, so each is a record of its own."""
    each = [
        {"SchemeName": _SCHEME, "Scopes": [{"Scope": permission}]}
        for permission in resource.permissions
    ]
    return {"Permissions": each} if each else {}


def _said_of_queries(resource: Resource, strict: bool) -> dict[str, Any]:
    """What a collection takes of each query option."""
    limits = resource.options if strict else None

    def takes(option: str) -> bool:
        return limits is None or option in limits

    said: dict[str, Any] = {
        "FilterRestrictions": {"Filterable": takes("filter")},
        "SortRestrictions": {"Sortable": takes("orderby")},
        "SearchRestrictions": {"Searchable": takes("search")},
        "TopSupported": takes("top"),
        "SkipSupported": takes("skip"),
        "CountRestrictions": {"Countable": takes("count")},
        "SelectSupport": {"Supported": takes("select")},
        "ExpandRestrictions": {"Expandable": False},
    }
    if limits is not None:
        properties = resource.type.properties.values()
        if takes("filter"):
            said["FilterRestrictions"] |= _documented_filters(properties)
            said["FilterFunctions"] = sorted({name for prop in properties for name in prop.filters})
        unsorted = [_Path(prop.name) for prop in properties if not prop.sorts]
        if takes("orderby") and len(unsorted) < len(properties):
            said["SortRestrictions"]["NonSortableProperties"] = unsorted
        else:
            said["SortRestrictions"]["Sortable"] = False
    return _capabilities(said)


def _documented_filters(properties: Iterable[Property]) -> dict[str, Any]:
    expressions = [
        {"Property": _Path(prop.name), "AllowedExpressions": "MultiValue"}
        for prop in properties
        if prop.filters == ("eq",)
    ]
    return {
        "NonFilterableProperties": [_Path(prop.name) for prop in properties if not prop.filters],
        **({"FilterExpressionRestrictions": expressions} if expressions else {}),
    }


def _revision(resource: Resource, deprecation: Deprecation) -> dict[str, Any]:
    successors = ", ".join(f"/{path}" for path in deprecation.successors)
    return {
        "Date": _Date(_day(deprecation.since)),
        "Kind": _Member(f"{_CORE}.RevisionKind/Deprecated"),
        "Description": f"{resource.name} is deprecated. Use {successors}. See {deprecation.link}",
        "RemovalDate": _Date(_day(deprecation.sunset)),
    }


def _day(http_date: str) -> str:
    return parsedate_to_datetime(http_date).date().isoformat()


class _Path(str):
    pass


class _Date(str):
    pass


class _Member(str):
    pass


_CONSTANTS: Mapping[type, str] = {str: "String", _Date: "Date", _Member: "EnumMember"}


def _add_value(parent: Element, value: Any) -> None:
    """Write an annotation's value: an attribute for a constant, else a record or a collection."""
    if isinstance(value, dict):
        record = SubElement(parent, "Record")
        for name, inner in value.items():
            _add_value(SubElement(record, "PropertyValue", {"Property": name}), inner)
    elif isinstance(value, list):
        collection = SubElement(parent, "Collection")
        for item in value:
            _add_item(collection, item)
    elif isinstance(value, bool):
        parent.set("Bool", str(value).lower())
    elif isinstance(value, _Path):
        parent.set("PropertyPath", value)
    else:
        parent.set(_CONSTANTS[type(value)], value)


def _add_item(collection: Element, value: Any) -> None:
    if isinstance(value, dict):
        _add_value(collection, value)
    else:
        name = "PropertyPath" if isinstance(value, _Path) else "String"
        SubElement(collection, name).text = value
