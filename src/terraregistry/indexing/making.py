"""Making the index: all facts about each component, from the public API of the registries."""

from __future__ import annotations

import inspect
import os
import signal
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin

from terraregistry.index.described import home_of
from terraregistry.index.descriptions import (
    OPAQUE_DEFAULT,
    Component,
    IndexedRegistry,
    Parameter,
    ParameterKind,
    PortableType,
    Signature,
)
from terraregistry.index.keys import NO_KEY, Key, current_key
from terraregistry.index.store import Index
from terraregistry.indexing.config_facts import composing_registries, config_facts
from terraregistry.indexing.portable import (
    ANYTHING,
    CannotBeWrittenError,
    accepted_type,
    default_text,
    importable,
    named_type,
    portable_type,
    written_annotation,
)
from terraregistry.registry import BaseRegistry, MultiSourceRegistry
from terraregistry.registry.signatures import Opaque, render_default
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from terraregistry.registry import ComponentDescription

__all__ = ["AnyRegistry", "Report", "library_registries", "main", "make_index"]

AnyRegistry = BaseRegistry[Any] | MultiSourceRegistry[Any]  # what it builds makes no difference here
Report = Callable[[int, int], None]
"""Is told how many components are described, and how many there are."""


def library_registries() -> dict[str, AnyRegistry]:
    """List the registries of the library, and those of the further parts of models in configs, by their references."""
    from terraregistry import library

    named = ((f"{library.__name__}:{name}", getattr(library, name)) for name in library.__all__)
    found: dict[str, AnyRegistry] = {
        reference: value for reference, value in named if isinstance(value, (BaseRegistry, MultiSourceRegistry))
    }
    return {**found, **composing_registries()}


def make_index(
    registries: Mapping[str, AnyRegistry],
    *,
    known: Index | None = None,
    report: Report | None = None,
    key: Key = NO_KEY,
) -> Index:
    """Describe every component of some registries, and of the sources mounted in them.

    Args:
        registries: The registries by their references.
        known: An earlier index: a component with the same name and constructor in it is not described again.
        report: A callback for progress.
        key: The cache key of the index.

    Returns:
        The index; components and registries without a description are among its gaps.
    """
    maker = _Maker(known, {id(each): name for name, each in registries.items()})
    for reference, registry in registries.items():
        maker.plan(reference, registry)
    described = maker.describe(report)
    return Index.of(described, maker.gaps, config_facts(described), key)


