"""Making the index: all facts about each component, from the public API of the registries."""

from __future__ import annotations

import inspect
import os
import signal
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ForwardRef, cast, get_args, get_origin

from terraregistry.deferred import loaded
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
from terraregistry.indexing.portable import ANYTHING, accepted_type, default_text, importable, portable_type
from terraregistry.indexing.writing_annotations import (
    CannotBeWrittenError,
    named_type,
    promised_type,
    written_annotation,
)
from terraregistry.registry import BaseRegistry, MultiSourceRegistry
from terraregistry.registry.signatures import Opaque, render_default
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from terraregistry.registry import ComponentDescription

__all__ = ["AnyRegistry", "Report", "library_registries", "main", "make_index"]

AnyRegistry = BaseRegistry[Any] | MultiSourceRegistry[Any]  # what it builds makes no difference here
Report = Callable[[int, int], None]
"""Is told how many components are described, and how many there are."""

_KINDS: Final = {
    inspect.Parameter.POSITIONAL_ONLY: ParameterKind.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: ParameterKind.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL: ParameterKind.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY: ParameterKind.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD: ParameterKind.VAR_KEYWORD,
}


def library_registries() -> dict[str, AnyRegistry]:
    """List the registries of the library, and those of the further parts of models in configs.

    Returns:
        Each by its reference, `terraregistry.library:BACKBONE_REGISTRY`.
    """
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
    maker = _Maker(known, report)
    for reference, registry in registries.items():
        maker.plan(reference, registry, {id(each): name for name, each in registries.items()})
    return maker.make(key)


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
    """A registry to be described."""

    type: PortableType
    base: PortableType
    kind: PortableType
    registry: AnyRegistry
    sources: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    start: str = ""
    names: tuple[str, ...] = ()


class _Maker:
    """Collector and describer of registries."""

    def __init__(self, known: Index | None, report: Report | None) -> None:
        self._known = known
        self._report = report
        self._plans: dict[str, _Plan] = {}
        self._gaps: list[tuple[str, str]] = []

    def plan(self, reference: str, registry: AnyRegistry, references: dict[int, str]) -> None:
        """Plan the description of a registry, and of all sources mounted in it."""
        if reference in self._plans:
            return
        plan = self._plans[reference] = _Plan(*_types_of(registry), registry)
        if isinstance(registry, BaseRegistry):
            self._list(reference, plan, registry)
            return
        for prefix, source in registry.items():
            own = source.reference if isinstance(source, (BaseRegistry, MultiSourceRegistry)) else None
            inner = references.get(id(source)) or own or f"{reference}.{prefix}"
            plan.sources.append((prefix, inner))
            if isinstance(source, (BaseRegistry, MultiSourceRegistry)):
                self.plan(inner, source, references)
            elif inner not in self._plans:  # written by somebody else: the registry that it is mounted in asks it
                cls = portable_type(type(source))
                foreign = self._plans[inner] = _Plan(cls, cls, plan.kind, registry, start=prefix + "_")
                self._list(inner, foreign, source)

    def _list(self, reference: str, plan: _Plan, source: Any) -> None:  # a source of any components
        try:
            plan.names = tuple(source)
        except Exception as error:  # noqa: BLE001 - a library that is broken may raise anything when it is imported
            self._gaps.append((reference, describe_error(error)))

    def make(self, key: Key) -> Index:
        """Describe the planned registries."""
        total = sum(len(plan.names) for plan in self._plans.values())
        done = 0
        registries: list[IndexedRegistry] = []
        for reference, plan in self._plans.items():
            components: list[Component] = []
            for name in plan.names:
                components += self._describe(reference, plan, name)
                done += 1
                if self._report is not None:
                    self._report(done, total)
            registries.append(
                IndexedRegistry(reference, plan.type, plan.base, plan.kind, tuple(components), tuple(plan.sources))
            )
        return Index.of(registries, self._gaps, config_facts(registries), key)

    def _describe(self, reference: str, plan: _Plan, name: str) -> Iterator[Component]:
        full = plan.start + name
        registry = plan.registry
        try:
            constructor = registry[full] if isinstance(registry, BaseRegistry) else registry.find_class(full)
            before = self._before(reference, name)
            if before is not None and before.constructor == _reference(constructor) is not None:
                yield before
            else:
                yield _component(name, plan.start, constructor, registry.describe(full), plan.kind)
        except Exception as error:  # noqa: BLE001 - as above
            self._gaps.append((f"{reference} {name}", describe_error(error)))

    def _before(self, reference: str, name: str) -> Component | None:
        return None if self._known is None else self._known.own(reference, name)


