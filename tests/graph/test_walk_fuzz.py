"""No path is too long, too deep or too clever: it is walked, or refused with a 400."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakegraph.edm.published import built_in
from fakegraph.edm.surface import Evidence, Surface
from fakegraph.errors import GraphError
from fakegraph.graph.walk import MAX_LENGTH, MAX_SEGMENTS, Walk

MODEL = built_in("v1.0")
WALK = Walk(MODEL)
TEMPLATES = [template for template, _ in Surface(MODEL.lines).permitted()]
FUZZ = settings(max_examples=400)

WORDS = [
    "users", "me", "groups", "drives", "root", "items", "root:", "children", "messages", "members",
    "manager", "$count", "$ref", "$value", "$batch", "$metadata", "delta", "delta()", "sendMail",
    "microsoft.graph.user", "microsoft.graph.group", "microsoft.graph.", "graph.user", "x", "x:", "",
    "myorganization", "workbook", "worksheets", "range(address='A1')", "range(address=@p)", "range(",
    "cell(row=1,column=2)", "('x')", "users('x')", "applications(appId='x')", "search(q='a/b')",
    "%", "%2F", "%ff", "'", "(", ")", ":", "displayName", "businessPhones", "extension_a_b",
]  # fmt: skip
PIECES = st.sampled_from([*WORDS, *"/:()'\"=,@$%[]. ", "''"]) | st.text(max_size=3)


def check_refusal(error):
    assert (error.status, error.code) == (400, "BadRequest")
    assert len(error.message) < 2_000


def walked_or_refused(path):
    try:
        walked = WALK(path)
    except GraphError as error:
        return check_refusal(error)
    assert walked.template.startswith("/")
    assert walked.allowed(Evidence.DECLARED)
    try:
        segments = walked.segments(dict.fromkeys(walked.aliases, "1"), walked.absent)
    except GraphError as error:
        check_refusal(error)
    else:
        assert len(segments) == len(walked.shape.line)
    return walked


@FUZZ
@given(st.lists(PIECES, max_size=40).map("".join) | st.text())
@example("/" * MAX_LENGTH)
@example("\ud800")
@example("/users/\x00")
@example("/users/x\ny\tz")
def test_any_text_is_walked_or_refused(text):
    walked_or_refused(text)


@FUZZ
@given(st.lists(st.sampled_from(WORDS), max_size=12).map("/".join))
def test_any_segments_are_walked_or_refused(path):
    walked_or_refused(path)


@FUZZ
@given(st.sampled_from(TEMPLATES), st.data())
def test_spoilt_paths_are_walked_or_refused(template, data):
    place = data.draw(st.integers(0, len(template)))
    length = data.draw(st.integers(0, 5))
    walked_or_refused(template[:place] + data.draw(PIECES) + template[place + length :])


@FUZZ
@given(st.sampled_from(TEMPLATES), st.data())
def test_any_ids_have_the_template_of_their_path(template, data):
    """However a key is written, and whatever it holds: its path leads to the same."""
    text = st.text(min_size=1, max_size=20).filter(lambda key: not key.startswith(("$", "(")))
    keys = []

    def key(_):
        keys.append(data.draw(text))
        if data.draw(st.booleans()):
            return "/" + "".join(f"%{byte:02X}" for byte in keys[-1].encode())
        inside = keys[-1].replace("'", "''").encode()
        return "('" + "".join(f"%{byte:02x}" for byte in inside) + "')"

    path = re.sub(r"/\{id\}", key, template)
    walked = walked_or_refused(path)
    if not any("=" in each or WALK._reader.may_be_name(each) for each in keys):
        assert walked.template == template


LONG = 4_000
HOSTILE = [
    *(f"/users/{character * (MAX_LENGTH - 7)}" for character in "([{'\"1aé@$.,:;=*)]}-+% T\\"),
    *(f"/{character * (MAX_LENGTH - 1)}" for character in "([{'\"1aé@$.,:;=*)]}-+% T\\"),
    "/users('" + "''" * LONG,
    "/users('" + "''" * LONG + "')",
    "/users(" + "a=1," * LONG + ")",
    "/users(" + "a='x'," * 2_000 + "b)",
    "/users(" + "[" * LONG + ")",
    "/users(" + "['a'" * 3_000 + ")",
    "/users(" + '["\\' * LONG + ")",
    "/users(" + " " * LONG + "=" + " " * LONG + ")",
    "/users(" + "a" * LONG + "'",
    "/me/" + "a." * LONG,
    "/me/" + "microsoft.graph." * 900,
    "/users/" + "a." * LONG + "b",
    "/users/" + "a-" * LONG + "=b",
    "/users/" + "a=" * LONG + "b",
    "/directoryRoles/" + "roleTemplateId=" * 1_000,
    "/me/drive/root:" + "/a" * (MAX_SEGMENTS - 3),
    "/me/drive/root:" + ":/" * (MAX_SEGMENTS - 3),
    "/me/drive/root" + "/search(q='" * (MAX_SEGMENTS - 3),
    "/me/drive/root/search(q='" + "/a" * (MAX_SEGMENTS - 5) + "')",
    "/me" + "/microsoft.graph.user/manager" * 49,
    "/me" + "/manager" * (MAX_SEGMENTS - 1),
    "/me" + "/mailboxSettings/microsoft.graph.mailboxSettings" * 2 + "/x" * 50,
    "%25" * (MAX_LENGTH // 3),
    "/users/" + "%41" * (MAX_LENGTH // 3 - 3),
    "/users/u/extension_" + "_a" * LONG,
]


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: f"{path[:30]}…{len(path)}")
def test_hostile_paths_take_no_longer_than_others(path):
    """Long enough that anything worse than linear would show."""
    walked_or_refused(path)


@pytest.mark.parametrize(
    "literal",
    [
        "[" * LONG,
        "[" * 3_000 + "]" * 3_000,
        "[" + "'a'," * LONG + "]",
        '["' + "\\u0041" * 2_000 + '"]',
        "'" + "''" * LONG,
        "1" * LONG,
        "-" * LONG,
        "1e" + "9" * LONG,
        "duration'P" + "1" * LONG + "D'",
        "a." * LONG + "'x'",
    ],
    ids=lambda literal: literal[:12],
)
def test_hostile_values_are_refused(literal):
    for path in (
        "/me/drive/items/i/workbook/worksheets/w/cell(row=@p,column=1)",
        "/reports/getEmailActivityUserDetail(date=@p)",
        "/security/dataSecurityAndGovernance/sensitivityLabels/computeInheritance"
        "(labelIds=@p,locale=@p,contentFormats=@p)",
        "/users(@p)",
    ):
        with pytest.raises(GraphError) as caught:
            WALK(path).segments({"@p": literal})
        check_refusal(caught.value)
