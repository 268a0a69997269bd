"""Right calls, as people write them, with what they do with the product: every line runs, and no checker should refuse one."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Final, Literal, NamedTuple, TypedDict, TypeVar, cast

import torch
from torch import Tensor, nn

import terraregistry
import terraregistry as tr
from terraregistry import (
    BACKBONE_REGISTRY,
    DECODER_REGISTRY,
    MODEL_FACTORY_REGISTRY,
    NECK_REGISTRY,
    TERRATORCH_BACKBONE_REGISTRY,
    TERRATORCH_DECODER_REGISTRY,
    TERRATORCH_NECK_REGISTRY,
    TIMM_BACKBONE_REGISTRY,
    Backbone,
    BackboneModule,
    Builder,
    ComponentSpec,
    Decoder,
    DecoderModule,
    ModelFactory,
    MultiSourceRegistry,
    Neck,
    NeckModule,
    Registry,
    Source,
)
from terraregistry import BACKBONE_REGISTRY as BACKBONES
from terraregistry.registry import DECODER_REGISTRY as DECODERS

IMAGES = torch.zeros(2, 3, 64, 64)
FEATURES = [torch.zeros(2, 8, 4, 4), torch.zeros(2, 16, 2, 2)]
NAME: Final = "timm_test_resnet"
DECODER: Final[str] = "FCNDecoder"
Names = Literal["test_resnet", "test_vit"]


def literal_names() -> None:
    BACKBONE_REGISTRY.build("test_resnet")
    BACKBONE_REGISTRY.build("timm_test_resnet", pretrained=False)
    BACKBONE_REGISTRY.build(NAME, in_chans=6)
    BACKBONE_REGISTRY.build("test_resnet.r160_in1k", pretrained=False)
    BACKBONES.build("test_vit", img_size=64)
    tr.BACKBONE_REGISTRY.build("test_resnet", out_indices=[0, 1])
    terraregistry.BACKBONE_REGISTRY.build("test_resnet", out_indices=(0, 1))
    TIMM_BACKBONE_REGISTRY.build("test_resnet", drop_rate=0.1)
    TERRATORCH_BACKBONE_REGISTRY.validate("prithvi_eo_tiny", num_frames=1)
    BACKBONE_REGISTRY.validate("prithvi_eo_tiny", num_frames=1)
    DECODER_REGISTRY.build("FCNDecoder", [8, 16])
    DECODER_REGISTRY.build("FCNDecoder", embed_dim=[8, 16], channels=8, num_convs=1)
    DECODER_REGISTRY.build("terratorch_FCNDecoder", [8, 16], 8, 1)
    DECODER_REGISTRY.build("IdentityDecoder", [8, 16])
    DECODER_REGISTRY.build("smp_Unet", [8, 16, 32, 64], drop_first_features=False)
    DECODERS.build(DECODER, [8, 16])
    TERRATORCH_DECODER_REGISTRY.build("FCNDecoder", [8])
    NECK_REGISTRY.build("SelectIndices", [8, 16], [1])
    NECK_REGISTRY.build("SelectIndices", channel_list=[8, 16], indices=[0])
    TERRATORCH_NECK_REGISTRY.build("MaxpoolToPyramidal", [8, 8, 8, 8])
    MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
    BACKBONE_REGISTRY["timm"].build("test_resnet")


def products_of_literal_names() -> None:
    backbone = BACKBONE_REGISTRY.build("test_resnet")
    channels: list[int] = backbone.out_channels
    features: list[Tensor] = backbone(IMAGES)
    first: Tensor = backbone(IMAGES)[0]
    features = backbone.forward(IMAGES)
    backbone.eval()
    backbone.train(False)
    backbone.to("cpu")
    count = sum(parameter.numel() for parameter in backbone.parameters())
    optimizer = torch.optim.SGD(backbone.parameters(), lr=0.1)
    state: dict[str, Any] = backbone.state_dict()
    backbone.load_state_dict(state)
    module: nn.Module = backbone
    kind: Backbone = backbone
    both: BackboneModule = BACKBONE_REGISTRY.build("test_resnet" if count else os.sep)
    backbone.requires_grad_(False)
    pieces = [name for name, _ in backbone.named_parameters()]
    held = nn.ModuleList([backbone])
    named = nn.ModuleDict({"backbone": backbone})
    model = nn.Sequential(backbone)
    copied = backbone.apply(lambda each: None)
    exported = backbone.timm_model
    half = BACKBONE_REGISTRY.build("test_resnet").to(torch.float16)
    quiet = BACKBONE_REGISTRY.build("test_resnet").eval()
    decoder = DECODER_REGISTRY.build("FCNDecoder", [8, 16])
    width: int = decoder.out_channels
    made: Tensor = decoder(FEATURES)
    made = DECODER_REGISTRY.build("FCNDecoder", [8, 16])(FEATURES)
    size: int = DECODER_REGISTRY.build("FCNDecoder", [8, 16]).out_channels + 1
    as_decoder: Decoder = decoder
    neck = NECK_REGISTRY.build("SelectIndices", [8, 16], [1])
    rest: list[int] = neck.process_channel_list([8, 16])
    chosen: list[Tensor] = neck(FEATURES)
    as_neck: Neck = neck
    factory: ModelFactory = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
    several = [BACKBONE_REGISTRY.build("test_resnet"), BACKBONE_REGISTRY.build("test_vit")]
    widths = [each.out_channels for each in several]
    by_name: dict[str, Backbone] = {"a": BACKBONE_REGISTRY.build("test_resnet"), "b": backbone}
    pair: tuple[Backbone, Decoder] = (backbone, decoder)
    some: Backbone | None = BACKBONE_REGISTRY.build("test_resnet") if channels else None
    takes_backbone(BACKBONE_REGISTRY.build("test_resnet"))
    takes_module(BACKBONE_REGISTRY.build("test_resnet"))
    takes_backbones([BACKBONE_REGISTRY.build("test_resnet"), backbone])
    print(
        first.shape, module, kind, both, optimizer, pieces, held, named, model, copied, exported, half, quiet, features
    )
    print(made, width, size, as_decoder, as_neck, rest, chosen, factory, widths, by_name, pair, some)


def takes_backbone(backbone: Backbone) -> list[int]:
    return backbone.out_channels


def takes_module(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def takes_backbones(backbones: Sequence[Backbone]) -> int:
    return len(backbones)


def returns_a_backbone() -> Backbone:
    return BACKBONE_REGISTRY.build("test_resnet", in_chans=4)


def returns_a_module() -> nn.Module:
    return DECODER_REGISTRY.build("FCNDecoder", [8, 16])


def names_that_are_parameters(name: str, decoder: str, neck: str) -> None:
    backbone = BACKBONE_REGISTRY.build(name)
    backbone = BACKBONE_REGISTRY.build(name, in_chans=3, pretrained=False)
    channels: list[int] = backbone.out_channels
    features: list[Tensor] = backbone(IMAGES)
    optimizer = torch.optim.SGD(backbone.parameters(), lr=0.1)
    backbone.to("cpu").eval()
    module: nn.Module = BACKBONE_REGISTRY.build(name)
    both: BackboneModule = BACKBONE_REGISTRY.build(name)
    model = nn.Sequential(BACKBONE_REGISTRY.build(name))
    takes_module(BACKBONE_REGISTRY.build(name))
    takes_backbone(BACKBONE_REGISTRY.build(name))
    made: DecoderModule = DECODER_REGISTRY.build(decoder, [8, 16])
    width: int = made.out_channels
    map_: Tensor = made(FEATURES)
    weights = DECODER_REGISTRY.build(decoder, [8, 16]).state_dict()
    rest: NeckModule = NECK_REGISTRY.build(neck, [8, 16], [0])
    chosen: list[Tensor] = rest(FEATURES)
    frozen = NECK_REGISTRY.build(neck, [8, 16], [0]).requires_grad_(False)
    spec = BACKBONE_REGISTRY.validate(name, in_chans=3)
    later: nn.Module = spec.build()
    again: Backbone = BACKBONE_REGISTRY.validate(name).build()
    builder = BACKBONE_REGISTRY.builder(name)
    by_builder: nn.Module = builder(in_chans=3)
    checked: ComponentSpec[Backbone] = builder.validate(in_chans=3)
    constructor: Callable[..., Backbone] = BACKBONE_REGISTRY.find_class(name)
    print(channels, features, optimizer, module, both, model, width, map_, weights, chosen, frozen, later, again)
    print(by_builder, checked, constructor)


def names_put_together(prefix: str, kind: str) -> None:
    BACKBONE_REGISTRY.build(f"{prefix}_test_resnet").eval()
    BACKBONE_REGISTRY.build("timm_" + kind).out_channels
    BACKBONE_REGISTRY.build(f"timm_{kind}", in_chans=6).parameters()
    BACKBONE_REGISTRY.build("_".join([prefix, kind])).to("cpu")
    BACKBONE_REGISTRY.build("timm_%s" % kind)(IMAGES)
    BACKBONE_REGISTRY.build("timm_{}".format(kind)).out_channels
    literal: Literal["timm"] = "timm"
    channels: list[int] = BACKBONE_REGISTRY.build(f"{literal}_test_resnet").out_channels
    module: nn.Module = BACKBONE_REGISTRY.build(f"{literal}_test_resnet", in_chans=6)
    BACKBONE_REGISTRY.build(literal + "_" + "test_resnet").eval()
    BACKBONE_REGISTRY.builder(f"{literal}_test_resnet")(in_chans=6).eval()
    BACKBONE_REGISTRY.builder(f"{prefix}_test_resnet")(in_chans=6).eval()
    BACKBONE_REGISTRY.validate(f"{literal}_test_resnet", in_chans=6).build().eval()
    BACKBONE_REGISTRY.find_class(f"{literal}_test_resnet")
    BACKBONE_REGISTRY.find_class(f"{prefix}_test_resnet")
    BACKBONE_REGISTRY.build("TIMM_TEST_RESNET".lower()).out_channels
    BACKBONE_REGISTRY.build(os.environ.get("BACKBONE_OF_NO_ONE", "test_resnet")).out_channels
    print(channels, module)


def unpacked(options: dict[str, Any], more: Mapping[str, Any], values: list[Any], **kwargs: Any) -> None:
    BACKBONE_REGISTRY.build("test_resnet", **options).out_channels
    BACKBONE_REGISTRY.build("test_resnet", **more).parameters()
    BACKBONE_REGISTRY.build("test_resnet", in_chans=6, **kwargs)(torch.zeros(2, 6, 64, 64))
    channels: list[int] = BACKBONE_REGISTRY.build("test_resnet", **{"in_chans": 3}).out_channels
    width: int = DECODER_REGISTRY.build("FCNDecoder", *values).out_channels
    DECODER_REGISTRY.build("FCNDecoder", [8, 16], **kwargs)(FEATURES)
    DECODER_REGISTRY.build("FCNDecoder", *values, **kwargs).eval()
    NECK_REGISTRY.build("SelectIndices", *values, indices=[0])(FEATURES)
    module: nn.Module = BACKBONE_REGISTRY.build("test_resnet", **options)
    spec: ComponentSpec[Backbone] = BACKBONE_REGISTRY.validate("test_resnet", **options)
    BACKBONE_REGISTRY.builder("test_resnet")(**options).out_channels
    BACKBONE_REGISTRY.builder("test_resnet")(**kwargs).eval()
    DECODER_REGISTRY.builder("FCNDecoder")(*values, **kwargs).out_channels
    DECODER_REGISTRY.builder("FCNDecoder").validate(*values).build().out_channels
    backbone = BACKBONE_REGISTRY.build("test_resnet", **(options or {}))
    backbone(IMAGES)
    sizes: dict[str, int] = {"num_convs": 1, "channels": 8}
    DECODER_REGISTRY.build("FCNDecoder", [8, 16], **sizes).out_channels
    print(channels, width, module, spec)


class Options(TypedDict):
    in_chans: int
    drop_rate: float


def unpacked_typed(options: Options) -> None:
    BACKBONE_REGISTRY.build("test_resnet", **options).out_channels
    BACKBONE_REGISTRY.builder("test_resnet")(**options).out_channels


def of_any_type(x: Any, name: Any, config: dict[str, Any]) -> None:
    DECODER_REGISTRY.build("FCNDecoder", x).out_channels
    DECODER_REGISTRY.build("FCNDecoder", x, channels=8)(FEATURES)
    DECODER_REGISTRY.build("FCNDecoder", embed_dim=x).eval()
    BACKBONE_REGISTRY.build("test_resnet", in_chans=config["in_chans"]).out_channels
    BACKBONE_REGISTRY.build(name).out_channels
    BACKBONE_REGISTRY.build(name, in_chans=3).eval()
    BACKBONE_REGISTRY.build(config["name"], **config["options"]).parameters()
    BACKBONE_REGISTRY.validate(config["name"], **config["options"]).build()
    BACKBONE_REGISTRY.builder(config["name"])(**config["options"]).eval()
    BACKBONE_REGISTRY.build(str(config["name"]), in_chans=int(config["in_chans"])).out_channels
    backbone: nn.Module = BACKBONE_REGISTRY.build(config["name"])
    kind: Backbone = BACKBONE_REGISTRY.build(config["name"])
    print(backbone, kind)


def out_of_loops() -> None:
    for name in ("test_resnet", "test_vit"):
        BACKBONE_REGISTRY.build(name).out_channels
        BACKBONE_REGISTRY.build(name, pretrained=False).parameters()
        BACKBONE_REGISTRY.builder(name)(pretrained=False).eval()
    for name in ["test_resnet", "timm_test_vit"]:
        BACKBONE_REGISTRY.build(name, pretrained=False)
    for name in BACKBONE_REGISTRY.search("timm_test_resnet"):
        BACKBONE_REGISTRY.build(name).eval()
    for name, options in {"test_resnet": {"in_chans": 6}, "test_vit": {"in_chans": 4}}.items():
        BACKBONE_REGISTRY.build(name, **options).out_channels
    for name, width in (("test_resnet", 6), ("test_vit", 4)):
        BACKBONE_REGISTRY.build(name, in_chans=width).eval()
    backbones = [BACKBONE_REGISTRY.build(name) for name in ("test_resnet", "test_vit")]
    widths = [backbone.out_channels for backbone in backbones]
    by_name = {name: BACKBONE_REGISTRY.build(name, in_chans=4) for name in ("test_resnet", "test_vit")}
    by_name["test_vit"].parameters()
    many = nn.ModuleList(BACKBONE_REGISTRY.build(name) for name in ("test_resnet", "test_vit"))
    for prefix, source in BACKBONE_REGISTRY.items():
        print(prefix, len(source), widths, many)
    print([name for name in BACKBONE_REGISTRY if name.startswith("timm_test_resn")])


def one_of_two(large: bool, name: Names, either: Literal["FCNDecoder", "IdentityDecoder"]) -> None:
    BACKBONE_REGISTRY.build("test_vit" if large else "test_resnet").out_channels
    BACKBONE_REGISTRY.build("test_vit" if large else "test_resnet", pretrained=False).parameters()
    BACKBONE_REGISTRY.build(name).eval()
    BACKBONE_REGISTRY.build(name, in_chans=6).out_channels
    module: nn.Module = BACKBONE_REGISTRY.build(name)
    kind: Backbone = BACKBONE_REGISTRY.build(name)
    BACKBONE_REGISTRY.validate(name, in_chans=6).build().out_channels
    BACKBONE_REGISTRY.builder(name)(in_chans=6).out_channels
    BACKBONE_REGISTRY.find_class(name)
    width: int = DECODER_REGISTRY.build(either, [8, 16]).out_channels
    DECODER_REGISTRY.builder(either)([8, 16]).eval()
    chosen = "test_vit" if large else "test_resnet"
    BACKBONE_REGISTRY.build(chosen, in_chans=6).eval()
    if name == "test_resnet":
        BACKBONE_REGISTRY.build(name, in_chans=6).out_channels
    match name:
        case "test_resnet":
            backbone = BACKBONE_REGISTRY.build(name, drop_rate=0.1) if large else BACKBONE_REGISTRY.build(name)
        case "test_vit":
            backbone = BACKBONE_REGISTRY.build(name, img_size=64)
    backbone.out_channels
    backbone.parameters()
    print(module, kind, width)


class Size(StrEnum):
    SMALL = "test_resnet"
    LARGE = "test_vit"


class Model(Enum):
    SMALL = "test_resnet"
    LARGE = "test_vit"


@dataclass
class Config:
    backbone: str = "test_resnet"
    decoder: Literal["FCNDecoder", "IdentityDecoder"] = "FCNDecoder"
    size: Names = "test_resnet"
    options: dict[str, Any] = field(default_factory=dict[str, Any])

    def build(self) -> tuple[Backbone, Decoder]:
        backbone = BACKBONE_REGISTRY.build(self.backbone, **self.options)
        return backbone, DECODER_REGISTRY.build(self.decoder, backbone.out_channels)


class Row(NamedTuple):
    name: str
    width: int


def fields_and_enums(config: Config, row: Row, size: Size, model: Model) -> None:
    BACKBONE_REGISTRY.build(config.backbone).out_channels
    BACKBONE_REGISTRY.build(config.backbone, **config.options).parameters()
    BACKBONE_REGISTRY.build(config.size, in_chans=6).eval()
    DECODER_REGISTRY.build(config.decoder, [8, 16]).out_channels
    BACKBONE_REGISTRY.build(row.name, in_chans=row.width).out_channels
    BACKBONE_REGISTRY.build(size).out_channels
    BACKBONE_REGISTRY.build(size.value, in_chans=6).eval()
    BACKBONE_REGISTRY.build(Size.SMALL).out_channels
    BACKBONE_REGISTRY.build(Size.SMALL.value).out_channels
    BACKBONE_REGISTRY.build(model.value).eval()
    BACKBONE_REGISTRY.build(Model.LARGE.value, img_size=64).eval()
    backbone, decoder = config.build()
    decoder(backbone(IMAGES))


class Segmenter(nn.Module):
    """The common way of a model: names and options in, parts inside."""

    def __init__(self, backbone: str, decoder: str = "FCNDecoder", in_chans: int = 3, **options: Any) -> None:
        super().__init__()
        self.backbone = BACKBONE_REGISTRY.build(backbone, in_chans=in_chans, **options)
        self.decoder = DECODER_REGISTRY.build(decoder, self.backbone.out_channels)
        self.head = nn.Conv2d(self.decoder.out_channels, 2, 1)
        for parameter in self.backbone.parameters():
            parameter.requires_grad = False

    def forward(self, x: Tensor) -> Tensor:
        features = self.backbone(x)
        made: Tensor = self.head(self.decoder(features))
        return made


class Fixed(nn.Module):
    def __init__(self, *, pretrained: bool = False) -> None:
        super().__init__()
        self.backbone: Backbone = BACKBONE_REGISTRY.build("test_resnet", pretrained=pretrained)
        self.stem = BACKBONE_REGISTRY.build("test_resnet", pretrained=pretrained)
        self.body = nn.Sequential(self.stem, nn.Identity())
        self.optimizer = torch.optim.AdamW(self.stem.parameters(), lr=1e-3)

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.stem(x) + self.backbone(x)


def functions_of_functions() -> None:
    make: Callable[..., Backbone] = BACKBONE_REGISTRY.build
    make("test_resnet").out_channels
    by_name: Callable[[str], Backbone] = BACKBONE_REGISTRY.build
    by_name("test_resnet")
    partial = functools.partial(BACKBONE_REGISTRY.build, "test_resnet")
    partial(in_chans=6)
    made = list(map(BACKBONE_REGISTRY.build, ["test_resnet", "test_vit"]))
    made[0].out_channels
    source: Source[Backbone] = BACKBONE_REGISTRY
    source.build("test_resnet").out_channels
    general: MultiSourceRegistry[Backbone] = BACKBONE_REGISTRY
    general.build("test_resnet", in_chans=6).out_channels
    own: Registry[Decoder] = TERRATORCH_DECODER_REGISTRY
    own.build("FCNDecoder", [8, 16]).out_channels
    mounted = MultiSourceRegistry[Backbone](timm=TIMM_BACKBONE_REGISTRY, own=TERRATORCH_BACKBONE_REGISTRY)
    mounted.build("test_resnet").out_channels
    mounted.builder("test_resnet")(in_chans=6).out_channels
    several = MultiSourceRegistry[Decoder]()
    several.register_source("own", TERRATORCH_DECODER_REGISTRY)
    several.register(DECODER_REGISTRY["smp"], "smp")
    several.build("own_FCNDecoder", [8, 16]).out_channels
    lazy: dict[str, Callable[[], Backbone]] = {"a": lambda: BACKBONE_REGISTRY.build("test_resnet", in_chans=6)}
    lazy["a"]().out_channels
    takes_registry(DECODER_REGISTRY)
    method = DECODER_REGISTRY.build
    method("FCNDecoder", [8, 16]).out_channels
    check = DECODER_REGISTRY.validate
    check("FCNDecoder", [8, 16]).build().out_channels


def takes_registry(registry: MultiSourceRegistry[Decoder]) -> Decoder:
    return registry.build("FCNDecoder", [8, 16], channels=8)


def builders(options: dict[str, Any]) -> None:
    resnet = BACKBONE_REGISTRY.builder("test_resnet")
    resnet().out_channels
    resnet(in_chans=6, drop_rate=0.1).parameters()
    resnet(False)(IMAGES)
    resnet.validate(in_chans=6).build().eval()
    BACKBONE_REGISTRY.builder(NAME)(in_chans=6).timm_model
    BACKBONE_REGISTRY.builder("test_resnet.r160_in1k")(pretrained=False).eval()
    DECODER_REGISTRY.builder("FCNDecoder")([8, 16], num_convs=2).out_channels
    DECODER_REGISTRY.builder("FCNDecoder")(embed_dim=[8, 16])(FEATURES)
    NECK_REGISTRY.builder("SelectIndices")([8, 16], [0])(FEATURES)
    TERRATORCH_DECODER_REGISTRY.builder("FCNDecoder")([8]).eval()
    MODEL_FACTORY_REGISTRY.builder("EncoderDecoderFactory")()
    make: Callable[..., Backbone] = BACKBONE_REGISTRY.builder("test_resnet")
    make(in_chans=6).out_channels
    exact: Callable[[list[int]], Decoder] = DECODER_REGISTRY.builder("FCNDecoder")
    exact([8, 16]).out_channels
    kept: Builder[..., Backbone] = BACKBONE_REGISTRY.builder("test_resnet")
    kept(in_chans=6).out_channels
    partial = functools.partial(DECODER_REGISTRY.builder("FCNDecoder"), [8, 16])
    partial().out_channels
    blocks = list(map(DECODER_REGISTRY.builder("IdentityDecoder"), [[8, 16], [4, 8]]))
    print(blocks[0].out_channels, resnet.__name__, resnet.__doc__)


def specs() -> Iterator[ComponentSpec[Decoder]]:
    exact = DECODER_REGISTRY.validate("FCNDecoder", [8, 16])
    wide: ComponentSpec[Decoder] = exact
    yield wide
    spec: ComponentSpec[Decoder] = DECODER_REGISTRY.validate("FCNDecoder", [8, 16])
    yield spec
    yield DECODER_REGISTRY.validate("FCNDecoder", [8, 16], channels=8)
    exact.build().out_channels
    exact.build()(FEATURES)
    takes_spec(DECODER_REGISTRY.validate("FCNDecoder", [8, 16]))
    listed: list[ComponentSpec[Decoder]] = [exact, DECODER_REGISTRY.validate("IdentityDecoder", [8])]
    built: list[Decoder] = [each.build() for each in listed]
    data: dict[str, Any] = exact.to_dict()
    print(exact.name, exact.kwargs, hash(exact), {exact, spec}, built, ComponentSpec[Decoder].from_dict(data).build())


def takes_spec(spec: ComponentSpec[Decoder]) -> int:
    return spec.build().out_channels


def constructors_and_sources(name: str) -> None:
    resnet = BACKBONE_REGISTRY.find_class("test_resnet")
    resnet(in_chans=6).out_channels
    fcn = DECODER_REGISTRY.find_class("FCNDecoder")
    fcn([8, 16], num_convs=1).eval()
    TERRATORCH_DECODER_REGISTRY["FCNDecoder"]([8, 16]).out_channels
    TERRATORCH_DECODER_REGISTRY[name]([8, 16]).out_channels
    isinstance(DECODER_REGISTRY.build("FCNDecoder", [8]), TERRATORCH_DECODER_REGISTRY["FCNDecoder"])
    DECODER_REGISTRY["terratorch"].build("FCNDecoder", [8, 16]).out_channels
    DECODER_REGISTRY["terratorch"]["FCNDecoder"]([8, 16]).eval()
    DECODER_REGISTRY[name.partition("_")[0] if "_" in name else "terratorch"].build(name, [8, 16]).out_channels
    for prefix in ("terratorch", "timm"):
        print(len(BACKBONE_REGISTRY[prefix]), "test_resnet" in BACKBONE_REGISTRY[prefix])
    print(len(BACKBONE_REGISTRY["timm" if name else "terratorch"]))
    for prefix in DECODER_REGISTRY.keys():
        print(DECODER_REGISTRY[prefix])
    constructor: Callable[..., Decoder] = DECODER_REGISTRY.find_class("FCNDecoder")
    partial = functools.partial(TERRATORCH_DECODER_REGISTRY["FCNDecoder"], channels=8)
    print(inspect.signature(constructor), partial([8, 16]).out_channels, DECODER_REGISTRY.find_class("FCNDecoder").__name__)
    print(DECODER_REGISTRY.get("smp"), TERRATORCH_DECODER_REGISTRY.get("FCNDecoder"), "FCNDecoder" in DECODER_REGISTRY)
    print(DECODER_REGISTRY.resolve("FCNDecoder").prefix, DECODER_REGISTRY.signature("FCNDecoder").parameters)
    print(DECODER_REGISTRY.describe("FCNDecoder").summary, DECODER_REGISTRY.find_registry("FCNDecoder"))


def registries_of_ones_own() -> None:
    own = Registry[Decoder]()

    @own.register
    class Sum(nn.Module):
        def __init__(self, channels: list[int]) -> None:
            super().__init__()
            self.out_channels: int = channels[0]

        def forward(self, features: list[Tensor], /) -> Tensor:
            return features[0]

    own.build("Sum", [8]).out_channels
    own.build("Sum", channels=[8]).out_channels
    own.builder("Sum")([8]).out_channels
    own.validate("Sum", [8]).build().out_channels
    Sum([8]).eval()
    mounted = MultiSourceRegistry[Decoder](own=own, smp=DECODER_REGISTRY["smp"])
    mounted.build("own_Sum", [8]).out_channels


T = TypeVar("T", bound=nn.Module)


def frozen(module: T) -> T:
    module.requires_grad_(False)
    return module


def narrowed(value: str | None, anything: object, choice: Literal["test_resnet", "prithvi_eo_tiny"], kind: Backbone) -> None:
    if value is not None:
        BACKBONE_REGISTRY.build(value, in_chans=6).out_channels
    BACKBONE_REGISTRY.build(value or "test_resnet").eval()
    if isinstance(anything, str):
        BACKBONE_REGISTRY.build(anything).parameters()
    if isinstance(kind, nn.Module):
        kind.to("cpu")
    decoder: Decoder = DECODER_REGISTRY.build("FCNDecoder", [8, 16])
    if isinstance(decoder, DECODER_REGISTRY.find_class("FCNDecoder")):
        decoder.state_dict()
    if choice in BACKBONE_REGISTRY:
        print(choice)
    if (name := value) is not None and name in BACKBONE_REGISTRY:
        BACKBONE_REGISTRY.build(name).out_channels
    both: BackboneModule = BACKBONE_REGISTRY.build("test_resnet")
    both.parameters()
    cast(nn.Module, BACKBONE_REGISTRY.build("test_resnet")).eval()


@functools.cache
def cached(name: str) -> BackboneModule:
    return BACKBONE_REGISTRY.build(name)


def in_generic_functions() -> None:
    frozen(BACKBONE_REGISTRY.build("test_resnet")).out_channels
    frozen(BACKBONE_REGISTRY.builder("test_resnet")(in_chans=6)).timm_model
    copy.deepcopy(BACKBONE_REGISTRY.build("test_resnet")).out_channels
    first, second = (BACKBONE_REGISTRY.build(name) for name in ("test_resnet", "test_vit"))
    print(first.out_channels, second.out_channels)
    cached("test_resnet").out_channels
    best = max((BACKBONE_REGISTRY.build(name) for name in ("test_resnet", "test_vit")), key=lambda each: each.out_channels)
    best.eval()
    with torch.no_grad():
        shapes = [feature.shape for feature in BACKBONE_REGISTRY.build("test_resnet")(IMAGES)]
    averaged = torch.optim.swa_utils.AveragedModel(BACKBONE_REGISTRY.build("test_resnet"))
    print(shapes, averaged)


def exceptions(name: str) -> nn.Module | None:
    with contextlib.suppress(KeyError):
        return BACKBONE_REGISTRY.build(f"no_such_{name}")
    try:
        return BACKBONE_REGISTRY.build(name, in_chans=6)
    except (KeyError, TypeError):
        return None


def main() -> None:
    """Run every line."""
    literal_names()
    products_of_literal_names()
    returns_a_backbone()
    returns_a_module()
    names_that_are_parameters("test_resnet", "FCNDecoder", "SelectIndices")
    names_put_together("timm", "test_resnet")
    unpacked({"in_chans": 3}, {"in_chans": 3}, [[8, 16]])
    unpacked_typed({"in_chans": 3, "drop_rate": 0.1})
    of_any_type([8, 16], "test_resnet", {"name": "test_resnet", "in_chans": 3, "options": {"in_chans": 4}})
    out_of_loops()
    one_of_two(False, "test_resnet", "FCNDecoder")
    one_of_two(False, "test_vit", "IdentityDecoder")
    fields_and_enums(Config(), Row("test_resnet", 3), Size.LARGE, Model.SMALL)
    Segmenter("test_resnet", drop_rate=0.1)(IMAGES)
    Fixed()(IMAGES)
    functions_of_functions()
    builders({"in_chans": 3})
    list(specs())
    constructors_and_sources("FCNDecoder")
    registries_of_ones_own()
    narrowed("test_resnet", "test_resnet", "test_resnet", returns_a_backbone())
    in_generic_functions()
    exceptions("test_resnet")


if __name__ == "__main__":
    main()
