"""The rules of composition as plain data: tasks, parts with their prefixes and counts, and arguments of model factories.

The factories, the JSON Schema, `terraregistry show` and the documentation read them here. No library is imported.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terraregistry.index import DETECTORS, HEADS, SMP_ENCODERS, SMP_MODELS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "ADAPTERS_AT",
    "AUXILIARY",
    "AUXILIARY_ARGUMENTS",
    "AUXILIARY_PREFIXES",
    "BACKBONE",
    "COUNTS",
    "DECODER",
    "ENCODER_DECODER",
    "EXAMPLES",
    "FACTORIES",
    "FRAMEWORK",
    "FRAMEWORKS_ELSEWHERE",
    "FRAMING",
    "FULL_MODEL",
    "GENERIC_UNET",
    "HEAD",
    "NECKS",
    "OBJECT_DETECTION",
    "PRITHVI",
    "SMP",
    "SMP_AUXILIARY",
    "TASKS",
    "TEMPORAL",
    "TIMM",
    "TIMM_ENCODER",
    "UNKNOWN_TASK",
    "USE_TEMPORAL",
    "FactoryRule",
    "PartRule",
    "Task",
    "count_parameter",
    "rule_of",
]

COUNTS: Final = ("num_classes", "num_outputs")
"""The arguments for the number of outputs."""
FRAMING: Final = ("patch_size", "padding")
"""The arguments of a backbone for image padding."""
USE_TEMPORAL: Final = "use_temporal"
"""The argument of a backbone requesting the wrapper for time series."""
TEMPORAL: Final = "temporal_"
"""The prefix of the wrapper's arguments among those of the backbone."""
ADAPTERS_AT: Final = "peft_config"
"""The argument of a factory requesting adapters."""


class Task(NamedTuple):
    """The requirements of a task.

    Attributes:
        name: The task.
        head: The name of its head; empty if unknown or without one.
        counts: The arguments for the number of outputs, the usual one first.
        count_required: True if one of them is required.
        pixel_wise: True if there is a result at each pixel.
        decodes: True if there is a decoder.
        detects: True if objects are found: boxes, and no map or vector.
    """

    name: str
    head: str = ""
    counts: tuple[str, ...] = ()
    count_required: bool = True
    pixel_wise: bool = False
    decodes: bool = True
    detects: bool = False

    @property
    def unread(self) -> Mapping[str, str]:
        """The arguments of a factory unused for the task, each with the reason."""
        lacking: dict[str, str] = {}
        if not self.decodes:
            lacking = dict.fromkeys((DECODER.key, *COUNTS, AUXILIARY.key), "decoder")
        if self.name and not self.pixel_wise:
            lacking["image_size_out"] = "results at each pixel"
        return {name: f"{self.name} has no {what}" for name, what in lacking.items()}

    @property
    def wrong_counts(self) -> Mapping[str, str]:
        """The arguments for a number of outputs refused by the head, each with the correction."""
        wrong = [name for name in COUNTS if name not in self.counts] if self.head else []
        return {name: f"{self.name} has no {name}; write {self.counts[0]}" for name in wrong}


UNKNOWN_TASK: Final = Task("")
"""Sentinel for an unknown task, to allow checks of the rest."""

TASKS: Final[Mapping[str, Task]] = {
    task.name: task
    for task in (
        Task("segmentation", "SegmentationHead", ("num_classes",), pixel_wise=True),
        Task("regression", "RegressionHead", ("num_outputs",), count_required=False, pixel_wise=True),
        Task("classification", "ScalarHead", ("num_classes", "num_outputs")),
        Task("scalar_regression", "ScalarHead", ("num_outputs", "num_classes")),
        Task("embedding_generation", decodes=False),
        Task("object_detection", counts=("num_classes",), decodes=False, detects=True),
    )
}
_COMPOSED: Final = tuple(task.name for task in TASKS.values() if not task.detects)
_DECODING: Final = tuple(task.name for task in TASKS.values() if task.decodes)


