"""``POST /search/query``: what is found of what is stored, in pages of hits.

https://learn.microsoft.com/graph/api/search-query
https://learn.microsoft.com/graph/api/resources/searchrequest
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Shown, Thing, operation
from fakegraph.workloads.outlook.search import Test, read_kql, read_search
from fakegraph.workloads.search.aggregations import aggregated, filtered
from fakegraph.workloads.search.kinds import KINDS, TOGETHER, Kind

_USUAL = 25
_NEAR = 60  # characters of a summary before and behind the first word that was found
_WORD = re.compile(r"\w+")
_NAMED = re.compile(r"\w+(?::|<>|>=|<=|>|<|=)(?:\"[^\"]*\"|\S+)")  # what is asked of a property
_OPERATORS = frozenset({"and", "or", "not"})
_REGIONS = frozenset({"APC", "AUS", "BRA", "CAN", "CHE", "DEU", "EMEA", "FRA", "GBR", "IND"})
_REGIONS |= {"JPN", "KOR", "LAM", "NAM", "NOR", "SWE", "ZAF", "ARE"}
_UNBUILT = (
    *("collapseProperties", "queryAlterationOptions", "resultTemplateOptions"),
    "sharePointOneDriveOptions",
)
_TERMS = "{searchTerms}"
_SOURCE = re.compile(r"/external/connections/([^/]+)")
_MOST_RELEVANT = 3
_SORTED_BY = frozenset({"name", "size", "createdDateTime", "lastModifiedDateTime"})


def _invalid(why: str, target: str) -> GraphError:
    return bad_request(f"SearchRequest Invalid ({why})", target)


@operation("searchEntity/query", reads=True)
def query(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/search-query"""
    requests = call.arguments.get("requests") or []
    if not requests:
        raise _invalid("At least one request is needed.", "requests")
    for each in requests:
        _check_kinds(each)
    try:
        people = [each for each in (call.caller(),) if each is not None]
    except GraphError:  # an app by itself
        for each in requests:
            _check_app(each)
        people = call.inside(None, "users")
    return [_answered(call, each, people) for each in requests]


def _answered(call: Call, request: Mapping[str, Any], people: Sequence[Thing]) -> Record:
    kinds = _kinds(request)
    said = request.get("query") or {}
    text = str(said.get("queryString") or "").strip()
    if not text:
        raise _invalid("A query has a 'queryString'.", "requests/query")
    first, size = _page(request, kinds)
    plain = _NAMED.sub(" ", text)
    terms = [each for each in _WORD.findall(plain) if each.casefold() not in _OPERATORS]
    whole = _filled(said.get("queryTemplate"), text)
    found = [each for name in kinds for each in _found(call, name, whole, people)]
    found = _of_sources(call, found, kinds, request.get("contentSources") or [])
    found = filtered(found, kinds, request.get("aggregationFilters") or [])
    found = _sorted(found, kinds, request.get("sortProperties") or [])
    if request.get("enableTopResults"):
        found = _relevant_first(call, found, kinds, terms)
    container: Record = {"total": len(found), "moreResultsAvailable": len(found) > first + size}
    if request.get("aggregations"):
        container["aggregations"] = aggregated(found, kinds, request["aggregations"])
    if found:
        fields = tuple(request.get("fields") or ())
        page = enumerate(found[first : first + size], first + 1)
        container["hits"] = [_hit(call, each, rank, terms, fields) for rank, each in page]
    return {"searchTerms": terms, "hitsContainers": [container]}


def _filled(template: Any, text: str) -> str:
    """What is asked for: a template says what more than the words of the query."""
    if not template:
        return text
    if _TERMS not in template:
        raise _invalid(f"A 'queryTemplate' has {_TERMS}.", "requests/query/queryTemplate")
    return str(template).replace(_TERMS, text)


def _of_sources(
    call: Call, found: list[tuple[str, Thing]], kinds: list[str], sources: Sequence[str]
) -> list[tuple[str, Thing]]:
    """Of items that were brought in from outside those of some connections."""
    if not sources:
        return found
    read = [_SOURCE.fullmatch(each) for each in sources]
    if kinds != ["externalItem"] or not all(read):
        why = "'contentSources' are connections (/external/connections/ID), for externalItem."
        raise _invalid(why, "requests/contentSources")
    ids = {each[1] for each in read if each}
    owners = ((hit, call.owner(hit[1])) for hit in found)
    return [hit for hit, connection in owners if connection is not None and connection.id in ids]


def _relevant_first(
    call: Call, found: list[tuple[str, Thing]], kinds: list[str], terms: list[str]
) -> list[tuple[str, Thing]]:
    """Messages: first those that say most often what was looked for, then the others."""
    if kinds != ["message"]:
        raise _invalid("'enableTopResults' is for message alone.", "requests/enableTopResults")
    wanted = [each.casefold() for each in terms]

    def often(hit: tuple[str, Thing]) -> int:
        text = " ".join(KINDS["message"].texts(call.around(hit[1]))).casefold()
        return sum(map(text.count, wanted))

    top = sorted(found, key=often, reverse=True)[:_MOST_RELEVANT]
    keys = {thing.key for _, thing in top}
    return [*top, *(hit for hit in found if hit[1].key not in keys)]


