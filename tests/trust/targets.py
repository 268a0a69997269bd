"""What the fuzzer is let loose on: each takes any bytes, and fails where they are answered wrongly."""

from __future__ import annotations

import fnmatch
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError, RegistryError

from .bad_configs import BadConfig, hold
from .watching import watched

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS"]


def config(data: bytes) -> None:
    """Read the bytes as a config."""
    with tempfile.TemporaryDirectory() as folder:
        hold(BadConfig(data, "fuzzed", certain=False), Path(folder, "c.yaml"))


def names(data: bytes) -> None:
    """Mount `prefix:name` of each line, and ask for every line and every name: all who are asked agree."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    registry = MultiSourceRegistry[Any]()
    mounted: dict[str, Registry[Any]] = {}
    for line in lines:
        prefix, colon, name = line.partition(":")
        try:
            source = mounted.get(prefix) or Registry[Any]()
            if colon and prefix not in mounted:
                registry.register_source(prefix, source)
                mounted[prefix] = source
            if colon:
                source.register(dict, name=name, aliases=[name + ".tag"] if len(name) % 2 else [])
        except RegistryError as error:
            _fits(error)
    every = [*registry]
    assert len({*every}) == len(every) == len(registry)
    for prefix, source in mounted.items():
        for name in source:
            assert registry.resolve(f"{prefix}_{name}") == (prefix, name)
    for asked in {*lines, *every, *(line.partition(":")[2] for line in lines), *(name[1:] for name in every)}:
        _agreed(registry, asked)


def _agreed(registry: MultiSourceRegistry[Any], asked: str) -> None:
    there = asked in registry
    methods: list[Callable[[str], Any]] = [registry.resolve, registry.validate, registry.signature, registry.find_class]
    methods += [registry.build, registry.describe, registry.candidates, registry.find_registry]
    with watched() as events:
        for method in methods:
            try:
                method(asked)
            except ComponentNotFoundError as error:
                assert not there, (method, asked)
                _fits(error)
            else:
                assert there, (method, asked)
        assert registry.search(asked) is not None
    assert events == []
    if there:
        assert str(registry.resolve(asked)) in {*registry}


def glob(data: bytes) -> None:
    """Search the lines for the first of them, as the standard library would."""
    pattern, *given = data.decode("utf-8", "surrogateescape").split("\n")
    registry = Registry[Any]()
    for name in given:
        try:
            registry.register(dict, name=name)
        except RegistryError as error:
            _fits(error)
    both = MultiSourceRegistry[Any](p=registry)
    with watched() as events:
        found, found_in_both = registry.search(pattern), both.search(pattern)
    assert events == []
    assert sorted(found) == sorted(name for name in registry if fnmatch.fnmatchcase(name, pattern))
    expected = {name for name in both if any(fnmatch.fnmatchcase(each, pattern) for each in (name, name[2:]))}
    assert sorted(found_in_both) == sorted(expected)


def _fits(error: RegistryError) -> None:
    from tests.registry.screens import fits

    fits(str(error))


TARGETS: dict[str, Callable[[bytes], None]] = {"config": config, "names": names, "glob": glob}
