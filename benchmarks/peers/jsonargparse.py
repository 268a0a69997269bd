"""jsonargparse: a parser that takes subclasses of a base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from jsonargparse import ArgumentParser

from benchmarks.peers.asking import Peer, main
from benchmarks.peers.component import Component

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_REGISTRY = "import paths, no registry"


class JsonArgParse(Peer):
    """`parser.instantiate(parser.parse_object({"component": {"class_path": ..., "init_args": arguments}}))`."""

    lacks: ClassVar[Mapping[str, str]] = {"register": _NO_REGISTRY, "contains": _NO_REGISTRY, "names": _NO_REGISTRY}

    def __init__(self) -> None:
        self._parser = ArgumentParser(exit_on_error=False)
        self._parser.add_subclass_arguments(Component, "component")
        self._paths: dict[str, str] = {}

    def register(self, name: str, constructor: type[Component]) -> None:
        self._paths[name] = f"{constructor.__module__}.{constructor.__qualname__}"

    # The arguments of a component are of any types.
    def build(self, name: str, arguments: dict[str, Any]) -> object:
        return self._parser.instantiate(self.validate(name, arguments)).component

    def validate(self, name: str, arguments: dict[str, Any]) -> Any:  # a namespace, whose items have no types
        return self._parser.parse_object({"component": {"class_path": self._paths[name], "init_args": arguments}})


if __name__ == "__main__":
    main(JsonArgParse)
