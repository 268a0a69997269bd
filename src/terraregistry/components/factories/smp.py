"""The factory for whole models of segmentation-models-pytorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

from terraregistry.components.backbones.prithvi.bands import GivenBand, band_problems
from terraregistry.components.factories.fitting import fit_whole
from terraregistry.components.factories.own_arguments import OwnArguments, find_task, named_in, only_positive, with_own
from terraregistry.components.factories.part_arguments import Arguments, given_twice, own_call, take_prefixed, unread
from terraregistry.components.factories.part_planning import plan_part
from terraregistry.components.factories.planned import Draft, PlanningFactory, UnusedPolicy
from terraregistry.components.factories.planned_parts import nn
from terraregistry.components.factories.rules import DECODER, SMP, SMP_AUXILIARY
from terraregistry.components.factories.smp_library import (
    EncoderNetworks,
    encoder_problems,
    models_on,
    smp_models,
    timm_network,
    weights_of,
)
from terraregistry.errors import Problem, ProblemKind
from terraregistry.problems import Rename
from terraregistry.suggest import nearest

if TYPE_CHECKING:
    from terraregistry.components.factories.planned_parts import Part

__all__ = ["SMPModelFactory"]

(_WEIGHTS,) = SMP.supplied


class _Segmentation(NamedTuple):
    """A model of smp, ready to be built."""

    part: Part
    weights: str | None
    rescale: bool
    load_networks: Callable[[], object]

    def build(self) -> nn.Module:
        from terraregistry.components.models.task_models import SmpModel

        self.load_networks()
        return SmpModel(self.part.build(encoder_weights=self.weights), rescale=self.rescale)


class SMPModelFactory(PlanningFactory):
    """Factory of whole segmentation models of segmentation-models-pytorch.

    TerraTorch's ignores arguments unknown to smp, and takes encoders by the dotted path of a class, an import under
    control of the config; both are refused here.

    Args:
        networks: The networks of timm, available as encoders.
        load_networks: Called before one is built, to make all of `networks` known to timm: smp gets it from there.
    """

    def __init__(self, networks: EncoderNetworks, load_networks: Callable[[], object] = lambda: None) -> None:
        self._networks: Final = networks
        self._load_networks: Final = load_networks

    # The arguments of a model are any objects.
    def build_model(
        self,
        task: str,
        backbone: str,
        model: str,
        bands: Sequence[GivenBand] | None = None,
        in_channels: int | None = None,
        num_classes: int = 1,
        pretrained: bool | str | None = True,
        rescale: bool = True,
        unused: UnusedPolicy = "error",
        **kwargs: Any,
    ) -> nn.Module:
        """Build a model.

        Args:
            task: `segmentation`.
            backbone: The name of an encoder of smp, or `tu-` and the name of an architecture of timm; then the arguments of
                that are arguments of the model too.
            model: The name of a model of smp, such as `Unet`.
            bands: The bands of the images; only their number is read.
            in_channels: The channels of the images; the number of bands by default, or 3 without bands.
            num_classes: The number of classes.
            pretrained: Whether to load weights of the encoder: True for those of ImageNet, or the name of others.
            rescale: Bring the result to the resolution of the images if different.
            unused: Policy for unused arguments: `error` refuses them, `warn` drops them with an `UnusedArgumentWarning`.
            **kwargs: Arguments of the model, as smp names them (`encoder_depth`, `decoder_channels`), with or without
                `smp_` in front. `aux_classes: 5` is short for `aux_params: {classes: 5}`, and so are `aux_pooling`,
                `aux_dropout` and `aux_activation`.

        Returns:
            A `SmpModel`.

        Raises:
            InvalidArgumentsError: The arguments are invalid; lists all problems.
            SourceUnavailableError: smp is missing or broken.
        """
        return self._build(named_in(locals()) | kwargs)

    # As above.
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, with those of every part, without making any part."""
        own, loose, found, _ = _OWN.read(arguments)
        problems = [*found, *band_problems(own), *only_positive(own, SMP)]
        bands, channels = own.get("bands"), own.get("in_channels")
        if bands and channels is not None and len(bands) != channels:
            detail = f"expected {len(bands)}, one a band, got {channels}"
            problems.append(Problem("in_channels", ProblemKind.INVALID, detail=detail))
        find_task(own.get("task", SMP.tasks[0]), SMP, problems)
        weights = weights_of(own.get("pretrained"))
        if "backbone" in own:
            problems += encoder_problems(own["backbone"], weights, self._networks)
        part = self._part(own, loose, weights, problems)
        if part is None or problems:
            return Draft(problems, None)
        load = self._load_networks if timm_network(own["backbone"]) else lambda: None
        plan = _Segmentation(part, weights, own["rescale"], load)

        def make(variant: Part) -> nn.Module:
            return plan._replace(part=variant, weights=None).build()

        return Draft((), plan, lambda: fit_whole(part, own, make, refused="smp refuses these arguments"))

    def _part(
        self, own: Mapping[str, Any], loose: Mapping[str, Any], weights: str | None, problems: list[Problem]
    ) -> Part | None:  # as above
        rest = dict(loose)
        prefixed, _ = take_prefixed(SMP.parts[0], rest, {})
        problems += [given_twice(prefixed.path(name), name) for name in prefixed.values if name in rest]
        elsewhere = {name: prefixed.path(name) for name in prefixed.values if name not in rest}
        given = Arguments({**rest, **prefixed.values}, elsewhere=elsewhere)
        if _WEIGHTS in given.values:
            problems.append(unread(given.path(_WEIGHTS), "write pretrained", Rename("pretrained")))
            given = given.without([_WEIGHTS])
        if DECODER.key in given.values:
            detail = "the architecture is the model, written as in `model: Unet`"
            problems.append(Problem(given.path(DECODER.key), ProblemKind.UNKNOWN, detail=detail))
            given = given.without([DECODER.key])
        told = {**own, "in_channels": own.get("in_channels") or len(own.get("bands") or ()) or 3}
        if "model" not in own:
            return None
        if own["model"] not in smp_models():
            choices = nearest(own["model"], smp_models())
            kind, detail = ProblemKind.NOT_FOUND, f"smp has no model {own['model']!r}"
            problems.append(Problem("model", kind, given=own["model"], detail=detail, choices=choices))
            return None
        given = with_own(_with_auxiliary(given, problems), told, SMP.passed_on, problems)
        # The encoder first: an argument of it is to blame for a failure with it, not the encoder for one with the argument.
        ordered = sorted(given.values.items(), key=lambda each: each[0] not in SMP.passed_on.values())
        given = given._replace(values=dict(ordered))
        models = models_on(own.get("backbone", ""), self._networks, weights)
        return plan_part(("model",), models, own["model"], given, (), problems, kind=nn.Module)


