"""The second stage of checking a composition: whether values suit the parts, and the parts each other.

Parts are made without data for that. What it needs of torch is imported when it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from terraregistry.components.factories.arguments import Arguments
from terraregistry.components.factories.auxiliary import refused_name
from terraregistry.components.factories.wrapping import ADAPTERS_AT
from terraregistry.errors import InvalidArgumentsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraregistry.components.factories.branches import Branch
    from terraregistry.components.factories.parts import Part
    from terraregistry.components.factories.tasks import Task
    from terraregistry.errors import Problem
    from terraregistry.problems import KeyPath

__all__ = ["Parts", "adapter_misfits"]


@dataclass(frozen=True)
class Parts:
    """The parts of a composition after the first stage.

    Attributes:
        task: What the model is for.
        backbone: The backbone; None where it is not known.
        necks: The necks, the first next to the backbone, None for one that is not known; None where none can be told from
            another.
        branches: The decoders and heads.
        aux_names: The names of the auxiliary heads, by the places where they are written.
        adapters: What the caller gave for adapters; None for none.
    """

    task: Task
    backbone: Part | None
    necks: Sequence[Part | None] | None
    branches: Sequence[Branch]
    aux_names: Mapping[KeyPath, str]
    adapters: Mapping[str, Any] | None  # what a method takes is its own

    def misfits(self) -> list[Problem]:
        """Find what is wrong with the values of arguments, and where the parts do not fit each other.

        Returns:
            The problems, at the places where the caller wrote what is wrong.

        Raises:
            SourceUnavailableError: The library behind a part is missing or broken.
        """
        from torch import nn

        from terraregistry.components.factories.tracing import Tracer

        taken = [refused_name(path, name) for path, name in self.aux_names.items() if hasattr(nn.ModuleDict, name)]
        problems = [*adapter_misfits(self.adapters), *taken]
        tracer = Tracer(problems)
        known = self.necks is not None
        flow = tracer.features(self.backbone, self.necks or (), decoded=self.task.decodes) if known else None
        for branch in self.branches:
            tracer.branch(branch, flow, pixel_wise=self.task.pixel_wise)
        return problems


def adapter_misfits(given: Mapping[str, Any] | None) -> list[Problem]:  # as above
    """Find what the library peft refuses.

    Args:
        given: What the caller gave for adapters; None for none.

    Returns:
        The problems.

    Raises:
        SourceUnavailableError: peft is not installed.
    """
    if given is None:
        return []
    method, options = given.get("method"), given.get("peft_config_kwargs")
    if not isinstance(method, str) or not (options is None or isinstance(options, Mapping)):
        return []
    from terraregistry.components.backbones.adapters import check_adapter

    try:
        check_adapter(method, cast("Mapping[str, Any] | None", options))
    except InvalidArgumentsError as error:
        place = Arguments(given, inside=(ADAPTERS_AT,))
        return [place.located(problem) for problem in error.problems]
    return []
