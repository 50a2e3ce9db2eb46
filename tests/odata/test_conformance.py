"""Real expressions of the OData standard and of Graph's documentation, where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakegraph import odata

CORPUS = Path(__file__).parents[3] / "shared" / "conformance" / "odata_public.json"
PARSERS = {
    "filter": odata.parse_filter,
    "commonExpr": odata.parse_filter,
    "literal": odata.parse_filter,
    "orderby": odata.parse_orderby,
    "select": odata.parse_select,
    "expand": odata.parse_expand,
    "search": odata.parse_search,
    "queryOptions": odata.parse_query_options,
}


def parses(case: dict[str, str]) -> bool:
    try:
        PARSERS[case["rule"]](case["text"])
    except odata.QueryError:
        return False
    return True


@pytest.mark.skipif(not CORPUS.exists(), reason="the conformance file is not at hand")
def test_valid_expressions_parse_and_the_others_are_refused():
    cases = json.loads(CORPUS.read_text(encoding="utf-8"))
    assert cases
    assert [case for case in cases if parses(case) != case["valid"]] == []
