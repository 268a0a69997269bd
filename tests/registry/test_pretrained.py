"""What registries say of pretrained weights, and that the index keeps it."""

from __future__ import annotations

import pytest

from terraregistry import BACKBONE_REGISTRY, Registry
from terraregistry.index import Index
from terraregistry.indexing.making import make_index
from terraregistry.pretrained import PretrainedWeights, declare_weights, declared_weights

MINE = PretrainedWeights("tiny", "hf-hub:me/tiny/tiny.pt", "mit", 44_700_000)
BARE = PretrainedWeights("tiny.other", "https://example.org/other.pt")


def tiny(pretrained: bool = False) -> object:
    """A component of a test."""
    return object()


@pytest.fixture
def registry():
    return Registry[object](tiny=declare_weights(lambda pretrained=False: object(), MINE, BARE), bare=tiny)


def test_what_a_constructor_declares_is_described_in_its_order(registry):
    assert registry.describe("tiny").weights == (MINE, BARE)
    assert registry.describe("bare").weights == ()


@pytest.mark.parametrize("nonsense", [None, "text", 3, [MINE], ({"name": "x"},)])
def test_another_meaning_of_the_attribute_is_not_taken_for_weights(nonsense):
    def constructor():
        return None

    constructor.__weights__ = nonsense
    assert declared_weights(constructor) == ()


def test_the_index_keeps_weights(registry):
    index = make_index({"tests:REGISTRY": registry})
    read = Index(index.image)

    assert read == index
    assert read.find("tests:REGISTRY", "tiny").component.weights == (MINE, BARE)


def test_timm_has_the_weights_that_pretrained_loads_first():
    import timm

    weights = BACKBONE_REGISTRY.describe("timm_resnet18").weights
    default = timm.get_pretrained_cfg("resnet18")

    assert weights[0] == PretrainedWeights(f"resnet18.{default.tag}", f"hf-hub:{default.hf_hub_id}", default.license)
    assert {each.name for each in weights} == set(timm.list_pretrained("resnet18.*"))
    assert BACKBONE_REGISTRY.describe("timm_resnet18.tv_in1k").weights[0].name == "resnet18.tv_in1k"


def test_a_model_of_timm_without_weights_has_none():
    assert BACKBONE_REGISTRY.describe("timm_resnet10t").weights != ()
    assert BACKBONE_REGISTRY.describe("timm_vit_base_patch16_18x2_224").weights == ()


def test_prithvi_has_its_repository_and_no_licence_that_nobody_read():
    known = BACKBONE_REGISTRY.describe("prithvi_eo_v2_300").weights
    unread = BACKBONE_REGISTRY.describe("prithvi_eo_v2_tiny_tl").weights

    assert known[0].origin == "hf-hub:ibm-nasa-geospatial/Prithvi-EO-2.0-300M/Prithvi_EO_V2_300M.pt"
    assert (known[0].license, unread[0].license) == ("apache-2.0", None)
    assert BACKBONE_REGISTRY.describe("prithvi_eo_tiny").weights == ()
