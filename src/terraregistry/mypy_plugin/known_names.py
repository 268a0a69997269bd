"""Component names, resolved in a registry with the project's registrations and mountings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraregistry.index import Component, Index
    from terraregistry.mypy_plugin.project import Project

__all__ = ["LIBRARY", "Own", "Registries"]

LIBRARY: Final = "terraregistry.library"
"""The module of the library's registries."""
_HOMES: Final = ("terraregistry.registry.", "terraregistry.")
"""Other import locations of the library's registries."""
_OURS: Final = {
    "terraregistry.Registry": "one",
    "terraregistry.registry.Registry": "one",
    "terraregistry.registry.registry.Registry": "one",
    "terraregistry.MultiSourceRegistry": "many",
    "terraregistry.registry.MultiSourceRegistry": "many",
    "terraregistry.registry.multi.MultiSourceRegistry": "many",
}


@dataclass(frozen=True)
class Own:
    """A component of the project's own.

    Attributes:
        target: The full name of the class or function; None if unknown.
        module: The registering module.
    """

    target: str | None
    module: str


@dataclass
class _Contents:
    """The project's additions to a registry.

    Attributes:
        own: The components, by every spelling.
        sources: The full names of mounted sources, by prefix; None if unknown.
        open: True if there may be further components.
        made: The kind of registry made by the project, "one" or "many" sources; empty if none.
    """

    own: dict[str, Own] = field(default_factory=dict[str, Own])
    sources: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    open: bool = False
    made: str = ""


class Registries:
    """All identifiable registries: the library's, by the index, and the project's own.

    Args:
        index: The index, or None.
        project: The project.
    """

    def __init__(self, index: Index | None, project: Project) -> None:
        self._index = index
        self._contents: dict[str, _Contents] = {}
        self._loose: dict[str, Own] = {}
        indexed = index.registries if index is not None else ()
        self._of_library = {
            each.reference.replace(":", "."): each
            for each in indexed
            if each.reference.partition(":")[0] == LIBRARY  # other registries describe what has no name to build by
        }
        facts = [*project.all_facts()]
        for module, each in facts:
            for made in each.registries:
                cls = _OURS.get(project.resolve(module, made.cls))
                if cls is not None:
                    self._at(f"{module}.{made.name}").made = cls
        for module, _ in facts:
            self._read(project, module)

    def _at(self, registry: str) -> _Contents:
        return self._contents.setdefault(registry, _Contents())

    def _read(self, project: Project, module: str) -> None:
        facts = project.facts(module)
        for each in facts.registrations if facts is not None else ():
            registry = self._identity(project, module, each.registry)
            target = None
            if each.target is not None:
                reference = each.target.replace(":", ".")
                target = reference if ":" in each.target else project.resolve(module, each.target)
            if each.names is None:
                if registry is not None:
                    self._at(registry).open = True
            else:
                own = self._loose if registry is None else self._at(registry).own
                own.update(dict.fromkeys(each.names, Own(target, module)))
        for mounting in facts.mountings if facts is not None else ():
            registry = self._identity(project, module, mounting.registry)
            if registry is None:
                continue
            contents = self._at(registry)
            source = None if mounting.source is None else project.resolve(module, mounting.source)
            if mounting.prefix is None:
                contents.open = True
            elif contents.made == "one":
                contents.own[mounting.prefix] = Own(source, module)
            else:
                source = None if mounting.source is None else self._identity(project, module, mounting.source)
                contents.sources[mounting.prefix] = source

    def _identity(self, project: Project, module: str, expression: str) -> str | None:
        """Return the full name of a known registry; None for any other object."""
        name = self.full_name(project.resolve(module, expression))
        return name if self.is_known(name) else None

    def full_name(self, name: str) -> str:
        """Return the canonical name of a registry importable from several places."""
        for home in _HOMES:
            rest = name.removeprefix(home)
            if rest != name and f"{LIBRARY}.{rest}" in self._of_library:
                return f"{LIBRARY}.{rest}"
        return name

    def is_known(self, registry: str) -> bool:
        """Return True if a registry's contents are known."""
        return registry in self._of_library or bool(self._contents.get(registry, _Contents()).made)

    def is_made(self, registry: str) -> bool:
        """Return True for a single-source registry made by the project."""
        return self._contents.get(registry, _Contents()).made == "one"

    def by_class(self, cls: str) -> str | None:
        """Return the library's registry of a class; each has its own."""
        return next((full_name for full_name, each in self._of_library.items() if each.type.text == cls), None)

    def sources(self, registry: str) -> dict[str, str | None]:
        """List the sources mounted in a registry.

        Args:
            registry: Its full name.

        Returns:
            The full name of each source by its prefix; None for an unknown source.
        """
        found: dict[str, str | None] = {}
        if self._index is not None and registry in self._of_library:
            mounted = self._index.registry(_reference(registry)).sources
            found = {prefix: source.replace(":", ".") for prefix, source in mounted}
        return found | self._contents.get(registry, _Contents()).sources

    def find(self, registry: str, name: str) -> Component | Own | None:
        """Find the component of a name.

        Args:
            registry: The full name of a registry.
            name: A name or an alias, qualified or bare.

        Returns:
            A component of the index or of the project; None if there is none of this name.
        """
        own = self._contents.get(registry, _Contents()).own.get(name)
        if own is not None:
            return own
        sources = self.sources(registry)
        for prefix, source in sources.items():
            if source is not None and name.startswith(f"{prefix}_"):
                found = self.find(source, name[len(prefix) + 1 :])
                if found is not None:
                    return found
        for source in sources.values():
            found = self.find(source, name) if source is not None else None
            if found is not None:
                return found
        if self._index is not None and registry in self._of_library and not sources:
            resolved = self._index.find(_reference(registry), name)
            return None if resolved is None else resolved.component
        return None

    def may_have(self, registry: str, name: str) -> bool:
        """Return True if a name not found may still exist, by a registration not visible statically."""
        contents = self._contents.get(registry, _Contents())
        if contents.open or name in self._loose:
            return True
        for prefix, source in self.sources(registry).items():
            rest = name.removeprefix(f"{prefix}_")
            if source is None or self.may_have(source, name) or (rest != name and self.may_have(source, rest)):
                return True
        return False

    def spellings(self, registry: str) -> Iterator[str]:
        """List every name accepted by a registry."""
        yield from self._contents.get(registry, _Contents()).own
        sources = self.sources(registry)
        for prefix, source in sources.items():
            if source is not None:
                for name in self.spellings(source):
                    yield name
                    yield f"{prefix}_{name}"
        if self._index is not None and registry in self._of_library and not sources:
            yield from self._index.spellings(_reference(registry))

    def elsewhere(self, registry: str, name: str) -> str | None:
        """Return another registry with a name, by its full name; None if no other one has it."""
        known = dict.fromkeys((*self._of_library, *self._contents))
        found = [each for each in known if each != registry and self.find(each, name) is not None]
        return min(found, key=lambda each: not self.sources(each), default=None)

    def nearest(self, registry: str, name: str) -> tuple[str, ...]:
        """Find the names close to a mistyped one."""
        return nearest(name, dict.fromkeys(self.spellings(registry)))

    def registering(self) -> Iterator[tuple[str, str]]:
        """List the names registered by the project, each with its registering module."""
        for own in (self._loose, *(each.own for each in self._contents.values())):
            yield from ((name, each.module) for name, each in own.items())


def _reference(full_name: str) -> str:
    module, _, attribute = full_name.rpartition(".")
    return f"{module}:{attribute}"
