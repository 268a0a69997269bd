"""Which cases there are: each operation on a name of each kind, in some of the states or in all."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from .calls import FIVE, IMPORTS, MODELS, MULTI, OPERATIONS, SINGLE, Operation
from .harness import INDEX, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {
    "BACKBONE_REGISTRY": (
        "prithvi_eo_tiny", "terratorch_prithvi_eo_tiny", "timm_test_resnet", "test_vit", "timm_test_resnet.r160_in1k",
        "vit_tiny_patch16_224_in21k", *FIVE, *(f"timm_{name}" for name in FIVE), "OwnBackbone", "terratorch_OwnBackbone",
        "resnte18", "prithvi_vit_10", "timm_prithvi_swin_b", "test_resnet.no_such_tag",
    ),
    "TIMM_BACKBONE_REGISTRY": (
        "test_resnet", "test_resnet.r160_in1k", "vit_tiny_patch16_224_in21k", *FIVE, "resnte18", "prithvi_vit_10",
    ),
    "TERRATORCH_BACKBONE_REGISTRY": ("prithvi_eo_tiny", "OwnBackbone", "resnte18"),
    "DECODER_REGISTRY": ("FCNDecoder", "terratorch_UNetDecoder", "smp_Unet", "FPN", "OwnDecoder", "FCNDecodr", "Unett"),
    "SMP_DECODER_REGISTRY": ("Unet", "FPN", "Unett"),
    "TERRATORCH_DECODER_REGISTRY": ("FCNDecoder", "OwnDecoder", "FCNDecodr"),
    "NECK_REGISTRY": ("SelectIndices", "terratorch_ReshapeTokensToImage", "OwnNeck", "SelectIndex"),
    "TERRATORCH_NECK_REGISTRY": ("SelectIndices", "OwnNeck", "SelectIndex"),
    "FULL_MODEL_REGISTRY": ("prithvi_eo_tiny_mae", "terratorch_prithvi_eo_tiny_mae", "prithvi_eo_tiny_mea"),
    "TERRATORCH_FULL_MODEL_REGISTRY": ("prithvi_eo_tiny_mae", "prithvi_eo_tiny_mea"),
    "MODEL_FACTORY_REGISTRY": (
        "EncoderDecoderFactory", "FullModelFactory", "PrithviModelFactory", "SMPModelFactory", "TimmModelFactory",
        "EncoderDecodrFactory",
    ),
}  # fmt: skip
"""A name of each kind in each registry: own, plain, tagged, deprecated, each of the five, registered by the case, wrong."""
TEXTS = (
    "prithvi_eo_tiny",
    "timm_test_resnet.r160_in1k",
    *FIVE,
    "smp_Unet",
    "SelectIndices",
    "resnte18",
    "prithvi_eo_tiny_mae",
)
STATES = [*itertools.product([each for each in IMPORTS if each != "warm"], INDEX)]
"""What is imported before, with the state of the index."""
_CORE = (*FIVE, "timm_test_resnet", "prithvi_eo_tiny", "smp_Unet", "FCNDecoder", "OwnBackbone")
_SPAWNED = "spec.build in a spawned child"
_TO_SPAWN = ("prithvi_vit_100", "timm_prithvi_swin_B", "OwnBackbone", "smp_Unet", "SelectIndices")
"""The names for what takes as long as a real interpreter does."""

_LONG = (
    _SPAWNED, "terraregistry validate --fit", "terraregistry build", "terraregistry build --dry-run",
    "terraregistry build, wrong", "terraregistry schema", "terraregistry typings", "terraregistry --version",
)  # fmt: skip
"""What takes a second, and is in no sample."""

Subject = tuple[str, str, str]
"""An operation, a registry and a name in it; what is not needed is empty."""


def subjects() -> Iterator[Subject]:
    """List every operation with all that it is made on."""
    for name, operation in OPERATIONS.items():
        for registry, on in _made_on(operation):
            if name != _SPAWNED or (registry in MULTI and on in _TO_SPAWN):
                yield name, registry, on


def _made_on(operation: Operation) -> Iterator[tuple[str, str]]:
    registries = operation.only or (*MULTI, *SINGLE)
    match operation.subject:
        case "registry":
            yield from ((registry, "") for registry in registries)
        case "name":
            yield from ((registry, name) for registry in registries for name in NAMES[registry])
        case "model":
            yield from (("", name) for name in MODELS)
        case "text":
            yield from (("", text) for text in TEXTS)
        case "command":
            yield "", ""


def every() -> Iterator[Case]:
    """List every case: some 45,000."""
    for subject in subjects():
        yield from (Case(*subject, *state) for state in STATES)


def chosen() -> Iterator[Case]:
    """List every operation on every name in a state, all of them in turn, and on the names that matter most in more of them."""
    turn = itertools.cycle(STATES)
    for operation, registry, name in subjects():
        imports, index = next(turn)
        states = [(imports, index)]
        if name in _CORE and operation != _SPAWNED:
            states += [(each, index) for each in IMPORTS if each != "warm"]
            states += [("nothing", "none"), ("nothing", "made")]
        yield from (Case(operation, registry, name, *state) for state in dict.fromkeys(states))


def sample() -> Iterator[Case]:
    """List a case of most operations, with each import, each state of the index and each of the five names among them."""
    states = [("nothing", index) for index in INDEX] + [(imports, "none") for imports in IMPORTS if imports != "warm"][
        1:
    ]
    turn = itertools.cycle(states)
    names = itertools.cycle(FIVE)
    for operation, on in itertools.groupby(subjects(), key=lambda subject: subject[0]):
        if operation not in _LONG:
            places = [*on]
            wanted = next(names)
            _, registry, name = next((each for each in places if each[2] == wanted), places[0])
            yield Case(operation, registry, name, *next(turn))
