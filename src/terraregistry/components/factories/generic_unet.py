"""The factory of TerraTorch's configs with a U-Net: a backbone, and a decoder that includes its head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.components.backbones.prithvi.bands import GivenBand, band_problems
from terraregistry.components.factories.composition import Composition
from terraregistry.components.factories.detection import is_prefixed, told_channels, without_known
from terraregistry.components.factories.own_arguments import OwnArguments, find_task, named_in, only_positive
from terraregistry.components.factories.part_arguments import unknown
from terraregistry.components.factories.part_planning import parameters_of
from terraregistry.components.factories.planned import Draft, PlanningFactory, UnusedPolicy
from terraregistry.components.factories.rules import BACKBONE, DECODER, GENERIC_UNET
from terraregistry.deferred import DeferredModule
from terraregistry.errors import Problem, ProblemKind

if TYPE_CHECKING:
    from torch import nn

    from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory
    from terraregistry.components.factories.planned import Plan
else:
    nn = DeferredModule("torch.nn")

__all__ = ["GenericUnetModelFactory"]

_COUNT: Final = "num_classes"
_COUNTED: Final = DECODER.prefix + _COUNT


class _Unet(NamedTuple):
    """A model, ready to be built."""

    whole: Plan
    relu: bool

    def build(self) -> nn.Module:
        from terraregistry.components.models.task_models import UnetModel

        model = self.whole.build()
        return UnetModel(model.get_submodule("encoder"), model.get_submodule("decoder"), relu=self.relu)


class GenericUnetModelFactory(PlanningFactory):
    """Factory of a backbone, usually `UNet`, and a decoder that includes its head, such as `ASPPSegmentationHead`.

    It has TerraTorch's arguments and state_dict keys. Unlike there, the decoder is told its channels, `in_channels` reaches the
    backbone, the backbone and decoder may be any of the registries, both are required, and unused arguments are refused.

    Args:
        factory: The checker of the parts.
    """

    def __init__(self, factory: EncoderDecoderFactory) -> None:
        self._factory: Final = factory
        self._backbones: Final = factory.registries.backbones

    # The arguments of the parts are any objects.
    def build_model(
        self,
        backbone: str | nn.Module,
        decoder: str | nn.Module,
        task: str = "segmentation",
        bands: Sequence[GivenBand] | None = None,
        in_channels: int | None = None,
        num_classes: int | None = None,
        regression_relu: bool = False,
        unused: UnusedPolicy = "error",
        **kwargs: Any,
    ) -> nn.Module:
        """Build a model.

        Args:
            backbone: The name of a backbone, or the backbone itself.
            decoder: The name of a decoder that includes its head, or the decoder itself.
            task: `segmentation` or `regression`.
            bands: The bands of the images; only their number is read.
            in_channels: The channels of the images; the number of bands by default.
            num_classes: The number of classes, if it is no argument of the decoder.
            regression_relu: Put a ReLU after the results of a regression.
            unused: Policy for unused arguments: `error` refuses them, `warn` drops them with an `UnusedArgumentWarning`.
            **kwargs: Arguments of the parts, with `backbone_` or `decoder_` in front.

        Returns:
            A `UnetModel`.

        Raises:
            InvalidArgumentsError: Arguments of the factory or of a part are invalid; lists all problems, each at its path.
        """
        return self._build(named_in(locals()) | kwargs)

    # As above.
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, with those of every part, without making any part."""
        own, loose, found, free = _OWN.read(arguments)
        problems = [*found, *band_problems(own), *only_positive(own, GENERIC_UNET)]
        task = find_task(own.get("task", GENERIC_UNET.tasks[0]), GENERIC_UNET, problems)
        inner = {name: own[name] for name in (BACKBONE.key, DECODER.key, _COUNT) if own.get(name) is not None}
        inner |= {name: value for name, value in loose.items() if is_prefixed(name, *GENERIC_UNET.prefixes)}
        parameters = parameters_of(self._backbones, own.get(BACKBONE.key))
        backbone = [BACKBONE.prefix + each for each in parameters]
        problems += [unknown(name, free, backbone) for name in loose if name not in inner]
        if inner.get(_COUNT, object()) == inner.get(_COUNTED):
            del inner[_COUNTED]
        bands = own.get("bands")
        channels = {"in_channels": own.get("in_channels") or (len(bands) if bands else None)}
        told = told_channels(self._backbones, own | channels, inner, problems)
        known = {each.parameter for each in problems}

        def relevant(found: Sequence[Problem]) -> list[Problem]:
            return without_known(found, told, known)

        draft = self._factory.draft({**inner, **told, "rescale": False, **({"task": task.name} if task.name else {})})
        problems += relevant(draft.problems)
        if isinstance(draft.plan, Composition) and draft.plan.branch is not None and draft.plan.branch.head is not None:
            detail = "it includes no head, and this factory adds none; EncoderDecoderFactory does"
            problems.append(Problem(DECODER.key, ProblemKind.INVALID, detail=detail))
        relu = task.name == "regression" and own.get("regression_relu") is True
        plan = None if draft.plan is None or problems else _Unet(draft.plan, relu)
        return Draft(problems, plan, lambda: draft.fit().moved(relevant), relevant(draft.remarks))


_OWN: Final = OwnArguments(GenericUnetModelFactory.build_model, GENERIC_UNET.parts)
