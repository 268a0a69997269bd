"""The operations that are made as first calls, and what each of them gives, as data; `python -m tests.first_calls.calls CASE`.

Whatever this imports at its top is loaded before the first call: nothing of the package, and of Python as little as possible.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .plain import error, plain

if TYPE_CHECKING:
    from collections.abc import Callable

IMPORTS = {
    "nothing": (),
    "torch": ("torch",),
    "timm": ("timm",),
    "smp": ("segmentation_models_pytorch",),
    "timm after a look-up": ("look up", "timm"),
    # Everything, in the order in which the harness imports it, and then a call of each kind.
    "warm": ("torch", "timm", "segmentation_models_pytorch", "warm up"),
}
"""What is imported before the first call."""

_VIT = {"num_frames": 1, "depth": 1, "embed_dim": 48, "num_heads": 3, "img_size": 32}
_SWIN = {"embed_dim": 16, "depths": (1, 1, 1, 1), "num_heads": (1, 1, 1, 1)}
FIVE = ("prithvi_vit_tiny", "prithvi_vit_100", "prithvi_vit_300", "prithvi_swin_B", "prithvi_swin_L")
ARGUMENTS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    **{name: ((), _SWIN if "swin" in name else _VIT) for name in FIVE},
    "prithvi_eo_tiny": ((), {"num_frames": 1, "img_size": 32}),
    "test_resnet": ((), {"in_chans": 4}),
    "test_resnet.r160_in1k": ((), {"in_chans": 4}),
    "test_vit": ((), {"img_size": 32}),
    "vit_tiny_patch16_224_in21k": ((), {"depth": 3, "embed_dim": 48, "img_size": 32}),
    "OwnBackbone": ((), {"width": 4}),
    "FCNDecoder": (([8, 16],), {"channels": 8}),
    "UNetDecoder": (([8, 8, 8, 8],), {"channels": [8, 8, 8, 8]}),
    "Unet": (([8, 8, 8, 8],), {"decoder_channels": (8, 8, 8, 8, 8)}),
    "FPN": (([8, 8, 8, 8],), {"decoder_pyramid_channels": 8, "decoder_segmentation_channels": 32}),
    "OwnDecoder": (([8, 16],), {}),
    "SelectIndices": (([8, 16],), {"indices": [1]}),
    "ReshapeTokensToImage": (([8, 16],), {}),
    "OwnNeck": (([8, 16],), {}),
    "prithvi_eo_tiny_mae": ((), {"num_frames": 1, "img_size": 32}),
}
"""The arguments that each component is built with: small ones."""

WRONG = ("resnte18", "prithvi_vit_10", "timm_prithvi_swin_b", "test_resnet.no_such_tag", "FCNDecodr", "Unett", "SelectIndex",
    "prithvi_eo_tiny_mea", "EncoderDecodrFactory")  # fmt: skip
"""Names that are not there, each near one that is."""
_SEGMENTATION = {"task": "segmentation", "num_classes": 2}


def _composed(backbone: str, arguments: dict[str, Any], decoder: str = "FCNDecoder", **more: Any) -> dict[str, Any]:
    prefixed = {f"backbone_{key}": value for key, value in arguments.items()}
    channels = {"decoder_channels": 8} if decoder == "FCNDecoder" else {}
    return {
        "model_factory": "EncoderDecoderFactory", **_SEGMENTATION,
        "backbone": backbone, **prefixed, "decoder": decoder, **channels, **more,
    }  # fmt: skip


_NECKS = [
    {"name": "SelectIndices", "indices": [0, 1, 2, 3]},
    {"name": "ReshapeTokensToImage"},
    {"name": "LearnedInterpolateToPyramidal"},
]
_PYRAMID = {"decoder_channels": [8, 8, 8, 8]}
MODELS: dict[str, dict[str, Any]] = {
    "test_resnet": _composed("test_resnet", {"in_chans": 4}),
    "test_resnet.r160_in1k": _composed("timm_test_resnet.r160_in1k", {}),
    "vit_tiny_patch16_224_in21k": _composed("vit_tiny_patch16_224_in21k", {"depth": 3, "embed_dim": 48}),
    **{
        name: _composed(f"timm_{name}", _SWIN, "UNetDecoder", **_PYRAMID) if "swin" in name else _composed(name, _VIT)
        for name in FIVE
    },
    "smp_Unet": _composed("test_resnet", {}, "smp_Unet", decoder_decoder_channels=[8, 8, 8, 8, 8]),
    "necks": _composed(
        "prithvi_eo_tiny", {"num_frames": 1, "img_size": 32}, "UNetDecoder", necks=_NECKS, **_PYRAMID
    ),
    "auxiliary": _composed(
        "test_resnet", {}, aux_decoders=[{"name": "aux", "decoder": "FCNDecoder", "decoder_args": {"decoder_channels": 8}}]
    ),
    "PrithviModelFactory": {
        "model_factory": "PrithviModelFactory", **_SEGMENTATION, "backbone": "prithvi_eo_tiny", "pretrained": False,
        "bands": ["RED", "GREEN", "BLUE"], "decoder": "FCNDecoder", "decoder_channels": 8, "num_frames": 1,
    },
    "SMPModelFactory": {
        "model_factory": "SMPModelFactory", **_SEGMENTATION, "model": "FPN", "backbone": "tu-test_resnet",
        "pretrained": False, "in_channels": 4, "bands": ["BLUE", "GREEN", "RED", "NIR_NARROW"],
    },
    "TimmModelFactory": {
        "model_factory": "TimmModelFactory", "task": "classification", "backbone": "test_resnet.r160_in1k",
        "in_channels": 4, "num_classes": 2, "pretrained": False,
    },
    "TimmModelFactory, Prithvi": {
        "model_factory": "TimmModelFactory", "task": "classification", "backbone": "prithvi_swin_B",
        "in_channels": 6, "num_classes": 2, "pretrained": False,
        **{f"backbone_{key}": value for key, value in _SWIN.items()},
    },
    "FullModelFactory": {
        "model_factory": "FullModelFactory", "model": "prithvi_eo_tiny_mae", "pretrained": False,
        "num_frames": 1, "img_size": 32,
    },
}  # fmt: skip
"""Configs of models: each of the factories, and each of the five names in one."""


@dataclass(frozen=True)
class Subject:
    """What an operation is made on: a registry and a name in it, or one of the models."""

    registry: str
    name: str

    @property
    def there(self) -> Any:
        """The registry."""
        return _package(self.registry)

    @property
    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What the component is built with."""
        bare = self.name
        for prefix in ("timm_", "terratorch_", "smp_"):
            bare = bare.removeprefix(prefix)
        return ARGUMENTS.get(bare, ((), {}))

    def validate(self) -> Any:
        """Make the spec."""
        args, kwargs = self.arguments
        return self.there.validate(self.name, *args, **kwargs)

    def build(self) -> Any:
        """Make the component."""
        args, kwargs = self.arguments
        return self.there.build(self.name, *args, **kwargs)

    @property
    def constructor(self) -> Any:
        """The constructor."""
        there = self.there
        return there.find_class(self.name) if hasattr(there, "find_class") else there[self.name]

    @property
    def model(self) -> dict[str, Any]:
        """The config of the model."""
        return MODELS[self.name]

    def factory(self) -> tuple[Any, dict[str, Any]]:
        """The factory of the model, and its arguments."""
        arguments = dict(self.model)
        return _package("MODEL_FACTORY_REGISTRY").build(arguments.pop("model_factory")), arguments


