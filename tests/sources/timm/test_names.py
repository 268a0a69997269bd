"""Which names the source has: those that timm can build at this moment, and no others."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
from hypothesis import given
from hypothesis import strategies as st
from timm.models._features import FeatureInfo
from torch import nn

from terraregistry import BACKBONE_REGISTRY, TIMM_BACKBONE_REGISTRY
from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError, ReadOnlyRegistryError
from terraregistry.testing import check_source

Register = Callable[[Callable[..., Any]], None]
OF_ANOTHER_KIND = [
    "hf-hub:timm/resnet18",
    "hf_hub:timm/resnet18",
    "local-dir:/tmp",
    "timm/resnet18",
    "foo-bar:resnet18",
]


class Network(nn.Module):
    """The least that is a feature pyramid to `TimmBackbone`: one convolution."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, width, 4, stride=4)
        self.feature_info = FeatureInfo([{"num_chs": width, "reduction": 4, "module": "stem"}], (0,))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [self.stem(x)]


def _deprecated() -> dict[str, str]:
    names: dict[str, str] = timm.models.get_deprecated_models()
    return names


def _tagged() -> list[str]:
    names: list[str] = timm.list_models(include_tags=True)
    return [name for name in names if "." in name]


# -- architectures --


def test_iterates_exactly_what_timm_lists(architectures: list[str]) -> None:
    names = list(TIMM_BACKBONE_REGISTRY)
    assert len(names) == len(set(names)) == len(TIMM_BACKBONE_REGISTRY)
    assert sorted(names) == sorted(architectures)


def test_all_architectures_of_timm_itself_are_there(architectures: list[str]) -> None:
    own = [name for name in architectures if timm.model_entrypoint(name).__module__.startswith("timm.")]
    assert len(own) == 1371
    assert set(own) <= set(TIMM_BACKBONE_REGISTRY)


def test_every_architecture_is_contained_bare_and_qualified(architectures: list[str]) -> None:
    for name in architectures:
        assert name in TIMM_BACKBONE_REGISTRY
        assert TIMM_BACKBONE_REGISTRY.look_up(name) == name
        for spelling in (name, f"timm_{name}"):
            assert spelling in BACKBONE_REGISTRY
        assert tuple(BACKBONE_REGISTRY.resolve(f"timm_{name}")) == ("timm", name)
    assert {f"timm_{name}" for name in architectures} <= set(BACKBONE_REGISTRY)


def test_a_bare_name_is_timms_where_no_earlier_source_has_it(architectures: list[str]) -> None:
    earlier = set(BACKBONE_REGISTRY["terratorch"])
    resolved = {name: tuple(BACKBONE_REGISTRY.resolve(name)) for name in architectures}
    assert {name for name, (prefix, _) in resolved.items() if prefix != "timm"} == earlier & set(architectures)
    assert all(found == name for name, (_, found) in resolved.items())


def test_keeps_the_laws_of_sources() -> None:
    check_source(TIMM_BACKBONE_REGISTRY, ["resnet18", "vit_tiny_patch16_224", "hrnet_w18_small", "test_vit"])


def test_membership_does_not_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> list[str]:
        raise AssertionError("listed all of timm's models")

    monkeypatch.setattr(timm, "list_models", refuse)
    monkeypatch.setattr(timm.models, "list_models", refuse)
    monkeypatch.setattr(timm.models._registry, "list_models", refuse)
    for name in ("resnet18", "resnet18.a1_in1k", *_deprecated()):
        assert name in TIMM_BACKBONE_REGISTRY
        assert name in BACKBONE_REGISTRY
    assert "resnet_18" not in TIMM_BACKBONE_REGISTRY
    assert "resnet18.nonsense" not in BACKBONE_REGISTRY
    assert BACKBONE_REGISTRY.resolve("resnet18").prefix == "timm"


def test_case_counts_and_the_right_case_is_suggested() -> None:
    assert "ResNet18" not in TIMM_BACKBONE_REGISTRY
    with pytest.raises(ComponentNotFoundError) as caught:
        TIMM_BACKBONE_REGISTRY.build("ResNet18")
    assert caught.value.suggestions[0] == "resnet18"


