"""`BackboneModule` and its siblings, at run time: instances are the modules that satisfy the kind."""

from __future__ import annotations

import pytest
from torch import nn

from terraregistry import (
    BACKBONE_REGISTRY,
    DECODER_REGISTRY,
    NECK_REGISTRY,
    BackboneModule,
    DecoderModule,
    NeckModule,
    Registry,
)
from terraregistry.errors import ComponentProtocolError

KINDS = {
    BackboneModule: lambda: BACKBONE_REGISTRY.build("test_resnet"),
    DecoderModule: lambda: DECODER_REGISTRY.build("FCNDecoder", [8]),
    NeckModule: lambda: NECK_REGISTRY.build("SelectIndices", [8], [0]),
}


class NoModule:
    """It has the members of a backbone alone."""

    def __init__(self) -> None:
        self.out_channels = [8]

    def forward(self, x: object) -> list[object]:
        return [x]

    __call__ = forward


@pytest.mark.parametrize("kind", KINDS)
def test_products_are_instances_of_their_kind(kind: type) -> None:
    product = KINDS[kind]()
    assert isinstance(product, kind)
    assert isinstance(product, NeckModule) == (kind is NeckModule)


@pytest.mark.parametrize("kind", KINDS)
def test_modules_of_no_kind_and_others_are_no_instances(kind: type) -> None:
    assert not isinstance(nn.Linear(1, 1), kind)
    assert not isinstance(NoModule(), kind)


def test_a_registry_can_be_of_them() -> None:
    registry = Registry[BackboneModule](right=KINDS[BackboneModule], wrong=NoModule)  # type: ignore[arg-type, call-arg]
    registry.build("right")
    with pytest.raises(ComponentProtocolError):
        registry.build("wrong")
