"""What each architecture accepts, found without building any of them."""

from __future__ import annotations

import concurrent.futures
import inspect
import sys
from inspect import Parameter
from typing import Any, Literal, Optional

import pytest
import timm
import torch
from tests.sampling import rest_slow
from torch import nn

from terraregistry import BACKBONE_REGISTRY, TIMM_BACKBONE_REGISTRY
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.registry.schemas import accepts
from terraregistry.registry.signatures import OPAQUE
from terraregistry.sources.timm import entrypoints
from terraregistry.sources.timm.entrypoints import inspect_entrypoint

Signatures = dict[str, inspect.Signature]
_OF_EVERY_BUILD = {
    "pretrained",
    "pretrained_cfg",
    "pretrained_cfg_overlay",
    "checkpoint_path",
    "cache_dir",
    "scriptable",
    "exportable",
    "no_jit",
    "features_only",
    "out_indices",
    "feature_cls",
    "pruned",
}


def _own(signatures: Signatures) -> Signatures:
    """Leave out what others registered into timm."""
    return {
        name: each for name, each in signatures.items() if timm.model_entrypoint(name).__module__.startswith("timm.")
    }


def _problems(name: str, **kwargs: Any) -> list[Problem]:
    try:
        TIMM_BACKBONE_REGISTRY.validate(name, **kwargs)
    except InvalidArgumentsError as error:
        return list(error.problems)
    return []


# -- all of them --


def test_every_architecture_has_a_signature_that_goes_past_the_entry_points_own(signatures: Signatures) -> None:
    own = _own(signatures)
    assert len(own) == 1371
    for name, signature in own.items():
        named = {each.name for each in signature.parameters.values() if each.kind is not Parameter.VAR_KEYWORD}
        assert named >= _OF_EVERY_BUILD, name
        assert len(named - _OF_EVERY_BUILD) >= 4, (name, named)
        assert "in_chans" in named, name
        assert signature.parameters["num_classes"].annotation == Optional[Literal[0]], name  # noqa: UP045 - as it is shown


def test_every_signature_begins_with_pretrained_and_returns_the_exact_type(signatures: Signatures) -> None:
    from terraregistry.sources.timm.backbone import TimmBackbone

    for name, signature in _own(signatures).items():
        first, *rest = signature.parameters.values()
        assert (first.name, first.default, first.annotation) == ("pretrained", False, bool), name
        assert {each.kind for each in rest} <= {Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD}, name
        assert signature.return_annotation is TimmBackbone, name
        assert signature.parameters["features_only"].default is True


def test_no_signature_stays_open(signatures: Signatures) -> None:
    opened = {
        name
        for name, signature in _own(signatures).items()
        if any(each.kind is Parameter.VAR_KEYWORD for each in signature.parameters.values())
    }
    assert opened == set()


@pytest.mark.parametrize("name", ["poolformer_s12", "poolformerv2_s12", "convformer_s18"])
def test_a_metaformer_takes_what_its_token_mixers_take(name: str) -> None:
    """Each argument of any mixer of timm is in the signature exactly where timm takes it."""
    from timm.models import metaformer

    mixers = (metaformer.Pooling, metaformer.SepConv, metaformer.Attention)
    names = {each for mixer in mixers for each in inspect.signature(mixer).parameters} - {"kwargs", "device", "dtype"}
    values = {"bias": True, "qkv_bias": True, "proj_bias": True, "act1_layer": nn.ReLU, "act2_layer": nn.ReLU}
    taken = set()
    for argument in names:
        try:
            with torch.device("meta"):
                timm.create_model(name, **{argument: values.get(argument, 1)})
        except TypeError:
            continue
        taken.add(argument)
    assert taken == names & set(TIMM_BACKBONE_REGISTRY.signature(name).parameters)
    assert taken


class _Mixer(nn.Identity):
    def __init__(self, *, strength: int, **kwargs: object) -> None:
        super().__init__()


def test_a_token_mixer_of_ones_own_may_take_what_it_likes() -> None:
    assert [each.path for each in _problems("poolformer_s12", strength=3)] == ["strength"]
    assert _problems("poolformer_s12", token_mixers=_Mixer, strength=3) == []
    with torch.device("meta"):
        assert TIMM_BACKBONE_REGISTRY.build("poolformer_s12", token_mixers=_Mixer, strength=3).out_channels


@pytest.mark.slow
def test_arguments_that_an_entry_point_passes_itself_are_found_as_if_they_were_tried_one_by_one(
    architectures: list[str],
) -> None:
    checked = 0
    for name in architectures:
        follower = entrypoints._Follower(timm.models.model_entrypoint(name))
        built = follower.follow({"features_only": True})
        if built is None:
            continue
        checked += 1
        names = [*inspect.signature(built.model_class).parameters, *entrypoints._BUILDER_OPTIONS]
        one_by_one = {each for each in names if follower.collisions([each])}
        assert set(follower.collisions(names)) == one_by_one, name
    assert checked >= 1371


