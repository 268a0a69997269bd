"""Modified copies of mypy's types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy.types import CallableType, TypeVarType

__all__ = ["bounded", "changed"]


def changed(call: CallableType, **parts: Any) -> CallableType:  # parts of any type
    """Copy a function's type with changes.

    Args:
        call: The type.
        parts: The changed parts, named as in `CallableType`.

    Returns:
        The type with these parts.
    """
    return call.copy_modified(**parts)  # pyright: ignore[reportUnknownMemberType]  # mypy's annotations of it are for mypy


def bounded(variable: TypeVarType, **parts: Any) -> TypeVarType:  # as above
    """Copy a type variable with changes, such as an `upper_bound`."""
    return variable.copy_modified(**parts)  # pyright: ignore[reportUnknownMemberType]  # as above
