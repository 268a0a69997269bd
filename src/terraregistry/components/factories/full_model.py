"""The factory for whole models by name."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read at run time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.factories.fitting import adapter_misfits, fit_whole
from terraregistry.components.factories.own_arguments import OwnArguments, named_in
from terraregistry.components.factories.part_arguments import Arguments, unread
from terraregistry.components.factories.part_planning import doubts_of, plan_part, with_adapters
from terraregistry.components.factories.planned import Draft, Fit, PlanningFactory, UnusedPolicy
from terraregistry.components.factories.planned_parts import nn
from terraregistry.components.factories.rules import ADAPTERS_AT, FULL_MODEL
from terraregistry.components.models.framing import PaddingMode  # noqa: TC001 - read at run time
from terraregistry.errors import SourceUnavailableError

if TYPE_CHECKING:
    from terraregistry.components.factories.planned_parts import Part
    from terraregistry.registry import MultiSourceRegistry

__all__ = ["FullModelFactory"]


class FullModelFactory(PlanningFactory):
    """Builds whole models, such as masked autoencoders, by their names in `FULL_MODEL_REGISTRY`.

    TerraTorch's factory ignores `rescale` and `padding`; here they are refused unless they have TerraTorch's default
    values.

    Args:
        models: The registry of models.
    """

    def __init__(self, models: MultiSourceRegistry[nn.Module]) -> None:
        self._models: Final = models

    # The arguments of a model are any objects.
    def build_model(
        self,
        model: str | nn.Module,
        rescale: bool = True,
        padding: PaddingMode = "reflect",
        peft_config: Mapping[str, Any] | None = None,
        unused: UnusedPolicy = "error",
        **kwargs: Any,
    ) -> nn.Module:
        """Build a model.

        Args:
            model: The name of a model, or the model itself.
            rescale: Not read.
            padding: Not read.
            peft_config: Adapters on the model: the `method` of the library peft, its arguments under
                `peft_config_kwargs`, and `replace_qkv`.
            unused: The treatment of unused arguments: `error` refuses them, `warn` drops them with an
                `UnusedArgumentWarning`.
            **kwargs: Arguments of the model.

        Returns:
            The model.

        Raises:
            InvalidArgumentsError: Arguments are invalid; every problem is listed.
            ComponentProtocolError: The result is no `torch.nn.Module`.
            WeightsError: The weights are unavailable, or do not fit.
        """
        return self._build(named_in(locals()) | kwargs)

    # As above.
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, with those of every part, without making any part."""
        own, loose, found, _ = _OWN.read(arguments)
        why = "a whole model gives what it gives"
        ignored = [name for name, usual in FULL_MODEL.ignored.items() if own.get(name, usual) != usual]
        problems = [*found, *(unread(name, why) for name in ignored)]
        part: Part | None = None
        if "model" in own:
            part = plan_part(("model",), self._models, own["model"], Arguments(loose), (), problems, kind=nn.Module)
        adapters = own.get(ADAPTERS_AT)
        part = with_adapters(part, adapters, problems)
        return Draft(problems, part, partial(_fit, part, adapters), doubts_of(part))


_OWN: Final = OwnArguments(FullModelFactory.build_model)


def _fit(part: Part | None, adapters: Mapping[str, Any] | None) -> Fit:  # what a method takes is its own
    try:
        problems = adapter_misfits(adapters)
    except SourceUnavailableError as error:
        return Fit(unavailable=error)
    if problems or part is None or not part.valid:
        return Fit(problems)
    from terraregistry.components.factories.shadows import shadow_part

    return fit_whole(part, {}, shadow_part, takes_images=False)
