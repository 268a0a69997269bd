"""A sweep over packages that people use: their own defaults are accepted, and an unknown name is refused where Python refuses it.

`python tests/registry/signatures/test_other_packages.py` prints the table of docs/explanation/validation.md. A constructor without
required arguments is called with a name that it cannot know, on torch's meta device; the others are only inspected.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
import torch

from terraregistry.registry import Call
from terraregistry.registry.signatures import Opaque, effective_signature

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
}
PASSING: Final = {
    "torch.nn.Container": "keeps the rest as its children",
    "torch.nn.Identity": "takes and ignores any argument",
    "torchmetrics.PermutationInvariantTraining": "passes the rest to the metric function that it is given",
    "lightning.pytorch.callbacks.EMAWeightAveraging": "passes the rest to torch's AveragedModel through WeightAveraging",
    "lightning.pytorch.callbacks.ModelSummary": "keeps the rest for the summary's own formatting",
    "lightning.pytorch.callbacks.RichModelSummary": "keeps the rest for the summary's own formatting",
    "lightning.pytorch.callbacks.ThroughputMonitor": "passes the rest to Throughput",
    "lightning.pytorch.callbacks.WeightAveraging": "keeps the rest, for torch's AveragedModel",
    "monai.losses.MaskedLoss": "passes the rest to the loss that it is given",
    "kornia.augmentation.RandomDissolving": "passes the rest to the pipeline of the library diffusers",
    "monai.networks.nets.BertPreTrainedModel": "takes and ignores any argument",
    "monai.networks.nets.TorchVisionFCModel": "passes the rest to the builder of torchvision that `model_name` names",
}
"""What lets an unknown name through, with the reason."""

REFUSING: Final = {"monai.networks.nets.TorchVisionFCModel", "torch.nn.Container"}
"""Those of them that refuse this call: the callee does not have the name, or a child is no module."""

KEEPING: Final = ("transformers", "monai.transforms")
"""Packages with many that keep the rest: as attributes, or for `numpy.pad` and the like when they are applied."""


def constructors(package: str) -> Iterator[tuple[str, Callable[..., object]]]:
    module = importlib.import_module(package)
    if package == "torchvision.models":
        yield from ((name, module.get_model_builder(name)) for name in module.list_models())
    elif package == "sklearn":
        yield from importlib.import_module("sklearn.utils").all_estimators()
    elif package == "transformers":
        names = [name for name in dir(module) if name.endswith("Config")]
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
    refused: list[str] = field(default_factory=list[str])
    wrongly_closed: list[str] = field(default_factory=list[str])
    passing: list[str] = field(default_factory=list[str])
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
        passes = effective.is_open
        (found.passing if passes else []).append(place)
        nothing = {"weights": None, "weights_backbone": None, "pretrained": False}  # which would be downloaded
        given = {name: value for name, value in nothing.items() if name in named}
        outcome = called_with_unknown(constructor, given)
        found.called += outcome is not None
        if outcome == "refused" and passes:
            found.wrongly_passing.append(place)
        if outcome == "read" and not passes:
            found.wrongly_closed.append(place)
    return found


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
    assert found.count > 10
    assert found.refused == []
    assert found.wrongly_closed == []
    assert set(found.wrongly_passing) <= REFUSING
    if package not in KEEPING:
        assert found.passing == sorted(place for place in PASSING if place.rpartition(".")[0] == package)


def table() -> Iterator[str]:
    yield "| package | constructors | parameters | called | defaults refused | let through | wrongly |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for package in filter(installed, PACKAGES):
        found = sweep(package)
        counts = [found.count, found.parameters, found.called, len(found.refused), len(found.passing)]
        yield f"| `{package}` | {' | '.join(map(str, counts))} | {len(found.wrongly_passing)} |"


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201 - the table
