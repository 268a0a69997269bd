"""What a call gives as plain data that two processes can compare: text, numbers, lists and dictionaries."""

from __future__ import annotations

import hashlib
import inspect
import pickle
import re
from typing import Any

_ADDRESS = re.compile(r"0x[0-9a-f]+")


def plain(value: Any) -> Any:
    """Describe any result of a call."""
    if isinstance(value, str):
        return _ADDRESS.sub("0x", str(value))
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, inspect.Signature):
        return _signature(value)
    if isinstance(value, (frozenset, set)):
        return _names(sorted(map(str, value)))
    if isinstance(value, (list, tuple)):
        return _names(value) if len(value) > 50 else [plain(each) for each in value]
    if isinstance(value, dict) or type(value).__name__ == "mappingproxy":
        return {str(key): plain(each) for key, each in value.items()}
    if type(value).__name__ == "ComponentDescription":
        fields = {field: plain(getattr(value, field)) for field in type(value).__dataclass_fields__}
        return fields | {"text": plain(str(value))}
    if type(value).__name__ == "ComponentSpec":
        return [plain(repr(value)), value.name, value.spelling, plain(value.args), plain(value.kwargs)]
    if hasattr(value, "forward"):
        return product(value)
    return [_qualified(type(value)), plain(repr(value))]


def product(made: Any) -> dict[str, Any]:
    """Describe what a constructor made, without what chance decides."""
    found = {"class": _qualified(type(made)), "out_channels": plain(getattr(made, "out_channels", None))}
    if hasattr(made, "state_dict"):
        state = [f"{key}{tuple(tensor.shape)}" for key, tensor in made.state_dict().items()]
        found |= {"parameters": sum(each.numel() for each in made.parameters()), "state": _names(state)}
        found["features"] = plain([*getattr(made, "feature_specs", ())])
    return found


def error(raised: BaseException) -> dict[str, Any]:
    """Describe an exception: its types, its text, its notes, its causes, and what a pickle keeps of it."""
    found: dict[str, Any] = {
        "types": [_qualified(cls) for cls in type(raised).__mro__[:-2]],
        "text": plain(str(raised)),
        "notes": plain(getattr(raised, "__notes__", [])),
    }
    if found["types"][0].startswith("terraregistry."):
        found["pickled"] = plain(str(pickle.loads(pickle.dumps(raised)))) == found["text"]
    cause = raised.__cause__
    return found if cause is None else found | {"cause": error(cause)}


def _qualified(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _names(names: Any) -> list[Any]:
    """Keep few names, and of many their number and a digest."""
    shown = [plain(each) for each in names]
    if len(shown) <= 10:
        return shown
    digest = hashlib.sha256("\n".join(map(str, shown)).encode()).hexdigest()[:16]
    return [len(shown), shown[0], shown[-1], digest]


def _signature(signature: inspect.Signature) -> dict[str, Any]:
    """Describe a signature by its text, which is the same whether its libraries are imported or not.

    Annotations and defaults themselves need not be: the index writes `int | None` for `Optional[int]`, and has what stands for a
    class that nobody has imported.
    """
    kinds = {each.name: str(each.kind) for each in signature.parameters.values()}
    return {"text": plain(str(signature)), "kinds": kinds}
