"""`terraregistry doctor`: what is there, what is missing, and how to get it."""

from __future__ import annotations

import json
from importlib import metadata

import pytest

from terraregistry.index import Index, IndexedRegistry, PortableType
from terraregistry.index.keys import current_key
from terraregistry.tools.cli import doctor

TYPE = PortableType("int")
INDEX = Index.of(
    (
        IndexedRegistry("mine:BACKBONE_REGISTRY", TYPE, TYPE, TYPE, (), (("own", "mine:OWN"),)),
        IndexedRegistry("mine:OWN", TYPE, TYPE, TYPE, (), ()),
    )
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setattr(doctor, "cache_folder", lambda: folder)
    monkeypatch.setattr(doctor, "cached_index", lambda: None)
    monkeypatch.setattr(doctor, "shipped_index", lambda: None)
    return folder


@pytest.fixture
def without(monkeypatch):
    """Has a distribution seem not to be installed."""

    def remove(name):
        version = metadata.version

        def fail(distribution):
            if distribution == name:
                raise metadata.PackageNotFoundError(name)
            return version(distribution)

        monkeypatch.setattr("importlib.metadata.version", fail)

    return remove


def test_a_sound_installation_has_nothing_to_mend(run, cache, monkeypatch):
    monkeypatch.setattr(doctor, "cached_index", lambda: INDEX)
    result = run("doctor")

    assert result.exit_code == 0
    assert f"  timm {metadata.version('timm')}: the backbones `timm_...`\n" in result.stdout
    assert "  own in BACKBONE_REGISTRY: 0 components\n" in result.stdout
    assert result.stdout.endswith("\nnothing is missing\n")


def test_the_shipped_index_is_said(run, cache, monkeypatch):
    monkeypatch.setattr(doctor, "shipped_index", lambda: INDEX)
    result = run("doctor")

    assert result.exit_code == 0
    assert "\n  shipped with the package for these versions, " in result.stdout
    assert "  own in BACKBONE_REGISTRY: 0 components\n" in result.stdout


def test_an_index_that_is_not_made_yet_is_said_and_not_made(run, cache):
    result = run("doctor")

    assert result.exit_code == 0
    assert "not known before the index is made, by `terraregistry list`" in result.stdout
    assert "  missing: the next command that needs it makes it" in result.stdout
    assert not cache.exists()


@pytest.mark.parametrize(
    ("name", "status", "line"),
    [
        ("timm", 1, "to mend: timm is missing: pip install timm\n"),
        (
            "peft",
            0,
            "  peft not installed (optional): low-rank adapters of Prithvi; pip install 'terraregistry[peft]'\n",
        ),
    ],
)
def test_what_is_missing_is_said_with_how_to_get_it(run, cache, without, name, status, line):
    without(name)
    result = run("doctor")
    assert result.exit_code == status
    assert line in result.stdout


def test_the_states_of_the_cache(cache, monkeypatch):
    assert doctor.examine().cache.state == "missing"
    cache.mkdir()
    (cache / current_key().file_name).write_text("12345")
    (cache / "index-other.json").write_text("123")
    stale = doctor.examine().cache
    assert (stale.state, stale.size, stale.others, stale.others_size) == ("stale", 5, 1, 3)
    monkeypatch.setattr(doctor, "cached_index", lambda: INDEX)
    assert doctor.examine().cache.state == "ready"


def test_a_cache_that_cannot_be_written_has_to_be_mended(run, cache):
    cache.write_text("a file where the folder should be")
    result = run("doctor")

    assert result.exit_code == 1
    expected = f"to mend: {cache} is not writable, so each command makes the index anew; make it writable\n"
    assert result.stdout.endswith(expected)


def test_a_library_that_breaks_when_it_is_imported_is_found(run, cache, monkeypatch):
    broken = ("typer", "no_such_module_here", "a test", True, "pip install it")
    monkeypatch.setattr(doctor, "_LIBRARIES", (broken,))

    assert run("doctor").exit_code == 0
    result = run("doctor", "--thorough")
    fault = "ModuleNotFoundError: No module named 'no_such_module_here'"
    assert result.exit_code == 1
    assert f"to mend: typer cannot be imported: {fault}; reinstall it\n" in result.stdout


def test_json_has_the_same_facts(run, cache, without):
    without("timm")
    result = run("doctor", "--json")
    facts = json.loads(result.stdout)

    assert result.exit_code == 1
    assert facts["faults"] == ["timm is missing: pip install timm"]
    assert facts["cache"]["state"] == "missing"
    assert {each["name"]: each["version"] for each in facts["libraries"]}["timm"] is None


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HF_HUB_CACHE": "/a/hub"}, "/a/hub"),
        ({"HF_HOME": "/b"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
    ],
)
def test_weights_are_where_the_hub_puts_them(cache, monkeypatch, environment, folder):
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert doctor.examine().weights == folder
