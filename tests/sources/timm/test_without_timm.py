"""timm missing or broken: what does not need it works, and what does says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = {
    "missing": "raise ModuleNotFoundError(\"No module named 'timm'\", name='timm')",
    "broken": "raise RuntimeError('operator torchvision::nms does not exist')",
}


def _run(folder: Path, stub: str, code: str) -> None:
    package = folder / "timm"
    package.mkdir()
    (package / "__init__.py").write_text(stub, encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("stub", ["missing", pytest.param("broken", marks=pytest.mark.slow)])
def test_asking_for_timm_says_what_to_install_and_the_rest_works(tmp_path: Path, stub: str) -> None:
    _run(
        tmp_path,
        BROKEN[stub],
        """
        import terraregistry
        from terraregistry import BACKBONE_REGISTRY, DECODER_REGISTRY, NECK_REGISTRY
        from terraregistry import TERRATORCH_BACKBONE_REGISTRY, TIMM_BACKBONE_REGISTRY
        from terraregistry.errors import SourceUnavailableError

        def refused(ask, *args):
            try:
                ask(*args)
            except SourceUnavailableError as error:
                assert isinstance(error, ImportError)
                assert "pip install" in str(error) and "timm" in str(error), error
                assert isinstance(error.__cause__, Exception)
                return
            raise AssertionError(f"{ask} is no error")

        refused(TIMM_BACKBONE_REGISTRY.build, "resnet18")
        refused(TIMM_BACKBONE_REGISTRY.validate, "resnet18")
        refused(list, TIMM_BACKBONE_REGISTRY)
        refused(BACKBONE_REGISTRY.build, "timm_resnet18")

        class Mine:
            out_channels = [3]
            def forward(self, x):
                return [x]
            __call__ = forward

        TERRATORCH_BACKBONE_REGISTRY.register(Mine)
        assert "terratorch_Mine" in BACKBONE_REGISTRY
        assert "Mine" in BACKBONE_REGISTRY
        assert BACKBONE_REGISTRY.build("Mine").out_channels == [3]
        assert BACKBONE_REGISTRY.build("terratorch_Mine").out_channels == [3]

        assert "terratorch_FCNDecoder" in DECODER_REGISTRY and "smp_Unet" in DECODER_REGISTRY
        decoder = DECODER_REGISTRY.build("FCNDecoder", [8, 16], num_convs=1, channels=8)
        assert decoder.out_channels == 8
        assert "SelectIndices" in NECK_REGISTRY
        """,
    )


@pytest.mark.slow
def test_timm_is_found_once_it_is_repaired(tmp_path: Path) -> None:
    _run(
        tmp_path,
        "raise RuntimeError('broken')",
        """
        import sys
        from terraregistry import BACKBONE_REGISTRY
        from terraregistry.errors import SourceUnavailableError

        try:
            BACKBONE_REGISTRY.build("timm_test_resnet")
        except SourceUnavailableError as error:
            assert "broken" in str(error)
        else:
            raise AssertionError("it is broken")
        sys.path = [each for each in sys.path if each != STUB]
        assert BACKBONE_REGISTRY.build("timm_test_resnet").out_channels
        """.replace("STUB", repr(str(tmp_path))),
    )


def test_names_of_timm_load_nothing_before_they_are_asked_for() -> None:
    code = "import sys, terraregistry as t; t.TIMM_BACKBONE_REGISTRY; assert not {'torch', 'timm', 'pydantic'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