def _with_auxiliary(given: Arguments, problems: list[Problem]) -> Arguments:
    """Gather the arguments of the auxiliary output in `aux_params`, and check them."""
    spellings = {name: spelling for spelling, name in SMP_AUXILIARY.items()}
    short = {name: given.values[spelling] for name, spelling in spellings.items() if spelling in given.values}
    params: object = given.values.get(_AUX_PARAMS)
    paths = {name: given.path(spellings[name]) for name in short}
    given = given.without([spellings[name] for name in short])
    if short and params is not None:
        detail = f"{_AUX_PARAMS} is given as well: write it in there"
        problems += [Problem(path, ProblemKind.DUPLICATE, detail=detail) for path in paths.values()]
    elif short:
        first = next(iter(paths.values()))
        given = given.written_at(_AUX_PARAMS, first)._replace(values={**given.values, _AUX_PARAMS: short})
        params = short
    if isinstance(params, Mapping):
        inside = given.path(_AUX_PARAMS)
        for problem in own_call(_classification_head).check(kwargs=cast("Mapping[str, Any]", params))[2]:
            key = problem.steps[0]
            start = paths.get(str(key), (spellings.get(str(key), str(key)),) if short else (*inside, key))
            problems.append(problem.at((*start, *problem.steps[1:])))
    return given


def _classification_head(
    *,
    classes: int,
    pooling: Literal["max", "avg"] = "avg",
    dropout: float = 0.2,
    activation: str | Callable[..., Any] | None = None,  # made by anybody
) -> None:
    """Declare the arguments of smp's auxiliary output."""


_AUX_PARAMS: Final = "aux_params"
_OWN: Final = OwnArguments(SMPModelFactory.build_model)
