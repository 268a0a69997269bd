"""The real mmsegmentation is imported late, without a word, and leaves nothing behind that misleads others."""

from __future__ import annotations

import threading

import pytest

from terraregistry import MMSEG_DECODER_REGISTRY
from terraregistry.errors import SourceUnavailableError
from terraregistry.sources.mmseg import is_installed
from terraregistry.sources.mmseg.mmseg_heads import load_module

pytestmark = pytest.mark.skipif(not is_installed(), reason="mmsegmentation is not installed")


def test_nothing_of_it_is_imported_before_a_head_is_asked_for(in_a_process) -> None:
    printed = in_a_process("""
        import sys
        import terraregistry
        from terraregistry import DECODER_REGISTRY, MMSEG_DECODER_REGISTRY
        found = lambda: sorted({"torch", "mmseg", "mmengine", "mmcv"} & set(sys.modules))
        assert "mmseg_UPerHead" in DECODER_REGISTRY and DECODER_REGISTRY.search("mmseg_*") and len(MMSEG_DECODER_REGISTRY)
        repr(DECODER_REGISTRY), DECODER_REGISTRY.resolve("UPerHead"), DECODER_REGISTRY & {"UPerHead"}
        DECODER_REGISTRY.find_class("mmseg_UPerHead"), list(MMSEG_DECODER_REGISTRY.values())
        print(found())
        DECODER_REGISTRY.build("FCNDecoder", [8], channels=8)
        DECODER_REGISTRY.build("smp_FPN", [8, 16, 24, 32])
        print(found())
        DECODER_REGISTRY.build("mmseg_FCNHead", [8], channels=8, num_classes=2)
        print(found())
        """)
    assert printed == "[]\n['torch']\n['mmcv', 'mmengine', 'mmseg', 'torch']\n"


def test_the_compiled_operators_do_not_seem_to_be_there_afterwards(in_a_process) -> None:
    printed = in_a_process("""
        import sys
        from terraregistry import MMSEG_DECODER_REGISTRY
        MMSEG_DECODER_REGISTRY.signature("PSAHead")
        from mmengine.utils.dl_utils import mmcv_full_available
        print("mmcv._ext" in sys.modules, mmcv_full_available())
        """)
    assert printed == "False False\n"


def test_an_operator_that_is_called_all_the_same_says_what_is_missing() -> None:
    load_module("mmseg.models.decode_heads")
    import torch
    from mmcv.ops import PSAMask

    with pytest.raises(SourceUnavailableError) as caught:
        PSAMask("collect", (2, 2))(torch.zeros(1, 4, 2, 2))
    assert str(caught.value) == (
        "the source 'mmseg' is unavailable: psamask_forward is one of the compiled operators of mmcv, which mmcv-lite does "
        "not have; install mmcv 2.1.0, compiled for the torch that is installed, in the place of mmcv-lite"
    )


def test_threads_can_build_at_the_same_time() -> None:
    built: list[object] = []

    def build() -> None:
        update = {
            "type": "KernelUpdateHead", "in_channels": 16, "out_channels": 16, "num_heads": 2, "feedforward_channels": 8,
            "kernel_updator_cfg": {"type": "KernelUpdator", "in_channels": 16, "feat_channels": 8, "out_channels": 16},
        }  # fmt: skip
        given = {"kernel_generate_head": {"type": "FCNHead", "channels": 16}, "kernel_update_head": [update]}
        built.append(MMSEG_DECODER_REGISTRY.build("IterativeDecodeHead", [8], num_classes=3, num_stages=1, **given))

    threads = [threading.Thread(target=build) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == len(threads)
