"""A sweep over packages that people use: their own defaults are accepted, and an unknown name is refused where Python refuses it.

`python tests/registry/signatures/test_other_packages.py` prints the table of docs/explanation/validation.md. A constructor without
required arguments is called with a name that it cannot know, on torch's meta device; the others are only inspected. The
calls in its docstring are accepted, if it accepts them.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import importlib.util
import inspect
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Unpack, get_origin

import numpy as np
import pytest
import torch

from terraregistry.registry import Call
from terraregistry.registry.signatures import Opaque, effective_signature, explain_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNKNOWN: Final = "no_such_argument_of_anything"
PACKAGES: Final = {
    "torch.nn": "torch",
    "torch.optim": "torch",
    "torch.optim.lr_scheduler": "torch",
    "torchvision.models": "torchvision",
    "torchvision.ops": "torchvision",
    "torchvision.transforms.v2": "torchvision",
    "torchmetrics": "torchmetrics",
    "lightning.pytorch": "lightning",
    "lightning.pytorch.callbacks": "lightning",
    "monai.networks.nets": "monai.networks",
    "monai.networks.blocks": "monai.networks",
    "monai.losses": "monai.losses",
    "monai.transforms": "monai.transforms",
    "kornia.augmentation": "kornia",
    "kornia.losses": "kornia",
    "albumentations": "albumentations",
    "sklearn": "sklearn",
    "transformers": "transformers",
    "transformers, image processors": "transformers",
    "transformers, models": "transformers",
}
SUFFIXES: Final = {
    "transformers": ("Config",),
    "transformers, image processors": ("ImageProcessor", "ImageProcessorFast"),
    "transformers, models": ("Backbone", "ForImageClassification"),
}
"""The names of transformers that are swept."""

PASSING: Final = {
    "torch.nn.Container": "keeps the rest as its children",
    "torch.nn.Identity": "takes and ignores any argument",
    "torchmetrics.PermutationInvariantTraining": "passes the rest to the metric function that it is given",
    "lightning.pytorch.LightningDataModule": "takes and ignores any argument",
    "lightning.pytorch.callbacks.EMAWeightAveraging": "passes the rest to torch's AveragedModel through WeightAveraging",
    "lightning.pytorch.callbacks.ModelSummary": "keeps the rest for the summary's own formatting",
    "lightning.pytorch.callbacks.RichModelSummary": "keeps the rest for the summary's own formatting",
    "lightning.pytorch.callbacks.ThroughputMonitor": "passes the rest to Throughput",
    "lightning.pytorch.callbacks.WeightAveraging": "keeps the rest, for torch's AveragedModel",
    "monai.losses.MaskedLoss": "passes the rest to the loss that it is given",
    "kornia.augmentation.RandomDissolving": "passes the rest to the pipeline of the library diffusers",
    "monai.networks.nets.BertPreTrainedModel": "takes and ignores any argument",
    "monai.networks.nets.TorchVisionFCModel": "passes the rest to the builder of torchvision that `model_name` names",
    "transformers, models.AutoBackbone": "takes any argument, and raises",
    "transformers, models.AutoModelForImageClassification": "takes any argument, and raises",
    "transformers, models.TimmBackbone": "passes the rest to the model of timm that its configuration names",
}
"""What lets an unknown name through, with the reason."""

REFUSING: Final = {"monai.networks.nets.TorchVisionFCModel", "torch.nn.Container"}
"""Those of them that refuse this call: the callee does not have the name, or a child is no module."""

KEEPING: Final = ("transformers", "monai.transforms")
"""Packages with many that keep the rest: as attributes, or for `numpy.pad` and the like when they are applied."""

LEAST: Final = {
    "torch.nn": (160, 140),
    "torchvision.models": (120, 8),
    "torchmetrics": (100, 70),
    "monai.networks.nets": (160, 40),
    "monai.transforms": (650, 6),
    "kornia.augmentation": (85, 110),
    "albumentations": (140, 200),
    "sklearn": (200, 140),
    "transformers": (850, 20),
    "transformers, image processors": (130, 0),
}
"""Constructors, and documented calls with arguments: at least 2,500 and 300 in all."""


def constructors(package: str) -> Iterator[tuple[str, Callable[..., object]]]:
    module = importlib.import_module(package.partition(",")[0])
    if package == "torchvision.models":
        yield from ((name, module.get_model_builder(name)) for name in module.list_models())
    elif package == "sklearn":
        yield from importlib.import_module("sklearn.utils").all_estimators()
    elif package in SUFFIXES:
        names = [name for name in dir(module) if name.endswith(SUFFIXES[package])]
        yield from ((name, getattr(module, name)) for name in names)
    else:
        names = getattr(module, "__all__", None) or dir(module)
        for name in sorted(names):
            thing = getattr(module, name)
            if package.startswith(("torch.optim", "monai.transforms")) and not isinstance(thing, type):
                continue
            if getattr(thing, "__module__", "").startswith(PACKAGES[package]) and callable(thing):
                yield name, thing


@dataclass
class Found:
    count: int = 0
    called: int = 0
    parameters: int = 0
    documented: int = 0
    refused: list[str] = field(default_factory=list[str])
    wrongly_closed: list[str] = field(default_factory=list[str])
    passing: list[str] = field(default_factory=list[str])
    unexplained: list[str] = field(default_factory=list[str])
    wrongly_passing: list[str] = field(default_factory=list[str])


def sweep(package: str) -> Found:
    found = Found()
    for name, constructor in constructors(package):
        found.count += 1
        place = f"{package}.{name}"
        effective = effective_signature(constructor)
        call: Call[object] = Call(constructor, effective)
        starred = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
        named = {each.name: each for each in effective.signature.parameters.values() if each.kind not in starred}
        found.parameters += len(named)
        defaults = {name: each.default for name, each in named.items() if each.default is not each.empty}
        known = {name: value for name, value in defaults.items() if not isinstance(value, Opaque)}
        wrong = [problem for problem in call.check((), known)[2] if problem.kind != "missing"]
        found.refused += [f"{place}: {problem}" for problem in wrong]
        documented = list(documented_calls(constructor))
        found.documented += len(documented)
        found.refused += [
            f"{place}: {problems}"
            for args, kwargs in documented
            if (problems := call.check(args, kwargs)[2]) and takes(constructor, args, kwargs)
        ]
        passes = effective.is_open
        (found.passing if passes else []).append(place)
        steps = explain_signature(constructor).steps if passes else ()
        if passes and not any(step.text.startswith(("keeps", "ignores", "stopped")) for step in steps):
            found.unexplained.append(place)
        nothing = {"weights": None, "weights_backbone": None}  # which would be downloaded
        nothing |= {} if "weights" in named else {"pretrained": False}  # an older name of the same
        given = {name: value for name, value in nothing.items() if name in named}
        outcome = called_with_unknown(constructor, given)
        found.called += outcome is not None
        if outcome == "refused" and passes:
            found.wrongly_passing.append(place)
        if outcome == "read" and not passes and not declares_options(constructor):
            found.wrongly_closed.append(place)
    return found


def documented_calls(constructor: Any) -> Iterator[tuple[tuple[object, ...], dict[str, object]]]:
    """The arguments of the calls in the docstrings of a constructor, where they can be evaluated without what stands before."""
    texts = {inspect.getdoc(constructor), inspect.getdoc(getattr(constructor, "__init__", None))}
    names = vars(inspect.getmodule(constructor)) | {"torch": torch, "nn": torch.nn, "np": np}
    for text in filter(None, texts):
        with contextlib.suppress(ValueError, SyntaxError):  # an example that is none
            trees = [ast.parse(example.source) for example in doctest.DocTestParser().get_examples(text)]
            calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
            for node in calls:
                called = ast.unparse(node.func).rpartition(".")[2] == getattr(constructor, "__name__", "")
                if called and (node.args or node.keywords):
                    with contextlib.suppress(Exception):  # it needs what stands before
                        args = eval(f"({''.join(ast.unparse(each) + ', ' for each in node.args)})", dict(names))
                        kwargs = eval(f"dict({', '.join(map(ast.unparse, node.keywords))})", dict(names))
                        yield args, kwargs


def declares_options(constructor: Any) -> bool:
    """Whether `**kwargs: Unpack[Options]`, its own or its base's, lists what it takes, though it may keep more."""
    initializers = [vars(cls).get("__init__") for cls in getattr(constructor, "__mro__", ())]
    annotations = [getattr(each, "__annotations__", {}).get("kwargs") for each in initializers]
    return any(get_origin(each) is Unpack for each in annotations)


