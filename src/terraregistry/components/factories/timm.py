"""The factory for whole classifiers of timm."""

from __future__ import annotations

import warnings
from collections.abc import Mapping  # noqa: TC003 - read at run time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from terraregistry.components.factories.fitting import fit_whole
from terraregistry.components.factories.own_arguments import OwnArguments, find_task, named_in, only_positive, with_own
from terraregistry.components.factories.part_arguments import take_prefixed, unknown, unread
from terraregistry.components.factories.part_planning import doubts_of, plan_part
from terraregistry.components.factories.planned import Draft, PlanningFactory, UnusedPolicy
from terraregistry.components.factories.planned_parts import NamedPart, nn
from terraregistry.components.factories.rules import TIMM
from terraregistry.errors import Problem, ProblemKind

if TYPE_CHECKING:
    from terraregistry.components.factories.planned_parts import Builds, Part

__all__ = ["TimmModelFactory"]

(_PYRAMID,) = TIMM.supplied


class _Classifier(NamedTuple):
    """A classifier, ready to be built."""

    part: Part
    file: str

    def build(self) -> nn.Module:
        from terraregistry.components.models.task_models import TimmModel

        backbone = self.part.build()
        # timm's own network, in the module that makes a backbone of it.
        network: nn.Module = backbone.timm_model  # type: ignore[assignment]  # torch: an attribute is a tensor or module
        if self.file:
            _load(network, self.file, self.part.label)
        return TimmModel(network)


class TimmModelFactory(PlanningFactory):
    """Factory of timm's classifiers.

    Unlike TerraTorch's, it passes further arguments on, or refuses them. `pretrained` can be a file of weights, as there. It
    has to fit, but a classifier of another number of classes stays new; torchvision's and torchgeo's weights are refused.

    Args:
        networks: The networks of timm.
    """

    def __init__(self, networks: Builds) -> None:
        self._networks: Final = networks

    # The arguments of an architecture are any objects.
    def build_model(
        self,
        task: str,
        backbone: str,
        in_channels: int,
        num_classes: int,
        pretrained: bool | str = True,
        unused: UnusedPolicy = "error",
        **kwargs: Any,
    ) -> nn.Module:
        """Build a classifier.

        Args:
            task: `classification`.
            backbone: The name of an architecture of timm, with or without a pretrained tag.
            in_channels: The channels of the images.
            num_classes: The number of classes.
            pretrained: Whether to load pretrained weights, or a file of them.
            unused: Policy for unused arguments: `error` refuses them, `warn` drops them with an `UnusedArgumentWarning`.
            **kwargs: Arguments of the architecture, with `backbone_` in front.

        Returns:
            A `TimmModel`.

        Raises:
            InvalidArgumentsError: The arguments are invalid; lists all problems.
            SourceUnavailableError: timm is missing or broken.
            WeightsError: The weights of the file cannot be read, or do not fit.
        """
        return self._build(named_in(locals()) | kwargs)

    # As above.
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, with those of every part, without making any part."""
        own, loose, found, free = _OWN.read(arguments)
        problems = [*found, *only_positive(own, TIMM)]
        find_task(own.get("task", TIMM.tasks[0]), TIMM, problems)
        given, _ = take_prefixed(TIMM.parts[0], loose, {})
        if _PYRAMID in given.values:
            problems.append(unread(given.path(_PYRAMID), "a classifier is no feature pyramid"))
            given = given.without([_PYRAMID])
        file = own["pretrained"] if isinstance(own.get("pretrained"), str) else ""
        if file and not Path(file).is_file():
            detail = f"expected true, false or a file of weights, and there is no file {file!r}"
            problems.append(Problem("pretrained", ProblemKind.INVALID, detail=detail))
        part: Part | None = None
        if "backbone" in own:
            published = own | ({"pretrained": False} if file else {})
            given = with_own(given, published, TIMM.passed_on, problems).also(_PYRAMID, False, _PYRAMID)
            part = plan_part(("backbone",), self._networks, own["backbone"], given, (), problems, kind=nn.Module)
        choices = [*free, *(given.spellings(part.parameters) if isinstance(part, NamedPart) else ())]
        problems += [unknown(name, choices) for name in loose]
        if part is None or problems:
            return Draft(problems, None)
        plan = _Classifier(part, file)
        fit = partial(fit_whole, part, own, lambda each: _Classifier(each, "").build())
        return Draft((), plan, fit, doubts_of(part))


def _load(network: nn.Module, file: str, component: str) -> None:
    """Load a file of weights, without a classifier of another number of classes."""
    from terraregistry.components.backbones.weight_files import load_exactly, read_weights

    state, own = read_weights(file, component), network.state_dict()
    # timm names the layers that depend on the number of classes in a dictionary of values of several types.
    classifier: str | tuple[str, ...] = cast("Any", network).pretrained_cfg["classifier"]
    heads = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    keys = [key for key in own if key.rpartition(".")[0] in heads and key in state]
    if any(state[key].shape != own[key].shape for key in keys):
        warnings.warn(
            f"{component}: the classifier in {file} has other classes; this one is new and random", stacklevel=2
        )
        state |= {key: own[key] for key in keys}
    load_exactly(network, state, component, file)


_OWN: Final = OwnArguments(TimmModelFactory.build_model)
