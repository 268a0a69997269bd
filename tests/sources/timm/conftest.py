"""timm's names and signatures, read once for all tests, and a timm that tests may register into."""

from __future__ import annotations

import copy
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import torch

from terraregistry import TIMM_BACKBONE_REGISTRY

if TYPE_CHECKING:
    import inspect


@pytest.fixture(autouse=True)
def _one_thread_one_seed() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def architectures() -> list[str]:
    """Return the names that timm lists, whoever registered them."""
    import timm

    len(TIMM_BACKBONE_REGISTRY)  # whatever this library adds to timm is in it from now on
    names: list[str] = timm.list_models()
    return names


@pytest.fixture(scope="session")
def signatures(architectures: list[str]) -> dict[str, inspect.Signature]:
    """Return the effective signature of every architecture, found in one pass."""
    return {name: TIMM_BACKBONE_REGISTRY.signature(name) for name in architectures}


@pytest.fixture(scope="session")
def representatives(architectures: list[str]) -> list[str]:
    """Return an architecture of each pair of a module of timm and a class that it builds: the one with the shortest name."""
    import timm

    found: dict[tuple[str, str], str] = {}
    for name in sorted(architectures, key=len):
        entrypoint = timm.model_entrypoint(name)
        if entrypoint.__module__.startswith("timm."):
            found.setdefault((entrypoint.__module__, str(entrypoint.__annotations__.get("return"))), name)
    return list(found.values())


Register = Callable[[Callable[..., Any]], None]


@pytest.fixture
def register() -> Iterator[Register]:
    """Return what registers a function in timm as a package of somebody's own would; afterwards timm is as it was."""
    from timm.models import _registry

    len(TIMM_BACKBONE_REGISTRY)
    tables = {name: value for name, value in vars(_registry).items() if isinstance(value, (dict, set))}
    before = {name: copy.copy(value) for name, value in tables.items()}
    inner = {
        name: {key: copy.copy(value) for key, value in table.items()}
        for name, table in tables.items()
        if name in ("_module_to_models", "_model_with_tags", "_module_to_deprecated_models")
    }
    module = types.ModuleType("somebodys_models")
    sys.modules[module.__name__] = module

    def register(entrypoint: Callable[..., Any]) -> None:
        entrypoint.__module__ = module.__name__
        setattr(module, entrypoint.__name__, entrypoint)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # timm's, when a name is registered anew
            _registry.register_model(entrypoint)

    yield register
    for name, table in tables.items():
        table.clear()
        table.update(inner.get(name, before[name]))
    del sys.modules[module.__name__]
