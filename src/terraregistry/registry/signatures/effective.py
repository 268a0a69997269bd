"""Effective signatures: a constructor's own, with forwarded `**kwargs` replaced by the parameters reached."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from terraregistry.registry.signatures.annotations import render_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EffectiveSignature", "Signature", "effective_signature"]


class Signature(inspect.Signature):
    """A signature with the same text before and after its libraries are imported."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return the text shown in errors."""
        return render_signature(self)


@dataclass(frozen=True)
class EffectiveSignature:
    """The effective signature of a constructor.

    Attributes:
        signature: The parameters, with evaluated annotations; a `**kwargs` only if its accepted names are unknown.
        origins: The declaring function or class of each parameter reached through a forward.
    """

    signature: inspect.Signature
    origins: Mapping[str, object]

    def __post_init__(self) -> None:
        """Render the signature as shown in errors."""
        own = self.signature
        if not isinstance(own, Signature):
            rendered = Signature([*own.parameters.values()], return_annotation=own.return_annotation)
            object.__setattr__(self, "signature", rendered)

    @property
    def is_open(self) -> bool:
        """True if names not listed may be accepted as well."""
        return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in self.signature.parameters.values())


def effective_signature(constructor: object) -> EffectiveSignature:
    """Return a constructor's effective signature, following forwarded `**kwargs`.

    Forwarding is followed through `super().__init__`, calls of other classes and functions (also as
    `f(**dict(defaults, **kwargs))` and `f(**{**defaults, **kwargs})`), `functools.partial`, `functools.wraps` and
    closures, through any number of levels. Nothing is called; only source is read.

    Args:
        constructor: A class, function, partial, bound method or other callable.

    Returns:
        The effective signature.

    Examples:
        >>> class Base:
        ...     def __init__(self, depth: int = 4, *, width: float = 1.0) -> None: ...
        >>> class Derived(Base):
        ...     def __init__(self, name: str, **kwargs) -> None:
        ...         super().__init__(depth=2, **kwargs)
        >>> list(effective_signature(Derived).signature.parameters)
        ['name', 'width']
    """
    from terraregistry.registry.signatures.inspection import inspected

    return EffectiveSignature(*inspected(constructor))
