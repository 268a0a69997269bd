"""The real TerraTorch, where it is installed: its components are found, validated, built and fit into our factories."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from terraregistry import BACKBONE_REGISTRY, MODEL_FACTORY_REGISTRY
from terraregistry.errors import InvalidArgumentsError
from terraregistry.index import load_index
from terraregistry.terratorch_names import installed_names
from terraregistry.tools.checking import check_config
from terraregistry.tools.config import find_request, read_config
from terraregistry.tools.trial import TrialOptions, make_factory, run_trial

pytestmark = [
    pytest.mark.skipif(not installed_names(), reason="TerraTorch is not installed"),
    pytest.mark.filterwarnings("ignore"),  # of TerraTorch's own
]
TERRAMIND = """\
model_factory: EncoderDecoderFactory
task: segmentation
backbone: terramind_v1_tiny
backbone_pretrained: false
backbone_modalities: [S2L2A, S1GRD]
necks: [{name: SelectIndices, indices: [2, 5, 8, 11]}, {name: ReshapeTokensToImage, remove_cls_token: false}]
decoder: UperNetDecoder
decoder_channels: 8
num_classes: 2
"""


def test_the_source_lists_the_registered_components() -> None:
    registry = pytest.importorskip("terratorch.registry")
    for name in ("TERRATORCH_BACKBONE_REGISTRY", "TERRATORCH_FULL_MODEL_REGISTRY", "TERRATORCH_DECODER_REGISTRY"):
        registered = {*getattr(registry, name)}
        listed = installed_names()[name]
        absent = {each for each in {*listed} - registered if "helio" not in each}
        assert (registered - {*listed}, absent) == (set(), set())


def test_signatures_come_from_the_index_without_an_import() -> None:
    load_index()
    program = (
        "import sys; from terraregistry import BACKBONE_REGISTRY as R\n"
        "assert 'model_bands' in R.signature('dofa_small_patch16_224').parameters\n"
        "R.validate('terramind_v1_base', modalities=['S2L2A'])\n"
        "try: R.validate('terratorch_terramind_v1_base', modalitys=['S2L2A'])\n"
        "except TypeError as error: print(error)\n"
        "assert 'terratorch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "modalitys: unknown argument; did you mean 'modalities'?" in done.stdout


def test_what_it_adds_to_timm_is_here_before_its_import() -> None:
    load_index()
    program = (
        "import sys, torch; from terraregistry import BACKBONE_REGISTRY as R, TIMM_BACKBONE_REGISTRY as T\n"
        "assert tuple(R.resolve('clay_v1_base')) == ('timm', 'clay_v1_base') and 'timm' not in sys.modules\n"
        "import timm; before = [*T]\n"
        "assert before.count('clay_v1_base') == 1 and 'clay_v1_base' in T\n"
        "spec = R.validate('clay_v1_base', bands=['blue', 'red'], img_size=32, out_indices=[1, 5])\n"
        "assert 'terratorch' not in sys.modules and T.registrations('clay_v1_base') == ()\n"
        "tokens = spec.build().eval()(torch.rand(1, 2, 32, 32))\n"
        "assert [*T] == before and {*map(lambda each: each.shape[-1], tokens)} == {768}; print('held')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "held\n", done.stderr


def test_a_misspelt_argument_is_refused() -> None:
    with pytest.raises(InvalidArgumentsError, match="model_band: unknown argument; did you mean 'model_bands'"):
        BACKBONE_REGISTRY.build("dofa_small_patch16_224", model_band=["RED"])


@pytest.mark.parametrize("modalities", ["[S2L2A]", "[S2L2A, S1GRD]"])
def test_modalities_make_the_batch(tmp_path, modalities: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(TERRAMIND.replace("[S2L2A, S1GRD]", modalities), encoding="utf-8")
    request = find_request(read_config(str(file)))
    trial = run_trial(request, make_factory(request), TrialOptions())
    assert trial.batch == (2, 12, 224, 224)
    assert trial.parts[-1].shapes == ((2, 2, 224, 224),)


def test_a_wrong_argument_in_a_config_is_found(tmp_path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(TERRAMIND.replace("backbone_modalities", "backbone_modality"), encoding="utf-8")
    assert [each.message for each in check_config(str(file))] != []


def test_bands_are_the_channels_of_the_images() -> None:
    net = BACKBONE_REGISTRY.build("dofa_small_patch16_224", model_bands=["RED", "GREEN"], out_indices=[2, 11])
    assert len(net(torch.rand(1, 2, 224, 224))) == len(net.out_channels) == 2


def test_their_factories_are_here() -> None:
    assert hasattr(MODEL_FACTORY_REGISTRY.build("ClayModelFactory"), "build_model")