def _package(attribute: str) -> Any:
    return getattr(importlib.import_module("terraregistry"), attribute)


@dataclass(frozen=True)
class Operation:
    """An operation.

    Attributes:
        run: Makes it, and gives what has to be the same in each process.
        subject: What it is made on: a `registry`, a `name` in one, a `model`, or for a command a `text`.
        only: The registries that have it; all of them where there is none here.
        fails: Whether it is to raise.
        total: Whether it has a result for a name that is not there, too.
        seconds: After which it hangs.
        seconds: After which it hangs.
        of_index: Whether it is about the index itself, so that its answer follows from the state that the index is in.
    """

    run: Callable[[Subject], Any]
    subject: str
    only: tuple[str, ...] = ()
    fails: bool = False
    total: bool = False
    seconds: int = 30
    of_index: bool = False

    def fails_on(self, name: str) -> bool:
        """Say whether it is to raise for a name."""
        return self.fails or (self.subject == "name" and name in WRONG and not self.total)


OPERATIONS: dict[str, Operation] = {}
OWN = ("OwnBackbone", "OwnDecoder", "OwnNeck")
"""The names that `own` registers when a case imports it."""
MULTI = ("BACKBONE_REGISTRY", "DECODER_REGISTRY", "NECK_REGISTRY", "FULL_MODEL_REGISTRY")
OPEN = (
    "TERRATORCH_BACKBONE_REGISTRY", "TERRATORCH_DECODER_REGISTRY", "TERRATORCH_NECK_REGISTRY",
    "TERRATORCH_FULL_MODEL_REGISTRY", "MODEL_FACTORY_REGISTRY",
)  # fmt: skip
SINGLE = ("TIMM_BACKBONE_REGISTRY", "SMP_DECODER_REGISTRY", *OPEN)


