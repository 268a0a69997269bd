"""Signatures in the syntax of a stub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.index import ParameterKind

if TYPE_CHECKING:
    from terraregistry.index import Parameter, Signature

__all__ = ["keywords", "parameters_after"]


def parameters_after(first: dict[str, str], signature: Signature) -> str:
    """Write the parameters of a method with positional parameters before the arguments of a constructor.

    Args:
        first: The first parameters, with their types; an empty type is `self`'s.
        signature: The constructor's signature.

    Returns:
        The parameters, without parentheses.
    """
    taken = {parameter.name for parameter in signature.parameters}
    parts = [_distinct(name, taken) + (f": {written}" if written else "") for name, written in first.items()]
    kinds = [parameter.kind for parameter in signature.parameters]
    star = ParameterKind.VAR_POSITIONAL in kinds
    slash = False
    for parameter in signature.parameters:
        if not slash and parameter.kind is not ParameterKind.POSITIONAL_ONLY:
            parts.append("/")
            slash = True
        if parameter.kind is ParameterKind.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        parts.append(_written(parameter))
    return ", ".join(parts if slash else [*parts, "/"])


def _distinct(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _written(parameter: Parameter) -> str:
    stars = {ParameterKind.VAR_POSITIONAL: "*", ParameterKind.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    default = " = ..." if parameter.default is not None else ""
    return f"{stars}{parameter.name}: {parameter.accepts.text}{default if not stars else ''}"


def keywords(signature: Signature) -> str:
    """List the names of a signature's parameters, for a message."""
    names = [parameter.name for parameter in signature.parameters if parameter.kind is not ParameterKind.VAR_KEYWORD]
    return ", ".join(names) or "nothing"
