"""Signatures in the syntax of a stub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraregistry.index import ParameterKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.index import Parameter, Signature

__all__ = ["keywords_of", "parameters_after"]


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


def keywords_of(signatures: Iterable[Signature]) -> tuple[list[str], list[str]]:
    """List the parameters of several signatures, as keywords that may be left out.

    Args:
        signatures: The signatures, at least one.

    Returns:
        Those of nine in ten signatures, and those of any. A parameter of several types takes anything.
    """
    found: dict[str, list[str]] = {}
    count = 0
    for signature in signatures:
        count += 1
        for parameter in signature.parameters:
            if parameter.kind in (ParameterKind.POSITIONAL_OR_KEYWORD, ParameterKind.KEYWORD_ONLY):
                found.setdefault(parameter.name, []).append(parameter.accepts.text)
    written = {
        name: f"{name}: {types[0] if len({*types}) == 1 else 'typing.Any'} = ..." for name, types in found.items()
    }
    return [text for name, text in written.items() if len(found[name]) >= 0.9 * count], [*written.values()]