def _operation(name: str, subject: str, **more: Any) -> Any:
    def register(run: Callable[[Subject], Any]) -> Callable[[Subject], Any]:
        OPERATIONS[name] = Operation(run, subject, **more)
        return run

    return register


# -- a registry --

_operation("iter", "registry")(lambda on: [*on.there])
_operation("len", "registry")(lambda on: len(on.there))
_operation("bool", "registry")(lambda on: bool(on.there))
_operation("repr", "registry")(lambda on: repr(on.there))
_operation("keys", "registry")(lambda on: [*on.there.keys()])
_operation("values", "registry")(lambda on: [repr(each) for each in on.there.values()])
_operation("items", "registry")(lambda on: [repr(each) for each in on.there.items()])
_operation("search", "registry")(lambda on: [on.there.search(glob) for glob in ("*", "*prithvi*", "*net*", "[")])
_operation("kind", "registry")(lambda on: [on.there.kind.name, on.there.reference])
_operation("== itself", "registry")(lambda on: [on.there == set(on.there), on.there <= on.there, on.there - on.there])
_operation("[prefix]", "registry", only=MULTI)(lambda on: [repr(on.there[key]) for key in on.there.keys()])  # noqa: SIM118 - a set, too
_operation("[no prefix]", "registry", only=MULTI, fails=True)(lambda on: on.there["no"])
_operation("get(prefix)", "registry", only=MULTI)(lambda on: [repr(on.there.get(key)) for key in ("terratorch", "no")])
_operation("register, read-only", "registry", only=SINGLE[:2], fails=True)(lambda on: on.there.register(int))
_operation("other things than names", "registry")(lambda on: [each in on.there for each in (None, 3, b"a", ("a",), "")])


class _Thing:
    """Something to register, of no kind."""


@_operation("pickle of the registry", "registry")
def _pickled_registry(on: Subject) -> Any:
    import pickle

    return pickle.loads(pickle.dumps(on.there)) is on.there


@_operation("copies of the registry", "registry")
def _copied_registry(on: Subject) -> Any:
    import copy

    return [copy.copy(on.there) is on.there, copy.deepcopy([on.there])[0] is on.there]


@_operation("register and unregister", "registry", only=OPEN)
def _registered(on: Subject) -> Any:
    there, before = on.there, len(on.there)
    with there.scope():
        there.register(_Thing, name="one", aliases=["other"])
        inside = ["other" in there, there.resolve("other"), len(there) - before]
        there.unregister("one")
    return [*inside, "one" in there, len(there) - before]


@_operation("register, taken", "registry", only=OPEN, fails=True)
def _taken(on: Subject) -> Any:
    return on.there.register(_Thing, name=next(iter(on.there)))


@_operation("register_source", "registry", only=MULTI)
def _mounted(on: Subject) -> Any:
    on.there.register_source("own", _package("Registry")(Thing=_Thing))
    found = ["own_Thing" in on.there, on.there.resolve("Thing"), [*on.there.keys()]]
    on.there.unregister_source("own")
    return [*found, "own_Thing" in on.there]


