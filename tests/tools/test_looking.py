"""`list`, `show` and completion: what they print for people, in pipes and as JSON, and what they do not import."""

from __future__ import annotations

import ast
import fnmatch
import inspect
import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from terraregistry.components.backbones.prithvi.bands import BAND_NAMES
from terraregistry.components.factories.encoder_decoder_factory import EncoderDecoderFactory
from terraregistry.components.factories.rules import EXAMPLES, FACTORIES
from terraregistry.index import Index
from terraregistry.indexing.making import make_index
from terraregistry.library import (
    DECODER_REGISTRY,
    FULL_MODEL_REGISTRY,
    MODEL_FACTORY_REGISTRY,
    NECK_REGISTRY,
    TERRATORCH_BACKBONE_REGISTRY,
)
from terraregistry.library_types import BackboneRegistry
from terraregistry.pretrained import PretrainedWeights
from terraregistry.sources.timm.timm_registry import TimmRegistry
from terraregistry.terratorch_names import how_to_get
from terraregistry.tools.cli.lookup import (
    by_name,
    docstring_of,
    file_of,
    kinds_of,
    listed,
    matches,
    nearest_names,
    read_kind,
    short_type,
)
from terraregistry.tools.cli.printing import Status, megabytes


class SomeOfTimm(TimmRegistry):
    """A few of timm's models: all of them take half a minute to describe."""

    def _names(self):
        return ["resnet18", "resnet50", "vit_tiny_patch16_224", "convnext_atto", "test_resnet"]


TIMM = SomeOfTimm()
BACKBONES = BackboneRegistry(terratorch=TERRATORCH_BACKBONE_REGISTRY, timm=TIMM)
HOME = "terraregistry.library:"


@pytest.fixture(scope="session")
def index():
    registries = {
        "BACKBONE_REGISTRY": BACKBONES,
        "DECODER_REGISTRY": DECODER_REGISTRY,
        "FULL_MODEL_REGISTRY": FULL_MODEL_REGISTRY,
        "MODEL_FACTORY_REGISTRY": MODEL_FACTORY_REGISTRY,
        "NECK_REGISTRY": NECK_REGISTRY,
    }
    made = make_index({HOME + name: registry for name, registry in registries.items()})
    assert made.gaps == ()
    return made


@pytest.fixture
def look(run, index, monkeypatch):
    """Runs a command that reads this index."""
    monkeypatch.setattr("terraregistry.tools.cli.reading.wait_for_index", lambda: index)
    return run


@pytest.fixture
def terminal(monkeypatch):
    """Has the commands print as on a terminal."""
    monkeypatch.setattr("terraregistry.tools.cli.printing.is_terminal", lambda: True)
    monkeypatch.setattr("terraregistry.tools.cli.listing.is_terminal", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")


# -- list --


def test_each_component_of_each_registry_is_listed_once(look, index):
    result = look("list")
    rows = [line.split("\t") for line in result.stdout.splitlines()]

    assert result.exit_code == 0
    expected = {(name, "backbone") for name in BACKBONES} | {(name, "decoder") for name in DECODER_REGISTRY}
    expected |= {(name, "neck") for name in NECK_REGISTRY} | {(name, "full-model") for name in FULL_MODEL_REGISTRY}
    expected |= {(name, "model-factory") for name in MODEL_FACTORY_REGISTRY}
    assert len(rows) == len(expected)
    assert {(row[0], row[1]) for row in rows} == expected
    assert {len(row) for row in rows} == {5}


@pytest.mark.parametrize("kind", ["neck", "necks", "Neck", "NECKS"])
def test_a_kind_is_read_as_people_write_it(look, kind):
    names = [line.split("\t")[0] for line in look("list", kind).stdout.splitlines()]
    assert sorted(names) == sorted(NECK_REGISTRY)


def test_model_factories_are_a_kind_in_any_spelling(index):
    spellings = ["model-factory", "model_factory", "model-factories", "MODEL_FACTORIES"]
    assert {read_kind(each, kinds_of(index)) for each in spellings} == {"model-factory"}
    assert read_kind("factory", kinds_of(index)) is None


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("resnet18", ["timm_resnet18"]),
        ("RESNET", ["timm_resnet18", "timm_resnet50", "timm_test_resnet"]),
        ("resnet*", ["timm_resnet18", "timm_resnet50"]),
        ("timm_resnet?8", ["timm_resnet18"]),
        ("*.tv_in1k", ["timm_resnet18", "timm_resnet50"]),
        ("resnet1", ["timm_resnet18"]),
        ("resnet?", []),
    ],
)
def test_a_pattern_is_a_glob_or_a_part_of_a_name(look, pattern, names):
    result = look("list", "backbone", pattern)

    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == names
    assert result.exit_code == (0 if names else 1)
    assert result.stderr == ("" if names else f"nothing matches {pattern!r}\n")


