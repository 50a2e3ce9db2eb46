"""The surface by path and by pattern."""

from __future__ import annotations

import pytest

from fakegraph.edm.published import built_in
from fakegraph.edm.surface import Evidence
from fakegraph.errors import GraphError
from fakegraph.graph.listing import surface_rows
from fakegraph.graph.walk import Walk

WALK = Walk(built_in("v1.0"))


def listed(pattern):
    return [(row.template, row.use.method) for row in surface_rows(WALK, pattern)]


def test_a_path_has_every_method_that_the_model_has():
    rows = {row.use.method: row for row in surface_rows(WALK, "/users/ada@contoso.com/manager")}

    assert {row.template for row in rows.values()} == {"/users/{id}/manager"}
    assert rows["GET"].use.evidence is Evidence.PERMITTED
    assert rows["PATCH"].use.evidence is Evidence.DECLARED


@pytest.mark.parametrize(
    ("pattern", "some", "none"),
    [
        ("/users/*/messages", ("/users/{id}/messages", "POST"), "/users/{id}/messages/{id}"),
        ("/USERS/*/Messages", ("/users/{id}/messages", "GET"), "/me/messages"),
        ("/users/**", ("/users/{id}/messages/{id}", "PATCH"), "/users"),
        ("**/sendMail", ("/me/sendMail", "POST"), "/me"),
        ("/*", ("/users", "POST"), "/users/{id}"),
        ("/users/*/mail*", ("/users/{id}/mailFolders", "GET"), "/users/{id}/messages"),
    ],
)
def test_a_pattern_has_the_paths_that_it_fits(pattern, some, none):
    rows = listed(pattern)

    assert some in rows
    assert none not in [template for template, _ in rows]


def test_what_stands_for_itself_is_no_pattern():
    assert listed("/us.rs/*") == []
    assert listed("/me/drive/root/search(q=*)") == [
        ("/me/drive/root/search(q={q})", "GET"),
    ]


def test_a_path_that_is_not_there_is_refused():
    with pytest.raises(GraphError, match="Did you mean 'users'"):
        list(surface_rows(WALK, "/usrs"))


@pytest.mark.parametrize("pattern", ["*\n", "*\\d", "*(?i)", "*é", "*[", "*\x00", "*a" * 500])
def test_a_pattern_has_no_signs_but_stars(pattern):
    assert listed(pattern) == []


def test_a_pattern_of_nothing_but_stars_has_every_path():
    rows = listed("**" * 500)

    assert len(rows) > 5_500
    assert rows == [
        (template, method) for template, uses in WALK.surface.permitted() for method in uses
    ]


def test_a_pattern_that_is_too_long_is_refused():
    with pytest.raises(GraphError, match="at most 1000 characters"):
        list(surface_rows(WALK, "*" * 1_001))