def takes(constructor: Any, args: tuple[object, ...], kwargs: dict[str, object]) -> bool:
    """Whether the constructor takes a call, without a warning: documentation may be wrong."""
    try:
        with warnings.catch_warnings(action="error"):
            constructor(*args, **kwargs)
    except Exception:  # noqa: BLE001 - each refuses in its own way
        return False
    return True


def called_with_unknown(constructor: Any, given: dict[str, bool | None]) -> str | None:
    """What a call with an unknown name does: refuse it, keep it where it can be found, or ignore it; None if it needs more."""
    value = object()
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        try:
            constructor(**given)
        except Exception:  # noqa: BLE001 - it needs arguments, or another device
            return None
        try:
            made = constructor(**given, **{UNKNOWN: value})
        except Exception:  # noqa: BLE001 - each refuses in its own way
            return "refused"
    kept = getattr(made, "__dict__", {})
    return "read" if any(each is value for each in kept.values()) else "ignored"


def installed(package: str) -> bool:
    return importlib.util.find_spec(PACKAGES[package].partition(".")[0]) is not None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("package", PACKAGES)
def test_constructors_of_another_package(package: str) -> None:
    if not installed(package):
        pytest.skip(f"{package} is not installed")
    found = sweep(package)
    constructors, documented = LEAST.get(package, (1, 0))
    assert found.count >= constructors
    assert found.documented >= documented
    assert found.refused == []
    assert found.wrongly_closed == []
    assert set(found.wrongly_passing) <= REFUSING
    if package in KEEPING:
        assert found.unexplained == []
    else:
        assert found.passing == sorted(place for place in PASSING if place.rpartition(".")[0] == package)


def table() -> Iterator[str]:
    yield "| package | constructors | parameters | called | documented calls | refused | let through | wrongly |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for package in filter(installed, PACKAGES):
        found = sweep(package)
        counts = [found.count, found.parameters, found.called, found.documented, len(found.refused), len(found.passing)]
        yield f"| `{package}` | {' | '.join(map(str, counts))} | {len(found.wrongly_passing)} |"


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201 - the table
