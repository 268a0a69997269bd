"""The modules of a project: named in `pyproject.toml`, by `--import`, or by a config, which alone imports nothing."""

from __future__ import annotations

import sys

import pytest

from terraregistry.library import TERRATORCH_DECODER_REGISTRY
from terraregistry.mypy_plugin.project import Project
from terraregistry.own_modules import ProjectError, named_modules, project_modules
from terraregistry.tools.cli.reading import own_modules, read_index

MODULE = """\
from terraregistry.components.decoders.linear import IdentityDecoder
from terraregistry.library import TERRATORCH_DECODER_REGISTRY as DECODERS


@DECODERS.register
class DecoderOfAProject(IdentityDecoder):
    pass
"""
CONFIG = """\
custom_modules_path: {folder}
model:
  class_path: terratorch.tasks.SemanticSegmentationTask
  init_args:
    model_factory: EncoderDecoderFactory
    model_args: {{backbone: timm_test_resnet, decoder: DecoderOfAProject, num_classes: 3}}
"""
FOLDER = "decoders_of_a_project"
"""A folder as TerraTorch's `custom_modules_path` has it."""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a folder of modules; what is imported and registered is undone."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "first_of_a_project.py").write_text(MODULE)
    (tmp_path / "c.yaml").write_text(CONFIG.format(folder=FOLDER))
    before = {*sys.modules}
    with TERRATORCH_DECODER_REGISTRY.scope():
        yield tmp_path
    for name in {*sys.modules} - before:
        if name.startswith((FOLDER, "first_of")):
            del sys.modules[name]


def configured(project, *entries):
    (project / "pyproject.toml").write_text(f"[tool.terraregistry]\nmodules = {[*entries]}\n")


def found(name, folder):
    return [(each.name, each.folder) for each in named_modules(name, folder, "here")]


def test_a_name_is_that_of_a_module_a_file_or_a_folder(tmp_path):
    package = tmp_path / "src" / "shop" / "parts"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    (package / "deep.py").touch()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "a.py").touch()
    (tmp_path / "scripts" / "b.py").touch()
    (tmp_path / "my-parts").mkdir()
    (tmp_path / "my-parts" / "__init__.py").touch()
    source = tmp_path / "src"

    assert (
        found("shop.parts.deep", tmp_path) == found("src/shop/parts/deep.py", tmp_path) == [("shop.parts.deep", source)]
    )
    assert found("shop.parts", tmp_path) == found(str(package), tmp_path) == [("shop.parts", source)]
    assert found("scripts", tmp_path) == [("scripts.a", tmp_path), ("scripts.b", tmp_path)]
    assert found("scripts/a.py", tmp_path) == [("a", tmp_path / "scripts")]
    assert found("./my-parts/", tmp_path) == [("my-parts", tmp_path)]
    assert found("torch.nn", tmp_path) == [("torch.nn", tmp_path)]


@pytest.mark.parametrize("name", ["", "a-b", "no/folder", "no.py", "a..b", "x" * 5000 + "/", "a\0b", "src"])
def test_what_is_none_of_these_is_refused(name, tmp_path):
    (tmp_path / "src").mkdir()
    if name == "src":  # Python may know a module of this name
        assert found(name, tmp_path) == [("src", tmp_path)]
        return
    with pytest.raises(ProjectError) as caught:
        found(name, tmp_path)
    assert str(caught.value) == "here: neither a Python file, a folder of them, nor the dotted name of a module"


