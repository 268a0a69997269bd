"""The process that the cases are forked from: `python -m tests.first_calls.zygote SETTINGS`, a case a line, an answer a line.

It imports what is heavy once and notes what each import leaves in `sys.modules`. A *station* is a fork in one state: there the
heavy modules are taken out again, the finder gives them back when they are imported, and what the state imports before the first
call is imported. Each case is a fork of its station.
"""

from __future__ import annotations

import builtins
import contextlib
import faulthandler
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from types import ModuleType

_BEFORE = frozenset(sys.modules)
_ROOTS = ("torch", "timm", "segmentation_models_pytorch", "pydantic", "typer", "rich.console", "yaml", "platformdirs")
"""What is imported before any fork: the libraries in the order of their size, each of which imports those before it."""


class Imported:
    """What importing the heavy modules for real has given.

    Attributes:
        modules: Each module, by the name that `sys.modules` has it under.
        left_by: For each of the roots, the modules that are loaded once it is imported into a fresh interpreter.
        imports: For each module the modules that it has imported.
    """

    def __init__(self) -> None:
        self.imports: dict[str, set[str]] = defaultdict(set)
        self.left_by: dict[str, frozenset[str]] = {}
        with self._noting():
            for root in _ROOTS:
                before = {*sys.modules}
                importlib.import_module(root)
                self.left_by[root] = frozenset(self._needed(root) | ({*sys.modules} - before))
        self.modules = {
            name: module for name, module in sys.modules.items() if name not in _BEFORE and module is not None
        }

    @contextlib.contextmanager
    def _noting(self) -> Any:
        """Note who imports whom, by the two ways in which modules import."""
        by_statement, by_name = builtins.__import__, importlib.import_module

        # The names that its parameters have to have.
        def noted(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
            found = by_statement(name, globals, locals, fromlist, level)
            if globals and "__name__" in globals:
                package = globals.get("__package__") or globals["__name__"].rpartition(".")[0]
                full = importlib.util.resolve_name("." * level + name, package) if level else name
                inside = [f"{full}.{each}" for each in fromlist or () if f"{full}.{each}" in sys.modules]
                self.imports[globals["__name__"]].update((full, *inside))
            return found

        def noted_by_name(name: str, package: str | None = None) -> ModuleType:
            found = by_name(name, package)
            full = importlib.util.resolve_name(name, package) if package else name
            self.imports[sys._getframe(1).f_globals["__name__"]].add(full)
            return found

        builtins.__import__, importlib.import_module = noted, noted_by_name
        try:
            yield
        finally:
            builtins.__import__, importlib.import_module = by_statement, by_name

    def _needed(self, name: str) -> set[str]:
        """Follow the imports of a module."""
        found: set[str] = set()
        left = [name]
        while left:
            each = left.pop()
            if each not in found:
                found |= {each, *self.left_by.get(each, ())}  # a root sets modules in place that nobody imports
                left += [*self.imports.get(each, ()), *([each.rpartition(".")[0]] if "." in each else [])]
        return found

    def given_back_with(self, name: str) -> list[str]:
        """List the modules that are loaded with one."""
        wanted = self.left_by.get(name) or self._needed(name)
        return [each for each in self.modules if each in wanted]


class GivesBack(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that were taken out of `sys.modules`, and gives them back as they are instead of running them again."""

    def __init__(self, imported: Imported) -> None:
        self._imported = imported
        for name in imported.modules:
            sys.modules.pop(name, None)
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Describe a module as it was found, with this as what loads it."""
        module = self._imported.modules.get(name)
        if module is None:
            return None
        found = vars(module).get("__spec__")  # some modules answer for any attribute
        spec = importlib.machinery.ModuleSpec(name, self, origin=getattr(found, "origin", None))
        spec.submodule_search_locations = getattr(found, "submodule_search_locations", None)
        spec.has_location = getattr(found, "has_location", False)
        spec.loader_state = found
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module."""
        return self._imported.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Give back the module, and with it what its import had loaded."""
        spec: Any = module.__spec__
        module.__spec__ = spec.loader_state
        for each in self._imported.given_back_with(spec.name):
            sys.modules.setdefault(each, self._imported.modules[each])


class Zygote:
    """Answers the cases that come in, each in a fork of the station of its state."""

    def __init__(self, settings: dict[str, Any], answers: TextIO) -> None:
        self._settings = settings
        self._answers = answers
        self._imported = Imported()
        gc.collect()
        gc.freeze()  # no fork writes to what they all share
        self._stations: dict[tuple[str, str], TextIO] = {}

    def serve(self, cases: TextIO) -> None:
        """Pass each case to its station, until there are no more."""
        self._say({"modules": len(self._imported.modules)})
        for line in cases:
            case = json.loads(line)
            state = case["imports"], case["index"]
            if state not in self._stations:
                self._stations[state] = self._open(*state)
            self._stations[state].write(line)
            self._stations[state].flush()

    def _say(self, answer: Any) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()

    def _open(self, imports: str, index: str) -> TextIO:
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(write)
            for other in self._stations.values():
                os.close(other.fileno())
            try:
                self._station(imports, index, os.fdopen(read))
            finally:
                os._exit(0)
        os.close(read)
        return os.fdopen(write, "w")

    def _station(self, imports: str, index: str, cases: TextIO) -> None:
        os.environ["XDG_CACHE_HOME"] = self._settings["caches"][index]
        try:
            if imports != "warm":
                GivesBack(self._imported)
            calls = importlib.import_module("tests.first_calls.calls")
            calls.prepare(imports)
        except BaseException:  # noqa: BLE001 - each case of this state is told
            fault = traceback.format_exc()
        else:
            fault = ""
            gc.freeze()
        for line in cases:
            self._say({"broken": fault} if fault else self._answer(calls, json.loads(line)))

    def _answer(self, calls: ModuleType, case: dict[str, str]) -> dict[str, Any]:
        """Make a case in a fork of its own; one that hangs is ended, and says where."""
        read, write = os.pipe()
        folder = Path(tempfile.mkdtemp(prefix="case-", dir=self._settings["folder"]))
        child = os.fork()
        if child == 0:
            try:
                self._child(calls, case, folder, write)
            finally:
                os._exit(1)
        os.close(write)
        with os.fdopen(read) as answer:
            text = answer.read()
        _, ended, used = os.wait4(child, 0)
        status = os.waitstatus_to_exitcode(ended)
        said = (folder / "stderr").read_text(errors="replace")
        shutil.rmtree(folder, ignore_errors=True)
        if status == 0 and text:
            return json.loads(text) | {"seconds": used.ru_utime + used.ru_stime}
        how = "is too slow" if status == -signal.SIGALRM else f"ends with status {status}"
        return {"crash": f"the process {how}\n{said[-3000:]}"}

    def _child(self, calls: ModuleType, case: dict[str, str], folder: Path, write: int) -> None:
        with (folder / "stderr").open("w") as said:
            os.dup2(said.fileno(), 2)
        faulthandler.register(signal.SIGALRM, chain=True)
        signal.alarm(calls.OPERATIONS[case["operation"]].seconds)
        (folder / "here").mkdir()
        os.chdir(folder / "here")
        os.environ["XDG_CACHE_HOME"] = copied(os.environ["XDG_CACHE_HOME"], folder)
        text = json.dumps(calls.perform(case))
        signal.alarm(0)
        with os.fdopen(write, "w") as answer:
            answer.write(text)
        os._exit(0)


def copied(cache: str, folder: Path) -> str:
    """Copy a folder for caches, where there is one: what a case keeps in it is no other's.

    Args:
        cache: The folder.
        folder: Where the copy goes.
    """
    if not Path(cache).is_dir():
        return cache
    return str(shutil.copytree(cache, folder / "caches"))


def main() -> None:
    """Answer the cases on standard input, on standard output."""
    answers = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # what a case prints is no answer
    Zygote(json.loads(sys.argv[1]), answers).serve(os.fdopen(os.dup(0)))


if __name__ == "__main__":
    main()
