"""Evaluation and rendering of annotations."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from enum import Enum
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

__all__ = ["NOT_EVALUATED", "OPAQUE", "Opaque", "evaluate", "render", "render_default", "render_signature"]


class Opaque:
    """A default known only by its text, and perhaps by a similar value.

    Args:
        text: The text shown.
        samples: At most one value, accepted for the same reason as the default.
    """

    __slots__ = ("_text", "samples")

    def __init__(self, text: str, *samples: object) -> None:
        self._text = text
        self.samples: tuple[object, ...] = samples

    def __repr__(self) -> str:
        return self._text


NOT_EVALUATED: Final = inspect.Parameter.empty
"""Sentinel: annotation missing or not evaluable; accepts anything."""

OPAQUE: Final = Opaque("...")
"""Sentinel: default set by a caller on the way, with a value unknown from the source."""

_PLAIN: Final[dict[type, typing.Callable[..., str]]] = {
    plain: plain.__repr__ for plain in (bool, int, float, complex, str, bytes)
}
"""Types rendered by their own `__repr__`. A subclass, such as one of numpy's, may define any other."""


def evaluate(function: object, names: typing.Iterable[str]) -> dict[str, Any]:
    """Evaluate the annotations of a function's parameters one by one, so one failure does not affect the others.

    Args:
        function: The function. Annotations are evaluated in its module's globals.
        names: The parameters to look at.

    Returns:
        The annotation of each annotated parameter; `NOT_EVALUATED` if evaluation fails.
    """
    raw: dict[str, Any] = getattr(function, "__annotations__", None) or {}
    scope: dict[str, Any] | None = getattr(function, "__globals__", None)
    local = {parameter.__name__: parameter for parameter in getattr(function, "__type_params__", ())}
    return {name: _evaluated(raw[name], scope, local) for name in names if name in raw}


def _evaluated(
    annotation: object, scope: dict[str, Any] | None, local: dict[str, Any]
) -> Any:  # an annotation is any object
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    try:
        hint = typing.get_type_hints(holder, scope, local, include_extras=True)["it"]
    except Exception:  # noqa: BLE001 - evaluating runs names of somebody else's module, which may raise anything
        return NOT_EVALUATED
    # What a dataclass only hands to its __post_init__ is an argument like any other.
    return getattr(hint, "type") if _is_init_only(hint) else hint  # noqa: B009 - typed in part


def _is_init_only(hint: object) -> bool:
    return isinstance(hint, dataclasses.InitVar)


def render(annotation: object) -> str:
    """Render an annotation as a user would write it.

    Args:
        annotation: An evaluated annotation.

    Returns:
        Text such as `list[int] | None`, without module paths.

    Examples:
        >>> render(typing.Optional[typing.Sequence[int]])
        'Sequence[int] | None'
    """
    if annotation is NOT_EVALUATED or annotation is Any:
        return "Any"
    if annotation is None or annotation is types.NoneType:
        return "None"
    if annotation is Ellipsis:
        return "..."
    if isinstance(annotation, (str, typing.ForwardRef)):
        return annotation if isinstance(annotation, str) else annotation.__forward_arg__
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is not None and arguments:
        return _render_generic(origin, arguments)
    if isinstance(annotation, type):
        return annotation.__qualname__
    name = getattr(annotation, "__name__", None)
    return str(name) if name else repr(annotation)


def _render_generic(origin: object, arguments: tuple[Any, ...]) -> str:
    if origin is Union or origin is types.UnionType:
        return " | ".join(render(argument) for argument in _none_last(arguments))
    if origin is Literal:
        return f"Literal[{', '.join(map(render_default, arguments))}]"
    if origin is typing.Annotated:
        return render(arguments[0])
    return f"{render(origin)}[{', '.join(map(_render_argument, arguments))}]"


def _render_argument(argument: object) -> str:
    """Render an argument; a `Callable`'s parameters are a list."""
    if isinstance(argument, list):
        return f"[{', '.join(map(render, cast('list[object]', argument)))}]"
    return render(argument)


def _none_last(arguments: tuple[Any, ...]) -> list[Any]:
    return sorted(arguments, key=lambda argument: argument is types.NoneType)


def render_signature(signature: inspect.Signature) -> str:
    """Render a signature in one line.

    Args:
        signature: The signature, with evaluated annotations.

    Returns:
        Text such as `(channels: int = 256, *, bias: bool = True)`.
    """
    parts: list[str] = []
    star = slash = False
    for parameter in signature.parameters.values():
        if slash and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY:
            parts.append("/")
            slash = False
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            slash = True
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            star = True
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        parts.append(_render_parameter(parameter))
    if slash:
        parts.append("/")
    returns = (
        "" if signature.return_annotation is inspect.Signature.empty else f" -> {render(signature.return_annotation)}"
    )
    return f"({', '.join(parts)}){returns}"


def _render_parameter(parameter: inspect.Parameter) -> str:
    text = parameter.name
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        text = "*" + text
    elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
        text = "**" + text
    annotated = parameter.annotation is not inspect.Parameter.empty and not isinstance(parameter.annotation, TypeVar)
    if annotated:
        text += f": {render(parameter.annotation)}"
    if parameter.default is not inspect.Parameter.empty:
        equals = " = " if annotated else "="
        text += equals + render_default(parameter.default)
    return text


def render_default(default: object, around: tuple[int, ...] = ()) -> str:
    """Render a default.

    Args:
        default: The default.
        around: The ids of the enclosing containers.

    Returns:
        Text; `...` if it cannot be rendered, such as a list inside itself.
    """
    try:
        return "..." if id(default) in around else _default_in_words(default, (*around, id(default)))
    except Exception:  # noqa: BLE001 - a default's own methods may raise anything, and long integers have no repr
        return "..."


def _default_in_words(default: object, around: tuple[int, ...]) -> str:
    if isinstance(default, Enum):
        return render_default(default.value, around)
    if isinstance(default, type) or inspect.isroutine(default):
        return str(default.__qualname__)
    if default is None or isinstance(default, Opaque):
        return repr(default)
    for plain, written in _PLAIN.items():
        if isinstance(default, plain):
            return written(default)
    if isinstance(default, (tuple, list)):
        return _render_items(cast("tuple[object, ...] | list[object]", default), around)
    return f"<{type(default).__qualname__}>"


def _render_items(default: tuple[object, ...] | list[object], around: tuple[int, ...]) -> str:
    items = ", ".join(render_default(item, around) for item in default)
    if isinstance(default, list):
        return f"[{items}]"
    return f"({items},)" if len(default) == 1 else f"({items})"