def main() -> None:
    """Make the index of the library in a process of its own; write the progress and then the index to its standard output."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # it ends, without a traceback, where nobody waits any more
    key = current_key()  # before anything is described
    with os.fdopen(os.dup(1), "wb") as waiting, open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - no Path
        os.dup2(nowhere.fileno(), 1)  # what libraries print when they are imported

        def report(done: int, total: int) -> None:
            waiting.write(b"%d %d\n" % (done, total))
            waiting.flush()

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about the libraries' own code
            index = make_index(library_registries(), report=report, key=key)
        waiting.write(b"\n" + index.image)


@dataclass
class _Plan:
    """A registry to be described, still without components; their names, and the registry to ask about each."""

    described: IndexedRegistry
    asked: AnyRegistry
    names: tuple[str, ...]
    start: str = ""


class _Maker:
    """Collector and describer of registries."""

    def __init__(self, known: Index | None, references: Mapping[int, str]) -> None:
        self._known = known
        self._references = references
        self._plans: dict[str, _Plan] = {}
        self.gaps: list[tuple[str, str]] = []

    def plan(self, reference: str, registry: AnyRegistry) -> None:
        """Plan the description of a registry, and of all sources mounted in it."""
        if reference in self._plans:
            return
        sources: list[tuple[str, str]] = []
        described = IndexedRegistry(reference, *_types_of(registry), (), ())
        plan = self._plans[reference] = _Plan(described, registry, ())
        if isinstance(registry, BaseRegistry):
            plan.names = self._names(reference, registry)
            return
        for prefix, source in registry.items():
            own = source.reference if isinstance(source, (BaseRegistry, MultiSourceRegistry)) else None
            inner = self._references.get(id(source)) or own or f"{reference}.{prefix}"
            sources.append((prefix, inner))
            if isinstance(source, (BaseRegistry, MultiSourceRegistry)):
                self.plan(inner, source)
            elif inner not in self._plans:  # written by somebody else: the registry that it is mounted in asks it
                cls = portable_type(type(source))
                foreign = IndexedRegistry(inner, cls, cls, described.kind, (), ())
                self._plans[inner] = _Plan(foreign, registry, self._names(inner, source), prefix + "_")
        plan.described = described._replace(sources=tuple(sources))

    def _names(self, reference: str, source: Iterable[str]) -> tuple[str, ...]:
        try:
            return tuple(source)
        except Exception as error:  # noqa: BLE001 - a library that is broken may raise anything when it is imported
            self.gaps.append((reference, describe_error(error)))
            return ()

    def describe(self, report: Report | None) -> list[IndexedRegistry]:
        """Describe the planned registries."""
        total = sum(len(plan.names) for plan in self._plans.values())
        done = 0
        registries: list[IndexedRegistry] = []
        for reference, plan in self._plans.items():
            components: list[Component] = []
            for name in plan.names:
                try:
                    components.append(self._component(reference, plan, name))
                except Exception as error:  # noqa: BLE001 - as above
                    self.gaps.append((f"{reference} {name}", describe_error(error)))
                done += 1
                if report is not None:
                    report(done, total)
            registries.append(plan.described._replace(components=tuple(components)))
        return registries

    def _component(self, reference: str, plan: _Plan, name: str) -> Component:
        full = plan.start + name
        constructor = plan.asked[full] if isinstance(plan.asked, BaseRegistry) else plan.asked.find_class(full)
        before = None if self._known is None else self._known.own(reference, name)
        if before is not None and before.constructor == _reference(constructor) is not None:
            return before
        return _component(name, plan.start, constructor, plan.asked.describe(full), plan.described.kind)


def _types_of(registry: AnyRegistry) -> tuple[PortableType, PortableType, PortableType]:
    """The class of a registry, its base, and the kind of its components."""
    cls, kind = type(registry), registry.kind.type
    generic: Any = cls.__dict__.get("__orig_bases__", cls.__bases__)[0]  # a class, or an alias of one
    arguments = [getattr(each, "__forward_arg__", each) for each in get_args(generic)]
    kinds = [named_type(each, cls.__module__) if isinstance(each, str) else each for each in arguments]
    if kind is None and len(kinds) == 1 and isinstance(kinds[0], type):
        kind = cast("type[object]", kinds[0])
        generic = get_origin(generic)[kind]  # an alias of a class, made at run time
    return portable_type(cls), portable_type(generic), portable_type(object if kind is None else kind)


def _reference(constructor: object) -> str | None:
    place = importable(getattr(constructor, "__defined_by__", constructor))
    return None if place is None else ":".join(place)


def _component(
    name: str, start: str, constructor: object, description: ComponentDescription, kind: PortableType
) -> Component:
    signature = description.signature
    annotations = [*(each.annotation for each in signature.parameters.values()), signature.return_annotation]
    written: Sequence[PortableType | None]
    try:
        written, is_exact = [written_annotation(each) for each in annotations], True
    except CannotBeWrittenError:
        written, is_exact = [portable_type(each) for each in annotations], False
    promised = annotations[-1]
    if promised is inspect.Signature.empty:
        own: Mapping[str, object] = getattr(constructor, "__annotations__", {})
        promised = named_type(own.get("return"), getattr(constructor, "__module__", None))
    product = portable_type(promised)
    return Component(
        name=name,
        aliases=tuple(alias.removeprefix(start) for alias in description.aliases),
        constructor=_reference(constructor),
        signature=Signature(
            tuple(
                _parameter(each, annotation, description.origins.get(each.name, ""))
                for each, annotation in zip(signature.parameters.values(), written, strict=False)
            )
        ),
        product=kind if product == ANYTHING else product,
        summary=description.summary,
        file=None if description.file is None else _relative(description.file, constructor),
        line=description.line,
        library=description.library,
        version=description.version,
        weights=description.weights,
        returns=written[-1],
        is_exact=is_exact,
        ineffective=tuple(description.ineffective.items()),
        synonyms=tuple(description.synonyms.items()),
    )


def _parameter(parameter: inspect.Parameter, annotation: PortableType | None, origin: str) -> Parameter:
    default = OPAQUE_DEFAULT if isinstance(parameter.default, Opaque) else default_text(parameter.default)
    accepts = accepted_type(parameter.annotation, parameter.default)
    shown = render_default(parameter.default) if default == OPAQUE_DEFAULT else ""
    kind = ParameterKind[parameter.kind.name]
    return Parameter(parameter.name, kind, annotation, default, accepts, origin, shown)


def _relative(file: str, constructor: object) -> str:
    """Return a path relative to the parent folder of its top-level package."""
    module = str(getattr(getattr(constructor, "__defined_by__", constructor), "__module__", ""))
    home, path = home_of(module.partition(".")[0]), Path(file)
    return (path if home is None or not path.is_relative_to(home) else path.relative_to(home)).as_posix()