@pytest.mark.parametrize("name", OF_ANOTHER_KIND)
def test_names_that_lead_to_a_hub_or_a_folder_are_not_contained(name: str) -> None:
    assert name not in TIMM_BACKBONE_REGISTRY
    assert name not in BACKBONE_REGISTRY
    assert f"timm_{name}" not in BACKBONE_REGISTRY
    for ask in (TIMM_BACKBONE_REGISTRY.build, TIMM_BACKBONE_REGISTRY.validate, TIMM_BACKBONE_REGISTRY.signature):
        with pytest.raises(ComponentNotFoundError) as caught:
            ask(name)
        assert caught.value.name == name


@given(
    st.text(max_size=30)
    | st.sampled_from(["", ".", "..", "resnet18.", ".a1_in1k", "resnet18..a1_in1k", "timm_resnet18"])
)
def test_whatever_is_contained_is_what_timm_can_build(name: str) -> None:
    try:
        known = timm.is_model(name) and (("." not in name) or bool(timm.get_pretrained_cfg(name)))
    except RuntimeError:
        known = False
    if name.endswith("."):
        known = False
    assert (name in TIMM_BACKBONE_REGISTRY) is known


def test_nothing_can_be_registered_here() -> None:
    with pytest.raises(ReadOnlyRegistryError, match=r"timm\.models\.register_model"):
        TIMM_BACKBONE_REGISTRY.register(Network)


# -- pretrained tags --


def test_every_real_tag_is_an_alias_of_its_architecture() -> None:
    tagged = _tagged()
    assert len(tagged) > 1000
    listed = set(TIMM_BACKBONE_REGISTRY)
    for name in tagged:
        assert name in TIMM_BACKBONE_REGISTRY
        assert TIMM_BACKBONE_REGISTRY.look_up(name) == name.partition(".")[0]
        assert name not in listed
    assert all(f"timm_{name}" in BACKBONE_REGISTRY for name in tagged)


def test_the_aliases_of_an_architecture_are_its_tags_and_old_names() -> None:
    tags = {name for name in _tagged() if name.partition(".")[0] == "resnet50"}
    old = {name for name, new in _deprecated().items() if new.partition(".")[0] == "resnet50"}
    assert old
    described = TIMM_BACKBONE_REGISTRY.describe("resnet50.a1_in1k")
    assert described.name == "resnet50"
    assert set(described.aliases) == tags | old


def test_a_tag_chooses_no_other_component() -> None:
    assert TIMM_BACKBONE_REGISTRY.signature("resnet18.a1_in1k") == TIMM_BACKBONE_REGISTRY.signature("resnet18")
    resolved = BACKBONE_REGISTRY.resolve("timm_resnet18.a1_in1k")
    assert tuple(resolved) == ("timm", "resnet18")
    assert BACKBONE_REGISTRY & {"resnet18.a1_in1k"} == {"timm_resnet18"}


def test_the_tag_that_was_given_reaches_timm() -> None:
    backbone = TIMM_BACKBONE_REGISTRY.build("resnet18.fb_swsl_ig1b_ft_in1k")
    assert backbone.timm_model.pretrained_cfg["tag"] == "fb_swsl_ig1b_ft_in1k"


@pytest.mark.parametrize("name", ["resnet18.a1_in2k", "resnet18.a1in1k", "resnet18.a1_in1kk"])
def test_a_misspelt_tag_is_refused_with_the_right_one(name: str) -> None:
    assert name not in TIMM_BACKBONE_REGISTRY
    with pytest.raises(ComponentNotFoundError) as caught:
        TIMM_BACKBONE_REGISTRY.build(name)
    assert caught.value.suggestions[0] == "resnet18.a1_in1k"
    with pytest.raises(ComponentNotFoundError, match=r"resnet18\.a1_in1k"):
        BACKBONE_REGISTRY.build(f"timm_{name}")


def test_a_made_up_tag_is_refused_with_real_ones() -> None:
    assert "resnet18.bogus" not in BACKBONE_REGISTRY
    with pytest.raises(ComponentNotFoundError) as caught:
        TIMM_BACKBONE_REGISTRY.build("resnet18.bogus")
    assert caught.value.suggestions
    assert set(caught.value.suggestions) <= set(_tagged())
    assert all(name.startswith("resnet18.") for name in caught.value.suggestions)


def test_an_architecture_without_tags_has_none() -> None:
    assert "resnet18.resnet18" not in TIMM_BACKBONE_REGISTRY
    assert "resnet18." not in TIMM_BACKBONE_REGISTRY


# -- deprecated names --


