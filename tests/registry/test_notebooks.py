"""Cells and `%autoreload` of a real IPython: what is edited and runs again is a newer edition of the same definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .programs import run_program

if TYPE_CHECKING:
    from pathlib import Path

SHELL = """
    import json, os, sys, time, traceback
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    FOLDER = Path(__file__).parent
    shell = InteractiveShell.instance()
    shell.run_line_magic("config", "HistoryManager.enabled = False")


    def cell(source):
        '''Run a cell as a user does; what it raises is raised.'''
        shell.run_cell(source, store_history=True).raise_error()


    def value(expression):
        return shell.ev(expression)


    edits = 0


    def edit(name, old, new):
        '''Edit a file, later than whatever has read it.'''
        global edits
        edits += 1
        file = FOLDER / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        later = time.time() + 10 * edits
        os.utime(file, (later, later))
"""

PARTS = """
    from typing import Any
    from terraregistry import MultiSourceRegistry, Registry

    class Kept:
        pass

    R = Registry[Any](first=Kept)
    M = MultiSourceRegistry[Any](first=R)
"""

NETS = """
    from parts import M, R
    from terraregistry import Registry

    @R.register(aliases=["network"])
    class Net:
        def __init__(self, size: int = 1) -> None:
            self.size = size

        def doubled(self) -> int:
            return 2 * self.size

    @R.register
    def net(size: int = 1) -> Net:
        return Net(size)

    R.register(lambda: Net(5), name="five")

    OWN = Registry()

    @OWN.register
    def own(size: int = 1) -> int:
        return size

    M.register_source("mine", OWN)
"""


def in_shell(folder: Path, program: str, argument: str) -> Any:  # what it prints, as JSON
    """Run a program in whose process there is an IPython."""
    pytest.importorskip("IPython")
    modules = {"shell.py": SHELL, "parts.py": PARTS, "nets.py": NETS}
    return run_program(folder, {**modules, "main.py": program}, argument)


CELL = """
@TERRATORCH_NECK_REGISTRY.register
@R.register(aliases=["network"])
class Net:
    def __init__(self, size: int = 1) -> None:
        self.size = size
    def process_channel_list(self, channels):
        return channels
    def forward(self, features):
        return features
    __call__ = forward

@R.register
def net(size: int = 1):
    return Net(size)

