"""This library's own models of timm: theirs are built, whoever has the names in timm, as `timm.create_model` would."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import timm
import torch
from torch import nn

from terraregistry import TIMM_BACKBONE_REGISTRY
from terraregistry.components.backbones.prithvi import timm_models
from terraregistry.errors import SourceUnavailableError
from terraregistry.sources.timm import loaded_timm
from terraregistry.sources.timm.loaded_timm import added_entrypoint
from terraregistry.sources.timm.timm_constructor import TimmConstructor
from terraregistry.sources.timm.timm_registry import TimmRegistry

TINY = {"embed_dim": 32, "depth": 2, "num_heads": 2, "img_size": 32}

TAKEN = """
    import sys, warnings
    warnings.simplefilter("ignore")
    order = sys.argv[1]
    if order == "before":
        import somebodys
    import terraregistry
    from terraregistry import BACKBONE_REGISTRY as backbones, TIMM_BACKBONE_REGISTRY as registry
    from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError, TakenNameWarning

    sizes = {"embed_dim": 16, "depths": (1, 2, 1, 1), "num_heads": (1, 2, 2, 4)}

    def build():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", TakenNameWarning)
            backbone = backbones.build("prithvi_swin_B", features_only=False, **sizes)
        assert type(backbone.timm_model).__name__ == "PrithviSwin"
        assert backbone.timm_model.pretrained_cfg["input_size"] == (6, 224, 224)
        assert "tag" not in backbone.timm_model.pretrained_cfg
        return [each.message for each in caught if isinstance(each.message, TakenNameWarning)]

    if order == "after":
        assert build() == []
        import somebodys
    (warning,) = build()
    assert (warning.name, warning.taken_by) == ("prithvi_swin_B", "somebodys.prithvi_swin_B")
    assert warning.defined_at == f"{somebodys.__file__}:{somebodys.prithvi_swin_B.__code__.co_firstlineno}"

    import timm
    assert timm.model_entrypoint("prithvi_swin_B") is somebodys.prithvi_swin_B
    assert isinstance(timm.create_model("prithvi_swin_B", zz=1), somebodys.Theirs)
    try:
        backbones.validate("prithvi_swin_B", zz=1)
    except InvalidArgumentsError as error:
        assert "zz: unknown argument" in str(error)
    else:
        raise AssertionError("zz is no argument of ours")
    assert "frozen_stages" in registry.signature("prithvi_swin_B").parameters
    assert registry.describe("prithvi_swin_B").aliases == registry["prithvi_swin_B"].__weights__ == ()
    assert registry.feature_specs("prithvi_swin_B", **sizes)[0].channels == 16
    assert "prithvi_swin_B.theirs" not in registry and "prithvi_swin_B" in registry
    assert [*registry].count("prithvi_swin_B") == 1
    try:
        registry["prithvi_swin_B"](pretrained_cfg="theirs")
    except RuntimeError as error:
        assert str(error) == "Invalid pretrained tag (theirs) for prithvi_swin_B."
    with warnings.catch_warnings():
        warnings.simplefilter("error", TakenNameWarning)
        backbones.build("prithvi_vit_tiny", num_frames=1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("order", ["before", "after"])
def test_another_package_takes_a_name(order: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent),
        "TERRAREGISTRY_SHIPPED_INDEX": "0",
        "XDG_CACHE_HOME": str(tmp_path),
    }
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(TAKEN), order],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"pretrained": False, "bands": ["RED", "BLUE"], "num_frames": 2},
        {
            "features_only": False,
            "drop_path": None,
            "cache_dir": "/nowhere",
            "pretrained_cfg_overlay": {"crop_pct": 0.5},
        },
        {"pretrained_cfg": {"input_size": (6, 64, 64), "num_classes": 0}},
    ],
)
def test_they_are_built_as_timm_builds_them(given: dict[str, object]) -> None:
    ours = TimmConstructor("prithvi_vit_tiny")(**TINY, **given).timm_model
    theirs = timm.create_model("prithvi_vit_tiny", **{"features_only": True, **TINY, **given})
    assert str(ours) == str(theirs)
    for member in ("pretrained_cfg", "_model_args"):
        assert getattr(ours, member) == getattr(theirs, member)


def test_a_file_of_weights_is_loaded_as_timm_loads_it(tmp_path: Path) -> None:
    source = TimmConstructor("prithvi_vit_tiny")(features_only=False, **TINY)
    torch.save(source.timm_model.state_dict(), tmp_path / "weights.pt")
    loaded = TimmConstructor("prithvi_vit_tiny")(
        features_only=False, checkpoint_path=str(tmp_path / "weights.pt"), **TINY
    )
    assert all(torch.equal(one, source.state_dict()[key]) for key, one in loaded.state_dict().items())


@pytest.mark.parametrize("setting", ["scriptable", "exportable", "no_jit"])
def test_the_settings_of_layers_are_those_given(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def prithvi_vit_tiny(pretrained: bool = False, **kwargs: object) -> nn.Module:
        seen.append(getattr(timm.layers.config, f"is_{setting}")())
        return nn.Identity()

    prithvi_vit_tiny.__module__ = timm_models.__name__
    prithvi_vit_tiny.__qualname__ = "prithvi_vit_tiny"
    monkeypatch.setattr(timm_models, "prithvi_vit_tiny", prithvi_vit_tiny)
    for given in (None, True, False):
        loaded_timm.create_added("prithvi_vit_tiny", pretrained=False, **{setting: given})
    assert seen == [False, True, False]


def test_a_tag_that_there_is_not() -> None:
    assert TIMM_BACKBONE_REGISTRY.look_up("prithvi_vit_100.xyz") is None
    with pytest.raises(RuntimeError, match=r"Invalid pretrained tag \(xyz\) for prithvi_vit_100"):
        TimmConstructor("prithvi_vit_100.xyz")()


def test_where_they_are_taken_out_of_timm_they_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(TIMM_BACKBONE_REGISTRY)
    for name in loaded_timm.ADDITIONS:
        monkeypatch.delitem(timm.models._registry._model_entrypoints, name)
    assert list(TimmRegistry()) == names
    assert TimmRegistry().validate("prithvi_vit_tiny", num_frames=2).kwargs == {"num_frames": 2}


def test_what_cannot_be_imported_with_the_installed_timm_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded_timm, "_loaded", set())
    monkeypatch.delattr(timm_models, "prithvi_swin_B")
    monkeypatch.delitem(timm.models._registry._model_entrypoints, "prithvi_swin_B")
    registry = TimmRegistry()
    with pytest.raises(SourceUnavailableError, match="timm_models:prithvi_swin_B cannot be imported") as caught:
        registry.validate("prithvi_swin_B")
    assert (caught.value.source, caught.value.remedy) == (
        "timm",
        "repair timm, or install a newer one: pip install -U timm",
    )
    assert "prithvi_swin_B" in registry
    assert registry.validate("prithvi_vit_tiny")
    assert registry.build("test_resnet").out_channels


def test_a_module_that_was_loaded_again_takes_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry points are the same by name, and others by identity."""

    def prithvi_vit_tiny(pretrained: bool = False, **kwargs: object) -> nn.Module:
        return nn.Identity()

    functools.update_wrapper(prithvi_vit_tiny, added_entrypoint("prithvi_vit_tiny"))
    monkeypatch.setitem(timm.models._registry._model_entrypoints, "prithvi_vit_tiny", prithvi_vit_tiny)
    assert TimmConstructor("prithvi_vit_tiny")(**TINY).out_channels == [32, 32]  # a warning is an error here
