"""Registries pickle and copy by reference, and are called by the name that their module has for them."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import terraregistry
from terraregistry import BACKBONE_REGISTRY, Backbone, MultiSourceRegistry, Registry

PARTS = Registry[Any](part=int)
ALL = MultiSourceRegistry[Any](p=PARTS)
SAME = PARTS
LIBRARY = [name for name in terraregistry.__all__ if name.endswith("REGISTRY")]


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with the package that this process has."""
    path = os.pathsep.join([str(folder), str(Path(terraregistry.__file__).parents[1])])
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
    )


class Typed(Registry[Backbone]):
    pass


TYPED = Typed()


class Holder:
    registry = Registry[Any]()


@pytest.mark.parametrize("name", LIBRARY)
def test_the_registries_of_the_library_are_called_by_their_names(name: str) -> None:
    registry = getattr(terraregistry, name)
    assert registry.reference == f"terraregistry.library:{name}"
    assert pickle.loads(pickle.dumps(registry)) is registry
    assert copy.copy(registry) is registry
    assert copy.deepcopy(registry) is registry
    assert repr(registry).startswith(f"<{name}: ")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("registry", [PARTS, ALL, TYPED, BACKBONE_REGISTRY], ids=repr)
def test_there_is_one_registry_of_a_name_in_a_process(registry: Any, protocol: int) -> None:
    assert pickle.loads(pickle.dumps(registry, protocol)) is registry
    assert pickle.loads(pickle.dumps({"in": [registry]}, protocol))["in"][0] is registry


def test_the_name_is_that_of_the_module_which_made_it() -> None:
    assert PARTS.reference == f"{__name__}:PARTS"
    assert ALL.reference == f"{__name__}:ALL"
    assert TYPED.reference == f"{__name__}:TYPED"
    assert (
        BACKBONE_REGISTRY.reference == "terraregistry.library:BACKBONE_REGISTRY"
    )  # though this module holds it as well


@pytest.mark.parametrize(
    "registry",
    [Registry(), Registry[Backbone](), MultiSourceRegistry(p=PARTS), Typed(), Holder.registry],
    ids=["bare", "of a kind", "several", "subclass", "in a class"],
)
def test_one_that_no_module_holds_can_be_copied_and_not_pickled(registry: Any) -> None:
    assert registry.reference is None
    assert copy.copy(registry) is registry
    assert copy.deepcopy({"a": registry})["a"] is registry
    label = repr(registry)[1:].partition(":")[0]
    with pytest.raises(pickle.PicklingError) as caught:
        pickle.dumps(registry)
    assert str(caught.value) == (
        f"{label} is held by no module: assign it to a name at the top of a module to pickle it by reference"
    )


def test_what_holds_a_registry_can_be_copied() -> None:
    holder = {"registry": ALL, "spec": ALL.validate("part"), "local": Registry[Any](part=int)}
    again = copy.deepcopy(holder)
    assert again["registry"] is ALL
    assert again["spec"] == holder["spec"]
    assert again["local"] is holder["local"]


def test_registries_of_subclasses_in_other_modules_are_found_too(tmp_path: Path) -> None:
    (tmp_path / "own_source.py").write_text(
        dedent(
            """
            from terraregistry import Registry, MultiSourceRegistry

            class Own(Registry):
                def __init__(self, note, **constructors):
                    super().__init__(**constructors)
                    self.note = note

            class Several(MultiSourceRegistry):
                def __init__(self):
                    super().__init__(own=Own("inside", a=int))

            def make():
                return Own("made in a function")
            """
        )
    )
    (tmp_path / "own_registries.py").write_text(
        "from own_source import Own, Several, make\nOWN = Own('note', part=int)\nSEVERAL = Several()\nMADE = make()\n"
    )
    script = """
        from own_registries import OWN as RENAMED, SEVERAL, MADE
        import own_registries, pickle
        for registry in (RENAMED, SEVERAL, MADE):
            assert pickle.loads(pickle.dumps(registry)) is registry
            print(registry.reference, registry)
        try:
            RENAMED.build("nowhere")
        except KeyError as error:
            print(error)
    """
    ended = run("-c", dedent(script), folder=tmp_path)
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert lines[0] == "own_registries:OWN <OWN: 1 components>"
    assert lines[1] == "own_registries:SEVERAL <SEVERAL: own>"
    assert lines[3] == "OWN has no component 'nowhere'; search('*') lists those that there are"


def test_a_registry_travels_from_a_script_to_its_worker_processes(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        dedent(
            """
            import multiprocessing
            from terraregistry import MultiSourceRegistry, Registry

            PARTS = Registry()
            ALL = MultiSourceRegistry(p=PARTS)

            @PARTS.register
            def part(size: int = 1):
                return size * 2

            def build(what, size):
                return what.build("part", size=size)

            if __name__ == "__main__":
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    print(pool.apply(build, (ALL, 3)), pool.apply(build, (PARTS, 4)))
                    print(pool.apply(ALL.validate("part", size=5).build))
            """
        )
    )
    ended = run("script.py", folder=tmp_path)
    assert (ended.stdout, ended.stderr) == ("6 8\n10\n", "")