def _kinds(request: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(request.get("entityTypes") or ()))


def _check_kinds(request: Mapping[str, Any]) -> None:
    """Raise GraphError for what does not go together, or is not searched."""
    names = _kinds(request)
    for name in names:
        if name not in KINDS:
            raise GraphError(
                501,
                "NotImplemented",
                f"Microsoft Graph searches '{name}', fakegraph does not. It does "
                f"{', '.join(KINDS)}.",
                "requests/entityTypes",
            )
    if not names or (len(names) > 1 and not any(each.issuperset(names) for each in TOGETHER)):
        known = " or of ".join(", ".join(sorted(each)) for each in TOGETHER)
        why = f"Entity types go together where they are of {known}."
        raise _invalid(why, "requests/entityTypes")
    for name in _UNBUILT:
        if request.get(name):
            message = f"Microsoft Graph has '{name}' in a search, fakegraph does not."
            raise GraphError(501, "NotImplemented", message, f"requests/{name}")


def _check_app(request: Mapping[str, Any]) -> None:
    """Raise GraphError for what an application by itself cannot ask for."""
    for name in _kinds(request):
        if KINDS[name].personal:
            why = f"'{name}' is for delegated permissions alone."
            raise _invalid(why, "requests/entityTypes")
    region = request.get("region")
    if not region:
        why = "Region is required when request with application permission."
        raise _invalid(why, "requests/region")
    if str(region) not in _REGIONS:
        known = ", ".join(sorted(_REGIONS))
        why = f"Requested region {region} not found. Only valid regions are {known}."
        raise _invalid(why, "requests/region")


def _page(request: Mapping[str, Any], kinds: list[str]) -> tuple[int, int]:
    first, size = request.get("from") or 0, request.get("size")
    most = min(KINDS[name].most for name in kinds)
    size = min(_USUAL, most) if size is None else size
    if first < 0:
        raise _invalid("'from' is not negative.", "requests/from")
    if not 0 < size <= most:
        raise _invalid(f"'size' is from 1 to {most}.", "requests/size")
    return first, size


# What is found --------------------------------------------------------------------------------


def _found(call: Call, name: str, text: str, people: Sequence[Thing]) -> list[tuple[str, Thing]]:
    kind = KINDS[name]
    test = _test(name, kind, text)
    return [(name, each) for each in kind.find(call, people) if test(call.around(each))]


def _test(name: str, kind: Kind, text: str) -> Test:
    if text == "*":
        return lambda _: True
    plain = text.replace("*", "")  # words may go on anyway
    if name == "message":
        return read_search('"{}"'.format(plain.replace('"', "'")))
    return read_kql(plain.replace('"', "'"), kind.properties, kind.texts)


def _sorted(
    found: list[tuple[str, Thing]], kinds: list[str], by: list[Mapping[str, Any]]
) -> list[tuple[str, Thing]]:
    """Hits in their order: the latest first, unless the request says another one."""
    if by and not all(KINDS[name].sorts for name in kinds):
        raise _invalid("Hits of these entity types cannot be sorted.", "requests/sortProperties")
    found = sorted(found, key=_latest, reverse=KINDS[kinds[0]].latest != "displayName")
    for each in reversed(by):
        name = str(each.get("name"))
        if name not in _SORTED_BY:
            why = f"Hits are sorted by {', '.join(sorted(_SORTED_BY))}."
            raise _invalid(why, "requests/sortProperties")
        found.sort(key=partial(_value, name), reverse=bool(each.get("isDescending")))
    return found


def _latest(hit: tuple[str, Thing]) -> str:
    name, thing = hit
    return str(thing.record.get(KINDS[name].latest) or "")


def _value(name: str, hit: tuple[str, Thing]) -> tuple[bool, Any]:
    value = hit[1].record.get(name)
    return (value is not None, value)


# How it is shown ------------------------------------------------------------------------------


def _hit(
    call: Call, found: tuple[str, Thing], rank: int, terms: list[str], fields: tuple[str, ...]
) -> Record:
    name, thing = found
    shown = fields or KINDS[name].shown
    return {
        "hitId": thing.id,
        "rank": rank,
        "summary": _summary(call, name, thing, terms),
        "resource": Shown(thing, tuple(dict.fromkeys(("id", *shown)))),
    }


def _summary(call: Call, name: str, thing: Thing, terms: list[str]) -> str:
    """What stands around the first word that was found, with the words marked."""
    marks = re.compile("|".join(map(re.escape, terms)) or "(?!)", re.IGNORECASE)
    for text in KINDS[name].texts(call.around(thing)):
        found = marks.search(text)
        if found is None:
            continue
        begin, end = max(found.start() - _NEAR, 0), found.end() + _NEAR
        cut = escape(text[begin:end], quote=False)
        marked = marks.sub(lambda each: f"<c0>{each[0]}</c0>", cut)
        return "<ddd/>" * (begin > 0) + marked + "<ddd/>" * (end < len(text))
    return ""


OPERATIONS = (query,)
