"""Bare pydantic: a model of the arguments for each class, and a dict to find them in."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, create_model

from benchmarks.peers.asking import Peer, main

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.peers.component import Component

_NO_REGISTRY = "no registry"


class BarePydantic(Peer):
    """`components[name](**dict(models[name].model_validate(arguments)))`."""

    lacks: ClassVar[Mapping[str, str]] = {"register": _NO_REGISTRY, "contains": _NO_REGISTRY, "names": _NO_REGISTRY}

    def __init__(self) -> None:
        self._components: dict[str, type[Component]] = {}
        self._models: dict[type[Component], type[BaseModel]] = {}

    def register(self, name: str, constructor: type[Component]) -> None:
        self._components[name] = constructor

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return self._components[name](**dict(self.validate(name, arguments)))

    def validate(self, name: str, arguments: dict[str, Any]) -> BaseModel:
        constructor = self._components[name]
        model = self._models.get(constructor)
        if model is None:
            model = self._models[constructor] = _model(constructor)
        return model.model_validate(arguments)


def _model(constructor: type[Component]) -> type[BaseModel]:
    parameters = inspect.signature(constructor, eval_str=True).parameters.values()
    fields: dict[str, Any] = {each.name: (each.annotation, each.default) for each in parameters}
    return create_model(constructor.__name__, __config__=ConfigDict(extra="forbid"), **fields)


if __name__ == "__main__":
    main(BarePydantic)
