"""Registries, specs, products and errors that go to other processes, and forks in the middle of something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

METHODS = ["spawn", "fork", "forkserver"]

PARTS = '''
"""A module with registries, as a user has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from terraregistry import MultiSourceRegistry, Registry
from terraregistry.errors import ComponentNotFoundError


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    sizes: tuple[int, ...] = ()
    colour: Colour = Colour.RED
    path: Path | None = None
    table: Any = None
    inner: Any = None


def failing(kind: str = "value") -> Part:
    raise {"value": ValueError("no"), "ours": ComponentNotFoundError("x", "elsewhere")}[kind]


PARTS = Registry[Part](failing=failing)
PARTS.register(Part, name="Part", aliases=["old"])
ALL = MultiSourceRegistry[Part](parts=PARTS, more=Registry[Part](Part=Part))


def identity(value: Any) -> Any:
    return value


def where(registry: Any) -> list[bool]:
    return [registry is PARTS, registry is ALL]


def build(spec: Any) -> Any:
    return spec.build()


def facts(spec: Any) -> Any:
    return spec.registry is ALL, spec.name, spec.spelling, spec.args, spec.kwargs, repr(spec)
'''


def run(folder: Path, program: str, *arguments: str, timeout: float = 120) -> Any:  # what it prints, as JSON
    """Run a program beside the module of parts; a process that hangs is a failure."""
    (folder / "process_parts.py").write_text(PARTS)
    (folder / "main.py").write_text(textwrap.dedent(program))
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, str(folder / "main.py"), *arguments],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


THERE_AND_BACK = """
    import json, multiprocessing, sys
    from concurrent.futures import ProcessPoolExecutor
    from pathlib import Path

    from process_parts import ALL, PARTS, Colour, Part, build, facts, identity, where

    from terraregistry.errors import ComponentNotFoundError, InvalidArgumentsError


    def main():
        context = multiprocessing.get_context(sys.argv[1])
        nested = {"a": [1, (2, {"b": {3}}), [[]]], "c": {"d": None}}
        inside = [1]
        inside.append(inside)
        inner = ALL.validate("parts_old", sizes=[7])
        spec = ALL.validate("old", [1, 2], path="a/b", table=nested, inner=inner)
        found = {}
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            found["registries"] = [*pool.map(where, [PARTS, ALL])]
            found["same registries"] = [*pool.map(identity, [PARTS, ALL])] == [PARTS, ALL]
            found["same spec"] = pool.submit(identity, spec).result() == spec
            found["spec there"] = pool.submit(facts, spec).result() == facts(spec)
            made = pool.submit(build, spec).result()
            found["built"] = made == Part((1, 2), Colour.RED, Path("a/b"), nested, inner)
            found["inner"] = made.inner.build() == pool.submit(build, made.inner).result() == Part((7,))
            again = pool.submit(identity, ALL.validate("Part", table=inside)).result().kwargs["table"]
            found["inside itself"] = again[1] is again
            errors = []
            for kind in ("value", "ours"):
                try:
                    pool.submit(build, ALL.validate("failing", kind=kind)).result()
                except Exception as error:
                    errors.append([type(error).__name__, str(error), getattr(error, "__notes__", None)])
            found["errors"] = errors
            try:
                pool.submit(ALL.build, "Part", size=3).result()
            except InvalidArgumentsError as error:
                found["invalid"] = [error.component, str(error.problems[0])]
            try:
                pool.submit(ALL.validate, "Prat").result()
            except ComponentNotFoundError as error:
                found["missing"] = [error.name, error.suggestions]
        with context.Pool(1) as pool:
            found["pool"] = pool.apply(ALL.build, ("parts_Part", [3])) == Part((3,))
            found["method"] = pool.map(PARTS.build, ["Part", "old"]) == [Part(), Part()]
        print(json.dumps(found))


    if __name__ == "__main__":
        main()
"""


@pytest.mark.parametrize("method", METHODS)
def test_registries_specs_products_and_errors_go_there_and_back(tmp_path: Path, method: str) -> None:
    note = "while building 'parts_failing' with kind=str '{}'"
    missing = "elsewhere has no component 'x'; search('*') lists those that there are"
    assert run(tmp_path, THERE_AND_BACK, method) == {
        "registries": [[True, False], [False, True]],
        "same registries": True,
        "same spec": True,
        "spec there": True,
        "built": True,
        "inner": True,
        "inside itself": True,
        "errors": [
            ["ValueError", "no", [note.format("value")]],
            ["ComponentNotFoundError", missing, [note.format("ours")]],
        ],
        "invalid": ["parts_Part", "size: unknown argument; did you mean 'sizes'?"],
        "missing": ["Prat", ["parts_Part"]],
        "pool": True,
        "method": True,
    }


@pytest.mark.parametrize("method", METHODS)
def test_registries_of_the_program_itself(tmp_path: Path, method: str) -> None:
    program = """
        import json, multiprocessing, sys
        from terraregistry import MultiSourceRegistry, Registry

        OWN = Registry(number=float)
        ABOVE = MultiSourceRegistry(own=OWN)

        @OWN.register
        def part(size: int = 1):
            return [size]

        def build(spec):
            return spec.build(), spec.registry is ABOVE

        if __name__ == "__main__":
            with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
                print(json.dumps([pool.apply(build, (ABOVE.validate("part", size=3),)), ABOVE.reference]))
    """
    assert run(tmp_path, program, method) == [[[3], True], "__main__:ABOVE"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_while_other_threads_register_finds_whole_registrations_and_can_go_on(tmp_path: Path) -> None:
    program = """
        import json, os, signal, sys, threading, time, warnings
        from process_parts import ALL, PARTS, Part
        from terraregistry import Registry

        warnings.simplefilter("ignore")  # Python's own advice against forks of processes with threads
        sys.setswitchinterval(1e-4)
        stop = threading.Event()

        def change(thread):
            index = 0
            while not stop.is_set():
                name = f"t{thread}_{index % 50}"
                PARTS.register(Part, name=name, aliases=[f"{name}_a", f"{name}_b"])
                ALL.register_source(f"m{thread}", Registry(Part=Part))
                ALL.unregister_source(f"m{thread}")
                PARTS.unregister(name)
                index += 1
                time.sleep(0.0001 * (index % 3))

        def look():
            signal.alarm(30)  # a child that hangs ends
            own = [name for name in PARTS if name.startswith("t")]
            whole = all(PARTS.resolve(name + end) == name for name in own for end in ("_a", "_b"))
            lost = [alias for alias in PARTS._state.components.aliases if alias not in PARTS]
            PARTS.register(Part, name="child", aliases=["kid"])
            ALL.register_source("child", Registry(Part=Part))
            with PARTS.scope():
                PARTS.unregister("kid")
                in_thread = threading.Thread(target=PARTS.register, args=(Part,), kwargs={"name": "thread"})
                in_thread.start()
                in_thread.join(20)
                assert not in_thread.is_alive() and "thread" in PARTS
            assert ALL.build("kid") == ALL.build("child_Part") == Part()
            return whole and not lost and "thread" not in PARTS

        threads = [threading.Thread(target=change, args=(thread,), daemon=True) for thread in range(3)]
        for thread in threads:
            thread.start()
        results = []
        for _ in range(15):
            child = os.fork()
            if child == 0:
                try:
                    os._exit(0 if look() else 3)
                except BaseException:
                    sys.excepthook(*sys.exc_info())
                    os._exit(4)
            results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        stop.set()
        for thread in threads:
            thread.join(20)
        print(json.dumps([results, [thread.is_alive() for thread in threads], "child" in PARTS, sorted(PARTS)]))
    """
    results, alive, in_parent, names = run(tmp_path, program)
    assert results == [0] * 15
    assert alive == [False] * 3
    assert not in_parent
    assert names == ["Part", "failing"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_while_another_thread_holds_the_lock_waits_until_it_is_done(tmp_path: Path) -> None:
    program = """
        import json, os, signal, threading, time, warnings
        from process_parts import PARTS, Part
        from terraregistry.locks import CHANGING

        warnings.simplefilter("ignore")
        signal.alarm(60)
        held, done = threading.Event(), []

        def hold():
            with CHANGING:
                held.set()
                time.sleep(0.2)
                done.append(True)

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        child = os.fork()
        if child == 0:
            signal.alarm(30)
            PARTS.register(Part, name="child")
            os._exit(0 if done and "child" in PARTS else 3)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        thread.join()
        with CHANGING, PARTS.scope():  # from inside too: an RLock counts
            child = os.fork()
            if child == 0:
                signal.alarm(30)
                PARTS.register(Part, name="child")
                os._exit(0)
            inside = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        PARTS.register(Part, name="parent")
        print(json.dumps([status, inside, sorted(PARTS)]))
    """
    assert run(tmp_path, program) == [0, 0, ["Part", "failing", "parent"]]


LOADER = """
    import json, sys
    import torch
    from torch.utils.data import DataLoader, Dataset

    from terraregistry import NECK_REGISTRY, Registry

    OWN = Registry()

    @OWN.register
    def crop(tensor: torch.Tensor | None = None, size: int = 2):
        return lambda image: image[..., :size, :size]

    class Images(Dataset):
        def __init__(self):
            self.registry = OWN
            self.spec = OWN.validate("crop", torch.ones(1), size=3)
            self.neck = NECK_REGISTRY.validate("SelectIndices", [8, 16], indices=[1])

        def __len__(self):
            return 4

        def __getitem__(self, index):
            assert self.registry is OWN and self.spec.registry is OWN
            image = torch.full((2, 8, 8), float(index))
            cropped = self.spec.build()(image)
            [kept] = self.neck.build()([image, cropped])
            return torch.equal(kept, cropped), self.registry.build("crop", size=1)(image).sum()

    if __name__ == "__main__":
        torch.set_num_threads(1)
        loader = DataLoader(Images(), num_workers=2, multiprocessing_context=sys.argv[1], batch_size=2)
        print(json.dumps([[same.tolist(), sums.tolist()] for same, sums in loader]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_workers_of_a_data_loader_build_from_the_specs_of_its_dataset(tmp_path: Path, method: str) -> None:
    pytest.importorskip("torch")
    assert run(tmp_path, LOADER, method, timeout=300) == [
        [[True, True], [0.0, 2.0]],
        [[True, True], [4.0, 6.0]],
    ]