@pytest.mark.parametrize("step", [40, pytest.param(1, marks=pytest.mark.slow)])
def test_every_default_of_every_parameter_is_accepted(signatures: Signatures, step: int) -> None:
    refused: dict[str, list[Problem]] = {}
    for name, signature in [*signatures.items()][::step]:
        defaults = {
            each.name: each.default
            for each in signature.parameters.values()
            if each.default is not Parameter.empty and each.default is not OPAQUE
        }
        problems = _problems(name, **defaults)
        if problems:
            refused[name] = problems
    assert refused == {}


def test_none_is_accepted_wherever_timm_takes_it_for_not_given(signatures: Signatures) -> None:
    for name in ("resnet18", "vit_tiny_patch16_224", "maxvit_tiny_tf_224", "hrnet_w18_small", "regnetx_002"):
        parameters = signatures[name].parameters.values()
        kwargs = dict.fromkeys((each.name for each in parameters if each.annotation is not bool), None)
        kwargs.pop("kwargs", None)
        assert _problems(name, **kwargs) == []


def test_the_values_shown_are_those_of_the_architecture(signatures: Signatures) -> None:
    def default(name: str, parameter: str) -> object:
        return signatures[name].parameters[parameter].default

    assert default("resnet50", "layers") == (3, 4, 6, 3)
    assert default("vit_tiny_patch16_224", "embed_dim") == 192
    assert default("vit_tiny_patch16_224", "depth") == 12
    assert default("swin_tiny_patch4_window7_224", "depths") == (2, 2, 6, 2)


def test_the_fields_of_a_configuration_are_arguments(signatures: Signatures) -> None:
    assert "w0" in signatures["regnetx_002"].parameters
    assert (
        "head_conv_bias" in signatures["ese_vovnet19b_dw"].parameters
        or "stem_chs" in signatures["ese_vovnet19b_dw"].parameters
    )
    assert "STAGE2" in {name.upper() for name in signatures["hrnet_w18_small"].parameters}
    assert "cfg" not in signatures["regnetx_002"].parameters


def test_the_fields_of_a_nested_configuration_are_arguments_under_its_prefix(signatures: Signatures) -> None:
    parameters = signatures["test_maxvit"].parameters
    assert {"conv_expand_ratio", "transformer_dim_head"} <= set(parameters)
    assert not {"conv_cfg", "transformer_cfg"} & set(parameters)
    with torch.device("meta"):
        assert TIMM_BACKBONE_REGISTRY.build("test_maxvit", conv_expand_ratio=2.0, transformer_dim_head=8).out_channels


def test_an_open_signature_lets_no_argument_without_effect_through() -> None:
    (problem,) = _problems("poolformer_s12", features_only=False, out_indices=(1,), token_mixers=_Mixer)
    assert (problem.path, problem.kind) == ("out_indices", ProblemKind.UNUSED)
    assert _problems("poolformer_s12", pool_size=5, drop_path_rate=0.1) == []


def test_whole_networks_take_what_feature_pyramids_do_not() -> None:
    assert _problems("resnet18", features_only=False, num_classes=7) == []
    assert _problems("mobilenetv3_small_050", features_only=False, num_classes=7, global_pool="max") == []
    assert _problems("resnet18", features_only=True, out_indices=[1, 2], feature_cls="list") == []
    assert _problems("resnet18", out_indices=(1, 2), in_chans=6, drop_path_rate=0.1, act_layer="gelu") == []


# -- what timm would drop without a word --


def test_an_unknown_name_with_the_value_none_is_refused() -> None:
    for features_only in (True, False):
        (problem,) = _problems("resnet18", features_only=features_only, drop_pth_rate=None)
        assert problem.kind is ProblemKind.UNKNOWN
        assert problem.suggestions[0] == "drop_path_rate"


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "mobilenetv3_small_050", "hrnet_w18_small"])
@pytest.mark.parametrize(("argument", "value"), [("out_indices", (1, 2)), ("feature_cls", "list")])
def test_choosing_features_of_a_whole_network_is_refused_with_the_reason(
    name: str, argument: str, value: object
) -> None:
    (problem,) = _problems(name, features_only=False, **{argument: value})
    assert (problem.path, problem.kind) == (argument, ProblemKind.UNUSED)
    assert problem.message == "has no effect without features_only=True"


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("efficientnet_lite0", "num_features", 64),
        ("efficientnet_lite0", "head_conv", "default"),
        ("efficientnet_lite0", "global_pool", "max"),
        ("mobilenetv3_small_050", "num_features", 64),
        ("mobilenetv3_small_050", "head_conv", "default"),
        ("mobilenetv3_small_050", "head_bias", False),
        ("mobilenetv3_small_050", "global_pool", "max"),
        ("hrnet_w18_small", "global_pool", "max"),
    ],
)
def test_what_timm_filters_from_a_feature_pyramid_is_refused_with_the_reason(
    name: str, argument: str, value: object
) -> None:
    (problem,) = _problems(name, **{argument: value})
    assert (problem.path, problem.kind) == (argument, ProblemKind.UNUSED)
    assert "no effect on a feature pyramid" in problem.message
    assert "features_only=False" in problem.message


