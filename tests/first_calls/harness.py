"""First calls: each operation as the first thing that a process does with the package, and the same one in a warm process.

Tests share a process in which everything is imported and everything was called; what works there need not work as the first
call of a script. A real interpreter takes ten seconds for a case, most of them to import torch and timm, so here each case is a
fork of a process that has imported them (`zygote`): in the fork they are taken out of `sys.modules` and come back, with all that
came with them, when somebody imports them. Some cases are held to real interpreters.

A *case* is an operation (`calls.OPERATIONS`), what it is made on, what was imported before (`calls.IMPORTS`), and the state of the
index (`INDEX`). Its answer is plain data: the result, or the exception with its message and notes, and the warnings. It has to be
the answer of the warm process. `python -m tests.first_calls` makes every case and prints what disagrees.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .calls import OPERATIONS
from .zygote import copied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
INDEX = ("none", "made", "below a file", "no folder", "damaged")
"""The states of the index: not made; made; where nothing can be read or written, twice, since no mode keeps root out; cut off."""


@dataclass(frozen=True, order=True)
class Case:
    """An operation as the first call."""

    operation: str
    registry: str
    name: str
    imports: str = "nothing"
    index: str = "none"

    def __str__(self) -> str:
        on = ".".join(filter(None, (self.registry, self.name)))
        return f"{self.operation} of {on or 'the package'} [imported: {self.imports}; index: {self.index}]"

    @property
    def warm(self) -> Case:
        """The same in the warm process."""
        of_index = OPERATIONS[self.operation].of_index
        return replace(self, imports="warm", index=self.index if of_index else "made")


def caches(folder: Path, index: Path) -> dict[str, str]:
    """Make a folder for caches in each state of the index.

    Args:
        folder: Where to make them.
        index: The file of the index of what is installed.

    Returns:
        What `XDG_CACHE_HOME` has to be for each state.
    """
    for state in ("none", "made", "damaged"):
        (folder / state / "terraregistry").mkdir(parents=True)
    shutil.copy(index, folder / "made" / "terraregistry")
    content = index.read_bytes()
    (folder / "damaged" / "terraregistry" / index.name).write_bytes(content[: len(content) // 2])
    (folder / "file").write_text("")
    found = {state: str(folder / state) for state in ("none", "made", "damaged")}
    return found | {"below a file": str(folder / "file" / "caches"), "no folder": f"{os.devnull}/caches"}


def index_file(folder: Path) -> Path:
    """Write the index of what is installed, shipped or made, to a folder: the one in the cache may be of other sources."""
    from terraregistry.index import load_index
    from terraregistry.index.cache import write_cached
    from terraregistry.index.keys import current_key

    key = current_key()
    assert write_cached(folder, load_index().with_key(key))
    return folder / key.file_name


def environment(folder: Path) -> dict[str, str]:
    """The environment of each process: one thread, no network, and the folder that has the index."""
    index = folder / "made" / "terraregistry"
    settings = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "COLUMNS": "120"}
    settings["TERRAREGISTRY_SHIPPED_INDEX"] = "0"  # an index of other versions is made, or not to be had
    return {**os.environ, **settings, "FIRST_CALLS_INDEX": str(index), "PYTHONPATH": str(ROOT)}


class Harness:
    """Answers cases; each answer of the warm process is asked for once.

    Args:
        folder: An empty folder for what the processes need.
        index: The file of the index of what is installed.
    """

    def __init__(self, folder: Path, index: Path) -> None:
        self.folder = folder
        self.caches = caches(folder, index)
        self._answers: dict[Case, dict[str, Any]] = {}
        self.spent: Counter[str] = Counter()
        """The seconds of CPU that were spent on each operation."""
        self._errors = (folder / "zygote.txt").open("w")
        settings = {"caches": self.caches, "folder": str(folder)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.first_calls.zygote", json.dumps(settings)],
            cwd=ROOT, env=environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
        )  # fmt: skip
        self._read("the zygote", 300)  # on a busy machine importing torch and timm takes long

    def close(self) -> None:
        """End the processes: those that wait for cases get no more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        self._errors.close()

    def _read(self, what: str, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            said = (self.folder / "zygote.txt").read_text()
            raise RuntimeError(f"no answer to {what}:\n{said[-3000:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, case: Case) -> dict[str, Any]:
        """Make a case."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(case)) + "\n")
        self._process.stdin.flush()
        answer = self._read(
            str(case), OPERATIONS[case.operation].seconds + 100
        )  # a station may have to be opened first
        if "broken" in answer:
            raise RuntimeError(answer["broken"])
        self.spent[case.operation] += answer.get("seconds", 0.0)
        return answer

    def expected(self, case: Case) -> dict[str, Any]:
        """Make a case in the warm process."""
        warm = case.warm
        if warm not in self._answers:
            self._answers[warm] = self.ask(warm)
        return self._answers[warm]

    def disagreements(self, cases: Iterable[Case]) -> Iterator[tuple[Case, str]]:
        """Make cases, and say where a first call is not what it is in the warm process, or where that is not as it should be."""
        for case in cases:
            expected = self.expected(case)
            fault = wrong(case, expected)
            yield case, fault or difference(expected, self.ask(case))


def wrong(case: Case, answer: dict[str, Any]) -> str:
    """Say what is wrong with the answer of the warm process; empty where nothing is."""
    if "crash" in answer:
        return f"warm: {answer['crash']}"
    if OPERATIONS[case.operation].fails_on(case.name) != ("error" in answer):
        return f"warm: {answer}"
    return ""


def difference(expected: Any, found: Any, place: str = "") -> str:
    """Say where two answers differ; empty where they do not. The seconds that it took are no part of an answer."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = {**expected, **found}.keys() - {"seconds"}
        missing = object()
        each = ((key, expected.get(key, missing), found.get(key, missing)) for key in sorted(keys))
        lines = [
            f"{place}.{key}: {'nothing' if here is missing else here!r}, warm: {'nothing' if there is missing else there!r}"
            if missing in (there, here)
            else difference(there, here, f"{place}.{key}")
            for key, there, here in each
        ]
        return "\n".join(filter(None, lines))
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return "\n".join(filter(None, (difference(*pair, f"{place}[{number}]") for number, pair in pairs)))
    return "" if expected == found else f"{place}: {found!r}, warm: {expected!r}"


def fresh(case: Case, harness: Harness, program: str = "") -> dict[str, Any]:
    """Make a case in a real interpreter, in which nothing is given back.

    Args:
        case: The case.
        harness: Whose caches are used.
        program: What to run instead of the case.
    """
    folder = harness.folder / f"fresh-{len([*harness.folder.iterdir()])}"
    folder.mkdir()
    call = ["-c", program] if program else ["-m", "tests.first_calls.calls", json.dumps(asdict(case))]
    caches = copied(harness.caches[case.index], folder)
    (folder / "here").mkdir()
    done = subprocess.run(
        [sys.executable, *call], cwd=folder / "here", capture_output=True, check=False, text=True, timeout=300,
        env=environment(harness.folder) | {"XDG_CACHE_HOME": caches},
    )  # fmt: skip
    if done.returncode:
        return {"crash": done.stderr[-3000:]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
