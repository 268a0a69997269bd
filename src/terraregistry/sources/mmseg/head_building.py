"""Making a head as mmsegmentation makes it: in its scope, with its initial weights, and without its log."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.quiet import quietly
from terraregistry.sources.mmseg.heads import Result
from terraregistry.sources.mmseg.inputs import Inputs
from terraregistry.sources.mmseg.layer_configs import check_configs, copied, loads_weights
from terraregistry.sources.mmseg.loaded_mmseg import LOCK, check_needs, head_class, load_module

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from torch import nn

    from terraregistry.sources.mmseg.heads import Head
    from terraregistry.sources.mmseg.mmseg_decoder import MmsegDecoder

__all__ = ["REGISTRY", "build_head"]

REGISTRY: Final = "mmseg"


# The arguments of a head are any objects.
def build_head(head: Head, channel_list: Sequence[int], arguments: dict[str, Any]) -> MmsegDecoder:
    """Make a head.

    Args:
        head: The head.
        channel_list: The channels of each feature.
        arguments: The arguments given by the caller.

    Returns:
        The head as a decoder.

    Raises:
        SourceUnavailableError: The installation cannot build the head.
        InvalidArgumentsError: The arguments do not fit the features or each other; all mistakes are listed.
    """
    from terraregistry.sources.mmseg.mmseg_decoder import MmsegDecoder

    check_needs(head, arguments)
    inputs = Inputs(head, channel_list)
    complete = inputs.complete(arguments)
    _refuse(head, [*inputs.problems, *check_configs(arguments)])
    given = copied(complete)
    if head.result is Result.OF_MASKS:  # mmdet reads entries of these as attributes
        wrap = load_module("mmengine.config").ConfigDict
        given = {name: wrap(value) if isinstance(value, dict) else value for name, value in given.items()}
    with _scope(), quietly():  # it gives advice on losses and predictions, which are not used here, and to itself
        module: nn.Module = head_class(head)(**given)
        _initialize(head, module)
    return MmsegDecoder(module, channel_list, inputs.indices)


@contextmanager
def _scope() -> Generator[None]:
    """Make mmengine look up names in mmsegmentation first; the scope is process-wide."""
    with LOCK, load_module("mmengine.registry").DefaultScope.overwrite_default_scope("mmseg"):
        yield


def _initialize(head: Head, module: Any) -> None:  # a head of a library without types
    """Set the initial weights, a task left by mmsegmentation to its runner."""
    for name, part in module.named_modules():
        if loads_weights(getattr(part, "init_cfg", None)):
            detail = f"{name or head.name} reads weights from a file; load them into the model with load_state_dict"
            _refuse(head, [Problem("init_cfg", ProblemKind.INVALID, detail=detail)])
    if any(parameter.is_meta for parameter in module.parameters()):
        return  # there is no data to set
    logger = load_module("mmengine.logging").MMLogger.get_current_instance()
    was_disabled: bool = logger.disabled
    logger.disabled = True
    try:
        module.init_weights()
    finally:
        logger.disabled = was_disabled


def _refuse(head: Head, problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidArgumentsError(head.name, REGISTRY, tuple(problems))
