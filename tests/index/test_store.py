"""What is written is read back, and one component is read as all of them are."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.index import Index

from .descriptions import Contents, contents, image_of_dump, keys, small_index

if TYPE_CHECKING:
    from terraregistry.index.keys import Key


@given(contents(), keys)
def test_what_is_written_is_read_back(content: Contents, key: Key) -> None:
    index = Index.of(*content, key)
    for read in (index, Index(index.image), Index(image_of_dump(index.dump()))):
        assert (read.registries, read.gaps, read.facts) == content
        assert read.key == key
        assert read.whole_decoders == content[2].whole_decoders
    assert Index.of(*content, key).image == index.image
    assert Index(image_of_dump(index.dump())).dump() == index.dump()


@given(contents())
def test_each_name_that_is_listed_is_found_and_no_other(content: Contents) -> None:
    listing = Index.of(*content)
    for registry in content[0]:
        finding = Index(listing.image)  # nothing is read yet
        listed = listing.spellings(registry.reference)
        for name, resolved in listed.items():
            assert finding.find(registry.reference, name) == resolved
        for name in {"", "_", "no such", *(f"no_{each}" for each in listed)} - listed.keys():
            assert finding.find(registry.reference, name) is None


@given(contents())
def test_a_component_of_its_own_is_found_by_its_name_and_its_aliases(content: Contents) -> None:
    index = Index.of(*content)
    for registry in content[0]:
        for component in registry.components:
            assert index.own(registry.reference, component.name) == component
            for alias in component.aliases:
                found = index.own(registry.reference, alias)
                assert found is not None
                assert alias in (found.name, *found.aliases)
    assert index.own("no.such:REGISTRY", "net") is None


def test_a_registry_that_is_not_there_is_a_key_error() -> None:
    index = small_index()
    for ask in (index.registry, index.spellings, lambda each: index.find(each, "net")):
        with pytest.raises(KeyError, match=r"no\.such:REGISTRY"):
            ask("no.such:REGISTRY")


def test_reading_one_component_of_a_real_index_reads_little(index: Index) -> None:
    read = Index(index.image)
    assert read.find("terraregistry.library:BACKBONE_REGISTRY", "resnet18.a1_in1k") is not None
    assert len(read._shared) < 100
    rows = read._select("SELECT count(*) FROM shared")[0][0]
    assert rows > 5000


def test_a_dump_has_one_line_a_row(index: Index) -> None:
    rows = sum(
        index._select(f"SELECT count(*) FROM {table}")[0][0] for table in ("about", "registry", "component", "spelling")
    )
    rows += index._select("SELECT count(*) FROM shared")[0][0]
    assert len(index.dump().splitlines()) == pytest.approx(rows, abs=20)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_index(data: bytes) -> None:
    with pytest.raises(sqlite3.Error):
        Index(data)
