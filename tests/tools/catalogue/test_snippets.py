"""Snippets: each can be copied, and does what it says."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from terraregistry.index import Component, Parameter, ParameterKind, PortableType, Signature
from terraregistry.tools.cli.lookup import listed
from terraregistry.tools.config import find_request, parse_config
from terraregistry.tools.snippets import python_snippet, snippets_of, yaml_snippet
from terraregistry.tools.trial import TrialOptions, make_factory, run_trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from terraregistry.index import Index
    from terraregistry.tools.cli.lookup import Listed

BACKBONES = "terraregistry.library:BACKBONE_REGISTRY"
TINY = {"terratorch_prithvi_eo_tiny", "terratorch_prithvi_eo_v2_tiny_tl", "timm_resnet18"}


@pytest.fixture(scope="module")
def entries(index: Index) -> list[Listed]:
    return list(listed(index))


def of(entry: Listed, *, pretrained: bool = False) -> tuple[str, str]:
    snippets = snippets_of(entry.registry, entry.name, entry.component, pretrained=pretrained)
    assert snippets.config is not None
    return snippets.python, snippets.config


def named(entries: Iterable[Listed], name: str) -> Listed:
    return next(each for each in entries if each.name == name)


def from_timm(entries: Iterable[Listed]) -> list[Listed]:
    return [each for each in entries if each.source == "timm"]


def failures(of_each: Callable[[Listed], object], entries: Iterable[Listed]) -> dict[str, str]:
    """Try something with each of some components, and say what goes wrong."""
    wrong: dict[str, str] = {}
    tried = 0
    for each in entries:
        tried += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the libraries' own
                of_each(each)
        except Exception as error:  # noqa: BLE001 - all that go wrong are told at once
            wrong[each.name] = repr(error)
    assert tried
    return wrong


def run_python(entry: Listed) -> None:
    """Run a snippet, without memory for the weights, and look at what it makes last."""
    scope: dict[str, object] = {}
    with torch.device("meta"):
        exec(compile(of(entry)[0], entry.name, "exec"), scope)
    made = list(scope.values())[-1]
    if not isinstance(made, nn.Module):
        raise TypeError(type(made))


def check_config(entry: Listed) -> None:
    make_factory(find_request(parse_config(of(entry)[1])))


def run_config(entry: Listed) -> None:
    request = find_request(parse_config(of(entry)[1]))
    run_trial(request, make_factory(request), TrialOptions(batch_size=1))


def test_python_names_the_component_and_leaves_nothing_to_fill_in(entries: list[Listed]) -> None:
    assert len(entries) > 1400
    for each in entries:
        python, config = of(each)
        calls = [node for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Call)]
        arguments = [given.value for call in calls for given in call.args if isinstance(given, ast.Constant)]
        assert each.name in arguments
        assert "..." not in python + config


def test_a_config_names_the_component(entries: list[Listed]) -> None:
    for each in [*entries[:10], *from_timm(entries)[::50], *entries[-40:]]:
        request = find_request(parse_config(of(each)[1]))
        assert each.name in (request.factory, *request.arguments.values(), *_necks(request.arguments))


def _necks(arguments: Mapping[str, Any]) -> list[str]:
    return [each["name"] for each in arguments.get("necks", [])]


def test_the_python_of_the_librarys_own_components_runs(entries: list[Listed]) -> None:
    own = [each for each in entries if each.source != "timm"]
    assert len(own) > 40
    assert failures(run_python, own) == {}


def test_the_python_of_timms_components_runs(entries: list[Listed]) -> None:
    assert failures(run_python, from_timm(entries)[::200]) == {}


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_the_configs_of_the_librarys_own_components_are_valid(entries: list[Listed], step: int) -> None:
    assert failures(check_config, [each for each in entries if each.source != "timm"][::step]) == {}


def test_the_configs_of_timms_components_are_valid(entries: list[Listed]) -> None:
    assert failures(check_config, from_timm(entries)[::400]) == {}


@pytest.mark.slow
def test_the_snippets_of_more_of_timms_components_are_right(entries: list[Listed]) -> None:
    assert failures(run_python, from_timm(entries)[7::100]) == {}
    assert failures(check_config, from_timm(entries)[7::100]) == {}


@pytest.mark.slow
def test_configs_make_models_that_take_images(entries: list[Listed]) -> None:
    heavy = {each.name for each in entries if each.kind in ("backbone", "full-model")} - TINY
    assert failures(run_config, (each for each in entries if each.name not in heavy)) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "timm_resnet18",
            'from terraregistry import BACKBONE_REGISTRY\n\nbackbone = BACKBONE_REGISTRY.build("timm_resnet18", pretrained=True)\n',
        ),
        (
            "terratorch_prithvi_eo_v2_300",
            (
                "from terraregistry import BACKBONE_REGISTRY\n\n"
                "backbone = BACKBONE_REGISTRY.build(\n"
                '    "terratorch_prithvi_eo_v2_300",\n    bands=["RED", "GREEN", "BLUE"],\n    pretrained=True,\n)\n'
            ),
        ),
    ],
)
def test_weights_are_asked_for(entries: list[Listed], name: str, expected: str) -> None:
    python, config = of(named(entries, name), pretrained=True)
    assert python == expected
    assert "\nbackbone_pretrained: true\n" in config
    make_factory(find_request(parse_config(config)))


def test_an_alias_is_built_by_that_name(index: Index) -> None:
    tagged = "timm_resnet18.a1_in1k"
    assert f'build(\n    "{tagged}",\n    pretrained=True,\n)' in python_snippet(index, BACKBONES, tagged)
    assert f"\nbackbone: {tagged}\nbackbone_pretrained: true\n" in yaml_snippet(index, BACKBONES, tagged)


@pytest.mark.parametrize("write", [python_snippet, yaml_snippet])
@pytest.mark.parametrize(("reference", "name"), [(BACKBONES, "timm_nothing"), ("nowhere:REGISTRY", "timm_resnet18")])
def test_what_is_not_there_has_no_snippet(
    index: Index, write: Callable[[Index, str, str], str], reference: str, name: str
) -> None:
    with pytest.raises(KeyError):
        write(index, reference, name)


# -- a project's own --

ANY = PortableType("typing.Any", ("typing",))


def component(name: str, *parameters: tuple[str, ParameterKind, str | None]) -> Component:
    given = tuple(Parameter(each, kind, ANY, default, ANY, "") for each, kind, default in parameters)
    return Component(*(name, (), None, Signature(given), ANY), *("", None, None, None, None))


PLAIN, STAR, STARS = ParameterKind.POSITIONAL_OR_KEYWORD, ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD


def test_what_only_the_reader_knows_is_left_out() -> None:
    mine = component(
        "Mine", ("channels", PLAIN, None), ("width", PLAIN, None), ("depth", PLAIN, "2"), ("x", STARS, None)
    )
    snippets = snippets_of("terraregistry.library:DECODER_REGISTRY", "my_Mine", mine)
    assert 'build(\n    "my_Mine",\n    backbone.out_channels,\n    width=...,\n)' in snippets.python
    assert snippets.config is not None
    assert "\ndecoder: my_Mine\ndecoder_width: ...\nnum_classes: 4\n" in snippets.config


def test_a_registry_of_a_project_has_python_only() -> None:
    mine = component("Mine", ("first", PLAIN, None), ("more", STAR, None), ("others", STARS, None))
    snippets = snippets_of("shop.parts:SHOP_REGISTRY", "Mine", mine)
    assert (
        snippets.python
        == 'from shop.parts import SHOP_REGISTRY\n\ncomponent = SHOP_REGISTRY.build("Mine", first=...)\n'
    )
    assert snippets.config is None


def test_a_factory_of_a_project_is_shown_with_a_task() -> None:
    snippets = snippets_of("terraregistry.library:MODEL_FACTORY_REGISTRY", "Mine", component("Mine"))
    assert snippets.config == "model_factory: Mine\ntask: ...\n"
    ast.parse(snippets.python)


def test_the_kinds_of_the_library_are_those_with_configs(index: Index) -> None:
    assert {each.registry for each in listed(index)} == {
        f"terraregistry.library:{root}_REGISTRY"
        for root in ("BACKBONE", "DECODER", "FULL_MODEL", "MODEL_FACTORY", "NECK")
    }
