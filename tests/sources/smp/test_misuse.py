"""What cannot work is refused where it is written, in words that say what would."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
import textwrap
import typing

import pytest
import torch
from torch import nn

from terraregistry import DECODER_REGISTRY, SMP_DECODER_REGISTRY
from terraregistry.errors import InvalidArgumentsError, Problem, ProblemKind
from terraregistry.index import Index, provider
from terraregistry.index.provider import answer_from
from terraregistry.registry.docstrings import documented_arguments
from terraregistry.sources.smp import SmpRegistry
from terraregistry.sources.smp.decoders import SMP_DECODERS

FOUR = [32, 64, 128, 256]
POWER = ", the first a power of two"
DOUBLING = (
    "needs each stride to be twice the one before{}, such as (4, 8, 16, 32), got {}; make a pyramid of the features with a "
    "neck, or choose Unet, UPerNet or Segformer, which resize them"
)
LEVELS = (
    "needs a pyramid that makes {} levels or more together with the image's, such as (64, 128, 256, 512) at strides "
    "(4, 8, 16, 32); got {}"
)
NORMS = "'batchnorm', 'identity', 'inplace', 'instancenorm'"
FLAT = {"strides": (16, 16, 16, 16)}

REFUSED: list[tuple[str, object, dict[str, object], str, str]] = [
    *[(name, [], {}, "channels", "needs at least one feature, got an empty list") for name in SMP_DECODERS],
    *[
        (name, [32, 0, -1, 64], {}, "channels", "must be a list of positive integers; entry 1 is int 0, entry 2 is int -1")
        for name in SMP_DECODERS
    ],
    ("Unet", 64, {}, "channels", "must be a list of positive integers, got int 64"),
    ("Unet", "64", {}, "channels", "must be a list of positive integers, got str '64'"),
    ("Unet", [True, 2.0], {}, "channels",
     "must be a list of positive integers; entry 0 is bool True, entry 1 is float 2.0"),
    ("Unet", FOUR, {"strides": (4, 8)}, "strides", "needs one stride for each of the 4 features, got 2"),
    ("Unet", FOUR, {"strides": (32, 16, 8, 4)}, "strides",
     "must go from the finest feature to the coarsest, got (32, 16, 8, 4)"),
    ("Unet", FOUR, {"strides": (0, 8, 16, 32)}, "strides", "must be a list of positive integers; entry 0 is int 0"),
    ("Unet", [64], {"strides": (1,)}, "channels", LEVELS.format(2, "1 feature(s) with channels (64,) at strides (1,)")),
    ("Unet", [64], {"drop_first_features": True}, "channels",
     LEVELS.format(2, "1 feature(s) with channels (64,) at strides (32,)")),
    ("UnetPlusPlus", [64], {"strides": (2,)}, "channels",
     LEVELS.format(3, "1 feature(s) with channels (64,) at strides (2,)")),
    *[
        (name, FOUR, FLAT, "strides", DOUBLING.format("" if name == "FPN" else POWER, "(16, 16, 16, 16)"))
        for name in ("UnetPlusPlus", "MAnet", "Linknet", "FPN")
    ],
    ("MAnet", FOUR, {"strides": (7, 14, 28, 56)}, "strides", DOUBLING.format(POWER, "(7, 14, 28, 56)")),
    ("Linknet", FOUR, {"strides": (1, 1, 2, 4)}, "strides", DOUBLING.format("", "(1, 1, 2, 4)")),
    ("FPN", FOUR[:3], {}, "channels",
     "needs a pyramid of 4 features or more, got 3 feature(s) with channels (32, 64, 128) at strides (8, 16, 32)"),
    ("Unet", FOUR, {"decoder_channels": (64, 32, 16)}, "decoder_channels",
     ("needs 5 entries, one a block, for 4 feature(s) with channels (32, 64, 128, 256) at strides (4, 8, 16, 32) (from "
     "stride 32 up to 1), got 3 (3 are right with drop_first_features=True)")),
    ("MAnet", FOUR, {"decoder_channels": (64, 32), "drop_first_features": True}, "decoder_channels",
     ("needs 3 entries, one a block, for 4 feature(s) with channels (32, 64, 128, 256) at strides (4, 8, 16, 32) (from "
      "stride 32 up to 4), got 2")),
    ("Unet", FOUR, {"decoder_channels": (64, 0, 16, 8, 8)}, "decoder_channels",
     "must be a list of positive integers; entry 1 is int 0"),
    ("Unet", FOUR, {"use_norm": "layernorm"}, "use_norm",
     f"smp's 'layernorm' normalises over the width of a map; use one of {NORMS}"),
    ("Linknet", FOUR, {"decoder_use_norm": {"type": "layernorm"}}, "decoder_use_norm",
     f"smp's 'layernorm' normalises over the width of a map; use one of {NORMS}"),
    ("UPerNet", FOUR, {"use_norm": "groupnorm"}, "use_norm",
     f"must be a bool or one of {NORMS}, got str 'groupnorm'"),
    ("PSPNet", FOUR, {"use_norm": {"affine": False}}, "use_norm", f"must be a bool or one of {NORMS} under 'type', got None"),
    ("MAnet", FOUR, {"use_norm": 3}, "use_norm", f"must be a bool or one of {NORMS}, got int 3"),
    ("Unet", FOUR, {"interpolation_mode": "cubic"}, "interpolation_mode",
     "must be one of 'nearest', 'nearest-exact', 'bilinear', 'bicubic', 'area', got str 'cubic'"),
    ("PAN", FOUR, {"decoder_interpolation": "linear"}, "decoder_interpolation",
     "must be one of 'nearest', 'nearest-exact', 'bilinear', 'bicubic', 'area', got str 'linear'"),
    ("Unet", FOUR, {"attention_type": "cbam"}, "attention_type", "must be one of None, 'scse', got str 'cbam'"),
    ("Unet", FOUR, {"decoder_attention_type": "scse", "decoder_channels": (64, 32, 16, 8, 8)}, "decoder_attention_type",
     "'scse' needs at least 16 channels in every block; one would have 8"),
    ("UnetPlusPlus", [32, 12, 64, 64], {"attention_type": "scse"}, "attention_type",
     "'scse' needs at least 16 channels in every block; one would have 12"),
    ("MAnet", FOUR, {"pab_channels": 0}, "pab_channels", "must be a positive integer, got int 0"),
    ("MAnet", FOUR, {"decoder_pab_channels": 0}, "decoder_pab_channels", "must be a positive integer, got int 0"),
    ("MAnet", FOUR, {"reduction": 0}, "reduction", "must be a positive integer, got int 0"),
    ("Linknet", [3, 64, 128, 256], {}, "channels", "needs features of at least 4 channels, got (3, 64, 128, 256)"),
    ("Linknet", FOUR, {"prefinal_channels": -1}, "prefinal_channels", "must be a positive integer, got int -1"),
    ("FPN", FOUR, {"segmentation_channels": 100}, "segmentation_channels",
     "must be a multiple of 32, the groups of its norms, got 100"),
    ("FPN", FOUR, {"decoder_merge_policy": "mean"}, "decoder_merge_policy", "must be one of 'add', 'cat', got str 'mean'"),
    ("FPN", FOUR, {"dropout": 1.5}, "dropout", "must be a number between 0 and 1, got float 1.5"),
    ("FPN", FOUR, {"dropout": float("nan")}, "dropout", "must be a number between 0 and 1, got float nan"),
    ("PSPNet", [32, 64, 127], {}, "channels", "needs a last feature whose channels are a multiple of 4, got 127"),
    ("PSPNet", FOUR, {"psp_dropout": "0.1"}, "psp_dropout", "must be a number between 0 and 1, got str '0.1'"),
    ("PSPNet", FOUR, {"psp_out_channels": "512"}, "psp_out_channels", "must be a positive integer, got str '512'"),
    ("Unet", FOUR, {"decoder_channels": ()}, "decoder_channels",
     ("needs 5 entries, one a block, for 4 feature(s) with channels (32, 64, 128, 256) at strides (4, 8, 16, 32) (from "
     "stride 32 up to 1), got 0")),
    ("DeepLabV3Plus", FOUR, {"atrous_rates": (6, 0, 12)}, "atrous_rates",
     "must be a list of positive integers; entry 1 is int 0"),
    ("DeepLabV3", FOUR, {"atrous_rates": ()}, "atrous_rates", "needs 3 dilations, got 0"),
    ("DPT", FOUR, {"intermediate_channels": [8, 0, 8, 8]}, "intermediate_channels",
     "must be a list of positive integers; entry 1 is int 0"),
    ("DeepLabV3", FOUR, {"atrous_rates": (6, 12)}, "atrous_rates", "needs 3 dilations, got 2"),
    ("DeepLabV3", FOUR, {"decoder_aspp_dropout": -0.1}, "decoder_aspp_dropout",
     "must be a number between 0 and 1, got float -0.1"),
    ("DeepLabV3Plus", FOUR, {"output_stride": 32}, "output_stride", "must be one of 8, 16, got int 32"),
    ("DeepLabV3Plus", FOUR, {"strides": (4, 8, 16, 32)}, "strides",
     ("needs the last stride to be 4 times that of feature 0, such as (4, 8, 16, 16) with output_stride=16 or (4, 8, 8, 8) "
     "with output_stride=8; got (4, 8, 16, 32)")),
    ("DeepLabV3Plus", FOUR, {"strides": (2, 4, 8, 8)}, "strides",
     ("needs the last stride to be 4 times that of feature 1, such as (4, 8, 16, 16) with output_stride=16 or (4, 8, 8, 8) "
     "with output_stride=8; got (2, 4, 8, 8)")),
    ("DeepLabV3Plus", [64], {}, "channels",
     ("needs a pyramid with a feature of stride 4 or more and a coarser one, such as (64, 128, 256, 512) at strides "
     "(4, 8, 16, 16); got 1 feature(s) with channels (64,) at strides (32,)")),
    ("PAN", [64], {}, "channels",
     ("needs a pyramid with two to four features of stride 4 or more, got 1 feature(s) with channels (64,) at strides "
     "(32,)")),
    ("PAN", [8] * 5, {"strides": (4, 8, 16, 32, 64)}, "channels",
     ("needs a pyramid with two to four features of stride 4 or more, got 5 feature(s) with channels (8, 8, 8, 8, 8) at "
     "strides (4, 8, 16, 32, 64)")),
    ("PAN", FOUR[:3], {"drop_first_features": True}, "channels",
     ("needs a pyramid with two to four features after the first two, got 3 feature(s) with channels (32, 64, 128) at "
     "strides (8, 16, 32)")),
    ("UPerNet", [64, 64], {"strides": (2, 4)}, "channels",
     ("needs a pyramid with two or more features of stride 4 or more, got 2 feature(s) with channels (64, 64) at strides "
     "(2, 4)")),
    ("Segformer", [64], {}, "channels", LEVELS.format(4, "1 feature(s) with channels (64,) at strides (32,)")),
    ("DPT", FOUR, {"strides": (14, 14, 14, 14)}, "strides",
     ("feature 0 is resized from stride 14 to 4, which is no whole factor; needs strides such as (4, 8, 16, 32) or "
     "(16, 16, 16, 16), got (14, 14, 14, 14)")),
    ("DPT", FOUR, {"intermediate_channels": (64, 64)}, "intermediate_channels", "needs 4 entries, one a feature, got 2"),
    ("DPT", FOUR, {"readout": "project"}, "readout", "must be one of 'cat', 'add', 'ignore', got str 'project'"),
]  # fmt: skip


def exactly(message: str) -> str:
    return f"^{re.escape(message)}$"


@pytest.mark.parametrize(("name", "channels", "options", "path", "detail"), REFUSED)
def test_refused_with_what_is_needed(name, channels, options, path, detail) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        SMP_DECODERS[name](channels, **options)
    assert caught.value.component == name
    assert caught.value.registry == "smp"
    assert caught.value.problems == (Problem(path, ProblemKind.INVALID, detail=detail),)
    assert str(caught.value) == f"1 problem in the arguments of {name!r} (smp)\n  {path}: {detail}"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(("name", "channels", "options"), [each[:3] for each in REFUSED])
def test_validation_refuses_what_building_refuses(name, channels, options) -> None:
    said = []
    for call in (DECODER_REGISTRY.validate, DECODER_REGISTRY.build):
        with pytest.raises(InvalidArgumentsError) as caught:
            call(f"smp_{name}", channels, **options)
        said.append(caught.value.problems)
    assert said[0] == said[1]


@pytest.fixture
def described(index: Index, monkeypatch: pytest.MonkeyPatch) -> SmpRegistry:
    """The decoders as described before smp is loaded; making one fails."""
    answer_from(index)
    monkeypatch.setattr(provider, "is_loaded", lambda _: False)
    registry = SmpRegistry()
    monkeypatch.setattr(type(registry.found("Unet")[0]), "_make_without_data", None)
    return registry


def test_the_index_refuses_what_building_refuses(described: SmpRegistry) -> None:
    for name, channels, options, *_ in REFUSED:
        said = []
        for call in (described.validate, SMP_DECODER_REGISTRY.build):
            with pytest.raises(InvalidArgumentsError) as caught:
                call(name, channels, **options)
            said.append(caught.value.problems)
        assert said[0] == said[1]


def test_the_index_accepts_what_building_accepts(described: SmpRegistry) -> None:
    for name in SMP_DECODERS:
        strides = (4, 8, 16, 16) if name == "DeepLabV3Plus" else None
        assert "list [32, 64, 128, 256]" in str(described.validate(name, FOUR, strides=strides))


def test_a_norm_with_arguments_is_tried_out_before_it_is_valid() -> None:
    for norm in ({"type": "batchnorm", "no_such": 1}, {"type": "instancenorm", "affine": True, "eps": 1, "x": 2}):
        with pytest.raises(InvalidArgumentsError, match="Unet cannot be made: TypeError"):
            DECODER_REGISTRY.validate("smp_Unet", FOUR, use_norm=norm)
    code = """
        from terraregistry import DECODER_REGISTRY, errors
        try:
            DECODER_REGISTRY.validate("smp_Unet", [16, 32], use_norm={"type": "batchnorm", "no_such": 1})
        except errors.InvalidArgumentsError as error:
            print(error.problems[0])
    """
    printed = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert printed.stdout.startswith("Unet cannot be made: TypeError")


def test_validation_refuses_a_decoder_that_smp_cannot_make(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no such layer")

    monkeypatch.setattr(SMP_DECODERS["Unet"], "__init__", fails)
    with pytest.raises(InvalidArgumentsError, match="Unet cannot be made: RuntimeError: no such layer"):
        DECODER_REGISTRY.validate("smp_Unet", FOUR)


@pytest.mark.parametrize("name", SMP_DECODERS)
def test_validation_accepts_what_building_accepts(name) -> None:
    spec = DECODER_REGISTRY.validate(f"smp_{name}", FOUR, strides=(4, 8, 16, 16) if name == "DeepLabV3Plus" else None)
    assert isinstance(spec.build(), nn.Module)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        SMP_DECODERS["FPN"](FOUR, strides=(16,) * 4, segmentation_channels=7, dropout=2, merge_policy="mean")
    assert [problem.path for problem in caught.value.problems] == [
        "segmentation_channels",
        "dropout",
        "merge_policy",
        "strides",
    ]
    with pytest.raises(InvalidArgumentsError) as caught:
        SMP_DECODERS["Unet"]([0], strides=[0])
    assert [problem.path for problem in caught.value.problems] == ["channels", "strides"]


@pytest.mark.parametrize(("name", "other"), [(n, o) for n, c in SMP_DECODERS.items() for o in c.model_names])
def test_an_argument_under_both_names_is_refused(name, other) -> None:
    cls = SMP_DECODERS[name]
    own = cls.model_names[other]
    default = inspect.signature(cls).parameters[own].default
    value = 8 if default is None else default
    with pytest.raises(InvalidArgumentsError) as caught:  # also where both are the default
        cls(FOUR, **{own: default, other: value})
    detail = f"given twice: also as {own!r}, which means the same"
    assert caught.value.problems == (Problem(other, ProblemKind.DUPLICATE, detail=detail),)
    if default is not None:
        cls(FOUR, **{own: default, other: None})  # None is what an argument is that is not given


def test_a_subclass_is_checked_as_its_base_is() -> None:
    class Wide(SMP_DECODERS["Unet"]):
        def __init__(self, channels, **options) -> None:
            super().__init__(channels, decoder_channels=[64] * 5, **options)

    class PAN(Wide):
        """A decoder with the name of another one."""

    for cls in (Wide, PAN):
        assert cls(FOUR, decoder_interpolation="area").out_channels == 64
        with pytest.raises(InvalidArgumentsError, match=f"in the arguments of {cls.__name__!r}"):
            cls(FOUR, interpolation_mode="area", decoder_interpolation="area")
        with pytest.raises(InvalidArgumentsError, match=f"in the arguments of {cls.__name__!r}"):
            cls(FOUR, decoder_use_norm="layernorm")


def test_both_names_of_several_arguments() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        SMP_DECODERS["FPN"](FOUR, dropout=0.1, decoder_dropout=0.1, merge_policy="add", decoder_merge_policy="cat")
    assert [problem.path for problem in caught.value.problems] == ["decoder_dropout", "decoder_merge_policy"]


@pytest.mark.parametrize("name", SMP_DECODERS)
def test_an_unknown_name_is_a_type_error_of_pythons_own(name) -> None:
    with pytest.raises(TypeError, match=r"__init__\(\) got an unexpected keyword argument 'decoder_chanels'"):
        SMP_DECODERS[name](FOUR, decoder_chanels=[1])
    for derived in ("encoder_channels", "encoder_depth", "n_blocks", "encoder_weights"):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            SMP_DECODERS[name](FOUR, **{derived: 5})
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        SMP_DECODERS[name](FOUR, (4, 8, 16, 32))


@pytest.mark.parametrize("name", SMP_DECODERS)
def test_the_signature_is_explicit(name) -> None:
    cls = SMP_DECODERS[name]
    first, *rest = inspect.signature(cls).parameters.values()
    assert (first.name, first.kind, first.default) == ("channels", first.POSITIONAL_OR_KEYWORD, first.empty)
    assert {parameter.kind for parameter in rest} == {inspect.Parameter.KEYWORD_ONLY}
    assert all(parameter.default is not parameter.empty for parameter in rest)
    hints = typing.get_type_hints(cls.__init__)
    assert set(hints) == {first.name, *(parameter.name for parameter in rest), "return"}
    documented = [documented_arguments(each.__doc__) for each in cls.__mro__[:-1]]  # what all share is said in the base
    for parameter in (first, *rest):
        assert any(parameter.name in each for each in documented)


@pytest.mark.parametrize("name", SMP_DECODERS)
def test_maps_that_are_not_those_it_was_built_for(name) -> None:
    strides = (4, 8, 16, 16) if name == "DeepLabV3Plus" else (4, 8, 16, 32)
    decoder = SMP_DECODERS[name]([16, 16, 16, 16], strides=strides)
    maps = [torch.randn(2, 16, 64 // stride, 64 // stride) for stride in strides]
    told = f"{name} was built for 4 feature(s) with channels (16, 16, 16, 16) at strides {strides}, got "
    for some in (maps[:3], [maps[0], *maps], []):
        with pytest.raises(ValueError, match=exactly(f"{told}{len(some)} feature(s)")):
            decoder(some)
    with pytest.raises(
        ValueError, match=exactly(f"{name} needs maps (B, C, H, W); feature 3 has the shape (2, 4, 16)")
    ):
        decoder([*maps[:3], torch.randn(2, 4, 16)])
    with pytest.raises(
        ValueError, match=exactly(f"{name} was built for 16 channels in feature 3, whose shape is (2, 8, 2, 2)")
    ):
        decoder([*maps[:3], torch.randn(2, 8, 2, 2)])


@pytest.mark.parametrize("name", ["UnetPlusPlus", "MAnet", "Linknet", "FPN"])
@pytest.mark.parametrize("sizes", [(25, 13, 7, 4), (4, 4, 4, 4)], ids=["odd", "flat"])
def test_sizes_that_do_not_double(name, sizes) -> None:
    decoder = SMP_DECODERS[name]([16] * 4)
    fine, coarse = sizes[:2]
    with pytest.raises(
        ValueError,
        match=exactly(
            f"{name} needs each feature exactly twice as high and wide as the next: feature 0 is {fine}x{2 * fine}, feature 1 "
            f"is {coarse}x{2 * coarse}; pad the image to a multiple of the largest stride, or make a pyramid of the features "
            "with a neck"
        ),
    ):
        decoder([torch.randn(2, 16, size, 2 * size) for size in sizes])


@pytest.mark.parametrize(("height", "width"), [(7, 8), (8, 7)])
def test_pan_needs_a_last_feature_of_8_by_8(height, width) -> None:
    decoder = SMP_DECODERS["PAN"]([16, 16])
    assert decoder([torch.randn(2, 16, 8, 8)] * 2).shape == (2, 32, 8, 8)
    with pytest.raises(
        ValueError,
        match=exactly(
            f"PAN needs a last feature of at least 8x8 pixels, got {height}x{width}: take larger images, or leave out the "
            "coarsest feature"
        ),
    ):
        decoder([torch.randn(2, 16, 16, 16), torch.randn(2, 16, height, width)])


@pytest.mark.parametrize(("output_stride", "ratio"), [(8, 2), (16, 4)])
def test_deeplab_needs_its_ratio(output_stride, ratio, make_maps) -> None:
    decoder = SMP_DECODERS["DeepLabV3Plus"]([16] * 4, output_stride=output_stride)
    assert decoder(make_maps([16] * 4, (4, 8, 4 * ratio, 4 * ratio))).shape[2:] == (16, 16)
    with pytest.raises(
        ValueError,
        match=exactly(
            f"DeepLabV3Plus needs feature 0 exactly {ratio} times the size of the last: it is 16x16, the last is 2x2; use a "
            "backbone dilated to the output stride, leave out coarser features, or set output_stride (8: 2 times, 16: 4 times)"
        ),
    ):
        decoder(make_maps([16] * 4, (4, 8, 16, 32)))


def test_segformer_needs_four_pixels() -> None:
    decoder = SMP_DECODERS["Segformer"]([16] * 4, drop_first_features=True)
    with pytest.raises(
        ValueError,
        match=exactly("Segformer makes maps of a quarter of 3x8 pixels, which leaves none: take larger images"),
    ):
        decoder([torch.randn(2, 16, 3, 8)] * 4)


def test_dpt_says_what_its_strides_make_of_the_sizes(make_maps) -> None:
    decoder = SMP_DECODERS["DPT"]([16, 16])
    with pytest.raises(
        ValueError,
        match=exactly(
            "DPT resizes its features by their strides (16, 32), after which each must be exactly twice as high and wide as the "
            "next: feature 0 of 4x4 becomes 16x16, feature 1 of 4x4 becomes 16x16; give the features' own `strides`, and images "
            "of a multiple of 8 pixels"
        ),
    ):
        decoder(make_maps([16, 16], (16, 16)))


def test_dpt_and_prefix_tokens(make_maps) -> None:
    maps, tokens = make_maps([16, 16], (16, 16)), [torch.randn(2, 1, 16)] * 2
    with pytest.raises(ValueError, match="takes prefix tokens only if it is built with encoder_has_prefix_tokens=True"):
        SMP_DECODERS["DPT"]([16, 16], strides=(16, 16))(maps, tokens)
    decoder = SMP_DECODERS["DPT"]([16, 16], strides=(16, 16), encoder_has_prefix_tokens=True)
    with pytest.raises(ValueError, match=r"concatenates prefix tokens: give `prefix_tokens`, \(B, N, C\) for each"):
        decoder(maps)
    with pytest.raises(ValueError, match="needs the prefix tokens of each of its 2 features, got 1"):
        decoder(maps, tokens[:1])


def test_integers_of_numpy_will_do() -> None:
    numpy = pytest.importorskip("numpy")
    decoder = SMP_DECODERS["Unet"](list(numpy.array([16, 20])), strides=numpy.array([2, 4]).tolist())
    assert isinstance(decoder, nn.Module)
