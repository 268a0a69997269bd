"""Training a few parameters beside a backbone's own: adapters of the library peft."""

from __future__ import annotations

import importlib
from collections.abc import Mapping  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind, SourceUnavailableError
from terraregistry.quiet import quietly
from terraregistry.registry.calls import call_of
from terraregistry.suggest import nearest
from terraregistry.wording import describe_error

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SeparateQKV", "adapted", "check_adapter", "import_peft"]


class SeparateQKV(nn.Module):
    """The query-key-value layer of an attention as three layers, each open to an adapter.

    Args:
        qkv: The layer; its weights are copied.

    Raises:
        ValueError: The number of outputs is not a multiple of three.

    Shape:
        `(..., qkv.in_features)` to `(..., qkv.out_features)`.
    """

    def __init__(self, qkv: nn.Linear) -> None:
        super().__init__()
        width, rest = divmod(qkv.out_features, 3)
        if rest:
            raise ValueError(f"{qkv.out_features} outputs are no queries, keys and values of one width")
        bias = cast("Tensor | None", qkv.bias)
        parts = [nn.Linear(qkv.in_features, width, bias=bias is not None).to(qkv.weight) for _ in range(3)]
        with torch.no_grad():
            for at, part in enumerate(parts):
                part.weight.copy_(qkv.weight[at * width : (at + 1) * width])
                if bias is not None:
                    part.bias.copy_(bias[at * width : (at + 1) * width])
        self.q_linear: nn.Linear = parts[0]
        self.k_linear: nn.Linear = parts[1]
        self.v_linear: nn.Linear = parts[2]

    def forward(self, x: Tensor) -> Tensor:
        """Make queries, keys and values of `x`, one behind the other."""
        return torch.cat([self.q_linear(x), self.k_linear(x), self.v_linear(x)], dim=-1)


# What a method takes is its own.
def adapted(
    backbone: nn.Module,
    method: str,
    replace_qkv: str | None = None,
    peft_config_kwargs: Mapping[str, Any] | None = None,
) -> nn.Module:
    """Add adapters to a backbone and freeze its other parameters.

    Args:
        backbone: The backbone; it is changed.
        method: A method of peft, such as `LORA`.
        replace_qkv: The name of the fused query-key-value layers: each is replaced by three, `q_linear`, `k_linear` and
            `v_linear`, usable in `target_modules`.
        peft_config_kwargs: Arguments of the method, such as `r` and `target_modules`.

    Returns:
        The backbone in a module of peft: its keys come after `base_model.model.`.

    Raises:
        SourceUnavailableError: peft is not installed.
        InvalidArgumentsError: There is no such method, or its arguments do not fit.
    """
    check_adapter(method, peft_config_kwargs)
    if replace_qkv is not None:
        _separate(backbone, replace_qkv)
    peft = import_peft()
    config = _configs(peft)[_name(peft, method)](**(peft_config_kwargs or {}))
    product: nn.Module = peft.get_peft_model(backbone, config)
    return product


def check_adapter(method: str, peft_config_kwargs: Mapping[str, Any] | None = None) -> None:  # as above
    """Check the arguments of `adapted`.

    Raises:
        SourceUnavailableError: peft is not installed.
        InvalidArgumentsError: There is no such method, or its arguments do not fit.
    """
    peft = import_peft()
    name = _name(peft, method)
    if name not in _configs(peft):
        known = sorted(_configs(peft))
        close = nearest(name, known)
        others = "" if close else f"; expected one of {', '.join(known)}"
        raise _refusal("method", f"peft has no method {method!r}{others}", close)
    _, _, problems = call_of(_configs(peft)[name]).check(kwargs=peft_config_kwargs or {})
    if problems:
        moved = tuple(problem.at(("peft_config_kwargs", *problem.steps)) for problem in problems)
        raise InvalidArgumentsError("adapted", "terraregistry", moved)


def import_peft() -> Any:  # a library that is there or not
    """Import peft.

    Raises:
        SourceUnavailableError: It is not installed, or broken.
    """
    try:
        with quietly():  # it warns of what it imports itself
            return importlib.import_module("peft")
    except Exception as error:
        reason = f"importing peft raises {describe_error(error)}"
        remedy = "install or repair it: pip install 'terraregistry[peft]'"
        raise SourceUnavailableError("peft", reason, remedy) from error


def _refusal(parameter: str, detail: str, choices: tuple[str, ...]) -> InvalidArgumentsError:
    problem = Problem(parameter, ProblemKind.INVALID, detail=detail, choices=choices)
    return InvalidArgumentsError("adapted", "terraregistry", (problem,))


def _configs(peft: Any) -> dict[str, Any]:  # the library; classes of it
    found = cast("dict[Any, Any]", peft.mapping.PEFT_TYPE_TO_CONFIG_MAPPING)
    return {getattr(kind, "value", str(kind)): config for kind, config in found.items()}


def _name(peft: Any, method: str) -> str:  # the library
    return next((name for name in _configs(peft) if name == method.upper()), method)


def _separate(backbone: nn.Module, name: str) -> None:
    modules = list(cast("Iterable[tuple[str, nn.Module]]", backbone.named_modules()))
    layers = [(path, layer) for path, layer in modules if path.rpartition(".")[2] == name]
    if not layers or not all(isinstance(layer, nn.Linear) and not layer.out_features % 3 for _, layer in layers):
        linear = {path.rpartition(".")[2]: None for path, layer in modules if _can_separate(layer)}
        close = nearest(name, linear)
        others = "" if close else f"; there are {', '.join(linear) or 'none'}"
        detail = f"expected the name of linear layers with queries, keys and values, got {name!r}{others}"
        raise _refusal("replace_qkv", detail, close)
    for path, layer in layers:
        parent, _, attribute = path.rpartition(".")
        setattr(backbone.get_submodule(parent), attribute, SeparateQKV(cast("nn.Linear", layer)))


def _can_separate(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Linear) and layer.out_features == 3 * layer.in_features
