"""The schema is kept in the cache, and what is kept is used for as long as it is right, and no longer."""

from __future__ import annotations

import pytest

from terraregistry.index import Index
from terraregistry.tools.cli import schema as cached
from terraregistry.tools.cli.schema import installed_schema_text
from terraregistry.tools.schema.config_schemas import schema_text


@pytest.fixture
def small(index):
    """An index of the factories alone, whose schema is made at once."""
    kept = [each for each in index.registries if each.reference.endswith("MODEL_FACTORY_REGISTRY")]
    empty = [each._replace(components=()) for each in index.registries if each not in kept]
    return Index.of((*kept, *empty), facts=index.facts)


@pytest.fixture
def made(small):
    """How often the schema was made."""
    calls = []

    def load():
        calls.append(1)
        return small

    load.calls = calls
    return load


def test_it_is_made_once(tmp_path, small, made):
    texts = {installed_schema_text(made, folder=tmp_path) for _ in range(3)}

    assert texts == {schema_text(small)}
    assert len(made.calls) == 1


@pytest.mark.parametrize("changed", ["sources", "state"])
def test_it_is_made_again_when_what_makes_it_has_changed(tmp_path, small, made, monkeypatch, changed):
    installed_schema_text(made, folder=tmp_path)
    if changed == "sources":
        key = cached.current_key()._replace(sources="others")
        monkeypatch.setattr(cached, "current_key", lambda: key)
    else:
        monkeypatch.setattr(cached, "state_of", lambda _: "another")

    assert installed_schema_text(made, folder=tmp_path) == schema_text(small)
    assert len(made.calls) == 2
    assert len([*tmp_path.iterdir()]) == 1  # in the place of the other


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", "ä".encode()])
def test_what_is_damaged_is_made_again(tmp_path, small, made, damage):
    installed_schema_text(made, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)

    assert installed_schema_text(made, folder=tmp_path) == schema_text(small)
    assert installed_schema_text(made, folder=tmp_path) == schema_text(small)
    assert len(made.calls) == 2


def test_that_of_an_index_with_gaps_is_not_kept(tmp_path, small):
    gaps = Index.of(small.registries, [("terraregistry.library:X", "broken")], small.facts)

    assert installed_schema_text(lambda: gaps, folder=tmp_path) == schema_text(gaps)
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path, small, made):
    file = tmp_path / "file"
    file.write_text("")

    assert installed_schema_text(made, folder=file / "cache") == schema_text(small)