class PartRule(NamedTuple):
    """The rules of one part of a model.

    Attributes:
        key: Its key among the arguments of the factory. The task chooses a head, and its key is never written.
        registry: The reference of the registry with its names.
        prefix: The prefix of its arguments among those of the factory; empty if they have none.
        dictionary: The key of a dictionary with its arguments, instead of prefixed ones; empty if there is none.
        many: True for a list of any number of parts.
        bare: True if its arguments are written without a prefix.
        how: A description of its arguments, for people.
    """

    key: str
    registry: str
    prefix: str = ""
    dictionary: str = ""
    many: bool = False
    bare: bool = False
    how: str = ""


def _part(key: str, registry: str) -> PartRule:
    return PartRule(key, registry, f"{key}_", f"{key}_kwargs", how=f"`{key}_NAME: value`, or `{key}_kwargs: {{...}}`")


def _prefixed(part: PartRule) -> PartRule:
    return PartRule(part.key, part.registry, part.prefix, how=f"`{part.prefix}NAME: value`")


BACKBONE: Final = _part("backbone", "terraregistry.library:BACKBONE_REGISTRY")
DECODER: Final = _part("decoder", "terraregistry.library:DECODER_REGISTRY")
HEAD: Final = _part("head", HEADS)
NECKS: Final = PartRule(
    "necks", "terraregistry.library:NECK_REGISTRY", many=True, how="in the entry of the list, beside `name`"
)
AUXILIARY: Final = PartRule(
    "aux_decoders",
    DECODER.registry,
    many=True,
    how="in the entry's `decoder_args`: `decoder_NAME` and `head_NAME`, beside `name` and `decoder`",
)
AUXILIARY_ARGUMENTS: Final = "decoder_args"
"""The key of the arguments in an entry of `aux_decoders`."""
AUXILIARY_PREFIXES: Final = (DECODER.prefix, HEAD.prefix)
"""The prefixes of the arguments in there."""


