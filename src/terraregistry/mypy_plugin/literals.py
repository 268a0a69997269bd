"""Names known statically."""

from __future__ import annotations

from mypy.types import Instance, LiteralType, Type, UnionType, get_proper_type

__all__ = ["literal_names"]


def literal_names(written: Type) -> tuple[str, ...]:
    """List the possible names of an argument.

    Args:
        written: Its type.

    Returns:
        The names of a literal, a `Final` variable, or a union of literals; none of any other string.
    """
    found = get_proper_type(written)
    if isinstance(found, Instance):
        return () if found.last_known_value is None else literal_names(found.last_known_value)
    if isinstance(found, LiteralType):
        is_text = found.fallback.type.fullname == "builtins.str"
        return (found.value,) if isinstance(found.value, str) and is_text else ()
    if isinstance(found, UnionType):
        each = [literal_names(item) for item in found.items]
        return tuple(dict.fromkeys(name for names in each for name in names)) if all(each) else ()
    return ()
