"""What the index says: components, their signatures and types, and the registries that they are in, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraregistry.pretrained import PretrainedWeights

__all__ = [
    "OPAQUE_DEFAULT",
    "Component",
    "ConfigFacts",
    "Index",
    "IndexedRegistry",
    "Parameter",
    "ParameterKind",
    "PortableType",
    "Resolved",
    "Signature",
    "WholeNetworks",
    "Written",
]

OPAQUE_DEFAULT: Final = "..."
"""The text of a default that is there, but is no literal."""


class ParameterKind(StrEnum):
    """How the argument of a parameter is given."""

    POSITIONAL_ONLY = "positional-only"
    POSITIONAL_OR_KEYWORD = "positional or keyword"
    VAR_POSITIONAL = "*args"
    KEYWORD_ONLY = "keyword-only"
    VAR_KEYWORD = "**kwargs"


@dataclass(frozen=True)
class PortableType:
    """A type as source text that means the same in any module.

    Attributes:
        text: An expression with every name written in full: `collections.abc.Sequence[int] | None`.
        imports: The modules to import for it: `("collections.abc",)`.
    """

    text: str
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """A parameter of an effective signature.

    Attributes:
        name: Its name.
        kind: How its argument is given.
        type: The type that it is annotated with; `typing.Any` where there is none.
        default: The source text of its default: a literal, or `...` for what is none; None where an argument is required.
        accepts: The type of what may be given: that of the annotation, and with it that of a default which does not fit it.
        origin: The function or class that declares it, `package.module.Class.__init__`.
    """

    name: str
    kind: ParameterKind
    type: PortableType
    default: str | None
    accepts: PortableType
    origin: str


@dataclass(frozen=True)
class Signature:
    """What a constructor accepts.

    Attributes:
        parameters: The parameters, in order.
    """

    parameters: tuple[Parameter, ...]

    @property
    def is_open(self) -> bool:
        """Whether names that are not listed may be accepted as well."""
        return any(parameter.kind is ParameterKind.VAR_KEYWORD for parameter in self.parameters)


@dataclass(frozen=True)
class Written:
    """How a signature itself has the annotation and the default of a parameter, where `Parameter` has what a checker needs.

    Attributes:
        annotation: The annotation, to be read back by `read_annotation`; None where there is none.
        default: How a default is shown that is no literal.
    """

    annotation: PortableType | None
    default: str = ""


@dataclass(frozen=True)
class Component:
    """A component of one source.

    Attributes:
        name: Its canonical name in there.
        aliases: Other spellings of the name: tagged and deprecated ones.
        constructor: What makes it, as `module:qualname`; None for what cannot be imported by a name.
        signature: The effective signature.
        product: The type of what is built.
        summary: The first paragraph of the constructor's docstring, on one line.
        file: The file that defines the constructor, relative to the folder that its package is in, with `/`; None if unknown.
        line: The line in that file.
        library: The distribution that the constructor came with; None for code that was not installed.
        version: That distribution's version.
        weights: The pretrained weights that there are; first those that are loaded unless others are asked for.
        written: The annotations and defaults of the parameters, in order, and after them the return annotation; None where
            they cannot be written down.
        ineffective: Arguments that would be dropped without a word, each with the reason.
        synonyms: Second names of parameters, each with the first.
    """

    name: str
    aliases: tuple[str, ...]
    constructor: str | None
    signature: Signature
    product: PortableType
    summary: str
    file: str | None
    line: int | None
    library: str | None
    version: str | None
    weights: tuple[PretrainedWeights, ...] = ()
    written: tuple[Written, ...] | None = None
    ineffective: tuple[tuple[str, str], ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class IndexedRegistry:
    """A registry: of components of its own, or of other registries under prefixes.

    Attributes:
        reference: Where it is, as `terraregistry.library:BACKBONE_REGISTRY`.
        type: Its class.
        base: What that class is derived from, with its type argument.
        kind: The type of what it builds.
        components: Its own components.
        sources: Pairs of the prefix and the reference of what is mounted under it, in order.
    """

    reference: str
    type: PortableType
    base: PortableType
    kind: PortableType
    components: tuple[Component, ...]
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Resolved:
    """What a name stands for.

    Attributes:
        canonical: The canonical spelling of the name.
        component: The component.
    """

    canonical: str
    component: Component


@dataclass(frozen=True)
class WholeNetworks:
    """Networks of timm, and how their arguments are others with `features_only=False`.

    Attributes:
        names: The names in timm's source.
        changed: The parameters that are there in addition, or of another type.
        removed: The names of the parameters that are not there.
        written: The annotations and defaults of those that changed, in order; None where they cannot be written down.
        ineffective: Arguments that would be dropped without a word, each with the reason.
        places: For each network, the place that each changed parameter has in the whole signature.
    """

    names: tuple[str, ...]
    changed: Signature
    removed: tuple[str, ...]
    written: tuple[Written, ...] | None = None
    ineffective: tuple[tuple[str, str], ...] = ()
    places: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class ConfigFacts:
    """What those who write configs need to know, and the signatures do not say.

    Attributes:
        documentation: Triples of the origin of a parameter, its name, and what the docstring there says of it.
        whole_decoders: The constructors of decoders that include their head, as `module:qualname`.
        plain_values: Pairs of a class and the values that stand for its instances in YAML: a tuple of the values of an enum, `()`
            where there are none, or `...` where the class takes anything.
        whole_networks: How the arguments of timm's networks are others with `features_only=False`.
    """

    documentation: tuple[tuple[str, str, str], ...] = ()
    whole_decoders: tuple[str, ...] = ()
    plain_values: tuple[tuple[str, str], ...] = ()
    whole_networks: tuple[WholeNetworks, ...] = ()


@dataclass(frozen=True)
class Index:
    """The registries and what is in them.

    Attributes:
        registries: The registries.
        gaps: Pairs of what could not be described, and why.
        facts: What those who write configs need besides.
    """

    registries: tuple[IndexedRegistry, ...]
    gaps: tuple[tuple[str, str], ...] = ()
    facts: ConfigFacts = field(default_factory=ConfigFacts)

    def registry(self, reference: str) -> IndexedRegistry:
        """Return a registry by its reference.

        Args:
            reference: Such as `terraregistry.library:BACKBONE_REGISTRY`.

        Returns:
            The registry.

        Raises:
            KeyError: It is not in the index.
        """
        for registry in self.registries:
            if registry.reference == reference:
                return registry
        raise KeyError(reference)

    def spellings(self, reference: str) -> Mapping[str, Resolved]:
        """List every name that a registry takes: qualified and bare names, and aliases.

        Args:
            reference: The reference of the registry.

        Returns:
            What each name stands for, by the rules of `resolve`.

        Raises:
            KeyError: The registry is not in the index.
        """
        # Not functools.cached_property, which holds a lock on Python 3.11: a fork could leave it held.
        made: dict[str, Mapping[str, Resolved]] = self.__dict__.setdefault("_spellings", {})
        known = made.get(reference)
        if known is None:
            known = made[reference] = MappingProxyType(self._read(self.registry(reference)))
        return known

    def _read(self, registry: IndexedRegistry) -> dict[str, Resolved]:
        found = {each.name: Resolved(each.name, each) for each in registry.components}
        for component in registry.components:
            for alias in component.aliases:
                found.setdefault(alias, Resolved(component.name, component))
        inside = [(prefix + "_", self.spellings(source)) for prefix, source in registry.sources]
        for start, names in inside:
            for name, each in names.items():
                found[start + name] = Resolved(start + each.canonical, each.component)
        for start, names in inside:  # a name is read as qualified first, and as bare second
            for name, each in names.items():
                found.setdefault(name, Resolved(start + each.canonical, each.component))
        return found

    def find(self, reference: str, name: str) -> Resolved | None:
        """Say what a name stands for.

        Args:
            reference: The reference of the registry.
            name: A name or an alias, qualified or bare.

        Returns:
            The component under its canonical name; None for a name that is not there.

        Raises:
            KeyError: The registry is not in the index.
        """
        return self.spellings(reference).get(name)
