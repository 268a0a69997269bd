"""`terraregistry typings`: what it writes, what it reads, and what it says."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from terraregistry import library_types
from terraregistry.index import Index, IndexedRegistry, PortableType
from terraregistry.tools.cli import app
from terraregistry.tools.typings import stub_of
from terraregistry.tools.typings.shipped import shipped_stub, stub_file

if TYPE_CHECKING:
    from click.testing import Result

_MODULE = """
from torch import Tensor, nn
from terraregistry import DECODER_REGISTRY, Decoder, Registry, TERRATORCH_DECODER_REGISTRY

class Fusion(nn.Module):
    def __init__(self, channel_list: list[int], *, width: int = 3) -> None:
        super().__init__()
        self.out_channels = width

    def forward(self, features: list[Tensor]) -> Tensor:
        return features[0]

TERRATORCH_DECODER_REGISTRY.register(Fusion)
OWN = Registry[Decoder](Other=Fusion)
DECODER_REGISTRY.register_source("own", OWN)
"""


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["typings", *arguments])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def test_the_shipped_stub_is_what_the_index_of_the_tested_versions_gives(index: Index) -> None:
    assert stub_file().read_text(encoding="utf-8") == shipped_stub(index), (
        "write it anew: python -m terraregistry.tools.typings.shipped"
    )


def test_the_stub_has_every_class_and_every_public_name_of_its_module() -> None:
    found = {
        node.name for node in ast.parse(stub_file().read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)
    }
    assert found >= set(library_types.__all__)


def test_every_function_of_the_stub_has_a_docstring() -> None:
    """Where one is missing, pyright searches all overloads and source files for it at each keystroke."""
    tree = ast.parse(stub_file().read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [each.name for each in functions if ast.get_docstring(each) is None] == []
    assert len(functions) > 1000


def test_no_alias_has_more_names_than_pyrefly_reads() -> None:
    tree = ast.parse(stub_file().read_text(encoding="utf-8"))
    literals = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    sizes = [len(each.elts) for each in literals if isinstance(each, ast.Tuple)]
    assert 200 < max(sizes) <= 250


def test_a_stub_of_the_installed_versions_is_written_where_pyright_looks(project: Path, index: Index) -> None:
    result = _run()
    stub = Path("typings/terraregistry-stubs/library_types.pyi")
    components = sum(len(each.components) for each in index.registries)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{stub}: {components} components\n", "")
    assert stub_of(index, "The library's registries, with what is installed here.") == stub.read_text(encoding="utf-8")
    assert (stub.parent / "py.typed").read_text(encoding="utf-8") == "partial\n"


def test_the_folder_may_be_another_one_and_what_was_there_is_replaced(project: Path) -> None:
    stub = project / "stubs" / "deep" / "terraregistry-stubs" / "library_types.pyi"
    stub.parent.mkdir(parents=True)
    stub.write_text("class Old: ...\n")
    assert _run("--output", "stubs/deep").exit_code == 0
    assert "class BackboneRegistry(" in stub.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_an_error_of_one_line(project: Path) -> None:
    (project / "typings").write_text("")
    result = _run()
    assert result.exit_code == 1
    assert "typings" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("configured", [True, False])
def test_components_of_a_project_are_in_it(project: Path, configured: bool) -> None:
    """In a process of its own, since a module is imported and registers for good."""
    import subprocess

    (project / "fusion_project.py").write_text(_MODULE)
    (project / "pyproject.toml").write_text(
        '[tool.terraregistry]\nmodules = ["fusion_project"]\n' if configured else ""
    )
    command = [sys.executable, "-m", "terraregistry", "typings", *([] if configured else ["fusion_project"])]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    text = (project / "typings" / "terraregistry-stubs" / "library_types.pyi").read_text(encoding="utf-8")
    assert "(terraregistry.registry.Builder[..., fusion_project.Fusion]):" in text
    for name in ("terratorch_Fusion", "Fusion", "own_Other", "Other"):
        assert f"'{name}'" in text
    assert "    import fusion_project\n" in text
    ast.parse(text)


def test_a_module_that_cannot_be_imported_is_named(project: Path) -> None:
    result = _run("not_there_at_all")
    assert result.exit_code == 2
    assert result.stderr == "not_there_at_all: ModuleNotFoundError: No module named 'not_there_at_all'\n"
    assert not (project / "typings").exists()


def test_a_module_that_raises_is_an_error_of_one_line(project: Path) -> None:
    (project / "raises_when_imported.py").write_text("raise OSError('no disk')\n")
    result = _run("raises_when_imported")
    assert (result.exit_code, result.stderr) == (2, "raises_when_imported: OSError: no disk\n")


# -- the text --


def _registry(name: str) -> IndexedRegistry:
    module = "terraregistry.library_types"
    kind = PortableType("object")
    return IndexedRegistry(
        f"terraregistry.library:{name}", PortableType(f"{module}.{name}", (module,)), kind, kind, (), ()
    )


def test_a_registry_that_nothing_is_known_of_refuses_nothing() -> None:
    text = stub_of(Index.of((_registry("MmsegDecoderRegistry"),)), "Title.")
    tree = ast.parse(text)
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "MmsegDecoderRegistry")
    assert ast.unparse(found.body[0]) == "..."
    assert ast.get_docstring(tree, clean=False) is not None
    assert text.startswith('"""Title.\n')