def test_every_deprecated_name_is_an_alias_of_its_successor() -> None:
    deprecated = _deprecated()
    assert len(deprecated) == 209
    listed = set(TIMM_BACKBONE_REGISTRY)
    for old, new in deprecated.items():
        assert old in TIMM_BACKBONE_REGISTRY
        assert TIMM_BACKBONE_REGISTRY.look_up(old) == new.partition(".")[0]
        assert old not in listed
        assert tuple(BACKBONE_REGISTRY.resolve(f"timm_{old}")) == ("timm", new.partition(".")[0])


def test_a_deprecated_name_takes_what_its_successor_takes() -> None:
    for old, new in list(_deprecated().items())[:12]:
        assert TIMM_BACKBONE_REGISTRY.signature(old) == TIMM_BACKBONE_REGISTRY.signature(new.partition(".")[0])


def test_a_deprecated_name_is_built_with_timms_own_warning() -> None:
    assert _deprecated()["swsl_resnet18"] == "resnet18.fb_swsl_ig1b_ft_in1k"
    with pytest.warns(UserWarning, match="Mapping deprecated model name swsl_resnet18 to current resnet18"):
        backbone = TIMM_BACKBONE_REGISTRY.build("swsl_resnet18", in_chans=4)
    assert backbone.timm_model.pretrained_cfg["tag"] == "fb_swsl_ig1b_ft_in1k"
    assert backbone(torch.randn(2, 4, 64, 64))[0].shape[1] == 64


def test_asking_about_a_deprecated_name_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TIMM_BACKBONE_REGISTRY.validate("swsl_resnet18", in_chans=4)
        TIMM_BACKBONE_REGISTRY.describe("swsl_resnet18")


def test_a_name_that_is_deprecated_from_now_on_is_an_alias_at_once(register: Register) -> None:
    def brand_new_net(pretrained: bool = False, *, width: int = 8) -> Network:
        return Network(width)

    register(brand_new_net)
    assert "old_net_of_mine" not in TIMM_BACKBONE_REGISTRY
    registry: Any = timm.models._registry
    registry.register_model_deprecations("somebodys_models", {"old_net_of_mine": "brand_new_net", "gone_net": None})
    assert "old_net_of_mine" in TIMM_BACKBONE_REGISTRY
    assert TIMM_BACKBONE_REGISTRY.look_up("old_net_of_mine") == "brand_new_net"
    assert "gone_net" not in TIMM_BACKBONE_REGISTRY
    registry.register_model_deprecations("somebodys_models", {"older_net_of_mine": "brand_new_net"})
    assert "older_net_of_mine" in TIMM_BACKBONE_REGISTRY
    assert TIMM_BACKBONE_REGISTRY.look_up("older_net_of_mine") == "brand_new_net"


# -- what is registered while the program runs --


def test_a_model_registered_at_run_time_is_seen_at_once(register: Register) -> None:
    def net_of_mine(
        pretrained: bool = False,
        *,
        width: int = 8,
        features_only: bool = False,
        pretrained_cfg: Any = None,
        pretrained_cfg_overlay: Any = None,
        cache_dir: Any = None,
    ) -> Network:
        return Network(width)

    count = len(TIMM_BACKBONE_REGISTRY)
    assert "net_of_mine" not in BACKBONE_REGISTRY
    register(net_of_mine)
    assert "net_of_mine" in TIMM_BACKBONE_REGISTRY
    assert "timm_net_of_mine" in BACKBONE_REGISTRY
    assert "timm_net_of_mine" in list(BACKBONE_REGISTRY)
    assert len(TIMM_BACKBONE_REGISTRY) == count + 1
    assert TIMM_BACKBONE_REGISTRY.build("net_of_mine", width=16).out_channels == [16]
    assert BACKBONE_REGISTRY.build("net_of_mine").out_channels == [8]
    with pytest.raises(InvalidArgumentsError) as caught:
        TIMM_BACKBONE_REGISTRY.build("net_of_mine", widht=16)
    assert [problem.suggestions for problem in caught.value.problems] == [("width",)]