@_operation("register_source, conflict", "registry", only=MULTI, fails=True)
def _conflict(on: Subject) -> Any:
    on.there.register_source("terratorch_own", _package("Registry")())


# -- a name --

_operation("in", "name", total=True)(lambda on: on.name in on.there)
_operation("get", "name", only=SINGLE, total=True)(lambda on: repr(on.there.get(on.name)))
_operation("[]", "name", only=SINGLE)(lambda on: repr(on.there[on.name]))
_operation("resolve", "name")(lambda on: on.there.resolve(on.name))
_operation("candidates", "name", only=MULTI)(lambda on: on.there.candidates(on.name))
_operation("find_registry", "name", only=MULTI)(lambda on: repr(on.there.find_registry(on.name)))
_operation("find_class", "name", only=MULTI)(lambda on: repr(on.there.find_class(on.name)))
_operation("signature", "name")(lambda on: on.there.signature(on.name))
_operation("describe", "name")(lambda on: on.there.describe(on.name))
_operation("validate", "name")(lambda on: on.validate())
_operation("validate, unknown argument", "name", fails=True)(lambda on: on.there.validate(on.name, in_chan=6))
_operation("validate, wrong type", "name", fails=True)(
    lambda on: on.there.validate(on.name, *on.arguments[0], **dict.fromkeys(on.arguments[1] or ("a",), object))
)
_operation("build", "name")(lambda on: on.build())
_operation("build, unknown argument", "name", fails=True)(lambda on: on.there.build(on.name, in_chan="6", zz=1))
_operation("spec.build", "name")(lambda on: on.validate().build())
_operation("constructor()", "name")(lambda on: on.constructor(*on.arguments[0], **on.arguments[1]))
_operation("& | - ^", "name", total=True)(
    lambda on: [on.there & {on.name}, on.there | {on.name}, on.there - {on.name}, on.there ^ {on.name}]
)
_operation("set & registry", "name", total=True)(
    lambda on: [{on.name} & on.there, {on.name} | on.there, {on.name} - on.there]
)
_operation("<= >= isdisjoint", "name", total=True)(
    lambda on: [on.there >= {on.name}, on.there < {on.name}, on.there.isdisjoint([on.name])]
)
_operation("search by name", "name", total=True)(
    lambda on: [on.there.search(on.name), on.there.search(f"{on.name[:-1]}*")]
)
_operation("network_signature", "name", only=SINGLE[:1])(lambda on: on.there.network_signature(on.name))
_operation("describe_network", "name", only=SINGLE[:1])(lambda on: on.there.describe_network(on.name))
_operation("feature_specs", "name", only=SINGLE[:1])(
    lambda on: on.there.feature_specs(on.name, *on.arguments[0], **on.arguments[1])
)
_operation("validate, whole network", "name", only=SINGLE[:1])(
    lambda on: on.there.validate(on.name, num_classes=3, features_only=False)
)


@_operation("constructor's own facts", "name")
def _facts(on: Subject) -> Any:
    import inspect

    constructor = on.constructor
    facts = {fact: getattr(constructor, fact, None) for fact in ("__name__", "__weights__", "__doc__")}
    defined_by = getattr(constructor, "__defined_by__", constructor)
    return [facts, inspect.signature(constructor), defined_by.__module__, defined_by.__qualname__]


@_operation("pickle of the spec", "name")
def _pickled_spec(on: Subject) -> Any:
    import pickle

    spec = on.validate()
    again = pickle.loads(pickle.dumps(spec))
    return [again, again == spec, hash(again) == hash(spec), again.build()]


@_operation("copies of the spec", "name")
def _copied_spec(on: Subject) -> Any:
    import copy

    spec = on.validate()
    return [copy.copy(spec) == spec, copy.deepcopy(spec) == spec, copy.deepcopy(spec).build()]


@_operation("spec as plain data", "name")
def _plain_spec(on: Subject) -> Any:
    spec = on.validate()
    data = json.loads(json.dumps(spec.to_dict()))
    return [data, _package("ComponentSpec").from_dict(data), type(spec).from_dict(data, on.there)]


