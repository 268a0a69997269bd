"""One signature for several constructors of which one is called: each argument is checked where all of them agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy.nodes import ARG_NAMED, ARG_NAMED_OPT, ARG_OPT, ARG_POS, ARG_STAR, ARG_STAR2
from mypy.typeops import make_simplified_union

from terraregistry.mypy_plugin.changes import changed
from terraregistry.mypy_plugin.portable_types import anything

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy.nodes import ArgKind
    from mypy.types import CallableType, Type

__all__ = ["joint"]

_Argument = tuple["Type", "ArgKind", "str | None"]


def joint(calls: Sequence[CallableType]) -> CallableType:
    """Join signatures.

    Args:
        calls: The signatures, at least one.

    Returns:
        A signature that refuses a call only if each of them does; it gives the union of their results.
    """
    each = [list(zip(call.arg_types, call.arg_kinds, call.arg_names, strict=True)) for call in calls]
    shared = _shared(each)
    arguments: list[_Argument] = [_merged([call[place] for call in each], ARG_POS, ARG_OPT) for place in range(shared)]
    further = [argument for call in each for argument in call[shared:]]
    is_longer = any(kind.is_positional(star=True) for _, kind, _ in further)
    if is_longer:
        arguments.append((anything(), ARG_STAR, None))
    named = [argument for argument in further if argument[2] is not None and not argument[1].is_star()]
    for name in dict.fromkeys(name for _, _, name in named):
        found = [argument for argument in named if argument[2] == name]
        required = ARG_NAMED_OPT if is_longer or len(found) < len(calls) else ARG_NAMED
        arguments.append(_merged(found, required, ARG_NAMED_OPT))
    if any(kind is ARG_STAR2 for _, kind, _ in further):
        arguments.append((anything(), ARG_STAR2, None))
    return changed(
        calls[0],
        arg_types=[argument[0] for argument in arguments],
        arg_kinds=[argument[1] for argument in arguments],
        arg_names=[argument[2] for argument in arguments],
        ret_type=make_simplified_union([call.ret_type for call in calls]),
        name=" or ".join(dict.fromkeys(call.name for call in calls if call.name)) or None,
    )


def _shared(calls: list[list[_Argument]]) -> int:
    """Count the leading positional parameters of the same name in all signatures."""
    count = 0
    for places in zip(*calls, strict=False):
        if len({name for _, _, name in places}) > 1 or not all(kind.is_positional() for _, kind, _ in places):
            break
        count += 1
    return count


def _merged(found: list[_Argument], required: ArgKind, optional: ArgKind) -> _Argument:
    kind = required if all(each.is_required() for _, each, _ in found) else optional
    return make_simplified_union([written for written, _, _ in found]), kind, found[0][2]