def test_a_model_registered_anew_is_asked_anew(register: Register) -> None:
    def net_of_mine(
        pretrained: bool = False,
        *,
        width: int = 8,
        features_only: bool = False,
        pretrained_cfg: Any = None,
        pretrained_cfg_overlay: Any = None,
        cache_dir: Any = None,
    ) -> Network:
        return Network(width)

    register(net_of_mine)
    assert TIMM_BACKBONE_REGISTRY.build("net_of_mine", width=4).out_channels == [4]
    assert TIMM_BACKBONE_REGISTRY.feature_specs("net_of_mine", width=4) is not None

    def second(
        pretrained: bool = False,
        *,
        breadth: int = 24,
        features_only: bool = False,
        pretrained_cfg: Any = None,
        pretrained_cfg_overlay: Any = None,
        cache_dir: Any = None,
    ) -> Network:
        return Network(breadth)

    second.__name__ = "net_of_mine"
    register(second)
    assert "breadth" in TIMM_BACKBONE_REGISTRY.signature("net_of_mine").parameters
    assert TIMM_BACKBONE_REGISTRY.build("net_of_mine").out_channels == [24]
    assert BACKBONE_REGISTRY.build("timm_net_of_mine", breadth=12).out_channels == [12]
    specs = TIMM_BACKBONE_REGISTRY.feature_specs("net_of_mine")
    assert specs is not None
    assert [spec.channels for spec in specs] == [24]
    with pytest.raises(InvalidArgumentsError, match="width: unknown argument"):
        BACKBONE_REGISTRY.build("net_of_mine", width=4)


def test_a_model_that_was_removed_is_gone(register: Register) -> None:
    def net_of_mine(
        pretrained: bool = False,
        *,
        width: int = 8,
        features_only: bool = False,
        pretrained_cfg: Any = None,
        pretrained_cfg_overlay: Any = None,
        cache_dir: Any = None,
    ) -> Network:
        return Network(width)

    register(net_of_mine)
    TIMM_BACKBONE_REGISTRY.validate("net_of_mine")
    registry: Any = timm.models._registry
    registry._clear_model_entries("net_of_mine")
    registry._model_entrypoints.pop("net_of_mine")
    assert "net_of_mine" not in TIMM_BACKBONE_REGISTRY
    assert "timm_net_of_mine" not in BACKBONE_REGISTRY
    assert "net_of_mine" not in set(TIMM_BACKBONE_REGISTRY)
    for ask in (TIMM_BACKBONE_REGISTRY.build, BACKBONE_REGISTRY.validate, BACKBONE_REGISTRY.signature):
        with pytest.raises(ComponentNotFoundError):
            ask("net_of_mine")


def test_a_model_of_somebodys_own_that_goes_through_timms_builder_takes_timms_arguments(register: Register) -> None:
    from timm.models import build_model_with_cfg
    from timm.models.resnet import BasicBlock, ResNet

    def resnet6_of_mine(pretrained: bool = False, **kwargs: Any) -> ResNet:
        options = {"block": BasicBlock, "layers": (1, 1, 1, 1), "channels": (8, 16, 24, 32)}
        made: ResNet = build_model_with_cfg(ResNet, "resnet6_of_mine", pretrained, **dict(options, **kwargs))
        return made

    register(resnet6_of_mine)
    backbone = BACKBONE_REGISTRY.build("timm_resnet6_of_mine", in_chans=5, out_indices=(1, 4), drop_path_rate=0.1)
    assert backbone.out_channels == [8, 32]
    assert [f.shape[1] for f in backbone(torch.randn(1, 5, 64, 64))] == [8, 32]


def test_a_model_that_fails_to_build_fails_with_its_own_error_and_a_note(register: Register) -> None:
    def failing_net(
        pretrained: bool = False,
        *,
        width: int = 8,
        features_only: bool = False,
        pretrained_cfg: Any = None,
        pretrained_cfg_overlay: Any = None,
        cache_dir: Any = None,
    ) -> Network:
        raise KeyError("failing_net")

    register(failing_net)
    with pytest.raises(KeyError, match="failing_net") as caught:
        BACKBONE_REGISTRY.build("timm_failing_net", width=4)
    assert not isinstance(caught.value, ComponentNotFoundError)
    assert any("timm_failing_net" in note for note in caught.value.__notes__)
    assert "failing_net" in BACKBONE_REGISTRY


def test_the_registers_fixture_leaves_timm_as_it_was(architectures: list[str]) -> None:
    assert timm.list_models() == architectures
    assert not timm.is_model("net_of_mine")


def test_the_constructor_of_a_name_is_a_callable_with_the_effective_signature() -> None:
    constructor = TIMM_BACKBONE_REGISTRY["resnet18"]
    assert constructor == TIMM_BACKBONE_REGISTRY.get("resnet18")
    assert inspect.signature(constructor) == TIMM_BACKBONE_REGISTRY.signature("resnet18")
    assert constructor(in_chans=1).out_channels == [64, 64, 128, 256, 512]