@_operation("from_dict", "name")
def _from_dict(on: Subject) -> Any:
    args, kwargs = on.arguments
    data = {"registry": f"terraregistry.library:{on.registry}", "name": on.name, "args": [*args], "kwargs": kwargs}
    return _package("ComponentSpec").from_dict(data)


@_operation("pickle and copy of the constructor", "name")
def _copied_constructor(on: Subject) -> Any:
    import copy
    import pickle

    made = on.constructor
    return [repr(each) for each in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made))]


@_operation("pickle and copy of the product", "name")
def _copied_product(on: Subject) -> Any:
    import copy
    import pickle

    made = on.build()
    return [pickle.loads(pickle.dumps(made)), copy.deepcopy(made)]


@_operation("spec.build in a spawned child", "name", seconds=200)
def _spawned(on: Subject) -> Any:
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(built, (on.validate(),))


def built(spec: Any) -> Any:
    """Build a spec, and describe the component: what a worker does."""
    return plain(spec.build())


# -- a model --

_operation("from_config", "model")(lambda on: _package("from_config")(on.model))
_operation("to_config", "model")(lambda on: _package("to_config")(_package("from_config")(on.model)))
_operation("from_config, unknown argument", "model", fails=True)(
    lambda on: _package("from_config")(on.model | {"backbone_in_chan": 6, "num_classes": "2"})
)
_operation("from_config, unknown name", "model", fails=True)(
    lambda on: _package("from_config")(on.model | {"backbone": "resnte18", "model": "Unett"})
)


@_operation("build_model", "model")
def _build_model(on: Subject) -> Any:
    factory, arguments = on.factory()
    return factory.build_model(**arguments)


@_operation("check_arguments", "model")
def _check_arguments(on: Subject) -> Any:
    factory, arguments = on.factory()
    return factory.check_arguments(**arguments)


@_operation("check_arguments, unknown argument", "model", fails=True)
def _check_wrong_arguments(on: Subject) -> Any:
    factory, arguments = on.factory()
    return factory.check_arguments(**arguments | {"zz": 1, "num_classes": "2"})


@_operation("validate_model", "model")
def _validate_model(on: Subject) -> Any:
    factory, arguments = on.factory()
    return factory.validate_model(**arguments)


@_operation("to_config of another model", "model", fails=True)
def _foreign_model(on: Subject) -> Any:
    return _package("to_config")(_Thing())


# -- a command --


def _command(*words: str, model: dict[str, Any] | None = None) -> Any:
    """Run a command in this process, in a folder of its own that has the config of a model."""
    from terraregistry.tools.cli import main

    if model is not None:
        Path("config.yaml").write_text(json.dumps(model, indent=1))  # JSON is YAML
    told = _have_index_made_by()
    sys.argv = ["terraregistry", *words]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            status = ended.code
    shown, said = ([*map(_placeless, each.getvalue().splitlines())] for each in (out, err))
    return [
        status,
        plain(shown),
        plain([line for line in said if not line.startswith(told)]),
        {file.name: plain(file.read_text().splitlines()) for file in Path().rglob("*") if file.is_file()},
    ]


def _placeless(line: str) -> str:
    """Leave out where the folders of a case are."""
    return line.replace(str(Path.cwd()), "<folder>").replace(os.environ["XDG_CACHE_HOME"], "<caches>")


def _have_index_made_by() -> tuple[str, ...]:
    """Read the index of the test run wherever one would be made now, which takes some twenty seconds.

    The one place that knows how the index is made.

    Returns:
        How the lines begin on standard error that say so: they follow from the state of the index, and
        `tests/tools/test_waiting.py` tests them. Where there is an index, nothing may be said.
    """
    from terraregistry.index import cached_index, loading
    from terraregistry.index.cache import read_cached
    from terraregistry.index.keys import current_key

    key = current_key()
    index = read_cached(Path(os.environ["FIRST_CALLS_INDEX"]), key)
    assert index is not None
    assert callable(loading.made_elsewhere)
    loading.made_elsewhere = lambda report: index
    return ("Indexing the installed components", "the index cannot be kept") if cached_index() is None else ()


