"""Every path that is published for the model, walked, and compared with a second, slow reading.

The sources do not come with the code; where they are not there, these tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from fakegraph.edm.published import built_in
from fakegraph.edm.surface import Evidence
from fakegraph.errors import GraphError
from fakegraph.graph import reader
from fakegraph.graph.walk import Walk
from tests.graph.slow_paths import SlowReader

SHARED = Path(__file__).parents[3] / "shared"
METADATA = Path(os.environ.get("METADATA", SHARED / "metadata"))
DOCUMENTED = METADATA.parent / "conformance" / "graphdocs"
CSDL = METADATA / "v1.0.csdl"
PERMISSIONS = METADATA / "permissions.json"
ROWS = ("public.jsonl", "public_newer.jsonl")

with_metadata = pytest.mark.skipif(
    not (CSDL.exists() and PERMISSIONS.exists()),
    reason=f"the published metadata is not in {METADATA}; METADATA says where it is",
)
with_documented = pytest.mark.skipif(
    not (CSDL.exists() and all((DOCUMENTED / name).exists() for name in ROWS)),
    reason=f"the documented requests are not in {DOCUMENTED}, beside METADATA",
)

WALK = Walk(built_in("v1.0"))
SERVICE_WORDS = (
    "Resource not found for the segment '",
    "Bad Request - Error in query syntax.",
    "The request URI is not valid. ",
    "Empty segment encountered in request URL.",
    "The segment '",
)


@pytest.fixture(scope="module")
def slow():
    return SlowReader(CSDL)


@pytest.fixture(scope="module")
def published():
    """Every method and path that a permission names, as they are spelt, of v1.0 and beta.

    Addresses by path that lack the colon at their end, before another segment, are given it.
    """
    found = set()
    for permission in json.loads(PERMISSIONS.read_bytes())["permissions"].values():
        for path_set in permission["pathSets"]:
            for path in path_set["paths"]:
                closed = re.sub(r"(:/\{[^{}]*\})(?=/\w)", r"\1:", path)
                found |= {(method, closed) for method in path_set["methods"]}
    return found


@pytest.fixture(scope="module")
def readings(slow, published):
    """What each of these paths leads to by the slow reading; None where the model has it not."""
    return {path: slow.read(path, template=True) for _, path in published}


def summary(walked):
    operation = walked.operation
    called = (operation.qualified, frozenset(walked.shape.names)) if operation else None
    passed = [(str(s.type) if s.type else None, s.many) for s in walked.shape.line]
    return str(walked.type) if walked.type else None, walked.many, called, passed


def expected(reading):
    return reading.type, reading.many, reading.operation, reading.passed


@with_metadata
def test_every_path_that_is_permitted_names_what_it_leads_to(readings):
    """Its type and multiplicity, and those of all that it passes; its operation and arguments."""
    walked = 0
    for path, reading in readings.items():
        if reading is not None:
            assert summary(WALK(reading.url)) == expected(reading), path
            WALK(reading.url).segments()
            walked += 1
    assert walked > 3_800


@with_metadata
def test_every_method_that_is_permitted_is_so_at_its_path(published, readings):
    """A pair is a method and a path, each as the source spells them.

    Some paths are spelt in two ways, and four of five of those of beta are not in the model. Other
    methods than POST on an action are left out: the operation was a function once.
    """
    pairs = Counter()
    for method, path in published:
        reading = readings[path]
        if reading is None:
            pairs["not in the model"] += 1
            continue
        walked = WALK(reading.url)
        if walked.kind == "action" and method != "POST":
            pairs["an action, and not POST"] += 1
            continue
        assert walked.use(method).evidence is Evidence.PERMITTED, (method, path)
        assert walked.use(method).permissions.schemes, (method, path)
        pairs["walked"] += 1
    assert pairs["walked"] > 5_500, pairs
    assert pairs["an action, and not POST"] == 6


@pytest.fixture
def remembered(monkeypatch):
    """Seeks the operations like a word once: thousands of paths break off at the same words."""
    seek, found = reader.get_close_matches, {}

    def remembering(word, names, **limits):
        if (word, id(names)) not in found:
            found[word, id(names)] = seek(word, names, **limits)
        return found[word, id(names)]

    monkeypatch.setattr(reader, "get_close_matches", remembering)


@with_metadata
def test_every_path_that_the_model_does_not_have_is_refused(slow, readings, remembered):
    """Those of beta, but for those that end behind a collection, where any word may be a key."""
    words = Counter()
    for path, reading in readings.items():
        url = re.sub(r"\{[^{}]*\}", "sample", path)
        if reading is None and slow.read(url) is None:
            with pytest.raises(GraphError) as caught:
                WALK(url)
            assert (caught.value.status, caught.value.code) == (400, "BadRequest")
            assert caught.value.message.startswith(SERVICE_WORDS), caught.value.message
            words[caught.value.message[:18]] += 1
    assert words["Resource not found"] > 3_000


def mutations(path):
    """The path with one letter of its last name left out, doubled, swapped with the next."""
    before, slash, last = path.rpartition("/")
    for place in range(0, len(last) - 1, 3):
        yield before + slash + last[:place] + last[place + 1 :]
        yield before + slash + last[: place + 1] + last[place:]
        yield before + slash + last[:place] + last[place + 1] + last[place] + last[place + 2 :]


@with_metadata
def test_misspelt_paths_are_refused_with_what_was_meant(slow, readings):
    refused = helped = 0
    urls = sorted(r.url for r in readings.values() if r and "(" not in r.url and "%" not in r.url)
    for url in urls[::40]:
        for wrong in mutations(url):
            if slow.read(wrong) is None:
                with pytest.raises(GraphError) as caught:
                    WALK(wrong)
                segment = wrong.rpartition("/")[2]
                words = f"Resource not found for the segment '{segment}'."
                if caught.value.message.startswith(words):
                    refused += 1
                    meant = re.escape(url.rpartition("/")[2])
                    helped += bool(
                        re.search(rf"mean '(.*\.)?{meant}'", caught.value.message, re.IGNORECASE)
                    )
    assert refused > 200
    assert helped > 0.8 * refused


@with_documented
def test_every_documented_request_names_what_it_leads_to(slow):
    walked = 0
    for name in ROWS:
        for line in (DOCUMENTED / name).read_text().splitlines():
            row = json.loads(line)
            path = row["url"].partition("?")[0].removeprefix("/v1.0")
            found = WALK(path)
            assert summary(found) == expected(slow.read(path)), path
            assert template_of_docs(found) == row["template"].replace("()", ""), path
            walked += 1
    assert walked == 1_359


def template_of_docs(walked):
    """As the documented requests write it: ``me`` as a user, any key as an id."""
    template = re.sub(r"^/me(?=/|$)", "/users/{id}", walked.template)
    return template.replace("(roleTemplateId={roleTemplateId})", "/{id}")