class FactoryRule(NamedTuple):
    """The rules of one model factory.

    Attributes:
        name: Its name.
        parts: The parts of its models, in the order of the features.
        tasks: The names of its tasks; empty if it takes none.
        passed_on: The parameter of the first part for each argument of the factory about that part.
        neutral: The values of such arguments not passed on.
        supplied: Parameters of the first part set by the factory itself.
        positive: Arguments with a least value of 1.
        ignored: Arguments of TerraTorch's factory without effect, each with the one value accepted.
        starts_with: The beginning required of a backbone's name.
    """

    name: str
    parts: tuple[PartRule, ...]
    tasks: tuple[str, ...] = ()
    passed_on: Mapping[str, str] = MappingProxyType({})
    neutral: Mapping[str, Any] = MappingProxyType({})  # of any type
    supplied: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    ignored: Mapping[str, Any] = MappingProxyType({})  # of any type
    starts_with: str = ""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes of the arguments of its parts."""
        return tuple(part.prefix for part in self.parts if part.prefix)

    @property
    def dictionaries(self) -> tuple[str, ...]:
        """The keys of dictionaries with the arguments of its parts."""
        return tuple(part.dictionary for part in self.parts if part.dictionary)

    @property
    def closed(self) -> tuple[str, ...]:
        """The parameters of the first part with no spelling of their own in a call of the factory."""
        return (*self.passed_on.values(), *self.supplied)


ENCODER_DECODER: Final = FactoryRule(
    "EncoderDecoderFactory", (BACKBONE, NECKS, DECODER, HEAD, AUXILIARY), _COMPOSED, positive=COUNTS
)
PRITHVI: Final = FactoryRule(
    "PrithviModelFactory",
    (_prefixed(BACKBONE), _prefixed(DECODER), _prefixed(HEAD), AUXILIARY),
    _DECODING,
    {"bands": "bands", "in_channels": "in_chans", "pretrained": "pretrained", "num_frames": "num_frames"},
    neutral={"bands": None, "in_channels": None, "num_frames": 1},
    positive=COUNTS[:1],
    starts_with="prithvi_",
)
SMP: Final = FactoryRule(
    "SMPModelFactory",
    (
        PartRule("model", SMP_MODELS, "smp_", bare=True, how="as smp names them, with or without `smp_` in front"),
        PartRule("backbone", SMP_ENCODERS, how="none: `pretrained` is its weights"),
    ),
    ("segmentation",),
    {"backbone": "encoder_name", "in_channels": "in_channels", "num_classes": "classes"},
    supplied=("encoder_weights",),
    positive=("num_classes", "in_channels"),
)
TIMM: Final = FactoryRule(
    "TimmModelFactory",
    (_prefixed(PartRule(BACKBONE.key, "terraregistry.library:TIMM_BACKBONE_REGISTRY", BACKBONE.prefix)),),
    ("classification",),
    {"in_channels": "in_chans", "num_classes": "num_classes", "pretrained": "pretrained"},
    supplied=("features_only",),
    positive=("num_classes", "in_channels"),
)
FULL_MODEL: Final = FactoryRule(
    "FullModelFactory",
    (PartRule("model", "terraregistry.library:FULL_MODEL_REGISTRY", bare=True, how="beside `model`, as they are"),),
    ignored={"rescale": True, "padding": "reflect"},
)
FRAMEWORK: Final = _prefixed(PartRule("framework", DETECTORS, "framework_"))
FRAMEWORKS_ELSEWHERE: Final = ("deformable-detr", "detr", "rf-detr")
"""The frameworks of TerraTorch missing here: they are not torchvision's."""
OBJECT_DETECTION: Final = FactoryRule(
    "ObjectDetectionModelFactory",
    (_prefixed(BACKBONE), NECKS, FRAMEWORK),
    ("object_detection",),
    positive=("num_classes", "in_channels"),
)
GENERIC_UNET: Final = FactoryRule(
    "GenericUnetModelFactory",
    (_prefixed(BACKBONE), _prefixed(DECODER), _prefixed(HEAD)),
    ("segmentation", "regression"),
    positive=("num_classes", "in_channels"),
)
SMP_AUXILIARY: Final = {f"aux_{name}": name for name in ("classes", "pooling", "dropout", "activation")}
"""The keys of `aux_params`, for the auxiliary output of smp's models, by their spellings as arguments of the factory."""
TIMM_ENCODER: Final = "tu-"
"""The beginning of the names of smp's encoders from timm."""
FACTORIES: Final[Mapping[str, FactoryRule]] = {
    rule.name: rule for rule in (ENCODER_DECODER, PRITHVI, SMP, TIMM, FULL_MODEL, OBJECT_DETECTION, GENERIC_UNET)
}
"""The rules of each factory, by its name."""

EXAMPLES: Final[Mapping[str, str]] = {
    "necks": "[{name: SelectIndices, indices: [2, 3]}]",
    "aux_decoders": ("[{name: aux, decoder: FCNDecoder, decoder_args: {decoder_channels: 64, head_dropout: 0.1}}]"),
    "rescale": "true",
    "image_size_out": "[512, 512]",
    "peft_config": "{method: LORA, peft_config_kwargs: {target_modules: [conv1], r: 4}}",
}
"""YAML examples of arguments of `EncoderDecoderFactory`."""


def rule_of(product: str) -> FactoryRule | None:
    """Find the rules of a factory.

    Args:
        product: The full name of its class.

    Returns:
        The rules; None for a factory from outside this library.
    """
    home, _, name = product.rpartition(".")
    return FACTORIES.get(name) if home.startswith(f"{__package__}.") else None


def count_parameter(parameters: Collection[str], *, is_open: bool) -> str:
    """Find the parameter of a decoder with a head for its number of outputs.

    Args:
        parameters: The parameters of the decoder.
        is_open: True if it takes any others.

    Returns:
        One of `COUNTS`; empty if it has none.
    """
    return COUNTS[0] if is_open else next((name for name in COUNTS if name in parameters), "")
