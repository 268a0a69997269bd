"""The factory for object detectors: a backbone and necks, and one of torchvision's detectors on their features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from terraregistry.components.factories.composition import Composition
from terraregistry.components.factories.fitting import fit_whole
from terraregistry.components.factories.own_arguments import OwnArguments, find_task, named_in, only_positive
from terraregistry.components.factories.part_arguments import take_prefixed, unknown, unread
from terraregistry.components.factories.part_planning import NOT_MADE, parameters_of, plan_part
from terraregistry.components.factories.planned import Draft, Fit, PlanningFactory, UnusedPolicy
from terraregistry.components.factories.planned_parts import NamedPart, build_part
from terraregistry.components.factories.rules import (
    BACKBONE,
    ENCODER_DECODER,
    FRAMEWORK,
    FRAMEWORKS_ELSEWHERE,
    FRAMING,
    NECKS,
    OBJECT_DETECTION,
)
from terraregistry.deferred import DeferredModule
from terraregistry.errors import Problem, ProblemKind
from terraregistry.index.provider import DescribedRegistry
from terraregistry.suggest import nearest
from terraregistry.terratorch_names import read_missing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from torch import nn

    from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory
    from terraregistry.components.factories.planned_parts import Maker, Part
    from terraregistry.protocols import Backbone
    from terraregistry.registry import MultiSourceRegistry
else:
    nn = DeferredModule("torch.nn")

__all__ = [
    "FRAMEWORK_REGISTRY",
    "ObjectDetectionModelFactory",
    "is_prefixed",
    "told_channels",
    "without_known",
]


class _Frameworks(DescribedRegistry[nn.Module]):
    """The detectors."""

    stored_in: ClassVar[str] = FRAMEWORK.registry


FRAMEWORK_REGISTRY: Final = _Frameworks()
for _name in ("faster-rcnn", "fcos", "mask-rcnn", "retinanet"):
    FRAMEWORK_REGISTRY.register_lazy(_name, f"terraregistry.components.models.detectors:{_name.replace('-', '_')}")
_EMBEDDING: Final = "embedding_generation"
_IN_CHANNELS: Final = "in_channels"
_COUNT: Final = "num_classes"
_SHARES: Final = ("thresh", "fraction")
"""The ends of the names of numbers from 0 to 1."""


class _Detector(NamedTuple):
    """A detector, ready to be built."""

    encoder: Composition
    framework: Part

    def build(self, make: Maker = build_part) -> nn.Module:
        from terraregistry.components.models.detectors import DetectionBackbone, ObjectDetectionModel

        backbone, necks, channels, _ = self.encoder.build_encoder(make)
        detector = make(self.framework, DetectionBackbone(backbone, necks, channels))
        return ObjectDetectionModel(detector, getattr(self.framework, "name", ""))

    def shadow(self) -> nn.Module:
        """Make the detector without data."""
        from terraregistry.components.factories.shadows import shadow_part

        return self.build(shadow_part)


class ObjectDetectionModelFactory(PlanningFactory):
    """Factory of object detectors: torchvision's Faster R-CNN, Mask R-CNN, FCOS and RetinaNet on any backbone.

    It has TerraTorch's arguments and state_dict keys. Unlike there, `in_channels` reaches the backbone and can be left out,
    a pyramid may be a list as well, images of one batch may differ in size, and unused arguments are refused.

    Args:
        factory: The checker of backbones and necks.
    """

    def __init__(self, factory: EncoderDecoderFactory) -> None:
        self._factory: Final = factory
        self._backbones: Final = factory.registries.backbones

    # The arguments of the parts are any objects.
    def build_model(
        self,
        task: str,
        backbone: str | nn.Module,
        framework: str,
        num_classes: int,
        necks: Sequence[Mapping[str, Any] | nn.Module] | None = None,
        in_channels: int | None = None,
        unused: UnusedPolicy = "error",
        **kwargs: Any,
    ) -> nn.Module:
        """Build a detector.

        Images are neither resized nor normalised, as in TerraTorch: `framework_min_size` and `framework_max_size` have no
        effect.

        Args:
            task: `object_detection`.
            backbone: The name of a backbone, or the backbone itself.
            framework: `faster-rcnn`, `mask-rcnn`, `fcos` or `retinanet`.
            num_classes: The number of classes, with the background for `faster-rcnn` and `mask-rcnn`.
            necks: The necks, the first next to the backbone: dictionaries of `name` and arguments, or necks themselves. The
                last, usually `FeaturePyramidNetworkNeck`, gives maps of equal channels.
            in_channels: The channels of the images; those of the backbone by default.
            unused: Policy for unused arguments: `error` refuses them, `warn` drops them with an `UnusedArgumentWarning`.
            **kwargs: Arguments of the parts, with `backbone_` or `framework_` in front; those of a framework are the numbers
                of torchvision's class, such as `framework_box_score_thresh`.

        Returns:
            An `ObjectDetectionModel`.

        Raises:
            InvalidArgumentsError: Arguments of the factory or of a part are invalid; lists all problems, each at its path.
            ComponentProtocolError: A part violates the protocol of its registry.
            SourceUnavailableError: The library behind a source is missing or broken.
        """
        return self._build(named_in(locals()) | kwargs)

    # As above.
    def draft(self, arguments: Mapping[str, Any]) -> Draft:
        """Check the arguments of `build_model`, with those of every part, without making any part.

        `EncoderDecoderFactory` checks the backbone and the necks, as a model of features.
        """
        own, loose, found, free = _OWN.read(arguments)
        inner = {name: arguments[name] for name in (BACKBONE.key, NECKS.key) if name in arguments}
        inner |= {name: value for name, value in loose.items() if is_prefixed(name, BACKBONE.prefix)}
        problems = [each for each in found if each.parameter not in inner]
        problems += only_positive(own, OBJECT_DETECTION)
        find_task(own.get("task", OBJECT_DETECTION.tasks[0]), OBJECT_DETECTION, problems)
        parameters = parameters_of(self._backbones, inner.get(BACKBONE.key))
        pads = [BACKBONE.prefix + each for each in FRAMING if each not in parameters]
        problems += [unread(name, "the images of a detector are not padded") for name in pads if name in inner]
        inner = {name: value for name, value in inner.items() if name not in {each.parameter for each in problems}}
        told = told_channels(self._backbones, own, inner, problems)
        framework = _framework(own, loose, problems, free)
        doubts = [*_doubtful_numbers(framework)]
        left = (name for name in loose if not is_prefixed(name, *OBJECT_DETECTION.prefixes))
        problems += [unknown(name, free, [BACKBONE.prefix + each for each in parameters]) for name in left]
        known = {each.parameter for each in problems}

        def moved(found: Sequence[Problem]) -> list[Problem]:
            return without_known(found, told, known)

        encoder = self._factory.draft({**inner, **told, "task": _EMBEDDING})
        problems += moved(encoder.problems)
        detector: _Detector | None = None
        if framework is not None and isinstance(encoder.plan, Composition):
            detector = _Detector(encoder.plan, framework)

        def fit() -> Fit:
            found = encoder.fit().moved(moved)
            ready = detector
            if problems or found.problems or found.unavailable is not None or ready is None:
                return found
            whole = fit_whole(ready.framework, {**inner, **told}, lambda each: ready._replace(framework=each).shadow())
            return whole._replace(remarks=[*found.remarks, *whole.remarks])

        return Draft(problems, detector, fit, [*moved(encoder.remarks), *doubts])


_OWN: Final = OwnArguments(ObjectDetectionModelFactory.build_model, OBJECT_DETECTION.parts)


def _framework(
    own: Mapping[str, Any], loose: Mapping[str, Any], problems: list[Problem], free: list[str]
) -> Part | None:  # arguments of several types
    """Check the framework and its arguments."""
    given, _ = take_prefixed(FRAMEWORK, dict(loose), {})
    name: str | None = own.get(FRAMEWORK.key)
    if name is None:
        return None
    if name not in FRAMEWORK_REGISTRY:
        detail = f"there is no framework {name!r}; expected {', '.join(FRAMEWORK_REGISTRY)}"
        if name in FRAMEWORKS_ELSEWHERE:
            detail = f"TerraTorch {read_missing()['version']} has {name!r}, terraregistry does not: it is none of torchvision"
        close = () if name in FRAMEWORKS_ELSEWHERE else nearest(name, FRAMEWORK_REGISTRY)
        problems.append(Problem(FRAMEWORK.key, ProblemKind.NOT_FOUND, given=name, detail=detail, choices=close))
        return None
    given = given.also(_COUNT, max(1, own.get(_COUNT, 1)), _COUNT)
    where = (FRAMEWORK.key,)
    part = plan_part(where, FRAMEWORK_REGISTRY, name, given, (NOT_MADE,), problems, kind=nn.Module)
    if isinstance(part, NamedPart):
        free += given.spellings(part.parameters)
        # Numbers of boxes are used in slices, which take negative ones, and without data no boxes are selected.
        problems += [
            Problem(given.path(name), ProblemKind.INVALID, detail=f"expected at least 1, got {value}")
            for name, value in part.arguments.values.items()
            if isinstance(value, int) and not isinstance(part.parameters[name].default, float) and value < 1
        ]
    return part


def _doubtful_numbers(part: Part | None) -> Iterator[Problem]:
    """Report thresholds and fractions beyond those possible."""
    if not isinstance(part, NamedPart):
        return
    for name, value in part.arguments.values.items():
        if name.endswith(_SHARES) and not 0 <= value <= 1:
            detail = f"scores, overlaps and fractions are from 0 to 1, got {value}"
            yield Problem(part.arguments.path(name), ProblemKind.DOUBTFUL, detail=detail)


def is_prefixed(name: str, *prefixes: str) -> bool:
    """Return True for an argument of a part, False for the dictionaries of `EncoderDecoderFactory`."""
    return name.startswith(prefixes) and name not in ENCODER_DECODER.dictionaries


def without_known(found: Iterable[Problem], told: Collection[str], known: Collection[str]) -> list[Problem]:
    """Move problems of the channels told to a backbone to `in_channels`, and leave out those at arguments known as wrong."""
    written = (each.at((_IN_CHANNELS,)) if each.parameter in told else each for each in found)
    return [each for each in written if each.parameter not in known]


def told_channels(
    backbones: MultiSourceRegistry[Backbone], own: Mapping[str, Any], given: Mapping[str, Any], problems: list[Problem]
) -> dict[str, int]:  # as above
    """Pass the channels of images on to a backbone, under the name it has for them.

    Args:
        backbones: The registry of the backbone.
        own: The arguments of the factory, with `in_channels`.
        given: The arguments of the backbone, with its prefix.
        problems: Collects a problem if the backbone is told otherwise, or has no such parameter.

    Returns:
        The argument to add; empty if there is none.
    """
    channels: int | None = own.get(_IN_CHANNELS)
    backbone: object = own.get(BACKBONE.key)
    if channels is None or backbone is None:
        return {}
    parameters = parameters_of(backbones, backbone)
    name = next((each for each in ("in_chans", _IN_CHANNELS) if each in parameters), None)
    if name is None:
        if parameters or not isinstance(backbone, str):
            problems.append(unread(_IN_CHANNELS, "the backbone is told no channels"))
        return {}
    written = BACKBONE.prefix + name
    if written not in given:
        return {written: channels}
    if given[written] != channels:
        detail = f"expected {given[written]!r}, as {written} says, got {channels}"
        problems.append(Problem(_IN_CHANNELS, ProblemKind.INVALID, detail=detail))
    return {}
