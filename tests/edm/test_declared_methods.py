"""What a model declares is less than OData has, where it says so itself."""

from __future__ import annotations

import pytest

from fakegraph.edm.declared_methods import DECLARED, DeclaredMethods
from fakegraph.edm.lines import Lines, text_of
from fakegraph.edm.published import built_in
from fakegraph.edm.surface import Evidence, Surface

V1 = built_in("v1.0")


def methods(shared, kind, *, root="", member="", type_=""):
    """Of a model that says these words of a root, of a member and of the type of both."""
    lines = [
        ["root things", "set .thing", f"capabilities {root}"],
        ["root best", "singleton .thing", f"capabilities {root}"],
        ["type .thing", "entity", f"capabilities {type_}"],
        [
            "type .owner",
            "entity",
            "properties made:Date= born:Date~ photo:Stream name:String",
            "navigation parts:.thing*+ part:.thing",
            f"capabilities {member}",
        ],
    ]
    return set(DeclaredMethods(Lines(text_of(lines).encode())).methods(shared, kind))


@pytest.mark.parametrize("kind", DECLARED)
def test_where_nothing_is_said_it_is_what_odata_has(kind):
    assert methods(".owner/part", kind) == set(DECLARED[kind])


@pytest.mark.parametrize(
    ("kind", "word", "out"),
    [
        ("collection", "InsertRestrictions.Insertable-", {"POST"}),
        ("collection", "InsertRestrictions.Insertable+", set()),
        ("collection", "ReadRestrictions.Readable-", {"GET"}),
        ("collection", "DeleteRestrictions.Deletable-", set()),
        ("item", "ReadRestrictions.ReadByKeyRestrictions.Readable-", {"GET"}),
        ("collection", "ReadRestrictions.ReadByKeyRestrictions.Readable-", set()),
        ("item", "DeleteRestrictions.Deletable-", {"DELETE"}),
        ("item", "UpdateRestrictions.Updatable-", {"PATCH", "PUT"}),
        ("item", "UpdateRestrictions.UpdateMethod=PUT", {"PATCH"}),
        ("item", "UpdateRestrictions.UpdateMethod=PATCH", {"PUT"}),
        ("item", "UpdateRestrictions.UpdateMethod=PATCH,PUT", set()),
        ("value", "UpdateRestrictions.Updatable-", {"PATCH", "PUT"}),
        ("count", "CountRestrictions.Countable-", {"GET"}),
        ("collection", "CountRestrictions.Countable-", set()),
        ("refs", "NavigationRestrictions.Referenceable-", {"POST", "DELETE"}),
        ("ref", "NavigationRestrictions.Referenceable-", {"PUT", "DELETE"}),
        ("refs", "InsertRestrictions.Insertable-", set()),
        ("single", "NavigationRestrictions.Navigability=None", {"GET"}),
        ("single", "NavigationRestrictions.Navigability=Single", set()),
        ("single", "SearchRestrictions.Searchable-", set()),
    ],
)
def test_a_restriction_rules_methods_out(kind, word, out):
    left = set(DECLARED[kind]) - out
    ends = {
        "item": "/{id}",
        "count": "/$count",
        "refs": "/$ref",
        "ref": "/$ref",
        "value": "/$value",
    }
    end = ends.get(kind, "")

    assert methods(f".owner/parts{end}", kind, member=f"parts/{word}") == left
    assert methods(f".owner/parts{end}", kind, type_=word) == left
    assert methods(f"things{end}", kind, root=word) == left
    assert methods(f".owner/part{end}", kind, member=f"parts/{word}") == set(DECLARED[kind])


def test_what_is_said_of_a_place_counts_before_what_is_said_of_its_type():
    no, yes = "DeleteRestrictions.Deletable-", "DeleteRestrictions.Deletable+"

    assert "DELETE" in methods(".owner/part", "single", member=f"part/{yes}", type_=no)
    assert "DELETE" in methods("best", "single", root=yes, type_=no)
    assert "DELETE" not in methods("best", "single", root=no, type_=yes)


@pytest.mark.parametrize(
    ("shared", "kind", "writes"),
    [
        (".owner/made", "property", False),
        (".owner/born", "property", False),
        (".owner/made/$value", "value", False),
        (".owner/name", "property", True),
        (".owner/photo", "stream", True),
    ],
)
def test_properties_that_clients_cannot_set_are_only_read(shared, kind, writes):
    assert methods(shared, kind) == (set(DECLARED[kind]) if writes else {"GET"})


def test_operations_are_not_restricted_by_what_they_are_bound_to():
    word = "ReadRestrictions.Readable-"

    assert methods(".thing/copy()", "action", type_=word) == {"POST"}
    assert methods(".thing*/delta()", "function", type_=word) == {"GET"}


def test_the_surface_declares_no_more_than_that():
    surface = Surface(V1.lines)
    people = surface.at("/admin/people", ".admin/people", "single")
    policy = surface.at("/x", ".identityContainer/conditionalAccess", "single")

    assert "DELETE" not in people
    assert people["GET"].evidence == Evidence.PERMITTED
    assert all(use.evidence > Evidence.DECLARED for use in policy.values())
