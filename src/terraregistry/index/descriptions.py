"""The content of the index: components, their signatures and types, and their registries, as plain data."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

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
"""The text of a default other than a literal."""


class ParameterKind(StrEnum):
    """The ways of passing an argument."""

    POSITIONAL_ONLY = "positional-only"
    POSITIONAL_OR_KEYWORD = "positional or keyword"
    VAR_POSITIONAL = "*args"
    KEYWORD_ONLY = "keyword-only"
    VAR_KEYWORD = "**kwargs"


class PortableType(NamedTuple):
    """A type as source text with the same meaning in any module.

    Attributes:
        text: An expression with every name written in full: `collections.abc.Sequence[int] | None`.
        imports: The modules to import for it: `("collections.abc",)`.
    """

    text: str
    imports: tuple[str, ...] = ()


class Parameter(NamedTuple):
    """A parameter of an effective signature.

    Attributes:
        name: Its name.
        kind: The way of passing its argument.
        annotation: The annotation as in the signature, for `read_annotation`; None without one.
        default: The source text of the default: a literal, or `...` for any other object; None for a required argument.
        accepts: The accepted type for a type checker: the annotation, widened to include the default.
        origin: The function or class of its declaration, `package.module.Class.__init__`.
        shown: The default as displayed in the signature, if it is no literal.
    """

    name: str
    kind: ParameterKind
    annotation: PortableType | None
    default: str | None
    accepts: PortableType
    origin: str
    shown: str = ""


class Signature(NamedTuple):
    """The parameters of a constructor.

    Attributes:
        parameters: The parameters, in order.
    """

    parameters: tuple[Parameter, ...]

    @property
    def is_open(self) -> bool:
        """True if further names may be accepted as well."""
        return any(parameter.kind is ParameterKind.VAR_KEYWORD for parameter in self.parameters)


class Component(NamedTuple):
    """A component of one source.

    Attributes:
        name: Its canonical name in the source.
        aliases: Other spellings of the name: tagged and deprecated ones.
        constructor: Its constructor, as `module:qualname`; None if not importable by a name.
        signature: The effective signature.
        product: The type of the product.
        summary: The first paragraph of the constructor's docstring, on one line.
        file: The file of the constructor's definition, relative to its package's parent, with `/`; None if unknown.
        line: The line in that file.
        library: The distribution of the constructor; None for code that was not installed.
        version: That distribution's version.
        weights: The pretrained weights available; first the default ones.
        returns: The return annotation as in the signature; None without one.
        is_exact: True if the annotations can be read back, so calls are validated without the constructor.
        ineffective: Arguments that would be dropped silently, each with the reason.
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


class IndexedRegistry(NamedTuple):
    """A registry: of components of its own, or of other registries under prefixes.

    Attributes:
        reference: Its reference, as `terraregistry.library:BACKBONE_REGISTRY`.
        type: Its class.
        base: The base of that class, with its type argument.
        kind: The type of its products.
        components: Its own components.
        sources: Pairs of a prefix and the reference of the source mounted under it, in order.
    """

    reference: str
    type: PortableType
    base: PortableType
    kind: PortableType
    components: tuple[Component, ...]
    sources: tuple[tuple[str, str], ...]


class Resolved(NamedTuple):
    """The component of a name.

    Attributes:
        canonical: The canonical spelling of the name.
        component: The component.
    """

    canonical: str
    component: Component


class ConfigFacts(NamedTuple):
    """Facts for authors of configs beyond the signatures.

    Attributes:
        documentation: Triples of the origin of a parameter, its name, and its text in the docstring there.
        whole_decoders: The constructors of decoders with a head included, as `module:qualname`.
        plain_values: Pairs of a class and the YAML values for its instances: a tuple of the values of an enum, `()` if there are
            none, or `...` if the class takes anything.
    """

    documentation: tuple[tuple[str, str, str], ...] = ()
    whole_decoders: tuple[str, ...] = ()
    plain_values: tuple[tuple[str, str], ...] = ()
