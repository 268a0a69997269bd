"""The factory for models on Prithvi backbones, with the arguments of older configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Any, Final

from terraregistry.components.backbones.prithvi.bands import GivenBand  # noqa: TC001 - read at run time
from terraregistry.components.factories.branches import AuxiliaryHead  # noqa: TC001 - read at run time
from terraregistry.components.factories.own_arguments import OwnArguments, find_task, named_in
from terraregistry.components.factories.part_arguments import unknown, unread
from terraregistry.components.factories.part_planning import parameters_of
from terraregistry.components.factories.planned import Draft, Fit, PlanningFactory, UnusedPolicy
from terraregistry.components.factories.planned_parts import nn  # noqa: TC001 - read at run time
from terraregistry.components.factories.rules import BACKBONE, ENCODER_DECODER, PRITHVI, TASKS, UNKNOWN_TASK
from terraregistry.errors import Problem, ProblemKind
from terraregistry.problems import Rename

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory

__all__ = ["PrithviModelFactory"]

_INNER: Final = {name: BACKBONE.prefix + inner for name, inner in PRITHVI.passed_on.items()}
"""Names of the backbone arguments in `EncoderDecoderFactory`, by their names here."""
_SPELLINGS: Final = {inner: name for name, inner in _INNER.items()} | {BACKBONE.prefix + name: name for name in _INNER}
_PASSED_ON: Final = ("task", "backbone", "decoder", "num_classes", "aux_decoders", "rescale")


class PrithviModelFactory(PlanningFactory):
    """Factory of models on a Prithvi backbone: `EncoderDecoderFactory` with the arguments of older configs.

    Unlike TerraTorch's, it emits no deprecation warning and lets no unused arguments through. There are no necks: the
    backbone turns its tokens into maps itself.

    Args:
        factory: The builder of the models.
    """

    def __init__(self, factory: EncoderDecoderFactory) -> None:
        self._factory: Final = factory
        self._backbones: Final = factory.registries.backbones

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
        return self._build(named_in(locals()) | kwargs)

    # As above.
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, with those of every part, without making any part."""
        own, loose, found, free = _OWN.read(arguments)
        problems = [*found]
        known = str(own.get("task")).lower() in TASKS  # the inner factory reports one that does not exist
        if known and find_task(own["task"], PRITHVI, problems) is UNKNOWN_TASK:
            del own["task"]
        wrong = {problem.parameter for problem in problems}
        problems += self._unlike_prithvi(own.get("backbone"))
        inner: dict[str, Any] = {name: own[name] for name in _PASSED_ON if name in own}
        parameters = parameters_of(self._backbones, own.get(BACKBONE.key))
        backbone = [name for each in parameters if (name := BACKBONE.prefix + each) not in _SPELLINGS]
        for name, value in loose.items():
            if not name.startswith(PRITHVI.prefixes) or name in ENCODER_DECODER.dictionaries:
                problems.append(unknown(name, free, backbone))
            elif name in _SPELLINGS:
                problems.append(unread(name, f"write {_SPELLINGS[name]}", Rename(_SPELLINGS[name])))
            else:
                inner[name] = value
        inner |= {_INNER[name]: own[name] for name in _INNER if name in own and self._matters(name, own)}
        draft = self._factory.draft(inner)

        def relevant(problems: Iterable[Problem]) -> list[Problem]:
            # What is wrong in itself was left out, and is not missing.
            return [problem for problem in map(self._moved, problems) if problem.parameter not in wrong]

        def fit() -> Fit:
            fit = draft.fit()
            raised = {self._moved(problem): error for problem, error in fit.raised.items()}
            return fit.moved(relevant)._replace(raised=raised)

        return Draft([*problems, *relevant(draft.problems)], draft.plan, fit, relevant(draft.remarks))

    def _moved(self, problem: Problem) -> Problem:
        return problem.at((_SPELLINGS.get(problem.parameter, problem.parameter), *problem.steps[1:]))

    def _matters(self, name: str, own: Mapping[str, Any]) -> bool:  # as above
        """Return True if an argument has to reach the backbone: given, or different from the backbone's default."""
        if name in PRITHVI.neutral:
            return bool(own[name] != PRITHVI.neutral[name])
        return isinstance(own.get(BACKBONE.key), str)

    def _unlike_prithvi(self, backbone: str | nn.Module | None) -> list[Problem]:
        if not isinstance(backbone, str) or backbone not in self._backbones:  # which is reported anyway
            return []
        if self._backbones.resolve(backbone).name.startswith(PRITHVI.starts_with):
            return []
        detail = f"{backbone!r} is no Prithvi backbone, such as 'prithvi_eo_v2_300'; EncoderDecoderFactory takes any"
        return [Problem("backbone", ProblemKind.INVALID, detail=detail)]


_OWN: Final = OwnArguments(PrithviModelFactory.build_model, PRITHVI.parts)