def _types_of(registry: AnyRegistry) -> tuple[PortableType, PortableType, PortableType]:
    """The class of a registry, its base, and the kind of its components."""
    cls = type(registry)
    bases: tuple[object, ...] = cls.__dict__.get("__orig_bases__", cls.__bases__)
    kinds = [_named(argument, cls.__module__) for argument in get_args(bases[0])]
    base = portable_type(bases[0])
    if registry.kind.type is not None:
        return portable_type(cls), base, portable_type(registry.kind.type)
    if len(kinds) == 1 and isinstance(kinds[0], type):
        base = portable_type(cast("Any", get_origin(bases[0]))[kinds[0]])  # an alias of a class, made at run time
        return portable_type(cls), base, portable_type(kinds[0])
    return portable_type(cls), base, portable_type(object)


def _named(argument: object, module: str) -> object:
    text = argument.__forward_arg__ if isinstance(argument, ForwardRef) else argument
    return named_type(text, module) if isinstance(text, str) else argument


def _reference(constructor: object) -> str | None:
    place = importable(getattr(constructor, "__defined_by__", constructor))
    return None if place is None else ":".join(place)


def _component(
    name: str, start: str, constructor: object, description: ComponentDescription, kind: PortableType
) -> Component:
    signature = description.signature
    annotations = [each.annotation for each in signature.parameters.values()]
    written, is_exact = _annotations([*annotations, signature.return_annotation])
    origins = description.origins
    parameters = (
        _parameter(each, form, origins.get(name, ""))
        for (name, each), form in zip(signature.parameters.items(), written, strict=False)
    )
    return Component(
        name=name,
        aliases=tuple(alias.removeprefix(start) for alias in description.aliases),
        constructor=_reference(constructor),
        signature=Signature(tuple(parameters)),
        product=_product(constructor, signature.return_annotation, kind),
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


def _product(constructor: object, annotation: object, kind: PortableType) -> PortableType:
    if annotation is inspect.Signature.empty:
        annotation = promised_type(constructor)
    product = portable_type(annotation)
    return kind if product == ANYTHING else product


def _annotations(annotations: list[object]) -> tuple[list[PortableType | None], bool]:
    """Write annotations to be read back; if one cannot be, write portable types for all."""
    try:
        return [written_annotation(each) for each in annotations], True
    except CannotBeWrittenError:
        return [portable_type(each) for each in annotations], False


def _parameter(parameter: inspect.Parameter, annotation: PortableType | None, origin: str) -> Parameter:
    default = OPAQUE_DEFAULT if isinstance(parameter.default, Opaque) else default_text(parameter.default)
    accepts = accepted_type(parameter.annotation, parameter.default)
    shown = render_default(parameter.default) if default == OPAQUE_DEFAULT else ""
    return Parameter(parameter.name, _KINDS[parameter.kind], annotation, default, accepts, origin, shown)


def _relative(file: str, constructor: object) -> str:
    """Return a path relative to the parent folder of its top-level package."""
    module = str(getattr(getattr(constructor, "__defined_by__", constructor), "__module__", ""))
    package = loaded(module.partition(".")[0])
    origin = getattr(package, "__file__", None)
    path = Path(file)
    if isinstance(origin, str):
        home = Path(origin).parent
        home = home.parent if hasattr(package, "__path__") else home
        if path.is_relative_to(home):
            path = path.relative_to(home)
    return path.as_posix()
