"""Sources that belong to another library refuse to be changed, and say where to register instead."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, SMP_DECODER_REGISTRY, TIMM_BACKBONE_REGISTRY
from terraregistry.errors import ReadOnlyRegistryError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCES = [
    pytest.param(
        TIMM_BACKBONE_REGISTRY,
        "TIMM_BACKBONE_REGISTRY is read-only: register the model in timm itself, with timm.models.register_model, "
        "and it is seen here at once",
        id="timm",
    ),
    pytest.param(
        SMP_DECODER_REGISTRY,
        "SMP_DECODER_REGISTRY is read-only: register a decoder of your own in TERRATORCH_DECODER_REGISTRY, "
        "or in a Registry that you mount",
        id="smp",
    ),
]


class Mine:
    pass


CHANGES: dict[str, Callable[[Any], object]] = {
    "decorator": lambda source: source.register(Mine),
    "decorator with arguments": lambda source: source.register(name="Mine"),
    "empty decorator": lambda source: source.register(),
    "call": lambda source: source.register(Mine, name="Mine", aliases=["mine"], override=True),
    "lazy": lambda source: source.register_lazy("Mine", "package.module:Mine"),
    "unregister": lambda source: source.unregister(next(iter(source))),
    "unregister what is not there": lambda source: source.unregister("nowhere"),
    "scope": lambda source: contextlib.ExitStack().enter_context(source.scope()),
}


@pytest.mark.parametrize(("source", "message"), SOURCES)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_refused(source: Any, message: str, change: Callable[[Any], object]) -> None:
    before = list(source)
    with pytest.raises(ReadOnlyRegistryError) as caught:
        change(source)
    assert str(caught.value) == message
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, RegistryError)
    assert caught.value.registry == message.partition(" ")[0]
    assert caught.value.remedy == message.partition(": ")[2]
    assert list(source) == before


@pytest.mark.parametrize(("source", "message"), SOURCES)
def test_there_is_no_other_way_in(source: Any, message: str) -> None:
    with pytest.raises(TypeError):
        source["Mine"] = Mine
    with pytest.raises(TypeError):
        del source[next(iter(source))]
    for method in ("add", "discard", "update", "pop", "clear", "remove", "setdefault"):
        assert not hasattr(source, method)


def test_a_model_registered_in_timm_is_seen_here_at_once() -> None:
    import timm
    from timm.models import _registry, register_model

    def tiny_of_the_tests(pretrained: bool = False, **kwargs: Any) -> Any:
        return timm.create_model("test_resnet", pretrained=pretrained, **kwargs)

    assert "tiny_of_the_tests" not in BACKBONE_REGISTRY
    register_model(tiny_of_the_tests)
    try:
        assert BACKBONE_REGISTRY.resolve("tiny_of_the_tests") == ("timm", "tiny_of_the_tests")
        assert "timm_tiny_of_the_tests" in list(BACKBONE_REGISTRY)
        assert "features_only" in BACKBONE_REGISTRY.signature("tiny_of_the_tests").parameters
    finally:
        del _registry._model_entrypoints["tiny_of_the_tests"]
        for names in [*_registry._module_to_models.values(), *_registry._model_to_module.keys() & set()]:
            names.discard("tiny_of_the_tests")
        _registry._model_to_module.pop("tiny_of_the_tests", None)
    assert "tiny_of_the_tests" not in BACKBONE_REGISTRY
    assert DECODER_REGISTRY["smp"] is SMP_DECODER_REGISTRY