OWN = Registry(own=net)
M.register_source("mine", OWN)
"""


def test_a_cell_that_runs_again_replaces_what_it_registered(tmp_path: Path) -> None:
    program = """
        import json, sys
        from shell import cell, value

        cell("from parts import M, R")
        cell("from terraregistry import NECK_REGISTRY, TERRATORCH_NECK_REGISTRY, Registry")
        cell("R.register(int, name='second');")
        source = sys.argv[1]
        cell(source)
        cell("R.register(float, name='last');")
        cell("old, spec, neck = Net, M.validate('network', size=2), NECK_REGISTRY.validate('Net', size=3)")
        cell("made = spec.build()")
        found = []
        for old, new in [("", ""), ("= size", "= 10 * size"), ("size: int = 1) ->", "size: int = 1, depth: int = 0) ->")]:
            cell(source.replace(old, new))
            cell("product = spec.build()")
            found.append([value(each) for each in (
                "product.size", "neck.build().size", "type(product) is Net is not old", "list(R)", "M['mine'] is OWN",
                "list(M.keys())", "R.resolve('network')", "made.size", "list(R.signature('Net').parameters)",
            )])
        print(json.dumps(found))
    """
    shared = [True, ["first", "second", "Net", "net", "last"], True, ["first", "mine"], "Net", 2]
    assert in_shell(tmp_path, program, CELL) == [
        [2, 3, *shared, ["size"]],
        [20, 30, *shared, ["size"]],
        [2, 3, *shared, ["size", "depth"]],
    ]


# IPython puts the new code of a plain function or method into the function there is; for other edits the module runs again.
EDITS = {
    "method": ("return 2 *", "return 3 *"),
    "decorated": ("return Net(size)", "return Net(size=size)"),
    "line": ("from parts", "\nfrom parts"),
    "statement": ("OWN = Registry()", "EXTRA = 1\nOWN = Registry()"),
    "signature": ("int = 1) -> None", "int = 1, depth: int = 0) -> None"),
    "class": ("@R.register(", "class Base:\n    pass\n\n@R.register("),
}


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param(edits, id="-".join(edits), marks=marks)
        for edits, marks in (
            (["method", "line", "decorated"], pytest.mark.slow),
            (["class", "method", "statement", "decorated"], ()),
            (["signature"], pytest.mark.slow),
            (["decorated", "signature"], pytest.mark.slow),
            (["signature", "decorated"], pytest.mark.slow),
        )
    ],
)
def test_autoreload_takes_a_module_that_registers(tmp_path: Path, edits: list[str]) -> None:
    program = """
        import contextlib, io, json, sys
        from shell import cell, edit, value

        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            cell("%load_ext autoreload")
            cell("%autoreload 2")
            cell("import nets\\nfrom nets import Net\\nfrom parts import M, R")
            cell("R.register(float, name='last');")
            cell("spec, own = R.validate('network', size=2), M.validate('mine_own', size=2)")
            cell("made = spec.build()")
            for old, new in json.loads(sys.argv[1]):
                edit("nets.py", old, new)
                cell("product = spec.build()")
            found = [value(each) for each in (
                "product.doubled()", "type(product) is nets.Net", "isinstance(R.build('five'), Net)", "list(R)",
                "R.resolve('network')", "R.describe('Net').aliases", "own.build()", "M['mine'] is nets.OWN", "list(M.keys())",
                "made.size", "list(R.signature('Net').parameters)",
            )]
            if "depth" in found[-1]:
                found.append(value("R.build('Net', depth=3).size"))
        print(json.dumps([found, said.getvalue()]))
    """
    found, said = in_shell(tmp_path, program, json.dumps([EDITS[edit] for edit in edits]))
    assert said == ""
    parameters = [["size", "depth"], 1] if "signature" in edits else [["size"]]
    names, prefixes = ["first", "Net", "net", "five", "last"], ["first", "mine"]
    doubled = 6 if "method" in edits else 4
    assert found == [doubled, True, True, names, "Net", ["network"], 2, True, prefixes, 2, *parameters]


@pytest.mark.parametrize("edit", ["statement", pytest.param("line", marks=pytest.mark.slow)])
def test_autoreload_takes_a_module_that_holds_a_registry(tmp_path: Path, edit: str) -> None:
    program = """
        import contextlib, io, json, sys
        from shell import cell, edit, value

        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            cell("%load_ext autoreload")
            cell("%autoreload 2")
            cell("import nets\\nfrom nets import OWN as taken\\nspec = nets.M.validate('mine_own', size=3)")
            edit("nets.py", *json.loads(sys.argv[1]))
            edit("nets.py", "return size", "return 7 * size")
            cell("built = spec.build()")
            cell("references = [taken.reference, nets.OWN.reference, nets.M.reference]")
        print(json.dumps([value("built"), value("references"), value("nets.OWN is nets.M['mine']"), said.getvalue()]))
    """
    found = in_shell(tmp_path, program, json.dumps(EDITS[edit]))
    assert found == [21, ["nets:OWN", "nets:OWN", "parts:M"], True, ""]


def test_the_library_hides_its_frames_where_a_constructor_raises(tmp_path: Path) -> None:
    program = """
        import contextlib, io, json, sys
        from shell import shell

        shell.run_line_magic("colors", "nocolor")
        written = io.StringIO()
        with contextlib.redirect_stdout(written):
            shell.run_cell("from terraregistry import Registry\\ndef made(size):\\n    return size / 0\\nR = Registry(made=made)")
            shell.run_cell("R.build('made', size=1)")
        print(json.dumps(written.getvalue()))
    """
    shown = in_shell(tmp_path, program, "")
    assert "skipping hidden 1 frame" in shown
    assert "base.py" not in shown
    assert shown.rstrip().endswith("ZeroDivisionError: division by zero\nwhile building 'made' with size=int 1")
