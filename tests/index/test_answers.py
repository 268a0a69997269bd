"""What is answered from the index is what the libraries themselves say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from terraregistry.index import Component, Parameter, ParameterKind, PortableType, Signature, load_index
from terraregistry.index.described import described_call

_SAYING = Path(__file__).parent / "saying.py"


def _say(live: str, aliases: int, every: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(_SAYING), live, str(aliases), str(every)],
        check=True,
        capture_output=True,
        text=True,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _compared(aliases: int, every: int) -> int:
    load_index()  # so that there is one
    from_index, live = _say("index", aliases, every), _say("live", aliases, every)
    assert from_index.pop("imported") == []
    assert live.pop("imported") == ["torch", "timm", "segmentation_models_pytorch"]
    assert from_index.keys() == live.keys()
    for key, said in live.items():
        assert from_index[key] == said, key
    return len(live)


@pytest.mark.slow
def test_the_index_says_what_the_libraries_say_of_every_name() -> None:
    assert _compared(aliases=99, every=1) > 6000


# -- what the index cannot answer is asked live --


def _component(annotation: PortableType | None, default: str | None = None, shown: str = "") -> Component:
    number = PortableType("int")
    parameter = Parameter("width", ParameterKind.KEYWORD_ONLY, annotation, default, number, "", shown)
    return Component(
        name="Net",
        aliases=(),
        constructor="package:Net",
        signature=Signature((parameter,)),
        product=PortableType("object"),
        summary="A net.",
        file="no_such_package/net.py",
        line=3,
        library=None,
        version=None,
    )


def _never() -> Any:
    raise AssertionError("nothing may be imported for an answer")


def _signature_of(component: Component) -> str:
    call = described_call(component, _never)
    assert call is not None
    return call.signature_text()


def test_a_default_that_is_no_literal_is_shown_as_it_is_live() -> None:
    assert _signature_of(_component(PortableType("int"), "...", "GELU")) == "(*, width: int = GELU)"
    assert _signature_of(_component(None, "...", "GELU")) == "(*, width=GELU)"
    assert _signature_of(_component(PortableType("int | None"), "None")) == "(*, width: int | None = None)"


def test_a_class_of_a_library_that_is_not_imported_is_named() -> None:
    annotation = PortableType("list[nowhere.at_all.Module] | None", ("nowhere.at_all",))
    assert _signature_of(_component(annotation)) == "(*, width: list[Module] | None)"
    assert "nowhere" not in sys.modules


@pytest.mark.parametrize(
    "text",
    [
        "f()",
        "1 + 1",
        "lambda: int",
        "[x for x in y]",
        "int if x else str",
        "__import__('os')",
        "os.system('x')",
        "(yield)",
    ],
)
def test_text_that_is_no_annotation_is_not_read(text: str) -> None:
    assert described_call(_component(PortableType(text, ("os",))), _never) is None


@pytest.mark.parametrize("module", ["antigravity", "this", "subprocess", "terraregistry.tools.cli", "no_such_module"])
def test_no_other_module_is_imported_for_an_annotation(module: str) -> None:
    before = set(sys.modules)
    assert (
        described_call(_component(PortableType(f"{module}.Thing", (module,))), _never) is not None or module in before
    )
    assert set(sys.modules) == before


def test_a_name_that_a_module_does_not_have_is_asked_live() -> None:
    assert described_call(_component(PortableType("typing.NoSuchThing", ("typing",))), _never) is None
    assert described_call(_component(PortableType("no_such_builtin")), _never) is None


def test_what_could_not_be_written_is_asked_live() -> None:
    component = _component(PortableType("int"))
    assert described_call(component._replace(is_exact=False), _never) is None


def test_a_file_of_a_package_that_is_gone_is_named_as_it_was() -> None:
    call = described_call(_component(PortableType("int")), _never)
    assert call is not None
    assert call.defined_at() == "no_such_package/net.py:3"


def test_the_constructor_is_imported_when_it_is_called() -> None:
    call = described_call(_component(PortableType("int")), lambda: dict)
    assert call is not None
    assert call.constructor(width=3) == {"width": 3}
