"""The command line itself: help without heavy imports, exit statuses, options, and what is printed where."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from terraregistry.tools.cli import app
from terraregistry.tools.cli.build import ImageSize

PLAIN = """\
    model_factory: EncoderDecoderFactory
    task: segmentation
    backbone: timm_test_resnet
    decoder: FCNDecoder
    decoder_channels: 8
    decoder_num_convs: 1
    num_classes: 3
"""


def in_process_of_its_own(*arguments, **options):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["--version"], ["build", "none.yaml"]])
def test_neither_torch_nor_the_libraries_are_loaded_for_what_does_not_need_them(arguments):
    code = (
        "import sys\n"
        "from terraregistry.tools.cli import main\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'timm', 'segmentation_models_pytorch', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    run = in_process_of_its_own("-c", code)

    assert run.returncode == 0, run.stderr


def test_the_module_runs_as_the_command_does():
    run = in_process_of_its_own("-m", "terraregistry", "--help")

    assert run.returncode == 0
    assert "Usage: terraregistry [OPTIONS] COMMAND" in run.stdout
    assert "build" in run.stdout


def test_a_command_that_loads_torch_leaves_nothing_on_standard_error(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(PLAIN)
    run = in_process_of_its_own("-m", "terraregistry", "build", str(config))

    assert (run.returncode, run.stderr) == (0, "")  # the libraries of torch complain of what is left at the end


@pytest.mark.parametrize(
    ("first", "spared"), [("", True), ("import types; sys.modules['torch'] = types.ModuleType('torch')", False)]
)
def test_a_process_without_torch_ends_without_a_search_for_cycles(first, spared):
    code = (
        "import atexit, gc, sys\n"
        f"{first}\n"
        "before = gc.get_freeze_count()\n"  # some interpreters begin with frozen objects
        "atexit.register(lambda: print(gc.get_freeze_count() > before))\n"
        "from terraregistry.tools.cli import main\n"
        "sys.argv[1:] = ['--version']\n"
        "main()"
    )
    assert in_process_of_its_own("-c", code).stdout.splitlines()[-1] == str(spared)


def test_the_version_is_the_installed_one(run, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", {"terraregistry": "1.2.3"}.__getitem__)
    result = run("--version")

    assert (result.exit_code, result.stdout) == (0, "terraregistry 1.2.3\n")


def test_the_version_of_a_checkout_that_is_not_installed_is_said_so(run, monkeypatch):
    def version(name):
        raise PackageNotFoundError(name)

    from importlib.metadata import PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.version", version)
    assert run("--version").stdout == "terraregistry (not installed)\n"


def test_without_a_command_there_is_help(run):
    result = run()

    assert result.exit_code == 2
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build"], "Missing argument 'CONFIG"),
        (["biuld", "c.yaml"], "No such command 'biuld'"),
        (["build", "c.yaml", "--batch-size", "0"], "Invalid value for '--batch-size'"),
        (["build", "c.yaml", "--in-channels", "-1"], "Invalid value for '--in-channels'"),
        (["build", "c.yaml", "--seed", "x"], "Invalid value for '--seed'"),
        (["build", "c.yaml", "--image-size", "0"], "'0' is no size"),
    ],
)
def test_a_command_that_is_wrong_is_refused(run, monkeypatch, arguments, message):
    monkeypatch.setenv("COLUMNS", "200")
    result = run(*arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("text", "size"),
    [("224", (224, 224)), ("192x256", (192, 256)), ("192X256", (192, 256)), (" 64 ", (64, 64)), ("064", (64, 64))],
)
def test_a_size_is_a_number_or_two(text, size):
    assert ImageSize.parse(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "x", "3x", "x3", "3x0", "3x4x5", "3.5", "1e3", "3,4", "9" * 7, "٣"])
def test_what_is_no_size_is_refused_with_what_to_write(text):
    from typer import BadParameter

    with pytest.raises(BadParameter, match="is no size; write one number, or HEIGHTxWIDTH such as 192x256"):
        ImageSize.parse(text)


def test_a_valid_config_is_checked_without_constructing_anything(build, monkeypatch):
    import timm.models  # noqa: F401 - its modules are imported before nothing can be constructed
    import torch
    from torch import nn

    construct = nn.Module.__init__

    def refuse(self, *args, **kwargs):
        if torch.empty(0).device.type != "meta":  # where shapes are asked for, without data
            raise AssertionError(f"{type(self).__name__} is constructed")
        construct(self, *args, **kwargs)

    monkeypatch.setattr(nn.Module, "__init__", refuse)
    result = build(PLAIN, "--check")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "c.yaml: valid\n", "")


def test_every_config_is_read_although_one_fails(run, tmp_path):
    (tmp_path / "good.yaml").write_text(PLAIN)
    result = run("build", "--check", "none.yaml", "good.yaml", tmp_path)

    assert result.exit_code == 2
    assert result.stdout == "good.yaml: valid\n"
    assert result.stderr == (
        f"none.yaml:1:1: there is no such file\n{tmp_path}:1:1: is a directory; give the config file in it\n"
    )


def test_a_file_whose_name_is_no_text_can_be_named(tmp_path):
    name = os.fsdecode(b"\xff.yaml")
    (tmp_path / name).write_text("a: 1\n")
    run = in_process_of_its_own("-m", "terraregistry", "build", name, cwd=tmp_path)

    assert run.returncode == 2
    assert run.stderr.startswith("\\udcff.yaml:1:1: there is no `model_factory`")


def test_a_module_that_registers_components_can_be_imported_first(run, tmp_path, monkeypatch):
    from terraregistry.library import TERRATORCH_DECODER_REGISTRY

    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    (tmp_path / "own_decoders_of_a_test.py").write_text(
        "from terraregistry.library import TERRATORCH_DECODER_REGISTRY as DECODERS\n"
        "from terraregistry.components.decoders.linear import IdentityDecoder\n"
        "@DECODERS.register\n"
        "class OwnDecoder(IdentityDecoder):\n    pass\n"
    )
    (tmp_path / "c.yaml").write_text(
        "{model_factory: EncoderDecoderFactory, task: segmentation, backbone: timm_test_resnet, "
        "decoder: OwnDecoder, num_classes: 3}"
    )
    with TERRATORCH_DECODER_REGISTRY.scope():
        result = run("build", "c.yaml", "--import", "own_decoders_of_a_test")
    sys.modules.pop("own_decoders_of_a_test")

    assert result.exit_code == 0, result.output
    assert "terratorch_OwnDecoder" in result.stdout
    assert "own_decoders_of_a_test.py:4" in result.stdout


def test_a_module_that_cannot_be_imported_ends_the_command(build):
    result = build(PLAIN, "--import", "no_such_module_anywhere")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "--import no_such_module_anywhere: ModuleNotFoundError: No module named 'no_such_module_anywhere'\n"
        "  --traceback shows where this was raised\n"
    )


def test_further_commands_can_be_added():
    assert app.registered_callback is not None
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert [name for name in names if name in {"list", "show", "doctor", "validate", "build"}] == [
        *("list", "show", "doctor", "validate", "build")
    ]
