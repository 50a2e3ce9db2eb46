"""The model of beta is read off an SDK: how far that is right is measured where v1.0's is known."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from fakegraph.edm.lines import MAGIC, Lines, named
from fakegraph.edm.published import PublishedEnum, PublishedType, built_in
from fakegraph.edm.types import CollectionType, PrimitiveType
from tools.make_beta import make as make_beta
from tools.make_model import SOURCES
from tools.make_model import make as make_model
from tools.sdk_model import SdkModel, fields_of
from tools.sdk_sources import SDKS, facts_of, read_from, sources_of

ROOT = Path(__file__).parents[2]
METADATA = Path(os.environ.get("METADATA", ROOT.parent / "shared" / "metadata"))
BUILT_IN = ROOT / "fakegraph" / "edm" / "builtin"
PUBLISHED = built_in("v1.0")
TYPES = [each for each in PUBLISHED.types() if isinstance(each, PublishedType)]
# What a JSON value of a type looks like; an SDK says no more of it.
NUMBERS = ("Byte", "SByte", "Int16", "Int32", "Int64")
KINDS = dict.fromkeys(NUMBERS, "Int64") | dict.fromkeys(("Single", "Decimal"), "Double")


@pytest.fixture(scope="module")
def read():
    """v1.0 as the tool reads it off the SDK, knowing nothing else."""
    return SdkModel(facts_of(sources_of("msgraph")))


@pytest.fixture(scope="module")
def folded(read):
    return {name.casefold(): name for name in (*read.types, *read.enums)}


def share(verdicts):
    """Of how many the tool was right, and how often each mistake was made."""
    counts = Counter(verdicts)
    return counts["right"] / counts.total(), counts


def test_types_are_told_apart(read, folded):
    found = {True: [], False: []}
    for type_ in TYPES:
        name = folded.get(type_.name.casefold())
        is_entity = name in read.entities
        wrong = "missing" if name is None else "other kind"
        right = name is not None and is_entity == type_.is_entity
        found[type_.is_entity].append("right" if right else wrong)

    assert share(found[True])[0] >= 0.997, share(found[True])
    assert share(found[False])[0] >= 0.96, share(found[False])


def test_members_are_what_they_are(read, folded):
    properties, navigation, contained = [], [], []
    for type_ in TYPES:
        name = folded.get(type_.name.casefold())
        if name is None:
            continue
        fields = {each.casefold(): field for each, field in fields_of(read, name).items()}
        properties += [
            verdict(fields.get(prop.name.casefold()), prop.type)
            for prop in type_.own_properties.values()
        ]
        for nav in type_.own_navigation.values():
            field = fields.get(nav.name.casefold())
            wrong = "missing" if field is None else "no navigation"
            right = field is not None and read.is_navigation(field) and field.type.many == nav.many
            navigation.append("right" if right else wrong)
            if right:
                there = (name, field.name) in read.contained
                wrong = "contained" if there else "not contained"
                contained.append("right" if there == nav.contained else f"wrongly {wrong}")

    assert share(properties)[0] >= 0.98, share(properties)
    assert share(navigation)[0] >= 0.995, share(navigation)
    assert share(contained)[0] >= 0.92, share(contained)


def verdict(field, type_):
    if field is None:
        return "missing"
    many = isinstance(type_, CollectionType)
    item = type_.item if many else type_
    if isinstance(item, PrimitiveType):
        written = item.name.removeprefix("Edm.")
        kind = KINDS.get(written, written)
        right = field.type.name == kind
    else:
        right = field.type.name.casefold() == str(item).casefold()
    return "right" if right and field.type.many == many else "other kind"


def test_enumerations_have_all_of_their_members(read, folded):
    found = []
    for type_ in PUBLISHED.types():
        if isinstance(type_, PublishedEnum):
            enum = read.enums.get(folded.get(type_.name.casefold(), ""))
            right = enum is not None and set(type_.members) <= set(enum.members)
            found.append("right" if right else "missing" if enum is None else "members missing")

    assert share(found)[0] >= 0.95, share(found)


with_metadata = pytest.mark.skipif(
    not all((METADATA / name).exists() for name in SOURCES),
    reason=f"the published metadata is not in {METADATA}; METADATA says where it is",
)


@with_metadata
def test_the_file_is_what_the_sdks_make_of_it():
    names = [each.name for each in PUBLISHED.types()]
    models = (SdkModel(facts_of(sources_of(each), names)) for each in SDKS)
    assert_made("beta", make_beta(METADATA, *models), *SDKS)


@with_metadata
def test_the_methods_that_the_sdk_of_v1_links_to_pages_are_known():
    assert_made("v1.0", make_model(METADATA, "msgraph"), "msgraph")


def assert_made(version, text, *sdks):
    """A newer SDK knows more, and little else."""
    file = BUILT_IN / f"{version}.model"
    made, kept = set(text.splitlines()[1:]), set(file.read_text().splitlines()[1:])
    header = named((Lines(file.read_bytes()).find(MAGIC) or [])[1:])
    if header["sdks"] == read_from(*sdks):
        assert made == kept, "run make model, and look over what has changed"
    else:
        assert len(made & kept) > 0.9 * len(kept), (header["sdks"], read_from(*sdks))
