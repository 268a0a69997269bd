"""Names and prefixes: what may be one, and how a qualified name is written."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["QualifiedName", "is_prefix", "name_fault"]


class QualifiedName(NamedTuple):
    """Where a component is: the prefix of its source, and its name in there.

    Example:
        >>> str(QualifiedName("timm", "resnet18"))
        'timm_resnet18'
    """

    prefix: str
    name: str

    def __str__(self) -> str:
        """Return the canonical spelling."""
        return f"{self.prefix}_{self.name}"


def is_prefix(prefix: object) -> bool:
    """Say whether something may be the prefix of a source: a non-empty identifier.

    Args:
        prefix: Anything.

    Returns:
        True for an identifier.
    """
    return isinstance(prefix, str) and prefix.isidentifier()


def name_fault(name: object) -> str | None:
    """Say what keeps something from being the name of a component.

    Args:
        name: Anything.

    Returns:
        The fault in words, or None where there is none.
    """
    if not isinstance(name, str):
        return f"a name is a string, not {type(name).__qualname__}"
    if not name:
        return "a name has at least one character"
    if not name.isprintable() or name != name.strip():
        return "a name has printable characters only, and no space around it"
    return None