def test_a_pattern_goes_without_a_kind(look):
    assert [line.split("\t")[0] for line in look("list", "unet").stdout.splitlines()] == [
        "terratorch_UNet",
        "smp_Unet",
        "smp_UnetPlusPlus",
        "terratorch_UNetDecoder",
        "GenericUnetModelFactory",
    ]


def test_names_are_in_natural_order_within_their_kind(look):
    names = [line.split("\t")[0] for line in look("list", "backbone", "prithvi_eo_v2").stdout.splitlines()]
    assert names.index("terratorch_prithvi_eo_v2_100_tl") < names.index("terratorch_prithvi_eo_v2_300")


def test_sources_and_weights_filter(look):
    rows = [line.split("\t") for line in look("list", "--source", "terratorch", "--pretrained").stdout.splitlines()]

    assert {row[0].partition("_")[0] for row in rows} == {"terratorch"}
    assert "terratorch_prithvi_eo_v1_100" in {row[0] for row in rows}
    assert not {"terratorch_prithvi_eo_tiny", "terratorch_FCNDecoder"} & {row[0] for row in rows}


def test_json_has_what_a_program_needs(look):
    (found,) = json.loads(look("list", "resnet18", "--json").stdout)

    assert found["name"] == "timm_resnet18"
    assert (found["kind"], found["source"], found["library"]) == ("backbone", "timm", "timm")
    assert found["pretrained"][0] == "timm_resnet18.a1_in1k"
    assert all(name in BACKBONES for name in found["pretrained"])