_operation("terraregistry list", "text")(
    lambda on: [_command("list", on.name), _command("list", "backbone", on.name, "--json")]
)
_operation("terraregistry show", "text")(lambda on: [_command("show", on.name), _command("show", on.name, "--json")])
_operation("terraregistry validate", "model")(lambda on: _command("validate", "config.yaml", model=on.model))
_operation("terraregistry validate, wrong", "model")(
    lambda on: _command(
        "validate", "config.yaml", "--format=json", model=on.model | {"backbone_in_chan": 6, "necks": 3}
    )
)
_operation("terraregistry validate --fit", "model")(
    lambda on: _command("validate", "--fit", "config.yaml", model=on.model)
)
_operation("terraregistry build --check", "model")(
    lambda on: _command("build", "--check", "config.yaml", model=on.model)
)
_operation("terraregistry build --dry-run", "model")(
    lambda on: _command("build", "--dry-run", "--image-size=32", "config.yaml", model=on.model)
)
_operation("terraregistry build", "model")(
    lambda on: _command("build", "--image-size=32", "config.yaml", model=on.model)
)
_operation("terraregistry build, wrong", "model")(
    lambda on: _command("build", "config.yaml", model=on.model | {"backbone_in_chan": 6, "zz": 1})
)
_operation("terraregistry schema", "command")(lambda on: _command("schema"))
_operation("terraregistry typings", "command")(lambda on: _command("typings", "--output", "typings"))
_operation("terraregistry doctor", "command", of_index=True)(lambda on: _command("doctor"))
_operation("terraregistry --version", "command")(
    lambda on: [_command("--version"), _command("--help"), _command("nothing")]
)


# -- the harness itself --


@_operation("loaded modules", "harness")
def _loaded(on: Subject) -> Any:
    """The modules that are there, and which of them are not the state's own."""
    return dict.fromkeys(sorted(sys.modules), "")


@_operation("index", "harness")
def _index(on: Subject) -> Any:
    from terraregistry.index import cached_index

    return cached_index() is not None


_operation("ends", "harness")(lambda on: os._exit(3))


# -- a case --


def prepare(imports: str) -> None:
    """Import what is imported before the first call."""
    for step in IMPORTS[imports]:
        if step == "look up":
            look_up()
        elif step == "warm up":
            look_up()
            warm_up()
        else:
            importlib.import_module(step)
    importlib.import_module("terraregistry.library")


def look_up() -> None:
    """Ask for names, as somebody does who then imports timm."""
    registry = _package("BACKBONE_REGISTRY")
    assert all(name in registry for name in ("timm_resnet18", "prithvi_eo_tiny", *FIVE))
    assert registry.search("*prithvi_vit*")


def warm_up() -> None:
    """Make a call of each kind, so that nothing is left to be the first."""
    for registry, name in (("BACKBONE_REGISTRY", "test_resnet"), ("DECODER_REGISTRY", "smp_Unet")):
        subject = Subject(registry, name)
        subject.build()
        subject.there.describe(name)
    for model in ("necks", "SMPModelFactory", "TimmModelFactory", "FullModelFactory"):
        OPERATIONS["from_config"].run(Subject("", model))
    for name in FIVE:
        subject = Subject("TIMM_BACKBONE_REGISTRY", name)
        subject.there.describe(name)
        subject.build()


def perform(case: dict[str, str]) -> dict[str, Any]:
    """Make the operation of a case, and describe what it gives: a result or an error, and the warnings of this package."""
    operation = OPERATIONS[case["operation"]]
    subject = Subject(case["registry"], case["name"])
    if any(name in subject.name for name in OWN):
        importlib.import_module("tests.first_calls.own")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = {"result": plain(operation.run(subject))}
        except Exception as raised:  # noqa: BLE001 - it is what is compared
            answer = {"error": error(raised)}
    own_warnings = [each for each in caught if each.category.__module__.startswith("terraregistry")]
    answer["warnings"] = [plain(str(each.message)) for each in own_warnings]
    return answer


def main() -> None:
    """Make the case that is given, in this process."""
    case = json.loads(sys.argv[1])
    prepare(case["imports"])
    answer = perform(case)
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
