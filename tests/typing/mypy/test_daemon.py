"""dmypy: what changes between two checks is seen."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .checking import said_of, write_project
from .test_incremental import _GONE, _USE, _parts

pytestmark = pytest.mark.slow

_MORE = """
@TERRATORCH_DECODER_REGISTRY.register(name="other")
class Other(Mine):
    pass
"""


@pytest.fixture
def daemon(tmp_path):
    status = ["-m", "mypy.dmypy", "--status-file", str(tmp_path / "status.json")]

    ages = iter(range(1000))

    def change(texts):
        for name, text in texts.items():
            write_project(tmp_path, {f"app/{name}.py": text})
            # The daemon takes a file of the same size, written within the same second, for the same file.
            written = (tmp_path / f"app/{name}.py").stat().st_mtime + next(ages)
            os.utime(tmp_path / f"app/{name}.py", (written, written))

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *status, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    def check(**texts):
        change(texts)
        done = run("run", "--timeout", "600", "--", "app")
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return said_of(done.stdout.splitlines(), "app/use.py")

    change({"__init__": "", "parts": _parts(), "use": _USE})
    yield check
    run("kill")


def test_changes_of_calls_constructors_and_names_are_seen(daemon):
    assert daemon() == {}
    assert 'did you mean "depth"?' in daemon(use=_USE.replace("depth", "dept"))[4][0]
    assert 'did you mean "depth"?' in daemon()[4][0]
    assert daemon(use=_USE) == {}
    assert 'Unexpected keyword argument "depth"' in daemon(parts=_parts(argument="depths"))[4][0]
    assert daemon(parts=_parts()) == {}
    assert daemon(parts=_parts(name="mane")) == {4: [_GONE]}
    assert daemon(parts=_parts()) == {}
    # A module that another's change had checked again, without any error, is checked again at the next change as well.
    assert daemon(parts=_parts() + _MORE) == {}
    assert daemon(parts=_parts(name="mane") + _MORE) == {4: [_GONE]}
