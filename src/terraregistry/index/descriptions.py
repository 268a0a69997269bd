"""What the index says: components, their signatures and types, and the registries that they are in, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from terraregistry.pretrained import PretrainedWeights

__all__ = [
    "OPAQUE_DEFAULT",
    "Component",
    "ConfigFacts",
    "IndexedRegistry",
    "Parameter",
    "ParameterKind",
    "PortableType",
    "Resolved",
    "Signature",
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
        annotation: The annotation as the signature has it, for `read_annotation`; None without one.
        default: The source text of the default: a literal, or `...` for any other object; None for a required argument.
        accepts: The accepted type for a type checker: the annotation, widened to include the default.
        origin: The function or class of its declaration, `package.module.Class.__init__`.
        shown: How the signature displays a default that is no literal.
    """

    name: str
    kind: ParameterKind
    annotation: PortableType | None
    default: str | None
    accepts: PortableType
    origin: str
    shown: str = ""


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
        returns: The return annotation as the signature has it; None without one.
        is_exact: Whether the annotations can be read back, so that calls are validated without the constructor.
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
    returns: PortableType | None = None
    is_exact: bool = True
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
class ConfigFacts:
    """What those who write configs need to know, and the signatures do not say.

    Attributes:
        documentation: Triples of the origin of a parameter, its name, and what the docstring there says of it.
        whole_decoders: The constructors of decoders that include their head, as `module:qualname`.
        plain_values: Pairs of a class and the values that stand for its instances in YAML: a tuple of the values of an enum, `()`
            where there are none, or `...` where the class takes anything.
    """

    documentation: tuple[tuple[str, str, str], ...] = ()
    whole_decoders: tuple[str, ...] = ()
    plain_values: tuple[tuple[str, str], ...] = ()