@pytest.mark.parametrize("argument", ["num_classes", "drop_rate"])
def test_what_timm_filters_from_an_encoder_is_refused_in_both_modes(architectures: list[str], argument: str) -> None:
    encoders = [name for name in architectures if name.endswith("_enc")]
    filtered = 0
    for name in encoders:
        if filtered >= 2:  # one of them in either mode; each takes a second or two
            break
        for features_only in (True, False):
            network = {"features_only": features_only}
            try:
                with torch.device("meta"):
                    timm.create_model(name, **network, **{argument: 0.5 if argument == "drop_rate" else 5})
            except TypeError:
                continue
            if argument == "drop_rate" and "drop_rate" in TIMM_BACKBONE_REGISTRY.signature(name).parameters:
                continue
            filtered += 1
            problems = _problems(name, **network, **{argument: 0.5 if argument == "drop_rate" else 5})
            assert [each.path for each in problems] == [argument], (name, network)
            assert problems[0].kind is ProblemKind.UNUSED, (name, network, problems)
            if not features_only:
                assert "features_only=False" not in problems[0].message, (name, problems)
    assert filtered


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "hrnet_w18_small", "poolformer_s12"])
def test_the_number_of_classes_of_a_feature_pyramid_is_refused_with_the_reason(name: str) -> None:
    (problem,) = _problems(name, num_classes=7)
    assert (problem.path, problem.kind) == ("num_classes", ProblemKind.UNUSED)
    assert problem.message == "has no effect on a feature pyramid; it needs features_only=False"
    for none in (0, None):
        assert _problems(name, num_classes=none) == []
    with torch.device("meta"):
        TIMM_BACKBONE_REGISTRY.build(name, num_classes=0)


_PAIRS = ("hiera_tiny_224", "mvitv2_tiny", "swinv2_cr_tiny_224")
"""Annotated as a pair."""
_NUMBERS = (
    *("cait_xxs24_224", "coat_tiny", "convit_tiny", "mixer_s32_224", "nest_tiny", "pit_ti_224", "repvit_m1"),
    *("samvit_base_patch16", "sequencer2d_s", "visformer_tiny", "volo_d1_224"),
)


@pytest.mark.parametrize("name", rest_slow([*_PAIRS, *_NUMBERS], "hiera_tiny_224", "convit_tiny", "mixer_s32_224"))
def test_an_image_size_is_a_number_or_a_pair(name: str) -> None:
    for size in (256, (256, 256), [256, 256]):
        assert _problems(name, img_size=size) == [], size
        assert _problems(name, img_size=size, features_only=False) == [], size
    with torch.device("meta"):
        for taken in (256, (256, 256)):
            TIMM_BACKBONE_REGISTRY.build(name, img_size=taken, features_only=False)
    assert [each.path for each in _problems(name, img_size="256")] == ["img_size"]


def test_every_image_size_is_a_number_or_a_pair(signatures: Signatures) -> None:
    sizes = {
        name: each.parameters["img_size"] for name, each in _own(signatures).items() if "img_size" in each.parameters
    }
    assert len(sizes) > 400
    for name, parameter in sizes.items():
        assert accepts(parameter.annotation, 256), name
        assert accepts(parameter.annotation, (256, 256)), name


@pytest.mark.parametrize("features_only", [True, False])
@pytest.mark.parametrize("name", ["resnet18", "hrnet_w18_small", "hardcorenas_a"])
def test_a_feature_configuration_is_refused_with_the_reason(name: str, features_only: bool) -> None:
    problems = _problems(name, feature_cfg={"bogus": 1}, features_only=features_only)
    assert [(each.path, each.kind) for each in problems] == [("feature_cfg", ProblemKind.UNUSED)]
    assert "out_indices or feature_cls" in problems[0].message


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    problems = _problems("resnet18", num_classes=5, drop_pth_rate=0.1, in_chans="3", features_only=True)
    kinds = {each.path: each.kind for each in problems}
    assert kinds == {
        "num_classes": ProblemKind.UNUSED,
        "drop_pth_rate": ProblemKind.UNKNOWN,
        "in_chans": ProblemKind.TYPE,
    }


# -- misspellings --


