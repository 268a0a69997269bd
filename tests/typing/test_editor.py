"""What an editor proposes while a call is written, and shows of one that is wrong, asked of the real language server."""

from __future__ import annotations

import inspect
import re

import pytest

from terraregistry.components.decoders.fcn import FCNDecoder

from .language_server import HEAD, WAY, LanguageServer
from .page import completions

pytestmark = pytest.mark.slow

_TYPED = re.compile(r"\w*(?=\|)")
_ERROR = 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = LanguageServer(tmp_path_factory.mktemp("project"))
    yield server
    server.close()


def _shown(server, line):
    """The proposals that begin with what has been typed, in alphabetical order, without quotes."""
    typed = _TYPED.search(line)[0]
    found = sorted({label.strip('"') for label in server.complete(HEAD + line)})
    return [label for label in found if label.startswith(typed)]


@pytest.mark.parametrize("rest", ["", '")\n'])
def test_names_are_completed(server, rest):
    found = server.complete(f'{HEAD}BACKBONE_REGISTRY.build("resn|{rest}')
    assert {'"resnet18"', '"resnet18.a1_in1k"', '"timm_resnet18"', '"resnetv2_50"'} <= set(found)
    assert '"FCNDecoder"' not in found


def test_names_are_completed_in_other_methods(server):
    for method in ("validate", "find_class"):
        assert '"FCNDecoder"' in server.complete(f'{HEAD}DECODER_REGISTRY.{method}("FCN|')


@pytest.mark.xfail(reason="the server completes no strings in brackets of an overloaded __getitem__", strict=True)
@pytest.mark.parametrize("text", ['["ter|"]', '["terratorch"]["FCN|"]'])
def test_names_are_completed_in_brackets(text, server):
    assert server.complete(f"{HEAD}DECODER_REGISTRY{text}")


@pytest.mark.parametrize("rest", ["", ")\n"])
def test_arguments_are_completed(server, rest):
    found = server.complete(f'{HEAD}BACKBONE_REGISTRY.build("resnet18", in_ch|{rest}')
    assert found[0] == "in_chans="
    assert "num_convs=" in server.complete(f'{HEAD}DECODER_REGISTRY.build("FCNDecoder", [64], num_c|{rest}')


def test_what_comes_back_is_completed(server):
    assert "timm_model" in server.complete(f'{HEAD}BACKBONE_REGISTRY.build("resnet18").timm_|')


def test_the_page_shows_what_is_proposed(server):
    assert len(completions()) == 3
    for line, shown in completions().items():
        proposed = _shown(server, line)
        assert len(shown) == min(len(proposed), 8)
        assert shown == proposed[: len(shown)]


def test_a_mistake_is_an_error_in_standard_mode(server):
    text = 'from terraregistry import DECODER_REGISTRY\n\nDECODER_REGISTRY.build("FCNDecoder", [64], num_conv=2)\n'
    [found] = server.diagnostics(text)
    assert (found["severity"], found.get("tags"), found["range"]["start"]["line"]) == (_ERROR, None, 2)
    assert found["message"] == 'No parameter named "num_conv"'


def test_names_and_arguments_of_builders_are_completed(server):
    assert '"FCNDecoder"' in server.complete(f'{HEAD}DECODER_REGISTRY.builder("FCN|')
    assert server.complete(f'{HEAD}DECODER_REGISTRY.builder("FCNDecoder")([64], num_c|')[0] == "num_convs="


# -- the way of a user --


def _step(server, name):
    method, line = WAY[name]
    return getattr(server, method)(HEAD + line)


def test_behind_the_parenthesis_of_build_are_the_parameters_that_nearly_all_components_have(server):
    label, documentation = _step(server, "the parenthesis of build")
    assert label.startswith("(name: ")
    assert {"pretrained:", "in_chans:", "out_indices:"} <= {*label.split()}
    assert documentation.startswith("Validate the arguments")


def test_behind_the_parenthesis_of_a_builder_are_those_of_the_component(server):
    label, documentation = _step(server, "the parenthesis of a builder")
    assert {"pretrained:", "in_chans:", "drop_rate:"} <= {*label.replace("(", " ").split()}
    assert "img_size" not in label
    assert "Defined in timm/models/resnet.py" in documentation


def test_hover_on_builder_shows_the_component_and_its_place(server):
    found = _step(server, "hover on builder")
    assert "A fully convolutional decoder: each stage doubles" in found
    assert "Defined in terraregistry/components/decoders/fcn.py:" in found


def test_hover_on_build_says_what_it_does(server):
    assert "Validate the arguments, construct the component and check it." in _step(server, "hover on build")


def test_definitions_are_found(server):
    [(file, _)] = _step(server, "definition of build")
    assert file == "library_types.pyi"
    [(file, _)] = _step(server, "definition of an argument")
    assert file == "library_types.pyi"
    assert _step(server, "type of a product") == [("fcn.py", _line_of_fcn_decoder())]


def _line_of_fcn_decoder():
    return inspect.getsourcelines(FCNDecoder)[1]