def test_nothing_is_an_empty_list_in_json(look):
    result = look("list", "nothing_like_it", "--json")

    assert json.loads(result.stdout) == []
    assert (result.exit_code, result.stderr) == (1, "nothing matches 'nothing_like_it'\n")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            ["nck", "x"],
            2,
            "there is no kind 'nck'; did you mean 'neck'? (kinds: backbone, decoder, full-model, model-factory, neck)\n",
        ),
        (["decodr"], 1, "nothing matches 'decodr'; did you mean 'decoder'?\n"),
        (
            ["--source", "tim"],
            2,
            "there is no source 'tim'; did you mean 'timm'? (mounted: terratorch, timm, smp)\n",
        ),
        (["neck", "--pretrained"], 1, "nothing matches\n"),
    ],
)
def test_what_is_not_there_is_said(look, arguments, status, message):
    result = look("list", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (status, "", message)


def test_a_terminal_gets_a_table_that_fits(look, terminal):
    lines = look("list", "backbone").stdout.splitlines()

    assert lines[0].startswith("name ")
    assert lines[-1] == f"{len(BACKBONES)} components"
    assert all(len(line) <= 100 for line in lines)
    assert any(line.endswith("…") for line in lines)


def test_colours_can_be_switched_off(terminal, monkeypatch):
    from terraregistry.tools.cli.printing import styled

    assert styled("x", bold=True) != "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("x", bold=True, colour="red", dim=True) == "x"


# -- show --


def test_the_names_of_bands_are_shown(look):
    text = look("show", "prithvi_eo_tiny").stdout
    shown = text[text.index("Bands\n") :].partition("\n\n")[0]
    assert " ".join(shown.split()).removeprefix("Bands ") == ", ".join(BAND_NAMES)
    assert "Bands\n" not in look("show", "terratorch_PermuteDims").stdout


def test_a_component_is_shown_with_all_that_is_known(look):
    text = look("show", "resnet18").stdout

    assert text.startswith("timm_resnet18: backbone, builds a TimmBackbone\n  Constructs a ResNet-18 model.\n")
    assert "in_chans                int | None = 3" in text
    assert "from timm.models.resnet.ResNet.__init__" in text
    assert "timm/models/resnet.py:" in text
    assert "from timm " in text
    assert "also called" in text
    assert "timm_resnet18.a1_in1k: apache-2.0, hf-hub:timm/resnet18.a1_in1k (pretrained=True)" in text
    assert "timm_resnet18.fb_swsl_ig1b_ft_in1k: cc-by-nc-4.0" in text
    assert 'BACKBONE_REGISTRY.build("timm_resnet18"' in text
    assert "backbone: timm_resnet18" in text


def test_why_a_component_has_its_arguments(look):
    text = look("show", "terratorch_PermuteDims", "--why").stdout

    assert text.startswith("terratorch_PermuteDims\nclass PermuteDims  (")
    assert "PermuteDims.__init__(channel_list, new_order)" in text
    assert text.rstrip().endswith("-> PermuteDims")


def test_why_any_class_has_its_arguments(look):
    text = look("show", "torch.nn:Identity", "--why").stdout

    assert "Identity.__init__(*args, **kwargs)" in text
    assert "ignores all arguments: any name is accepted\nsignature: (*args: Any, **kwargs: Any) -> Identity\n" in text


@pytest.mark.parametrize(
    "reference", ["no_such_module:Class", "torch.nn:NoSuchClass", "torch.nn:", "torch:__version__"]
)
def test_a_class_that_cannot_be_explained_is_wrong_input(look, reference):
    result = look("show", reference, "--why")

    assert result.exit_code == Status.WRONG_INPUT
    assert reference in result.stderr
    assert "source" not in result.stderr


def test_a_tag_that_was_asked_for_is_in_the_snippets(look):
    text = look("show", "resnet18.tv_in1k").stdout

    assert '"timm_resnet18.tv_in1k"' in text
    assert "backbone: timm_resnet18.tv_in1k\n" in text


def test_required_arguments_and_missing_weights_are_said(look):
    text = look("show", "terratorch_PermuteDims").stdout

    assert "new_order     list[int] (required)" in text
    assert "Pretrained weights\n  none known" in text


def test_every_component_can_be_shown_as_text_and_as_json(look, index):
    for each in listed(index):
        result = look("show", each.name, "--kind", each.kind)
        assert (result.exit_code, result.stderr) == (0, ""), each.name
        (data,) = json.loads(look("show", each.name, "--kind", each.kind, "--json").stdout)
        assert [one["name"] for one in data["parameters"]] == [one.name for one in each.component.signature.parameters]
        assert data["docstring"] or not each.component.summary, each.name
        assert ast.parse(data["python"])
        assert os.path.isfile(data["file"]), each.name  # noqa: PTH113 - any text


def test_a_docstring_is_that_of_the_object_itself(index):
    import inspect

    from terraregistry.components.decoders.fcn import FCNDecoder

    component = by_name(index, "FCNDecoder")[0].component

    assert docstring_of(component) == inspect.getdoc(FCNDecoder)
    assert file_of(component).samefile(inspect.getfile(FCNDecoder))


@pytest.mark.parametrize("change", [{"file": None}, {"file": "no_such_package/x.py"}, {"line": None}, {"line": 99_999}])
def test_without_a_file_the_summary_takes_the_place_of_the_docstring(index, change):
    component = by_name(index, "FCNDecoder")[0].component
    assert docstring_of(component._replace(**change)) == component.summary


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["timm_resnt18"],
            (
                "there is no component 'timm_resnt18'; did you mean 'timm_resnet18'? "
                "(kinds searched: backbone, decoder, full-model, model-factory, neck)\n"
            ),
        ),
        (
            ["FCNDecoder", "--kind", "neck"],
            "there is no component 'FCNDecoder' (kinds searched: neck)\n",
        ),
        (
            ["FCNDecoder", "--kind", "dekoder"],
            "there is no kind 'dekoder'; did you mean 'decoder'? (kinds: backbone, decoder, full-model, model-factory, neck)\n",
        ),
    ],
)
def test_an_unknown_name_gets_the_nearest(look, arguments, message):
    result = look("show", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)


@pytest.mark.parametrize("name", ["dofa_large_patch16_224", "terratorch_dofa_large_patch16_224"])
def test_a_name_of_terratorch_gets_its_remedy(look, name):
    result = look("show", name)
    assert result.stderr.startswith(f"there is no component {name!r}; {how_to_get('dofa_large_patch16_224')} (kinds ")
    assert "did you mean" not in result.stderr


