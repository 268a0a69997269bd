"""Each message in each of its situations, as it is kept in `messages/`: what is named, where it is, and what to do.

`UPDATE_MESSAGES=1 pytest tests/registry/test_messages.py` writes the files anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import terraregistry.errors
from terraregistry import ComponentSpec, MultiSourceRegistry, library
from terraregistry.errors import (
    FitWarning,
    Problem,
    ProblemKind,
    RegistryError,
    TakenNameWarning,
    UntrainedBackboneWarning,
    UnusedArgumentWarning,
)
from terraregistry.tools.config import find_request, parse_config, read_config
from terraregistry.tools.config.reader import MAX_BYTES

from .screens import fits
from .speaking import EMPTY, NUMBERS, SHAPES, SOURCES, Broken, Nameless, Plain, Square, cube

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGES = Path(__file__).with_name("messages")


class Situation(NamedTuple):
    """What goes wrong, and what its message names: the component or what there is instead, the place, and the remedy."""

    error: str
    act: Callable[[Path], object]
    names: tuple[str, str, str]


def config(text: str) -> Callable[[Path], object]:
    return lambda folder: find_request(parse_config(text, "c.yaml"))


def unread(text: str) -> Callable[[Path], object]:
    def act(folder: Path) -> object:
        raise parse_config(text, "c.yaml").with_unread((), [()])  # as if all of it described the model

    return act


def file(content: bytes) -> Callable[[Path], object]:
    def act(folder: Path) -> object:
        (folder / "c.yaml").write_bytes(content)
        return read_config(folder / "c.yaml")

    return act


def weights(write: Callable[[Path], None]) -> Callable[[Path], object]:
    def act(folder: Path) -> object:
        from torch import nn

        from terraregistry.tools.weights import load_state

        write(folder / "w.pt")
        load_state(nn.Linear(3, 2), folder / "w.pt", "Model")
        return None

    return act


def save(content: Any) -> Callable[[Path], None]:  # anything that pickles
    def write(path: Path) -> None:
        import torch

        torch.save(content(torch) if callable(content) else content, path)

    return write


def built(**changed: object) -> Callable[[Path], object]:
    def act(folder: Path) -> object:
        from terraregistry import MODEL_FACTORY_REGISTRY

        given = {"task": "segmentation", "backbone": "timm_test_resnet", "decoder": "FCNDecoder", "num_classes": 2}
        return MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory").build_model(**(given | changed))

    return act


def warned(warning: Warning) -> Callable[[Path], object]:
    def act(folder: Path) -> object:
        raise warning

    return act


def read_only(folder: Path) -> object:
    from terraregistry import TIMM_BACKBONE_REGISTRY

    return TIMM_BACKBONE_REGISTRY.register(Square)


NESTED = "x: " + "[" * 101 + "]" * 101
SITUATIONS: dict[str, tuple[Any, ...]] = {  # each becomes a Situation
    "not-found/misspelt": ("ComponentNotFoundError", lambda _: SHAPES.build("Sqare"), ("Sqare", "SHAPES", "Square")),
    "not-found/unlike-any": ("ComponentNotFoundError", lambda _: SHAPES["helix"], ("helix", "SHAPES", "search('*')")),
    "not-found/no-string": ("ComponentNotFoundError", lambda _: SHAPES[5], ("int 5", "SHAPES", "names are strings")),
    "not-found/in-sources": (
        *("ComponentNotFoundError", lambda _: SOURCES.build("Sqare")),
        ("Sqare", "shape, plain", "shape_Square"),
    ),
    "not-found/in-a-source": (
        *("ComponentNotFoundError", lambda _: SOURCES.resolve("shape_Sqare")),
        ("shape_Sqare", "shape, plain", "shape_Square"),
    ),
    "not-found/in-no-source": (
        *("ComponentNotFoundError", lambda _: SOURCES.validate("helix")),
        ("helix", "shape, plain", "search('*')"),
    ),
    "not-found/of-terratorch": (
        *("ComponentNotFoundError", lambda _: library.BACKBONE_REGISTRY.build("terramind_v1_base")),
        ("terramind_v1_base", "TerraTorch", "pip install 'terraregistry[terratorch]'"),
    ),
    "not-found/to-unregister": (
        *("ComponentNotFoundError", lambda _: SHAPES.unregister("cubes")),
        ("cubes", "SHAPES", "cube"),
    ),
    "source-not-found/misspelt": ("SourceNotFoundError", lambda _: SOURCES["shap"], ("shap", "SOURCES", "shape")),
    "source-not-found/no-string": ("SourceNotFoundError", lambda _: SOURCES[5], ("int 5", "SOURCES", "shape, plain")),
    "source-not-found/none-mounted": (
        *("SourceNotFoundError", lambda _: EMPTY.unregister_source("shape")),
        ("shape", "EMPTY", "mounted: none"),
    ),
    "duplicate/component": (
        *("DuplicateComponentError", lambda _: SHAPES.register(Square, name="cube")),
        ("cube", "speaking.py", "under another name"),
    ),
    "duplicate/lazy": (
        *("DuplicateComponentError", lambda _: SHAPES.register(cube, name="lazy")),
        ("lazy", "no_such_package", "override=True"),
    ),
    "duplicate/alias": (
        *("DuplicateComponentError", lambda _: SHAPES.register(cube, name="x", aliases=["idle"])),
        ("idle", "SHAPES", "override=True"),
    ),
    "duplicate/source": (
        *("DuplicateSourceError", lambda _: SOURCES.register_source("plain", Plain())),
        ("plain", "SOURCES", "under another prefix"),
    ),
    "prefix/no-identifier": (
        *("PrefixConflictError", lambda _: SOURCES.register_source("my-shapes", Plain())),
        ("my-shapes", "SOURCES", "such as 'timm'"),
    ),
    "prefix/no-string": (
        *("PrefixConflictError", lambda _: SOURCES.register_source(5, Plain())),
        ("int 5", "SOURCES", "such as 'timm'"),
    ),
    "prefix/begins-with-another": (
        *("PrefixConflictError", lambda _: SOURCES.register_source("shape_more", Plain())),
        ("shape_more", "SOURCES", "another prefix"),
    ),
    "registration/not-callable": (
        *("InvalidRegistrationError", lambda _: SHAPES.register(5, name="five")),
        ("five", "SHAPES", "register what makes the component"),
    ),
    "registration/lambda": (
        *("InvalidRegistrationError", lambda _: SHAPES.register(lambda: 0)),
        ("a lambda", "SHAPES", "name='...'"),
    ),
    "registration/name-with-newline": (
        *("InvalidRegistrationError", lambda _: SHAPES.register(cube, name="two\nlines")),
        (r"two\nlines", "SHAPES", "printable characters only"),
    ),
    "registration/name-empty": (
        *("InvalidRegistrationError", lambda _: SHAPES.register(cube, name="")),
        ("''", "SHAPES", "at least one character"),
    ),
    "registration/name-no-string": (
        *("InvalidRegistrationError", lambda _: SHAPES.register(cube, name=5)),
        ("int 5", "SHAPES", "a name is a string"),
    ),
    "registration/reference": (
        *("InvalidRegistrationError", lambda _: SHAPES.register_lazy("x", "package.module")),
        ("'x'", "SHAPES", "package.module:attribute"),
    ),
    "registration/alias-is-the-name": (
        *("InvalidRegistrationError", lambda _: SHAPES.register(cube, name="x", aliases=["x"])),
        ("'x'", "SHAPES", "all different"),
    ),
    "registration/no-source": (
        *("InvalidRegistrationError", lambda _: SOURCES.register_source("x", {"a": 1})),
        ("'x'", "SOURCES", "it lacks build"),
    ),
    "registration/in-itself": (
        *("InvalidRegistrationError", lambda _: SOURCES.register_source("x", SOURCES)),
        ("'x'", "SOURCES", "mount one of its sources"),
    ),
    "arguments/unknown": (
        *("InvalidArgumentsError", lambda _: SHAPES.build("Square", 1, color="red")),
        ("Square", "speaking.py", "did you mean 'colour'"),
    ),
    "arguments/missing": (
        *("InvalidArgumentsError", lambda _: SHAPES.build("Square")),
        ("Square", "side: missing", "expected int"),
    ),
    "arguments/type": (
        *("InvalidArgumentsError", lambda _: SHAPES.build("Square", "1")),
        ("Square", "side", "expected int, got str '1'; did you mean 1?"),
    ),
    "arguments/choice": (
        *("InvalidArgumentsError", lambda _: SHAPES.build("Square", 1, colour="green")),
        ("Square", "colour", "'red', 'blue'"),
    ),
    "arguments/inside": (
        *("InvalidArgumentsError", lambda _: SHAPES.build("Square", 1, cuts=[[1, 2], [3, "x"]])),
        ("Square", "cuts[1][1]", "expected int, got str 'x'"),
    ),
    "arguments/many-inside": (
        *("InvalidArgumentsError", lambda _: SHAPES.build("Square", 1, cuts=[["x", "y"]] * 1_000)),
        ("Square", "cuts[0][0]", "more items inside it are wrong"),
    ),
    "arguments/by-position": (
        *("InvalidArgumentsError", lambda _: SHAPES.build("Square", 1, 2, side=3)),
        ("Square", "side: given twice", "takes at most 1 positional argument, got 2"),
    ),
    "arguments/many": (
        *("InvalidArgumentsError", lambda _: SHAPES.build("Square", 1, **{f"option_{i}": i for i in range(1_000)})),
        ("Square", "option_0: unknown argument", "signature: Square(side: int"),
    ),
    "arguments/of-a-plain-source": (
        *("InvalidArgumentsError", lambda _: SOURCES.build("line", lenght=1)),
        ("plain_line", "SOURCES", "did you mean 'length'"),
    ),
    "arguments/of-a-composition": (
        *("InvalidArgumentsError", built(backbone="timm_test_resnt", necks=[{"name": "SelectIndices"}], hed="x")),
        ("EncoderDecoderFactory", "necks[0].indices: missing", "did you mean 'timm_test_resnet'"),
    ),
    "product/lacks-members": (
        *("ComponentProtocolError", lambda _: SHAPES.build("cube", 1)),
        ("cube", "SHAPES", "have its constructor return a Shape"),
    ),
    "product/wrong-member": (
        *("ComponentProtocolError", lambda _: SHAPES.build("volume")),
        ("volume", "SHAPES", "not str; have its constructor"),
    ),
    "product/unreadable-member": (
        *("ComponentProtocolError", lambda _: SHAPES.build("Fading", 1)),
        ("Fading", "SHAPES", "raises RuntimeError where colour is read"),
    ),
    "product/of-a-class": (
        *("ComponentProtocolError", lambda _: NUMBERS.build("text")),
        ("text", "NUMBERS", "have its constructor return a int"),
    ),
    "unavailable/import": (
        *("SourceUnavailableError", lambda _: SHAPES.build("lazy")),
        ("lazy", "no_such_package.shapes:Lazy", "mend or unregister it"),
    ),
    "unavailable/no-constructor": (
        *("SourceUnavailableError", lambda _: SHAPES.build("constant")),
        ("constant", "math:pi", "not a class or function"),
    ),
    "unavailable/broken-source": (
        *("SourceUnavailableError", lambda _: "x" in MultiSourceRegistry[Any](odd=Broken())),
        ("odd", "OSError: disk on fire", "mend or unregister it"),
    ),
    "unavailable/no-names": (
        *("SourceUnavailableError", lambda _: len(MultiSourceRegistry[Any](odd=Nameless()))),
        ("odd", "int 5, which is no name", "mend or unregister it"),
    ),
    "read-only/timm": (
        *("ReadOnlyRegistryError", read_only),
        ("TIMM_BACKBONE_REGISTRY", "is read-only", "timm.models.register_model"),
    ),
    "spec/no-spec": (
        *("RegistryError", lambda _: ComponentSpec.from_dict({"nam": "x"}, SHAPES)),
        ("{'nam': 'x'}", "no component spec", "registry and name (strings)"),
    ),
    "spec/no-registry": (
        *("RegistryError", lambda _: ComponentSpec.from_dict({"registry": "shapes:SHAPES", "name": "x"})),
        ("shapes:SHAPES", "no registry", "import its module first"),
    ),
    "config/no-file": (
        *("ConfigError", lambda folder: read_config(folder / "none.yaml")),
        ("none.yaml", "1:1", "there is no such file"),
    ),
    "config/directory": ("ConfigError", read_config, ("FOLDER", "1:1", "give the config file in it")),
    "config/not-utf-8": ("ConfigError", file(b"a: 1\nb: \xff"), ("c.yaml", "2:4", "save the file as UTF-8")),
    "config/too-large": ("ConfigError", file(b"#" * (MAX_BYTES + 1)), ("c.yaml", "1:1", "larger than 1,000,000 bytes")),
    "config/empty": ("ConfigError", config(""), ("c.yaml", "1:1", "the file is empty")),
    "config/syntax": ("ConfigError", config("a: [1, 2\nb: 3"), ("c.yaml", "2:2", "expected ',' or ']'")),
    "config/tab": ("ConfigError", config("a:\n\t- b"), ("c.yaml", "2:1", "indent with spaces")),
    "config/character": ("ConfigError", file(b"a: x\x1b[31m"), ("c.yaml", "1:5", "U+001B is not allowed")),
    "config/second-document": ("ConfigError", config("a: 1\n---\nb: 2"), ("c.yaml", "2:1", "one document")),
    "config/repeated-key": ("ConfigError", unread("a: 1\na: 2"), ("'a'", "2:1", "the first is in line 1")),
    "config/cycle": ("ConfigError", config("a: &a [*a]"), ("c.yaml", "1:4", "an alias of itself")),
    "config/too-deep": ("ConfigError", config(NESTED), ("c.yaml", "1:103", "more than 100 levels")),
    "config/too-many": (
        *("ConfigError", config("a: &a [" + "1," * 999 + "]\nb: [" + "*a," * 200 + "]")),
        ("c.yaml", "2:4", "more than 20,000 keys and values"),
    ),
    "config/tag": (
        *("ConfigError", unread("a: !!python/object/apply:os.system [id]")),
        ("!!python/object/apply:os.system", "1:4", "a config holds text, numbers"),
    ),
    "config/number": ("ConfigError", unread("a: !!int x"), ("'x'", "1:4", "is no int")),
    "config/many": (
        *("ConfigError", unread("\n".join(f"k{i}: !odd x" for i in range(1_000)))),
        ("c.yaml", "38:", "... and 961 more"),
    ),
    "config/no-mapping": ("ConfigError", config("[a, b]"), ("list", "1:1", "`model_factory: ")),
    "config/no-factory": ("ConfigError", config("backbone: x"), ("model_factory", "1:1", "TerraTorch's")),
    "config/misspelt-factory": (
        *("ConfigError", config("model_facotry: EncoderDecoderFactory")),
        ("model_facotry", "1:1", "did you mean 'model_factory'"),
    ),
    "config/factory-no-name": ("ConfigError", config("model_factory: 5"), ("int 5", "1:1", "expected the name")),
    "config/key-no-text": (
        *("ConfigError", config("model_factory: x\nyes: 1")),
        ("bool True", "2:1", "put it in quotes"),
    ),
    "config/two-models": (
        *("ConfigError", config("model_factory: x\nmodel: {init_args: {}}")),
        ("model", "2:9", "`model_factory` in line 1"),
    ),
    "config/no-arguments": (
        *("ConfigError", config("model: {class_path: SemanticSegmentationTask, init_args: {model_factory: x}}")),
        ("model_args", "1:", "missing"),
    ),
    "config/unknown-task": (
        *(
            "ConfigError",
            config("model: {class_path: SemanticTask, init_args: {model_factory: x, model_args: {}}}"),
        ),
        ("SemanticTask", "1:9", "add the `task`"),
    ),
    "config/other-task": (
        *(
            "ConfigError",
            config(
                "model: {class_path: SemanticSegmentationTask, init_args: {model_factory: x, model_args: {task: a}}}"
            ),
        ),
        ("'a'", "1:", "is 'segmentation'"),
    ),
    "weights/no-file": (
        *("WeightsError", weights(lambda path: None)),
        ("Model", "w.pt", "give the file of a state dict"),
    ),
    "weights/no-state-dict": (
        *("WeightsError", weights(save([1, 2]))),
        ("Model", "list [1, 2]", "give the file of a state dict"),
    ),
    "weights/not-fitting": (
        *(
            "WeightsError",
            weights(
                save(lambda torch: {"weight": torch.zeros(5, 5), **{f"more.{i}": torch.zeros(1) for i in range(100)}})
            ),
        ),
        ("Model", "missing: bias", "with all of its keys"),
    ),
    "warning/unused": (
        *(
            "UnusedArgumentWarning",
            warned(
                UnusedArgumentWarning(
                    "Factory.build_model", (Problem("hed", ProblemKind.UNKNOWN, choices=["head", "neck"]),)
                )
            ),
        ),
        ("Factory.build_model", "hed: unknown argument", "did you mean 'head'"),
    ),
    "warning/fit": (
        *(
            "FitWarning",
            warned(
                FitWarning(
                    "Factory.build_model",
                    (
                        Problem("backbone", ProblemKind.UNCHECKED, detail="it reads data"),
                        Problem("decoder", ProblemKind.DOUBTFUL, detail="four features of one resolution"),
                    ),
                )
            ),
        ),
        ("Factory.build_model", "not checked: backbone", "warning: decoder"),
    ),
    "warning/untrained": (
        *("UntrainedBackboneWarning", warned(UntrainedBackboneWarning("backbone: timm_resnet18", "LORA"))),
        ("timm_resnet18", "LORA", "pretrained=True"),
    ),
    "warning/taken": (
        *(
            "TakenNameWarning",
            warned(TakenNameWarning("prithvi_swin_B", "somebodys.prithvi_swin_B", "somebodys.py:12")),
        ),
        ("'prithvi_swin_B'", "somebodys.prithvi_swin_B", "somebodys.py:12", "timm.create_model"),
    ),
}


def said(act: Callable[[Path], object], folder: Path) -> tuple[str, str]:
    """Return what is raised and what it says, without what differs from one machine to another."""
    with pytest.raises((RegistryError, Warning)) as caught:
        act(folder)
    text = str(caught.value)
    fits(text)
    text = text.replace(str(folder), "FOLDER")
    return type(caught.value).__name__, re.sub(r"/\S+/(\w+\.py):\d+", r".../\1:N", text)


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_said(name: str, tmp_path: Path) -> None:
    error, act, parts = Situation(*SITUATIONS[name])
    kind, text = said(act, tmp_path)
    assert kind == error
    assert [part for part in parts if part not in text] == []
    kept = MESSAGES / f"{name.replace('/', '-')}.txt"
    if os.environ.get("UPDATE_MESSAGES"):
        kept.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == kept.read_text(encoding="utf-8")


def test_every_exception_and_warning_is_there() -> None:
    every = {getattr(terraregistry.errors, name) for name in terraregistry.errors.__all__}
    raised = {each.__name__ for each in every if isinstance(each, type) and issubclass(each, (Exception, Warning))}
    assert {situation[0] for situation in SITUATIONS.values()} == raised


def test_no_message_is_kept_of_a_situation_that_is_no_more() -> None:
    assert {path.stem for path in MESSAGES.iterdir()} == {name.replace("/", "-") for name in SITUATIONS}
