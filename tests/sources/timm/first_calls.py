"""What can be asked of the models that this library adds to timm, each as the first thing in a process.

Run with the name of a function, this prints what the function returns.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import inspect
    from collections.abc import Sequence

    from terraregistry.protocols import Backbone

ADDED = ("prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_100", "prithvi_vit_300", "prithvi_vit_tiny")


def _features(backbone: Backbone) -> list[tuple[int, ...]]:
    import torch

    shape = 1, 6, *((224, 224) if "Getter" in str(type(getattr(backbone, "timm_model", None))) else (64, 64))
    return [tuple(feature.shape) for feature in backbone(torch.zeros(shape))]


def _parameters(signature: inspect.Signature) -> list[tuple[str, str, bool]]:
    """List the parameters without their types and defaults, which the index writes in its own way."""
    return [(each.name, each.kind.description, each.default is each.empty) for each in signature.parameters.values()]


def build() -> object:
    from terraregistry import BACKBONE_REGISTRY

    return _features(BACKBONE_REGISTRY.build("prithvi_vit_tiny", num_frames=1))


def build_swin() -> object:
    from terraregistry import BACKBONE_REGISTRY

    sizes = {"embed_dim": 16, "depths": (1, 2, 1, 1), "num_heads": (1, 2, 2, 4)}
    return _features(BACKBONE_REGISTRY.build("timm_prithvi_swin_B", **sizes))


def validate_and_build() -> object:
    from terraregistry import BACKBONE_REGISTRY

    return _features(BACKBONE_REGISTRY.validate("timm_prithvi_vit_tiny", num_frames=1, out_indices=(1, 3)).build())


def refuse() -> object:
    from terraregistry import BACKBONE_REGISTRY
    from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError

    found: list[str] = []
    for name, arguments in (
        ("prithvi_vit_tiny", {"bans": 1}),
        ("prithvi_swin_B", {"zz": 1}),
        ("prithvi_vit_100.x", {}),
    ):
        try:
            BACKBONE_REGISTRY.validate(name, **arguments)
        except (ComponentNotFoundError, InvalidArgumentsError) as error:
            found.append(str(error))
    return found


def call_constructor() -> object:
    from terraregistry import TIMM_BACKBONE_REGISTRY

    return _features(TIMM_BACKBONE_REGISTRY["prithvi_vit_tiny"](num_frames=1))


def signature_of_constructor() -> object:
    import inspect

    from terraregistry import TIMM_BACKBONE_REGISTRY

    return [str(inspect.signature(TIMM_BACKBONE_REGISTRY[name])) for name in ADDED]


def signature() -> object:
    from terraregistry import BACKBONE_REGISTRY

    return [_parameters(BACKBONE_REGISTRY.signature(name)) for name in ADDED]


def describe() -> object:
    from terraregistry import BACKBONE_REGISTRY

    described = [BACKBONE_REGISTRY.describe(name) for name in ADDED]
    return [(each.name, each.summary, each.aliases, each.weights, each.file, each.line) for each in described]


def weights() -> object:
    from terraregistry import TIMM_BACKBONE_REGISTRY

    return [getattr(TIMM_BACKBONE_REGISTRY[name], "__weights__") for name in ADDED]  # noqa: B009 - of no type


def feature_specs() -> object:
    from terraregistry import TIMM_BACKBONE_REGISTRY

    return [TIMM_BACKBONE_REGISTRY.feature_specs(name) for name in ADDED]


def whole_network() -> object:
    from terraregistry import TIMM_BACKBONE_REGISTRY

    return [_parameters(TIMM_BACKBONE_REGISTRY.network_signature(name)) for name in ADDED]


def names_after_somebody_imported_timm() -> object:
    import timm

    from terraregistry import TIMM_BACKBONE_REGISTRY

    assert timm
    return "prithvi_vit_100" in TIMM_BACKBONE_REGISTRY, [each for each in TIMM_BACKBONE_REGISTRY if each in ADDED]


def list_after_somebody_imported_timm() -> object:
    import timm

    from terraregistry import TIMM_BACKBONE_REGISTRY

    assert timm
    return list(TIMM_BACKBONE_REGISTRY)


def encoder_of_smp() -> object:
    import torch

    from terraregistry import MODEL_FACTORY_REGISTRY

    factory = MODEL_FACTORY_REGISTRY.build("SMPModelFactory")
    arguments = {"model": "Unet", "backbone": "tu-prithvi_swin_B", "in_channels": 6, "pretrained": False}
    with torch.device("meta"):
        return type(factory.build_model(task="segmentation", **arguments)).__name__


def main(arguments: Sequence[str]) -> None:
    """Run one of the functions above."""
    print(repr(globals()[arguments[0]]()))  # noqa: T201 - for the test that runs this


if __name__ == "__main__":
    main(sys.argv[1:])