def test_after_a_wrong_tag_there_are_tags(index):
    assert nearest_names(index, "timm_resnet18.a1_in2k")[0] == "timm_resnet18.a1_in1k"
    assert all(name.startswith("resnet18.") for name in nearest_names(index, "resnet18.nothing_like_it_at_all"))


def test_a_size_is_shown_where_it_is_known(look, index, monkeypatch):
    from dataclasses import replace

    weights = (PretrainedWeights("FCNDecoder", "hf-hub:me/fcn", None, 44_700_000),)
    entry = replace(
        by_name(index, "FCNDecoder")[0], component=by_name(index, "FCNDecoder")[0].component._replace(weights=weights)
    )
    monkeypatch.setattr("terraregistry.tools.cli.showing.by_name", lambda *_: [entry])

    assert (
        "terratorch_FCNDecoder: licence unknown, 44.7 MB, hf-hub:me/fcn (pretrained=True)"
        in look("show", "FCNDecoder").stdout
    )


@given(st.integers(0, 10**15))
def test_sizes_are_read_back_to_within_their_rounding(size):
    number, unit = megabytes(size).split()
    factor = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}[unit]
    assert abs(float(number) * factor - size) <= factor * 0.05 + size * 1e-9


def test_modules_are_left_out_of_types_and_not_of_texts():
    assert (
        short_type("dict[str, typing.Any] | typing.Literal['a.b', \"c.d\"] | None")
        == "dict[str, Any] | Literal['a.b', \"c.d\"] | None"
    )
    assert short_type("tuple[float, ...]") == "tuple[float, ...]"


@given(
    pattern=st.text(alphabet="resnt18_.?*", min_size=1, max_size=6)
    | st.sampled_from(["*RESNET*", "NET1", "[", "[rt]*8"])
)
def test_a_pattern_matches_as_the_standard_library_has_it(index, pattern):
    for each in listed(index, "backbone"):
        spellings = [spelling.lower() for spelling in each.spellings]
        if set(pattern) & set("?*["):
            expected = any(fnmatch.fnmatchcase(spelling, pattern.lower()) for spelling in spellings)
        else:
            expected = any(pattern.lower() in spelling for spelling in spellings)
        assert matches(pattern, each) is expected


def test_an_index_of_nothing_has_no_kinds():
    assert kinds_of(Index.of(())) == {}


# -- what goes wrong --


def test_an_index_that_cannot_be_made_is_said(run, monkeypatch):
    from terraregistry.index import IndexUnavailableError

    def fail():
        raise IndexUnavailableError("the index of the installed components cannot be made: no space")

    monkeypatch.setattr("terraregistry.tools.cli.reading.wait_for_index", fail)
    result = run("list")

    expected = (
        "the index of the installed components cannot be made: no space; `terraregistry doctor` looks for the cause\n"
    )
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", expected)


def test_a_module_that_cannot_be_imported_is_said(run, monkeypatch):
    monkeypatch.setattr("terraregistry.tools.cli.reading.wait_for_index", lambda: Index.of(()))
    result = run("list", "--import", "no_such_module_here")

    expected = "--import no_such_module_here: ModuleNotFoundError: No module named 'no_such_module_here'\n"
    assert (result.exit_code, result.stderr) == (2, expected)


# -- completion --


@pytest.fixture
def complete(index, monkeypatch):
    import terraregistry.tools.cli.reading as reading

    monkeypatch.setattr(reading, "cached_index", lambda: index)
    return reading


def test_qualified_names_are_completed_first_and_bare_ones_where_none_begins_so(complete):
    assert complete.completed_names("timm_res") == ["timm_resnet18", "timm_resnet50"]
    assert "resnet18" in complete.completed_names("resnet")
    assert "timm_resnet18.tv_in1k" in complete.completed_names("timm_resnet18.t")
    assert complete.completed_names("nothing_like_it") == []
    assert complete.completed_kinds("ne") == ["neck"]
    assert sorted(complete.completed_sources("t")) == ["terratorch", "timm"]


def test_nobody_waits_for_a_completion_until_the_index_is_made(complete, monkeypatch):
    monkeypatch.setattr(complete, "cached_index", lambda: None)
    assert complete.completed_names("timm_") == []


# -- in processes of their own, with the index in a cache --


