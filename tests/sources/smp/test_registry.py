"""The registry of smp's decoders: what it validates before a decoder is constructed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from terraregistry import DECODER_REGISTRY, SMP_DECODER_REGISTRY
from terraregistry.errors import InvalidArgumentsError, ReadOnlyRegistryError
from terraregistry.testing import check_source

if TYPE_CHECKING:
    from terraregistry.index import Index

CHANNELS = [32, 64, 128, 256]


def test_names_are_those_of_smps_model_classes() -> None:
    import segmentation_models_pytorch as smp

    models = {each.__name__ for each in smp.MODEL_ARCHITECTURES_MAPPING.values()}
    assert set(SMP_DECODER_REGISTRY) == models


def test_keeps_the_laws_of_sources() -> None:
    check_source(SMP_DECODER_REGISTRY)


def test_names_are_known_without_importing_smp() -> None:
    code = (
        "import sys; from terraregistry import DECODER_REGISTRY as R; assert 'smp_Unet' in R and len(R) > 12; "
        "assert not {'torch', 'timm', 'segmentation_models_pytorch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_values_are_validated_without_importing_smp(index: Index) -> None:
    code = """
        import sys
        from terraregistry import DECODER_REGISTRY, errors
        DECODER_REGISTRY.validate("smp_Unet", [8, 16, 32, 64], decoder_channels=[8] * 5)
        try:
            DECODER_REGISTRY.validate("smp_Unet", [8, 16, 32, 64], decoder_channels=[8] * 3)
        except errors.InvalidArgumentsError as error:
            assert error.problems[0].parameter == "decoder_channels"
        else:
            raise AssertionError("a decoder of four features has five blocks")
        assert not {"torch", "segmentation_models_pytorch"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


@pytest.mark.parametrize("method", ["build", "validate"])
def test_an_argument_under_both_of_its_names_is_refused_with_all_else_that_is_wrong(method: str) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        getattr(DECODER_REGISTRY, method)(
            "smp_Unet", CHANNELS, use_norm="batchnorm", decoder_use_norm="identity", atention_type=None
        )
    assert str(caught.value).splitlines()[:3] == [
        "2 problems in the arguments of 'smp_Unet' (DECODER_REGISTRY)",
        "  decoder_use_norm: given twice: also as 'use_norm', which means the same",
        "  atention_type: unknown argument; did you mean 'attention_type'?",
    ]


def test_nothing_is_registered_in_smps_globals() -> None:
    import segmentation_models_pytorch as smp

    encoders = smp.encoders.encoders
    before = dict(encoders)
    for name in SMP_DECODER_REGISTRY:
        if name not in ("DeepLabV3Plus", "PAN"):
            SMP_DECODER_REGISTRY.build(name, CHANNELS)
    assert encoders == before


def test_it_is_read_only() -> None:
    with pytest.raises(ReadOnlyRegistryError) as caught:
        SMP_DECODER_REGISTRY.register(object)
    assert str(caught.value) == (
        "SMP_DECODER_REGISTRY is read-only: register a decoder of your own in TERRATORCH_DECODER_REGISTRY, "
        "or in a Registry that you mount"
    )
