"""The index that is shipped: it is what would be made, and it is used where it is right and nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terraregistry.index import keys, load_index, loading
from terraregistry.index.cache import with_digest
from terraregistry.indexing.shipping import shipped_text

from .descriptions import image_of_dump, small_index

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = Path(__file__).parents[2] / "packaging" / "index.sql"
_HERE = keys.Key(tuple((name, keys._version(name)) for name in keys.SHIPPED_FOR), "", keys.own_state())


def _is_tested() -> bool:
    from terraregistry.index.store import Index

    return all(
        keys._version(name) == version for name, version in Index(image_of_dump(_TEXT.read_text("utf-8"))).key.versions
    )


@pytest.mark.slow  # it makes the index
@pytest.mark.skipif(not _is_tested(), reason="other versions of timm or smp are installed than those that are shipped")
def test_it_is_what_is_described_today() -> None:
    assert shipped_text() == _TEXT.read_text(encoding="utf-8"), (
        "run: python -m terraregistry.indexing.shipping packaging/index.sql; uv sync --reinstall-package terraregistry"
    )


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Callable[[keys.Key], None]:
    """Ship an index of some key."""
    monkeypatch.delenv("TERRAREGISTRY_SHIPPED_INDEX", raising=False)

    def ship(key: keys.Key) -> None:
        content = with_digest(small_index(key=key).image)
        monkeypatch.setattr("pkgutil.get_data", lambda package, name: content)

    return ship


def test_it_is_read_where_the_versions_are_installed(shipped: Callable[[keys.Key], None]) -> None:
    shipped(_HERE)
    assert loading.shipped_index() == load_index() == small_index()


def _with_version(name: str, version: str) -> keys.Key:
    return _HERE._replace(versions=tuple((each, version if each == name else v) for each, v in _HERE.versions))


@pytest.mark.parametrize(
    "key",
    [
        *(_with_version(name, "0.0.1") for name in keys.SHIPPED_FOR),
        _HERE._replace(sources="edited since"),
    ],
    ids=[*keys.SHIPPED_FOR, "sources"],
)
def test_it_is_not_read_where_something_else_is_installed(shipped: Callable[[keys.Key], None], key: keys.Key) -> None:
    shipped(key)
    assert loading.shipped_index() is None


def test_a_package_of_site_packages_is_as_it_was_built(
    shipped: Callable[[keys.Key], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped(_HERE._replace(sources="of the machine that built it"))
    monkeypatch.setattr(keys, "_PACKAGE", next(iter(keys._site_packages())) / "terraregistry")
    assert loading.shipped_index() == small_index()


def test_a_checkout_of_timm_is_described_anew(
    shipped: Callable[[keys.Key], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped(_HERE)
    monkeypatch.setattr(keys, "_site_packages", set)
    assert loading.shipped_index() is None


def test_it_can_be_switched_off(shipped: Callable[[keys.Key], None], monkeypatch: pytest.MonkeyPatch) -> None:
    shipped(_HERE)
    monkeypatch.setenv("TERRAREGISTRY_SHIPPED_INDEX", "0")
    assert loading.shipped_index() is None


@pytest.mark.parametrize("content", [None, b"", b"no digest", with_digest(b"x")[:-1]])
def test_without_a_whole_file_there_is_none(content: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERRAREGISTRY_SHIPPED_INDEX", raising=False)
    monkeypatch.setattr("pkgutil.get_data", lambda package, name: content)
    assert loading.shipped_index() is None


def test_a_checkout_that_was_not_installed_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERRAREGISTRY_SHIPPED_INDEX", raising=False)
    monkeypatch.setattr(loading, "SHIPPED", "no_such.index")
    assert loading.shipped_index() is None


_ANSWERING = """
import json, sys
from terraregistry import BACKBONE_REGISTRY
from terraregistry.index import provider
from terraregistry.index.keys import own_state

valid = BACKBONE_REGISTRY.validate("timm_resnet18", in_chans=6).name
is_there = provider.stored_index() is not None
print(json.dumps([valid, is_there, sorted({"torch", "timm", "pydantic"} & {*sys.modules})]))
"""


@pytest.mark.skipif(
    loading.shipped_index() is None,
    reason="not installed since the sources were edited: run uv sync --reinstall-package terraregistry",
)
def test_a_new_installation_answers_at_once(tmp_path: Path) -> None:
    """An empty cache, a fresh process: nothing is made and torch is not imported."""
    environment = {key: value for key, value in os.environ.items() if key != "TERRAREGISTRY_SHIPPED_INDEX"}
    done = subprocess.run(
        [sys.executable, "-c", _ANSWERING],
        check=True,
        capture_output=True,
        text=True,
        env=environment | {"XDG_CACHE_HOME": str(tmp_path)},
    )
    assert json.loads(done.stdout) == ["timm_resnet18", True, []]
    assert (done.stderr, [*tmp_path.iterdir()]) == ("", [])
