"""The libraries behind the sources, used for the first time by sixteen threads at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from terraregistry import TIMM_BACKBONE_REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

    from terraregistry.index import Index

PROGRAM = """
    import json, sys, threading
    from collections import Counter
    from concurrent.futures import ThreadPoolExecutor

    executed = Counter()

    class Counting:
        # Counts each time that the code of a module runs.
        def find_spec(self, name, path=None, target=None):
            for finder in sys.meta_path:
                if finder is not self and (found := finder.find_spec(name, path, target)) is not None:
                    run = getattr(found.loader, "exec_module", None)
                    if run is not None and name.startswith(("terraregistry", "timm.", "segmentation_models_pytorch")):
                        found.loader.exec_module = lambda module: (executed.update([name]), run(module))[1]
                    return found
            return None

    sys.meta_path.insert(0, Counting())
    from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY, TIMM_BACKBONE_REGISTRY
    from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError

    def refused(ask, *args, **kwargs):
        try:
            ask(*args, **kwargs)
        except (ComponentNotFoundError, InvalidArgumentsError) as error:
            return str(error)
        return "nothing"

    uses = [
        lambda: len(TIMM_BACKBONE_REGISTRY),
        lambda: str(BACKBONE_REGISTRY.resolve("resnet18.a1_in1k")),
        lambda: "timm_vit_tiny_patch16_224" in BACKBONE_REGISTRY,
        lambda: "prithvi_vit_tiny" in TIMM_BACKBONE_REGISTRY,
        lambda: "no_such_network" in BACKBONE_REGISTRY,
        lambda: refused(BACKBONE_REGISTRY.build, "timm_resnet19"),
        lambda: refused(BACKBONE_REGISTRY.build, "resnet18", drop_rat=0.1),
        lambda: list(TIMM_BACKBONE_REGISTRY.signature("resnet10t").parameters),
        lambda: TIMM_BACKBONE_REGISTRY.build("test_resnet", in_chans=2).out_channels,
        lambda: [each.channels for each in TIMM_BACKBONE_REGISTRY.feature_specs("test_vit", out_indices=[0, 1])],
        lambda: [each.channels for each in TIMM_BACKBONE_REGISTRY.feature_specs("test_efficientnet")],
        lambda: TIMM_BACKBONE_REGISTRY.describe("test_convnext").summary,
        lambda: DECODER_REGISTRY.build("smp_Unet", [8, 8, 8, 8, 8]).out_channels,
        lambda: list(DECODER_REGISTRY.signature("FPN").parameters),
        lambda: NECK_REGISTRY.build("SelectIndices", [8, 16], indices=[1]).channel_list,
        lambda: sorted(DECODER_REGISTRY.search("*FCN*")),
    ]
    sys.setswitchinterval(1e-5)
    start = threading.Barrier(16)

    def work(thread):
        start.wait()
        found = {}
        for index in range(16):
            index = (index + thread) % 16
            found[index] = uses[index]()
        return [found[index] for index in sorted(found)]

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(work, range(16)))
    alone = [use() for use in uses]
    models = Counter(name for name in sys.modules["timm"].list_models() if name.startswith("prithvi"))
    print(json.dumps({
        "same": [each == alone for each in found],
        "alone": alone,
        "more than once": [name for name, times in executed.items() if times > 1],
        "counted": len(executed),
        "prithvi": models,
    }))
"""


@pytest.mark.slow
@pytest.mark.parametrize("cached", [True, False])
def test_sixteen_threads_that_use_the_libraries_for_the_first_time(cached: bool, tmp_path: Path, index: Index) -> None:
    environment = os.environ | ({} if cached else {"TERRAREGISTRY_SHIPPED_INDEX": "0", "XDG_CACHE_HOME": str(tmp_path)})
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(PROGRAM)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["same"] == [True] * 16
    assert found["more than once"] == []
    assert found["counted"] > 100
    assert found["prithvi"] == dict.fromkeys(
        ["prithvi_swin_B", "prithvi_swin_L", "prithvi_vit_100", "prithvi_vit_300", "prithvi_vit_tiny"], 1
    )
    count, canonical, *there = found["alone"][:5]
    assert count == len(TIMM_BACKBONE_REGISTRY)
    assert (canonical, there) == ("timm_resnet18", [True, True, False])
    assert "did you mean 'timm_resnet18'" in found["alone"][5]
    assert "drop_rat: unknown argument; did you mean 'drop_rate'" in found["alone"][6]
