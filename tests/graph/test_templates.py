"""Paths by pattern, and what the surface says of them."""

from __future__ import annotations

import pytest

from fakegraph.edm.published import built_in
from fakegraph.errors import GraphError
from fakegraph.graph.templates import paths_of, rows
from fakegraph.graph.walk import Walk

WALK = Walk(built_in("v1.0"))


def templates(pattern):
    return [place.template for place in paths_of(WALK, pattern)]


def test_a_star_stands_for_anything():
    found = templates("/users/*/messages")

    assert "/users/{id}/messages" in found
    assert "/users/{id}/mailFolders/{id}/messages" in found
    assert all(each.startswith("/users/") and each.endswith("/messages") for each in found)


def test_case_and_slashes_at_the_ends_do_not_matter():
    assert templates("USERS/*/Messages/") == templates("/users/*/messages")


def test_without_a_pattern_all_paths_with_evidence_are_there():
    assert templates(None) == [template for template, _ in WALK.surface.permitted()]


@pytest.mark.parametrize(
    "path",
    ["/users/ada@contoso.com/messages", "/Users/{id}/messages", "//users('x')/messages"],
)
def test_a_path_without_a_star_is_read_as_clients_write_it(path):
    assert templates(path) == ["/users/{id}/messages"]


def test_a_path_that_only_the_model_has_is_there_too():
    found = {(method, evidence) for method, _, evidence, _ in rows(WALK, "/me/manager/manager")}

    assert ("GET", "known") in found
    assert ("PATCH", "declared") in found


def test_rows_name_the_least_permission_of_each_kind_of_caller():
    found = {row[0]: row[1:] for row in rows(WALK, "/users/x/messages")}

    assert found["GET"] == (
        "/users/{id}/messages",
        "permitted",
        "work Mail.ReadBasic, personal Mail.ReadBasic, app Mail.ReadBasic.All",
    )
    ((*_, nobody),) = (row for row in rows(WALK, "/me/mailboxSettings") if row[0] == "DELETE")
    assert nobody == "-"


def test_what_is_not_there_is_refused_or_nothing():
    with pytest.raises(GraphError, match="nothing"):
        templates("/nothing/x")
    assert templates("/nothing*") == []
