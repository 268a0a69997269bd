"""Types of mypy with a few of their parts changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy.types import CallableType, TypeVarType

__all__ = ["bounded", "changed"]


def changed(call: CallableType, **parts: Any) -> CallableType:  # parts of any type
    """Change some parts of a function's type.

    Args:
        call: The type.
        parts: What to change, as `CallableType` names it.

    Returns:
        The type with these parts.
    """
    return call.copy_modified(**parts)  # pyright: ignore[reportUnknownMemberType]  # mypy's annotations of it are for mypy


def bounded(variable: TypeVarType, **parts: Any) -> TypeVarType:  # as above
    """Change some parts of a type variable, such as its `upper_bound`."""
    return variable.copy_modified(**parts)  # pyright: ignore[reportUnknownMemberType]  # as above
