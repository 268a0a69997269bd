"""The factory for models on Prithvi backbones, with the arguments of older configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.backbones.prithvi.bands import GivenBand  # noqa: TC001 - read at run time
from terraregistry.components.factories.branches import AuxiliaryHead  # noqa: TC001 - read at run time
from terraregistry.components.factories.own_arguments import OwnArguments, find_task
from terraregistry.components.factories.planned import Draft, Fit, PlanningFactory, UnusedPolicy
from terraregistry.components.factories.rules import BACKBONE, ENCODER_DECODER, PRITHVI, TASKS, UNKNOWN_TASK
from terraregistry.deferred import DeferredModule
from terraregistry.errors import ComponentNotFoundError, Problem, ProblemKind
from terraregistry.problems import Rename

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory
    from terraregistry.protocols import Backbone
    from terraregistry.registry import MultiSourceRegistry
else:
    nn = DeferredModule("torch.nn")

__all__ = ["PrithviModelFactory"]

_INNER: Final = {name: BACKBONE.prefix + inner for name, inner in PRITHVI.passed_on.items()}
"""Names of the backbone arguments in `EncoderDecoderFactory`, by their names here."""
_PASSED_ON: Final = ("task", "backbone", "decoder", "num_classes", "aux_decoders", "rescale")


class PrithviModelFactory(PlanningFactory):
    """Factory of models on a Prithvi backbone: `EncoderDecoderFactory` with the arguments of older configs.

    Unlike TerraTorch's, it emits no deprecation warning and lets no unused arguments through. There are no necks: the
    backbone turns its tokens into maps itself.

    Args:
        factory: The builder of the models.
        backbones: The registry of the backbones.
    """

    def __init__(self, factory: EncoderDecoderFactory, backbones: MultiSourceRegistry[Backbone]) -> None:
        self._factory: Final = factory
        self._backbones: Final = backbones

    # The arguments of the parts are any objects.
    def build_model(
        self,
        task: str,
        backbone: str | nn.Module,
        decoder: str | nn.Module,
        bands: Sequence[GivenBand] | None = None,
        in_channels: int | None = None,
        num_classes: int | None = None,
        pretrained: bool = True,
        num_frames: int = 1,
        aux_decoders: Sequence[AuxiliaryHead | Mapping[str, Any]] | None = None,
        rescale: bool = True,
        unused: UnusedPolicy = "error",
        **kwargs: Any,
    ) -> nn.Module:
        """Build a model.

        Args:
            task: `segmentation`, `regression`, `classification` or `scalar_regression`.
            backbone: The name of a Prithvi backbone, or the backbone itself.
            decoder: The name of a decoder, or the decoder itself.
            bands: The bands of the images; those of the backbone's weights by default.
            in_channels: The number of channels; it follows from `bands`, and must agree.
            num_classes: The number of classes.
            pretrained: Whether to load the published weights.
            num_frames: The number of frames of an image.
            aux_decoders: Further branches on the same features.
            rescale: Bring results at each pixel to the resolution of the images.
            unused: Policy for unused arguments: `error` refuses them, `warn` drops them with an `UnusedArgumentWarning`.
            **kwargs: Arguments of the parts, with `backbone_`, `decoder_` or `head_` in front.

        Returns:
            A `PixelWiseModel` or `ScalarOutputModel`.

        Raises:
            InvalidArgumentsError: Arguments of the factory or of a part are invalid; lists all problems, each at its path in
                the call.
            WeightsError: The weights are unavailable, or do not fit.
        """
        own = {
            "task": task,
            "backbone": backbone,
            "decoder": decoder,
            "bands": bands,
            "in_channels": in_channels,
            "num_classes": num_classes,
            "pretrained": pretrained,
            "num_frames": num_frames,
            "aux_decoders": aux_decoders,
            "rescale": rescale,
            "unused": unused,
        }
        return self._build(own | kwargs)

    # As above.
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, with those of every part, without constructing any part.

        Args:
            arguments: The arguments, by name.

        Returns:
            The composition after the first stage.
        """
        own, loose, wrong, free = _OWN.read(arguments)
        found = [*wrong]
        known = str(own.get("task")).lower() in TASKS  # the inner factory reports one that does not exist
        if known and find_task(own["task"], PRITHVI, found) is UNKNOWN_TASK:
            del own["task"]
        problems = [*found, *self._unlike_prithvi(own.get("backbone"))]
        inner: dict[str, Any] = {name: own[name] for name in _PASSED_ON if name in own}
        for name, value in loose.items():
            if not name.startswith(PRITHVI.prefixes) or name in ENCODER_DECODER.dictionaries:
                problems.append(Problem(name, ProblemKind.UNKNOWN, choices=free))
            elif name in _INNER.values():
                spelling = next(own_name for own_name, other in _INNER.items() if other == name)
                detail = f"nothing reads this: write {spelling}"
                problems.append(Problem(name, ProblemKind.UNUSED, detail=detail, fix=Rename(spelling)))
            else:
                inner[name] = value
        inner |= {_INNER[name]: own[name] for name in _INNER if name in own and self._matters(name, own)}
        draft = self._factory.draft(inner)
        # What is wrong in itself was left out, and is not missing.
        relevant = partial(self._relevant, wrong={problem.parameter for problem in found})

        def fit() -> Fit:
            found = draft.fit()
            raised = {self._moved(problem): error for problem, error in found.raised.items()}
            problems, remarks = relevant(found.problems), relevant(found.remarks)
            return replace(found, problems=problems, remarks=remarks, raised=raised)

        return Draft([*problems, *relevant(draft.problems)], draft.plan, fit)

    def _relevant(self, problems: Iterable[Problem], wrong: set[str]) -> list[Problem]:
        moved = map(self._moved, problems)
        return [problem for problem in moved if problem.parameter not in wrong]

    def _moved(self, problem: Problem) -> Problem:
        name = problem.parameter
        spelling = next((own for own, inner in _INNER.items() if inner == name), name)
        return problem.at((spelling, *problem.steps[1:]))

    def _matters(self, name: str, own: Mapping[str, Any]) -> bool:  # as above
        """Return True if an argument has to reach the backbone: given, or different from the backbone's default."""
        if name in PRITHVI.neutral:
            return bool(own[name] != PRITHVI.neutral[name])
        return isinstance(own.get(BACKBONE.key), str)

    def _unlike_prithvi(self, backbone: str | nn.Module | None) -> list[Problem]:
        if not isinstance(backbone, str):
            return []
        try:
            bare = self._backbones.resolve(backbone).name
        except ComponentNotFoundError:
            return []  # which is reported with what it is close to
        if bare.startswith(PRITHVI.starts_with):
            return []
        detail = f"{backbone!r} is no Prithvi backbone, such as 'prithvi_eo_v2_300'; EncoderDecoderFactory takes any"
        return [Problem("backbone", ProblemKind.INVALID, detail=detail)]


_OWN: Final = OwnArguments(PrithviModelFactory.build_model, PRITHVI.parts)