def test_modules_are_read_from_the_nearest_pyproject(tmp_path):
    configured(tmp_path, "a.b", "c")
    inner = tmp_path / "docs" / "deep"
    inner.mkdir(parents=True)
    place = f"{tmp_path / 'pyproject.toml'}: modules: "
    assert project_modules(inner) == [("a.b", tmp_path, f"{place}a.b"), ("c", tmp_path, f"{place}c")]
    (tmp_path / "docs" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert project_modules(inner) == []


@pytest.mark.parametrize(
    "text",
    [
        "[tool.terraregistry]\nmodules = 'mine'\n",
        "[tool.terraregistry]\nmodules = [1]\n",
        "[tool]\nterraregistry = 3\n",
        "tool = ['terraregistry']\n",
    ],
)
@pytest.mark.parametrize(
    "command", [("typings",), ("validate", "c.yaml"), ("list",), ("schema",), ("show", "FCNDecoder")]
)
def test_modules_that_are_no_list_of_names_are_refused(text, command, run, project):
    (project / "pyproject.toml").write_text(text)
    said = f'{project / "pyproject.toml"}: in [tool.terraregistry], write modules = ["package.module", "folder", ...]\n'
    for command in (("typings",), ("validate", "c.yaml"), ("list",), ("schema",), ("show", "FCNDecoder")):
        result = run(*command)
        assert (result.exit_code, result.stderr) == (2, said)


def test_a_pyproject_that_is_no_toml_is_named(project):
    (project / "pyproject.toml").write_bytes(b"\xff = [terraregistry")
    with pytest.raises(ProjectError, match=r"pyproject\.toml: "):
        project_modules(project)
    (project / "pyproject.toml").write_bytes(b"\xff = [")  # says nothing of this library
    assert project_modules(project) == []


def test_a_config_alone_imports_nothing_and_says_how_to_allow_it(run, project):
    result = run("validate", "c.yaml")

    assert result.exit_code == 2
    assert (
        "c.yaml:1:1: warning: custom_modules_path: a config imports nothing, so the components of "
        f'{FOLDER} are unknown; to import them, give `--import {FOLDER}`, or `modules = ["{FOLDER}"]` below '
        "[tool.terraregistry] in pyproject.toml\n"
    ) in result.stderr
    assert "DECODER_REGISTRY has no component 'DecoderOfAProject'" in result.stderr
    assert not any(name.startswith(FOLDER) for name in sys.modules)


@pytest.mark.parametrize("folder", [FOLDER, f"./{FOLDER}/", "absolute"])
@pytest.mark.parametrize("entry", [FOLDER, f"{FOLDER}/first_of_a_project.py", f"{FOLDER}.first_of_a_project"])
def test_a_folder_that_is_allowed_is_imported(entry, folder, run, project):
    (project / "c.yaml").write_text(CONFIG.format(folder=project / FOLDER if folder == "absolute" else folder))
    result = run("validate", "--import", entry, "c.yaml")
    assert (result.exit_code, result.stderr) == (0, ""), result.output


def test_a_project_file_is_enough_for_every_reader(run, project, index):
    configured(project, FOLDER)
    inner = project / "inner"
    inner.mkdir()

    assert run("validate", "c.yaml").exit_code == 0
    assert run("build", "--check", "c.yaml").exit_code == 0
    described = read_index(own_modules(None)).find(
        "terraregistry.library:TERRATORCH_DECODER_REGISTRY", "DecoderOfAProject"
    )
    assert described is not None
    [facts] = [facts for _, facts in Project(project).all_facts()]
    assert "DecoderOfAProject" in facts.defined


def test_mypy_is_told_to_import_only_what_it_finds_by_that_name(project):
    (project / "a_package").mkdir()
    (project / "a_package" / "__init__.py").touch()
    configured(project, "a_package", "a_package/__init__.py", f"{FOLDER}/first_of_a_project.py", FOLDER)
    assert Project(project).modules == ("a_package", "a_package")


@pytest.mark.parametrize("command", [("validate", "c.yaml"), ("build", "c.yaml")])
def test_a_module_of_the_project_that_cannot_be_imported_ends_the_command(command, run, project):
    configured(project, "no_such_module_here")
    result = run(*command)
    place = f"{project / 'pyproject.toml'}: modules: no_such_module_here"
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{place}: ModuleNotFoundError: No module named 'no_such_module_here'\n")


@pytest.mark.parametrize("value", ["3", "[a]", "null", "${x}", "'a\\0b'"])
def test_any_value_of_custom_modules_path_is_only_worth_a_warning(value, run, project):
    text = CONFIG.format(folder=value).replace("DecoderOfAProject", "FCNDecoder")
    (project / "c.yaml").write_text(text.replace("'a\\0b'", '"a\\0b"'))
    assert run("validate", "c.yaml").exit_code == 0