def _misspellings(name: str) -> set[str]:
    """Return each name that one dropped, doubled, changed or swapped letter makes."""
    letters = "aesz_"
    found = {name[:i] + name[i + 1 :] for i in range(len(name))}
    found |= {name[:i] + name[i] + name[i:] for i in range(len(name))}
    found |= {name[:i] + letter + name[i + 1 :] for i in range(len(name)) for letter in letters}
    found |= {name[:i] + name[i + 1] + name[i] + name[i + 2 :] for i in range(len(name) - 1)}
    return {each for each in found if each.isidentifier() and each != name}


def _one_letter_apart(left: str, right: str) -> bool:
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) == len(longer):
        different = [i for i, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
        swapped = len(different) == 2 and different[1] == different[0] + 1
        return len(different) <= 1 or (swapped and sorted(left) == sorted(right))
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224"])
def test_every_one_letter_misspelling_is_refused_and_the_right_name_suggested(name: str) -> None:
    known = set(TIMM_BACKBONE_REGISTRY.signature(name).parameters)
    dropped = {"num_classes", "feature_cfg"}
    for parameter in sorted(known):
        typos = sorted(_misspellings(parameter) - known - dropped)
        assert typos
        # All typos of one parameter go into one call: each is refused on its own account.
        problems = {each.path: each for each in _problems(name, **dict.fromkeys(typos, 1))}
        assert set(problems) == set(typos)
        for typo in typos:
            assert problems[typo].kind is ProblemKind.UNKNOWN
            suggestions = problems[typo].suggestions
            assert parameter in suggestions, (typo, suggestions)
            # Another name may be as near: `fk_norm` is one letter from `fc_norm` and from `qk_norm`.
            before = suggestions[: suggestions.index(parameter)]
            assert all(_one_letter_apart(typo, other) for other in before), (typo, suggestions)


def test_a_misspelling_is_refused_through_the_large_registry_too() -> None:
    with pytest.raises(InvalidArgumentsError, match="did you mean 'drop_path_rate'"):
        BACKBONE_REGISTRY.build("timm_resnet18", drop_pth_rate=0.1)


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({"in_chans": "3"}, "int"),
        ({"in_chans": True}, "int"),
        ({"in_chans": 3.7}, "int"),
        ({"pretrained": 1}, "bool"),
        ({"features_only": "yes"}, "bool"),
        ({"features_only": None}, "bool"),
        ({"drop_path_rate": "0.1"}, "float"),
        ({"out_indices": "12"}, "Sequence"),
    ],
)
def test_wrong_types_are_refused(kwargs: dict[str, Any], expected: str) -> None:
    (problem,) = _problems("resnet18", **kwargs)
    assert problem.kind is ProblemKind.TYPE
    assert problem.path == next(iter(kwargs))
    assert expected in problem.message


# -- timm itself is not touched --


def test_timm_is_the_same_before_and_after_inspecting(architectures: list[str]) -> None:
    modules = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "timm"}
    before = {name: dict(vars(module)) for name, module in modules.items()}
    for name in ("resnet18", "vit_tiny_r_s16_p8_224", "hrnet_w18_small", "levit_128s", "efficientnet_b0"):
        for features_only in (True, False):
            entrypoint = timm.model_entrypoint(name)
            inspect_entrypoint(entrypoint, features_only=features_only)
    for name, module in modules.items():
        now = dict(vars(module))
        assert now.keys() == before[name].keys(), name
        assert [key for key in now if now[key] is not before[name][key]] == [], name
    assert timm.list_models() == architectures


def test_threads_that_inspect_at_once_agree() -> None:
    names = [
        "resnet18",
        "vit_tiny_patch16_224",
        "regnetx_002",
        "maxvit_tiny_tf_224",
        "efficientnet_b0",
        "hrnet_w18_small",
    ]

    def inspect_all(turn: int) -> dict[str, inspect.Signature]:
        order = names[turn % len(names) :] + names[: turn % len(names)]
        return {
            name: inspect_entrypoint(timm.model_entrypoint(name), features_only=bool(turn % 2)).effective.signature
            for name in order
        }

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(inspect_all, range(16)))
    for features_only in (0, 1):
        mine = results[features_only::2]
        assert all(
            {name: str(each[name]) for name in names} == {name: str(mine[0][name]) for name in names} for each in mine
        )


def test_building_while_others_inspect_builds_the_real_thing() -> None:
    def build(_: int) -> list[int]:
        return TIMM_BACKBONE_REGISTRY.build("test_resnet").out_channels

    def look(_: int) -> None:
        inspect_entrypoint(timm.model_entrypoint("test_resnet"), features_only=True)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        built = [pool.submit(build, turn) for turn in range(8)]
        looked = [pool.submit(look, turn) for turn in range(8)]
        results = [each.result() for each in built]
        for each in looked:
            each.result()
    assert all(result == results[0] and len(result) > 2 for result in results)