@pytest.fixture(scope="session")
def cached(index, tmp_path_factory):
    """The environment of a process whose cache has this index."""
    from terraregistry.index.cache import write_cached
    from terraregistry.index.keys import current_key

    home = tmp_path_factory.mktemp("cache")
    assert write_cached(home / "terraregistry", index.with_key(current_key()))
    return {
        **os.environ,
        "TERRAREGISTRY_SHIPPED_INDEX": "0",
        "XDG_CACHE_HOME": str(home),
        "HOME": str(home),
        "COLUMNS": "100",
    }


def started(cached, *arguments, **environment):
    code = (
        "import sys\n"
        "from terraregistry.tools.cli import main\n"
        f"sys.argv[1:] = {[*arguments]!r}\n"
        "status = 0\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    status = ended.code or 0\n"
        "heavy = {'torch', 'timm', 'segmentation_models_pytorch', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else status)"
    )
    environment = {**cached, **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)


@pytest.mark.skipif(sys.platform != "linux", reason="the cache of other platforms is elsewhere")
@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["list", "backbone", "resnet18"], 0, "timm_resnet18\tbackbone\t"),
        (["show", "timm_resnet18"], 0, "timm_resnet18: backbone"),
        (["show", "timm_resnt18"], 2, "did you mean 'timm_resnet18'?"),
        (["doctor"], 0, "timm in BACKBONE_REGISTRY: 5 components, 5 of them with pretrained weights"),
    ],
)
def test_commands_that_look_load_neither_torch_nor_the_libraries(cached, arguments, status, expected):
    done = started(cached, *arguments)

    assert done.returncode == status, done.stderr
    assert expected in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the cache of other platforms is elsewhere")
@pytest.mark.parametrize(
    ("words", "expected"),
    [("show timm_resn", "timm_resnet18\ntimm_resnet50"), ("list ba", "backbone"), ("list --source sm", "smp")],
)
def test_the_shell_completes_component_names(cached, words, expected):
    count = str(len(words.split()))
    done = started(
        cached, COMP_WORDS=f"terraregistry {words}", COMP_CWORD=count, _TERRAREGISTRY_COMPLETE="complete_bash"
    )

    assert (done.returncode, done.stdout.strip()) == (0, expected), done.stderr


# -- show of a factory --


@pytest.mark.parametrize("name", [*FACTORIES])
def test_a_factory_is_shown_with_its_arguments_tasks_and_parts(run, name):
    text = run("show", name).stdout
    rule = FACTORIES[name]
    method = getattr(MODEL_FACTORY_REGISTRY.build(name), "build_model")  # noqa: B009 - each has its own type

    for parameter in inspect.signature(method).parameters.values():
        assert re.search(rf"^  (\*\*)?{parameter.name} ", text, re.MULTILINE), parameter.name
    for task in rule.tasks:
        assert re.search(rf"^  {task} +\S", text, re.MULTILINE)
    for part in rule.parts:
        assert re.search(rf"^  {part.key} +\S", text, re.MULTILINE)
    (data,) = json.loads(run("show", name, "--json").stdout)
    assert [each["name"] for each in data["build_model"]["parameters"]] == [*inspect.signature(method).parameters]
    assert [each["name"] for each in data["build_model"].get("tasks", [])] == [*rule.tasks]
    assert [each["key"] for each in data["build_model"]["parts"]] == [each.key for each in rule.parts]


def test_what_people_look_for_in_a_factory_is_shown(run):
    text = run("show", "EncoderDecoderFactory").stdout

    assert "task             str (required)" in text
    assert "rescale          bool = True" in text
    assert "segmentation          num_classes; SegmentationHead, a result at each pixel" in text
    assert "regression            num_outputs (1 by default); RegressionHead, a result at each pixel" in text
    assert "necks         any number; arguments: in the entry of the list, beside name" in text
    assert "backbone_padding " in text
    assert "backbone_use_temporal " in text
    assert "decoder_args  Mapping[str, Any] | None = None: Arguments of the decoder, prefixed decoder_" in text
    assert "method              str (required)" in text


def test_the_examples_of_a_factory_are_right():
    arguments = {"task": "segmentation", "backbone": "timm_resnet18", "decoder": "FCNDecoder", "num_classes": 2}
    given = {name: yaml.safe_load(text) for name, text in EXAMPLES.items()}

    assert {*EXAMPLES} <= {*inspect.signature(EncoderDecoderFactory.build_model).parameters}
    factory = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
    factory.check_arguments(**arguments, **given)
    given.pop("peft_config")  # the library peft may be missing
    factory.validate_model(**arguments, **given)
